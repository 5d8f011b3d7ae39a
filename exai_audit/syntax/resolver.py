"""What an expression denotes, from one file's imports, aliases, annotations and assignments."""

from __future__ import annotations

import ast
import builtins
import keyword
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter

from msgspec import Struct

from exai_audit.knowledge.calls import WRAPPED
from exai_audit.knowledge.table import table
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    arguments,
    first_parameter,
    is_none,
    last_name,
)
from exai_audit.syntax.numbers import calculate, literal
from exai_audit.syntax.scopes import Binding, BindingKind, Scope, Scopes, unstarred
from exai_audit.syntax.work import Work


class Ref(Struct, frozen=True):
    """A dotted name; ``instance`` when it is an object of the class of that name."""

    name: str
    instance: bool


_Definition = Function | ast.ClassDef
_Position = tuple[int, int]
_DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_DEEPEST = 40
_MOST_BINDINGS = 100
_FIRST: _Position = (-1, 0)
_NOWHERE: _Position = (0, 0)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_BUILTINS = frozenset(dir(builtins))
_LOWER_CLASSES = frozenset(
    {f"builtins.{n}" for n in _BUILTINS if n[0].islower() and isinstance(vars(builtins)[n], type)}
    | {"collections.defaultdict", "collections.deque", "threading.local", "array.array"}
)
_LITERALS: dict[type[ast.AST], Ref] = {
    kind: Ref(f"builtins.{name}", True)
    for kind, name in {
        ast.Dict: "dict", ast.DictComp: "dict", ast.List: "list", ast.ListComp: "list",
        ast.Set: "set", ast.SetComp: "set", ast.Tuple: "tuple", ast.JoinedStr: "str",
    }.items()
}  # fmt: skip
_CONSTANTS: dict[type, Ref] = {
    int: Ref("builtins.int", True), float: Ref("builtins.float", True),
    str: Ref("builtins.str", True), bytes: Ref("builtins.str", True),
}  # fmt: skip
_TYPING = frozenset({"typing", "typing_extensions"})
_TRANSPARENT = frozenset({"Annotated", "ClassVar", "Final", "Optional", "Required", "NotRequired"})
_SAYS_NO_CLASS = frozenset(
    {"builtins.object"} | {f"{m}.{n}" for m in _TYPING for n in ("Any", "ClassVar", "Final")}
)
_GENERIC = {n: n.lower() for n in ("Dict", "List", "Set", "FrozenSet", "Tuple", "Type")}
_YIELDED = frozenset({
    "Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator",
})  # fmt: skip
_MAPPINGS = frozenset({
    "dict", "mapping", "mutablemapping", "defaultdict", "ordereddict", "weakvaluedictionary",
})  # fmt: skip
_SEQUENCES = frozenset({
    "list", "set", "frozenset", "tuple", "sequence", "iterable", "iterator", "collection", "deque",
    "mutablesequence",
})  # fmt: skip
_ITEMS_OF_DICT = frozenset({"builtins.dict.get", "builtins.dict.pop", "builtins.dict.setdefault"})
_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})


