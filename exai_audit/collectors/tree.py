"""One parsed module with everything that collectors ask of it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from exai_audit.collectors.cut import Cut
from exai_audit.collectors.filling import Filler
from exai_audit.collectors.names import Names, Ref
from exai_audit.collectors.nodes import parse_module
from exai_audit.collectors.outline import Unit
from exai_audit.collectors.positions import Positions, statements_of
from exai_audit.collectors.scopes import BindingCollector, Scopes
from exai_audit.collectors.walk import Walked, walk
from exai_audit.location import Place, Span
from exai_audit.source import SourceFile

__all__ = ["ModuleTree", "Ref", "parse_syntax", "read_tree"]

_FUNCTIONS = frozenset({cst.FunctionDef, cst.Lambda})


class ModuleTree:
    """A module's nodes, what they denote, and where they stand.

    ``syntax`` is the interpreter's own tree, None where it cannot read the file.
    """

    def __init__(
        self,
        source: SourceFile,
        module: cst.Module,
        dotted: str,
        walked: Walked,
        scopes: Scopes,
        syntax: ast.Module | None,
        twins: Sequence[ast.stmt],
        filler: Filler,
    ) -> None:
        self.source = source
        self.module = module
        self.dotted = dotted
        self.syntax = syntax
        self.walked = walked
        self.scopes = scopes
        self.names = Names(dotted, walked, scopes, filler)
        self._functions: dict[cst.CSTNode, cst.FunctionDef | cst.Lambda | None] = {}
        self._positions = Positions(source, module, walked, twins)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that holds ``node``, None for the module."""
        return self.walked.parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around ``node``, from inner to outer."""
        parent = self.parent(node)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def function_of(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
        """Return the function in whose body ``node`` stands.

        A function's own decorators and defaults belong to what is around it.
        """
        passed: list[cst.CSTNode] = []
        parents, known = self.walked.parents, self._functions
        child, parent = node, parents.get(node)
        while parent is not None and child not in known:
            passed.append(child)
            if type(parent) in _FUNCTIONS and child is parent.body:  # type: ignore[attr-defined]
                known[child] = parent  # type: ignore[assignment]
                break
            child, parent = parent, parents.get(parent)
        function = known.get(child)
        known.update(dict.fromkeys(passed, function))
        return function

    def class_of(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """Return the nearest class in whose body ``node`` stands, through functions too."""
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, cst.ClassDef) and child is parent.body:
                return parent
            child = parent
        return None

    def symbol(self, node: cst.CSTNode) -> str:
        """Return ``Class.method`` for a node in its body, signature or decorators, or itself."""
        around = (node, *self.ancestors(node))
        named = [n for n in around if isinstance(n, (cst.FunctionDef, cst.ClassDef))]
        return ".".join(n.name.value for n in reversed(named))

    def span(self, node: cst.CSTNode) -> Span:
        """Return where ``node`` stands; a function or class starts at its ``def`` or ``class``."""
        return self._positions.span(node)

    def place(self, node: cst.CSTNode) -> Place:
        """Return the span of ``node`` with its symbol and its first line as evidence."""
        span = self.span(node)
        return Place(span, self.symbol(node), self.source.line(span.line).strip())

    def resolve(self, expression: cst.BaseExpression) -> Ref | None:
        """Return what ``expression`` denotes, or None where the file does not say."""
        return self.names.resolve(expression)

    def qualified(self, expression: cst.BaseExpression) -> str | None:
        """Return the dotted name of a function, class or module; None for an instance."""
        ref = self.names.resolve(expression)
        return ref.name if ref and not ref.instance else None

    def bindings(self, name: str, at: cst.CSTNode) -> list[cst.BaseExpression]:
        """Return the values assigned to ``name`` in the scope that owns it, as seen from ``at``."""
        return self.names.values(name, at)

    def self_bindings(self, owner: cst.ClassDef, attribute: str) -> list[cst.BaseExpression]:
        """Return the values given to an attribute in a class's body and methods."""
        return self.names.attribute_values(owner, attribute)

    def number(self, expression: cst.BaseExpression) -> float | None:
        """Return the value of arithmetic on numbers and on names assigned one, exactly once."""
        return self.names.number(expression)


def read_tree(
    source: SourceFile,
    dotted: str,
    visitors: Sequence[cst.CSTVisitor] = (),
    syntax: ast.Module | None = None,
    cut: Cut | None = None,
) -> ModuleTree:
    """Parse ``source`` and run ``visitors`` over it in one walk.

    Args:
        syntax: the interpreter's tree, if the caller has it already.
        cut: what of the source to parse; all of it by default.

    Raises:
        libcst.ParserSyntaxError: the text is not Python.
    """
    left_out: dict[ast.stmt, Unit]
    left_out = {unit.node: unit for unit in cut.left_out} if cut else {}
    module = parse_module(cut.text if cut else source.text)
    binder = BindingCollector()
    walked = walk(module, [binder, *visitors])
    is_package = source.path.rsplit("/", 1)[-1].startswith("__init__.")
    package = dotted if is_package else dotted.rpartition(".")[0]
    scopes = Scopes(module, walked, binder.nodes, package)
    syntax = syntax or parse_syntax(source.text)
    twins = statements_of(syntax, left_out) if syntax else []
    filler = Filler(source, walked, scopes, _matched(walked, twins, left_out))
    return ModuleTree(source, module, dotted, walked, scopes, syntax, twins, filler)


def _matched(
    walked: Walked, twins: Sequence[ast.stmt], left_out: Mapping[ast.stmt, Unit]
) -> dict[cst.CSTNode, Unit]:
    """Return libcst's nodes for the functions that were left out.

    Raises:
        ValueError: the two trees do not have the same statements.
    """
    if not left_out:
        return {}
    pairs = zip(walked.order, twins, strict=True)
    return {node: left_out[twin] for node, twin in pairs if twin in left_out}


def parse_syntax(text: str) -> ast.Module | None:
    """Return the interpreter's own tree, None where its grammar or stack does not suffice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
