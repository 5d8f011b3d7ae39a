"""The symbols of a module and which needs which, from the interpreter's own tree."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence, Set

from msgspec.structs import replace

from exai_audit.collectors.structure.symbols.definite_assignment import PARTED, definitely_bound
from exai_audit.collectors.structure.symbols.functions import (
    called_at_import,
    function_bodies,
    hook_needs,
    needed_around,
    touched,
)
from exai_audit.collectors.structure.symbols.statements import (
    OF_THE_MODULE,
    Piece,
    Pieces,
    blocks_below,
)
from exai_audit.collectors.structure.symbols.uses import Uses, uses_of
from exai_audit.collectors.structure.symbols.vocabulary import parameters_of, words_in
from exai_audit.facts.symbols import HazardFact, ModuleSymbols, SymbolFact
from exai_audit.syntax.walk import below

_HAZARDS = ("__doc__", "__file__", "__path__", "__spec__", "globals")
_KNOWN = frozenset({*dir(builtins), "__file__", "__path__", "__spec__", "__annotations__"})


def symbol_graph(found: Pieces, *, with_words: bool = True) -> ModuleSymbols:
    """Return the symbols of the module that falls into these pieces.

    Args:
        with_words: False to leave out what only its clusters need.

    Raises:
        RecursionError: the nesting is too deep to be read.
    """
    pieces = sorted(found.pieces, key=lambda piece: piece.ranges[0].first)
    at = {name: number for number, piece in enumerate(pieces) for name in piece.names}
    imported = {name for fact in found.imports for name in fact.names}
    annotations_run = "annotations" not in found.features
    uses = [uses_of(piece.nodes, annotations_run) for piece in pieces]
    unknown = _unknown(uses, {*at, *imported})
    return ModuleSymbols(
        symbols=tuple(
            _symbol(number, piece, use, at, imported, with_words)
            for number, (piece, use) in enumerate(zip(pieces, uses, strict=True))
        ),
        imports=tuple(found.imports),
        exported=found.exported,
        exported_at=found.exported_at,
        opaque=_opaque(uses, unknown),
        unknown=tuple(sorted(unknown)),
        relative=tuple(sorted({line for use in uses for line in use.relative})),
        features=tuple(found.features),
        docstring=found.docstring,
        licence=found.licence,
        hazards=tuple(
            HazardFact(what, number)
            for number, use in enumerate(uses)
            for what in _HAZARDS
            if (what in use.eager or what in use.deferred) and what not in at
        ),
    )


def _unknown(uses: Sequence[Uses], bound: set[str]) -> set[str]:
    """Return the names that are needed and that nothing binds which can be seen."""
    return {n for use in uses for n in (*use.eager, *use.deferred)} - bound - _KNOWN


def _opaque(uses: Sequence[Uses], unknown: Set[str]) -> str:
    """Return what makes names of the module out of sight, if anything needs such names."""
    made = {"exec", "globals", "locals", "vars"} & {n for use in uses for n in use.eager}
    return f"{min(made)}()" if made and unknown else ""


def _symbol(
    number: int, piece: Piece, uses: Uses, at: dict[str, int], imported: set[str], with_words: bool
) -> SymbolFact:
    def indices(names: Set[str]) -> tuple[int, ...]:
        return tuple(sorted({at[name] for name in names if name in at} - {number})) if names else ()

    run = uses.eager | uses.deferred
    needed = run | uses.typed
    own = needed & at.keys()  # few of all names, so that the rest is quick
    deleted = set(_deleted(piece.nodes))
    symbol = SymbolFact(
        names=tuple(name for name in piece.names if name not in deleted),
        kind=piece.kind,
        maybe=_maybe(piece, deleted),
        ranges=tuple(piece.ranges),
        uses=indices(run & own),
        eager=indices(uses.eager & own),
        typed=indices(uses.typed - run),
        names_used=tuple(sorted(name for name in own if at[name] != number)),
        external=tuple(sorted(needed & imported)),
        rebinds=indices(uses.rebinds) + ((number,) if deleted else ()),
        mutates=indices(uses.mutates),
        bases=tuple(sorted(set(_bases(piece.nodes)))),
        registers=tuple(sorted(set(_registrations(piece.nodes, at, imported)))),
        anchored="__all__" in run or not OF_THE_MODULE.isdisjoint(piece.names),
    )
    if not with_words:
        return symbol
    around = needed_around(piece.nodes)
    return replace(
        symbol,
        calls=indices(called_at_import(piece.nodes)),
        hooks=indices(hook_needs(piece.nodes)),
        touches=indices(touched(piece.nodes)),
        words=words_in(below(piece.nodes)),
        parameters=parameters_of(piece.nodes),
        functions=function_bodies(piece.nodes, needed),
        fixed_uses=indices((uses.eager | around) & own),
        annotated=indices(uses.typed & run & own),
    )


def _maybe(piece: Piece, deleted: set[str]) -> tuple[str, ...]:
    if not any(isinstance(node, PARTED) for node in piece.nodes):
        return ()  # each statement binds all of its names
    return tuple(sorted(set(piece.names) - deleted - definitely_bound(piece.nodes)))


def _deleted(nodes: Iterable[ast.stmt]) -> Iterable[str]:
    """Yield the names that statements of the module delete again, as ``except`` does its own."""
    for node in nodes:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for part in blocks_below(node):
                if isinstance(part, ast.ExceptHandler) and part.name:
                    yield part.name
                targets = part.targets if isinstance(part, ast.Delete) else []
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _bases(nodes: Iterable[ast.stmt]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from (_dotted(base) for base in node.bases if _dotted(base))


def _registrations(
    nodes: Iterable[ast.stmt], at: dict[str, int], imported: set[str]
) -> Iterable[str]:
    """Yield the decorators that are methods of an object of the module: ``app.route``."""
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = _dotted(called)
                owner, dot, _ = name.partition(".")
                if dot and owner in at and owner not in imported:
                    yield name


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""