class Resolver:
    """Resolves the expressions of one module; see `ModuleTree`."""

    def __init__(
        self, dotted: str, parents: Mapping[ast.AST, ast.AST], scopes: Scopes, work: Work
    ) -> None:
        self._dotted = dotted
        self._work = work
        self._parents = parents
        self._scopes = scopes
        self._table = table()
        self._known: dict[ast.expr, Ref | None] = {}
        self._awaited: dict[ast.expr, Ref | None] = {}
        self._local: dict[str, _Definition] = {}
        self._registered: dict[_Definition, str] = {}
        self._decorated: dict[Function, set[str]] = {}
        self._parsed: dict[ast.Constant, ast.expr | None] = {}
        self._ordered: dict[int, tuple[list[_Position], list[Binding]]] = {}
        self._blocks: dict[ast.AST, dict[ast.AST, str]] = {}
        self._depth = 0

    def resolve(self, expression: ast.expr) -> Ref | None:
        if expression in self._known:
            return self._known[expression]
        return self._resolve(expression, self._scopes.of(expression))

    def _resolve(self, node: ast.expr, scope: Scope, awaited: bool = False) -> Ref | None:
        known = self._awaited if awaited else self._known
        if node in known:
            return known[node]
        if self._depth >= _DEEPEST:
            return None
        known[node] = None
        self._work.add(1)
        self._depth += 1
        try:
            known[node] = found = self._work_out(node, scope, awaited)
        finally:
            self._depth -= 1
        return found

    def _work_out(self, node: ast.expr, scope: Scope, awaited: bool) -> Ref | None:
        kind = type(node)  # far cheaper to compare than to ask for the class of
        if kind is ast.Name:
            return self._name(node, scope)  # type: ignore[arg-type]
        if kind is ast.Attribute:
            owner = self._resolve(node.value, scope)  # type: ignore[attr-defined]
            return self._member(owner, node.attr) if owner else None  # type: ignore[attr-defined]
        if kind is ast.Call:
            return self._call(node, scope, awaited)  # type: ignore[arg-type]
        if kind is ast.Constant:
            return _constant(node)  # type: ignore[arg-type]
        if isinstance(node, ast.Await):
            return self._resolve(node.value, scope, awaited=True)
        if isinstance(node, ast.NamedExpr):
            return self._resolve(node.value, scope)
        if isinstance(node, ast.IfExp):
            return self._either((node.body, node.orelse), scope)
        if isinstance(node, ast.BoolOp):
            return self._chain(node, scope)
        if isinstance(node, ast.Subscript):
            owner = self._resolve(node.value, scope)
            return self._item(owner, node.value, scope) if owner and owner.instance else owner
        return _LITERALS.get(type(node))

    def _either(self, options: Iterable[ast.expr], scope: Scope) -> Ref | None:
        """Return what the options agree on, leaving out those that say nothing."""
        return _agreed(self._resolve(option, scope) for option in options if not is_none(option))

    def _chain(self, node: ast.BoolOp, scope: Scope) -> Ref | None:
        """Return what the operands of ``a or b or c`` agree on, pair by pair from the left."""
        found = self._either(node.values[:2], scope)
        for value in node.values[2:]:
            found = _agreed((found, self._either((value,), scope)))
        return found

    # Names

    def _name(self, node: ast.Name, scope: Scope) -> Ref | None:
        owner = self._scopes.owner(node.id, scope)
        if owner is None:
            return Ref(f"builtins.{node.id}", False) if node.id in _BUILTINS else None
        return self._bound(self._seen(owner.names[node.id], node, owner, scope), owner)

    def _seen(
        self, bindings: list[Binding], node: ast.AST, owner: Scope, scope: Scope
    ) -> list[Binding]:
        """Return the bindings that can reach ``node``: from the last that surely ran before it."""
        if owner is not scope or len(bindings) == 1:
            return bindings
        before = self._before(bindings, self._position(node)) or bindings
        around = self._around(node)
        for index in range(len(before) - 1, max(-1, len(before) - _MOST_BINDINGS), -1):
            if self._surely_ran(before[index].node, around):
                return before[index:]
        return before

    def _before(self, bindings: list[Binding], here: _Position) -> list[Binding]:
        """Return the bindings of one name that stand before a place, in order; not the first ones
        of more than are looked at.
        """
        known = self._ordered.get(id(bindings))
        if known is None:
            placed = sorted(
                ((self._position(binding.node), binding) for binding in bindings), key=itemgetter(0)
            )
            known = [place for place, _ in placed], [binding for _, binding in placed]
            self._ordered[id(bindings)] = known
        end = bisect_left(known[0], here)
        return known[1][max(0, end - _MOST_BINDINGS - 1) : end]

    def _position(self, node: ast.AST) -> _Position:
        """Return where the statement around a node stands; parameters come first of all."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            if isinstance(current, ast.arguments):
                return _FIRST
            current = self._parents.get(current)
        return (current.lineno, current.col_offset) if current is not None else _NOWHERE

    def _around(self, node: ast.AST) -> dict[ast.AST, ast.AST]:
        """Return what is around a node, each with that of its children which holds the node."""
        found: dict[ast.AST, ast.AST] = {}
        child, parent = node, self._parents.get(node)
        while parent is not None:
            found[parent] = child
            child, parent = parent, self._parents.get(parent)
        return found

    def _surely_ran(self, binding: ast.AST, around: Mapping[ast.AST, ast.AST]) -> bool:
        """Tell whether the block in which a binding certainly takes place is around a node."""
        parent = self._parents.get(binding)
        if parent is None or parent not in around:
            return False
        if not isinstance(binding, ast.stmt):
            return True
        if parent not in self._blocks:
            self._blocks[parent] = _blocks_of(parent)
        held = self._blocks[parent]
        return binding in held and held[binding] == held.get(around[parent], "")

    def _bound(self, bindings: list[Binding], owner: Scope) -> Ref | None:
        """Return what bindings agree on; what is bound very many times says nothing."""
        if len(bindings) > _MOST_BINDINGS:
            return None
        self._work.add(len(bindings))
        if len(bindings) == 1:
            only = bindings[0]
            return None if _says_nothing(only) else self._binding(only, owner)
        refs: list[Ref | None] = []
        for binding in bindings:
            if binding.kind is BindingKind.OPAQUE:
                return None
            if not _says_nothing(binding):
                refs.append(self._binding(binding, owner))
            if binding.kind is BindingKind.ITERATED and refs[-1] is None:
                return None
        imported = [b for b in bindings if b.kind is BindingKind.IMPORT]
        if imported and len(imported) < len(bindings):  # the rest stands in for a failed import
            refs = [self._binding(b, owner) for b in imported]
        agreed = _agreed(refs)
        if agreed is None:
            said = next((b for b in bindings if _is_said(b)), None)
            first = imported[0] if imported else said
            return self._binding(first, owner) if first is not None else None
        return agreed

    def _binding(self, binding: Binding, owner: Scope) -> Ref | None:
        if binding.kind is BindingKind.IMPORT:
            return self._external(binding.target)
        if binding.kind is BindingKind.DEFINITION:
            node = binding.node
            assert isinstance(node, _DEFINITIONS)
            return Ref(self._register(node), False)
        if binding.annotation is not None:
            outside = self._scopes.of(binding.node)
            annotated = self._annotation(binding.annotation, outside)
            if annotated is not None:
                return annotated
        if binding.kind is BindingKind.PARAMETER:
            return self._parameter(binding, owner)
        if binding.value is None:
            return None
        outside = self._scopes.of(binding.node)
        if binding.kind is BindingKind.ENTERED:
            return self._entered(binding.value, outside)
        if binding.kind is BindingKind.ITERATED:
            return self._element(binding.value, outside)
        return self._resolve(binding.value, outside)

    def _register(self, node: _Definition) -> str:
        """Return the dotted name of a definition; the first of several of a name stands for it."""
        name = self._registered.get(node)
        if name is None:
            name = self._registered[node] = self._dotted_name(node)
            same = (n for n in self._definitions[node.name] if self._dotted_name(n) == name)
            self._local[name] = next(same)
        return name

    @cached_property
    def _definitions(self) -> dict[str, list[_Definition]]:
        """All functions and classes by their own names, in source order."""
        found: dict[str, list[_Definition]] = {}
        for node in self._scopes.definitions:
            found.setdefault(node.name, []).append(node)
        return found

    def _dotted_name(self, node: _Definition) -> str:
        names = [node.name]
        current = self._parents.get(node)
        while current is not None:
            if isinstance(current, _DEFINITIONS):
                names.append(current.name)
            current = self._parents.get(current)
        return ".".join([*([self._dotted] if self._dotted else []), *reversed(names)])

    def _external(self, target: str) -> Ref:
        return Ref(self._table.canonical(target), False)

    def _parameter(self, binding: Binding, owner: Scope) -> Ref | None:
        """Return the class for ``self`` or ``cls``, else the class of the default value."""
        function, outer = owner.node, owner.outer
        assert isinstance(binding.node, ast.arg)
        if (
            isinstance(function, FUNCTIONS)
            and outer is not None
            and isinstance(outer.node, ast.ClassDef)
            and first_parameter(function) == binding.node.arg
        ):
            kinds = self._decorators(function)
            if "builtins.staticmethod" in kinds:
                return None
            on_class = "builtins.classmethod" in kinds or function.name == "__new__"
            return Ref(self._register(outer.node), not on_class)
        if binding.value is None or is_none(binding.value):
            return None
        return self._resolve(binding.value, self._scopes.of(function))

    def _decorators(self, node: Function) -> set[str]:
        if node not in self._decorated:
            callees = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
            refs = [self.resolve(callee) for callee in callees]
            self._decorated[node] = {ref.name for ref in refs if ref is not None}
        return self._decorated[node]

    # Attributes

    def _member(self, owner: Ref, attribute: str) -> Ref | None:
        name = f"{owner.name}.{attribute}"
        if owner.name in self._table.open_attributes:
            return self._open_attribute(owner.name, attribute)
        local = self._local.get(owner.name)
        if not isinstance(local, ast.ClassDef):
            return Ref(self._table.canonical(name), False)
        return self._class_member(local, attribute, set()) or Ref(name, False)

    def _open_attribute(self, owner: str, attribute: str) -> Ref:
        """Return what an object has under any name: the collections of a database."""
        name, is_object = self._table.attribute(owner, attribute)
        return Ref(name, is_object)

    def _class_member(
        self, owner: ast.ClassDef, attribute: str, seen: set[ast.ClassDef]
    ) -> Ref | None:
        if len(seen) >= _DEEPEST:
            return None
        seen.add(owner)
        bound = self._attribute_bindings(owner, attribute)
        if bound:
            return self._bound_member(bound, owner)
        for base in owner.bases:
            ref = self.resolve(unstarred(base))
            local = self._local.get(ref.name) if ref else None
            if isinstance(local, ast.ClassDef):
                found = None if local in seen else self._class_member(local, attribute, seen)
                if found is not None:
                    return found
            elif ref is not None and ref.name != "builtins.object":
                return Ref(self._table.canonical(f"{ref.name}.{attribute}"), False)
        return None

    def _bound_member(self, bound: list[Binding], owner: ast.ClassDef) -> Ref | None:
        first = bound[0].node
        if isinstance(first, FUNCTIONS) and _PROPERTIES & self._decorators(first):
            return self._returned(first)
        return self._bound(bound, self._scopes.inside(owner))

    def _attribute_bindings(self, owner: ast.ClassDef, attribute: str) -> list[Binding]:
        in_body = self._scopes.inside(owner).names.get(attribute, [])
        found = [*in_body, *self._scopes.attributes.get((owner, attribute), [])]
        self._work.add(len(found))
        return found

    # Calls

    def _call(self, node: ast.Call, scope: Scope, awaited: bool) -> Ref | None:
        callee = self._resolve(node.func, scope)
        if callee is None:
            return None
        if callee.instance:
            made = self._table.returns(f"{callee.name}.__call__")
            return Ref(made, True) if made else None
        local = self._local.get(callee.name)
        if local is None:
            return self._external_call(callee.name, node, scope)
        if isinstance(local, ast.ClassDef):
            return Ref(callee.name, True)
        waits = isinstance(local, ast.AsyncFunctionDef) and not self._yields(local)
        return self._returned(local) if awaited or not waits else None

    def _external_call(self, name: str, node: ast.Call, scope: Scope) -> Ref | None:
        returned = self._table.returns(name)
        if returned == WRAPPED:
            return self._resolve(node.args[0], scope) if node.args else None
        if returned:
            return Ref(returned, True)
        last = name.rpartition(".")[2]
        if name == "builtins.super":
            return self._super(node)
        if name == "builtins.next":
            return self._next(node, scope)
        if name in _ITEMS_OF_DICT and isinstance(node.func, ast.Attribute):
            return self._part_of(node.func.value, -1, scope)
        if last == "cast" and name.partition(".")[0] in _TYPING:
            given = arguments(node)
            if given:
                return self._annotation(given[0].value, scope)
        if last.lstrip("_")[:1].isupper() or name in _LOWER_CLASSES:
            return Ref(name, True)
        return None

    def _super(self, node: ast.Call) -> Ref | None:
        current = self._parents.get(node)
        while current is not None and not isinstance(current, ast.ClassDef):
            current = self._parents.get(current)
        if current is None or not current.bases:
            return None
        base = self.resolve(unstarred(current.bases[0]))
        return Ref(base.name, True) if base else None

    def _next(self, node: ast.Call, scope: Scope) -> Ref | None:
        """Return what ``next(generator())`` gives, of a generator of the module."""
        made = node.args[0] if node.args else None
        callee = self._resolve(made.func, scope) if isinstance(made, ast.Call) else None
        local = self._local.get(callee.name) if callee else None
        is_generator = isinstance(local, ast.FunctionDef) and self._yields(local)
        return self._yielded(local) if is_generator and isinstance(local, FUNCTIONS) else None

    def _yields(self, function: Function) -> bool:
        return bool(self._scopes.inside(function).yields)

    def _returned(self, function: Function) -> Ref | None:
        """Return what a local function gives back, by its annotation, else by its returns."""
        if function.returns is not None:
            return self._annotation(function.returns, self._scopes.of(function))
        inside = self._scopes.inside(function)
        return None if inside.yields else self._either(inside.returns, inside)

    def _entered(self, manager: ast.expr, scope: Scope) -> Ref | None:
        """Return what ``with manager as …`` binds."""
        if isinstance(manager, ast.Call):
            callee = self._resolve(manager.func, scope)
            local = self._local.get(callee.name) if callee else None
            if isinstance(local, FUNCTIONS) and _MANAGERS & self._decorators(local):
                return self._yielded(local)
            if callee and callee.name in ("contextlib.closing", "contextlib.aclosing"):
                given = arguments(manager)
                return self._resolve(given[0].value, scope) if given else None
        entered = self._resolve(manager, scope)
        if entered is None or not entered.instance:
            return entered
        for method in ("__aenter__", "__enter__"):
            known = self._table.returns(f"{entered.name}.{method}")
            own = self._method(entered, method)
            if known:
                return Ref(known, True)
            if isinstance(own, FUNCTIONS):
                return self._returned(own) or entered
        return entered

    def _method(self, owner: Ref, name: str) -> ast.AST | None:
        local = self._local.get(owner.name)
        bound = self._attribute_bindings(local, name) if isinstance(local, ast.ClassDef) else []
        return bound[0].node if bound else None

    def _yielded(self, function: Function) -> Ref | None:
        inside = self._scopes.inside(function)
        annotation = function.returns
        if annotation is None:
            return self._either(inside.yields, inside)
        if not isinstance(annotation, ast.Subscript):
            return None
        outside = self._scopes.of(function)
        head = self._resolve(annotation.value, outside)
        if head is None or head.name.rpartition(".")[2] not in _YIELDED:
            return None
        first = _subscripts(annotation)[:1]
        return self._annotation(first[0], outside) if first else None

    # What containers hold

    def _item(self, owner: Ref, container: ast.expr, scope: Scope) -> Ref | None:
        """Return what ``container[key]`` is, as far as an annotation or the table says it."""
        known = self._table.returns(f"{owner.name}.__getitem__")
        return Ref(known, True) if known else self._part_of(container, -1, scope)

    def _element(self, iterated: ast.expr, scope: Scope) -> Ref | None:
        """Return what a loop gets of what it goes through."""
        called = iterated.func if isinstance(iterated, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in ("values", "items"):
            return self._part_of(called.value, 1, scope)
        if isinstance(iterated, (ast.Name, ast.Attribute, ast.Call)):
            return self._part_of(iterated, 0, scope)
        return None

    def _part_of(self, container: ast.expr, index: int, scope: Scope) -> Ref | None:
        """Return what an annotation ``list[Store]`` or ``dict[str, Store]`` says to be held."""
        for annotation, outside in self._annotated(container, scope):
            parts = _subscripts(annotation)
            head = self._resolve(annotation.value, outside)
            kind = _plain(head.name).rpartition(".")[2].lower() if head is not None else ""
            if kind in _MAPPINGS and len(parts) == 2 and index:
                return self._annotation(parts[1], outside)
            if kind in _SEQUENCES and parts and index <= 0:
                return self._annotation(parts[0], outside)
        return None

    def _annotated(
        self, container: ast.expr, scope: Scope
    ) -> Iterator[tuple[ast.Subscript, Scope]]:
        """Yield the annotations of what holds a container, or of the function that returns it."""
        if isinstance(container, ast.Call):
            callee = self._resolve(container.func, scope)
            local = self._local.get(callee.name) if callee else None
            given = (
                [(local.returns, self._scopes.of(local))] if isinstance(local, FUNCTIONS) else []
            )
        elif isinstance(container, (ast.Name, ast.Attribute)):
            bound = self._bindings_of(container)
            given = [(one.annotation, self._scopes.of(one.node)) for one in bound]
        else:
            given = []
        for annotation, outside in given:
            for one in _alternatives(annotation):
                if isinstance(one, ast.Subscript):
                    yield one, outside

    # Annotations

    def _annotation(self, node: ast.expr, scope: Scope) -> Ref | None:
        """Return an instance of the annotated class; of a union, what its members agree on."""
        if isinstance(node, ast.Constant):
            node = self._forward(node) or node
        if isinstance(node, ast.BinOp):
            sides = (node.left, node.right)
            return _agreed([self._annotation(s, scope) for s in sides if not is_none(s)])
        if isinstance(node, ast.Subscript):
            return self._generic(node, scope)
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None
        ref = self._resolve(node, scope)
        if ref is None or ref.instance or ref.name in _SAYS_NO_CLASS:
            return ref if ref and ref.instance and isinstance(node, ast.Name) else None
        return Ref(_plain(ref.name), True)

    def _generic(self, node: ast.Subscript, scope: Scope) -> Ref | None:
        head = self._resolve(node.value, scope)
        if head is None:
            return None
        module, _, last = head.name.rpartition(".")
        parts = _subscripts(node)
        if module in _TYPING and last in _TRANSPARENT:
            return self._annotation(parts[0], scope) if parts else None
        if module in _TYPING and last == "Union":
            return _agreed([self._annotation(p, scope) for p in parts if not is_none(p)])
        if head.name in ("builtins.type", "typing.Type"):
            instance = self._annotation(parts[0], scope) if parts else None
            return Ref(instance.name, False) if instance else None
        return Ref(_plain(head.name), True)

    def _forward(self, node: ast.Constant) -> ast.expr | None:
        """Return an annotation that is written as a string."""
        if node not in self._parsed:
            text = node.value
            self._parsed[node] = _parse(text.strip()) if isinstance(text, str) else None
        return self._parsed[node]

    # Values

    def values(self, name: str, at: ast.AST) -> list[ast.expr]:
        owner = self._scopes.owner(name, self._scopes.of(at))
        return self._values(owner.names[name]) if owner else []

    def attribute_values(self, owner: ast.ClassDef, attribute: str) -> list[ast.expr]:
        return self._values(self._attribute_bindings(owner, attribute))

    def _values(self, bindings: Sequence[Binding]) -> list[ast.expr]:
        self._work.add(len(bindings))
        of_values = (b.value for b in bindings if b.kind is BindingKind.VALUE)
        return [value for value in of_values if value is not None]

    def number(self, expression: ast.expr) -> float | None:
        return self._number_within(expression, _DEEPEST, {})

    def _number_within(
        self, expression: ast.expr, depth: int, known: dict[tuple[ast.expr, int], float | None]
    ) -> float | None:
        """``known`` has what was found on the way: a name may stand in both operands."""
        if isinstance(expression, ast.Constant):
            return literal(expression) if depth > 0 else None
        key = (expression, depth)
        if key not in known:
            known[key] = None
            if depth > 0:
                known[key] = self._evaluated(
                    expression, lambda part: self._number_within(part, depth - 1, known)
                )
        return known[key]

    def _evaluated(
        self, expression: ast.expr, value_of: Callable[[ast.expr], float | None]
    ) -> float | None:
        if isinstance(expression, (ast.UnaryOp, ast.BinOp)):
            return calculate(expression, value_of)
        if isinstance(expression, (ast.Name, ast.Attribute)):
            only = self._only_value(expression)
            return value_of(only) if only is not None else None
        return None

    def _only_value(self, node: ast.Name | ast.Attribute) -> ast.expr | None:
        bindings = self._bindings_of(node)
        if len(bindings) != 1 or bindings[0].kind is not BindingKind.VALUE:
            return None
        return bindings[0].value

    def _bindings_of(self, node: ast.Name | ast.Attribute) -> list[Binding]:
        if isinstance(node, ast.Name):
            owner = self._scopes.owner(node.id, self._scopes.of(node))
            return owner.names[node.id] if owner else []
        ref = self.resolve(node.value)
        local = self._local.get(ref.name) if ref else None
        if not isinstance(local, ast.ClassDef):
            return []
        return self._attribute_bindings(local, node.attr)


def _alternatives(annotation: ast.expr | None) -> Iterator[ast.expr]:
    """Yield the parts of an annotation that ``|`` joins, and what ``Optional`` holds."""
    if isinstance(annotation, ast.BinOp):
        yield from _alternatives(annotation.left)
        yield from _alternatives(annotation.right)
    elif isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        yield from _alternatives(annotation.slice)
    elif annotation is not None:
        yield annotation


def _blocks_of(parent: ast.AST) -> dict[ast.AST, str]:
    """Return what stands in the blocks of a statement, each with its block's name."""
    return {
        node: name
        for name in _BLOCKS
        if isinstance(held := getattr(parent, name, None), list)
        for node in held
    }


def _constant(node: ast.Constant) -> Ref | None:
    if isinstance(node.value, bool):
        return Ref(f"builtins.{node.value}", False)
    return _CONSTANTS.get(type(node.value))


def _is_said(binding: Binding) -> bool:
    """Tell whether a parameter has an annotation: what stands in for a missing one is alike."""
    return binding.kind is BindingKind.PARAMETER and binding.annotation is not None


def _says_nothing(binding: Binding) -> bool:
    unset = (
        binding.kind is BindingKind.VALUE and binding.annotation is None and is_none(binding.value)
    )
    return unset or binding.kind is BindingKind.OPAQUE


def _agreed(refs: Iterable[Ref | None]) -> Ref | None:
    different = {ref for ref in refs if ref is not None}
    return different.pop() if len(different) == 1 else None


def _plain(name: str) -> str:
    module, _, last = name.rpartition(".")
    return f"builtins.{_GENERIC[last]}" if module in _TYPING and last in _GENERIC else name


def _subscripts(node: ast.Subscript) -> list[ast.expr]:
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return [unstarred(part) for part in parts if not isinstance(part, ast.Slice)]


def _parse(text: str) -> ast.expr | None:
    """Parse an annotation, None where the text is no expression."""
    if text.isidentifier() and not keyword.iskeyword(text):
        return ast.Name(text, ast.Load())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
