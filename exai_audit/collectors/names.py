"""What an expression denotes, from one file's imports, aliases, annotations and assignments."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.filling import Filler
from exai_audit.collectors.numbers import calculate, literal
from exai_audit.collectors.scopes import Binding, How, Scope, Scopes, first_parameter
from exai_audit.collectors.walk import Walked
from exai_audit.knowledge.table import table


@dataclass(frozen=True, slots=True)
class Ref:
    """A dotted name; ``instance`` when it is an object of the class of that name."""

    name: str
    instance: bool


_DEEPEST = 40
_BUILTINS = frozenset(dir(builtins))
_LOWER_CLASSES = frozenset(
    {f"builtins.{n}" for n in _BUILTINS if n[0].islower() and isinstance(vars(builtins)[n], type)}
    | {"collections.defaultdict", "collections.deque", "threading.local", "array.array"}
)
_LITERALS: dict[type[cst.CSTNode], str] = {
    cst.Dict: "dict", cst.DictComp: "dict", cst.List: "list", cst.ListComp: "list",
    cst.Set: "set", cst.SetComp: "set", cst.Tuple: "tuple", cst.Integer: "int",
    cst.Float: "float", cst.SimpleString: "str", cst.ConcatenatedString: "str",
    cst.FormattedString: "str",
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
_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})


class Names:
    """Resolves the expressions of one module; see `ModuleTree`."""

    def __init__(self, dotted: str, walked: Walked, scopes: Scopes, filler: Filler) -> None:
        self._dotted = dotted
        self._walked = walked
        self._scopes = scopes
        self._filler = filler
        self._table = table()
        self._known: dict[tuple[cst.CSTNode, bool], Ref | None] = {}
        self._local: dict[str, cst.FunctionDef | cst.ClassDef] = {}
        self._depth = 0

    def resolve(self, expression: cst.BaseExpression) -> Ref | None:
        return self._resolve(expression, self._scopes.of(expression))

    def _resolve(self, node: cst.BaseExpression, scope: Scope, awaited: bool = False) -> Ref | None:
        key = (node, awaited)
        if key not in self._known:
            self._known[key] = None
            if self._depth < _DEEPEST:
                self._depth += 1
                try:
                    self._known[key] = self._work_out(node, scope, awaited)
                finally:
                    self._depth -= 1
            else:
                del self._known[key]
                return None
        return self._known[key]

    def _work_out(self, node: cst.BaseExpression, scope: Scope, awaited: bool) -> Ref | None:
        if type(node) in _LITERALS:
            return Ref(f"builtins.{_LITERALS[type(node)]}", True)
        if isinstance(node, cst.Name):
            return self._name(node, scope)
        if isinstance(node, cst.Attribute):
            owner = self._resolve(node.value, scope)
            return self._member(owner, node.attr.value) if owner else None
        if isinstance(node, cst.Call):
            return self._call(node, scope, awaited)
        if isinstance(node, cst.Await):
            return self._resolve(node.expression, scope, awaited=True)
        if isinstance(node, cst.NamedExpr):
            return self._resolve(node.value, scope)
        if isinstance(node, cst.IfExp):
            return self._either((node.body, node.orelse), scope)
        if isinstance(node, cst.BooleanOperation):
            return self._either((node.left, node.right), scope)
        if isinstance(node, cst.Subscript):
            owner = self._resolve(node.value, scope)
            return None if owner is None or owner.instance else owner
        return None

    def _either(self, options: Iterable[cst.BaseExpression], scope: Scope) -> Ref | None:
        """Return what the options agree on, leaving out those that say nothing."""
        return _agreed(self._resolve(option, scope) for option in options if not is_none(option))

    # Names

    def _name(self, node: cst.Name, scope: Scope) -> Ref | None:
        owner = self._scopes.owner(node.value, scope)
        if owner is None and is_none(node):
            return None
        if owner is None:
            return Ref(f"builtins.{node.value}", False) if node.value in _BUILTINS else None
        return self._bound(self._seen(owner.names[node.value], node, owner, scope), owner)

    def _seen(
        self, bindings: list[Binding], node: cst.CSTNode, owner: Scope, scope: Scope
    ) -> list[Binding]:
        """Return the bindings that can reach ``node``: from the last that surely ran before it."""
        if owner is not scope or len(bindings) == 1:
            return bindings
        blocks = self._blocks(node)
        here = self._number(node)
        before = [b for b in bindings if self._number(b.node) < here] or bindings
        for index in range(len(before) - 1, -1, -1):
            if self._block(before[index].node) in blocks:
                return before[index:]
        return before

    def _number(self, node: cst.CSTNode) -> int:
        """Return the number of the statement around a node; parameters come first of all."""
        current: cst.CSTNode | None = node
        while current is not None and current not in self._walked.order:
            if isinstance(current, cst.Parameters):
                return -1
            current = self._walked.parents.get(current)
        return self._walked.order[current] if current is not None else 0

    def _block(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the block in which a binding certainly takes place."""
        if isinstance(node, (cst.WithItem, cst.Param)):
            return self._walked.parents.get(node)
        current = self._walked.parents.get(node)
        while isinstance(current, cst.SimpleStatementLine):
            current = self._walked.parents.get(current)
        return current

    def _blocks(self, node: cst.CSTNode) -> set[cst.CSTNode | None]:
        found: set[cst.CSTNode | None] = set()
        current = self._walked.parents.get(node)
        while current is not None:
            found.add(current)
            current = self._walked.parents.get(current)
        return found

    def _bound(self, bindings: list[Binding], owner: Scope) -> Ref | None:
        refs: list[Ref | None] = []
        for binding in bindings:
            if binding.how is How.OPAQUE and len(bindings) > 1:
                return None
            if not _says_nothing(binding):
                refs.append(self._binding(binding, owner))
        imported = [b for b in bindings if b.how is How.IMPORT]
        if imported and len(imported) < len(bindings):  # the rest stands in for a failed import
            refs = [self._binding(b, owner) for b in imported]
        agreed = _agreed(refs)
        if agreed is None and imported:
            return self._binding(imported[0], owner)
        return agreed

    def _binding(self, binding: Binding, owner: Scope) -> Ref | None:
        if binding.how is How.IMPORT:
            return self._external(binding.target)
        if binding.how is How.DEFINITION:
            node = binding.node
            assert isinstance(node, (cst.FunctionDef, cst.ClassDef))
            return Ref(self._register(node), False)
        outside = self._scopes.of(binding.node)
        if binding.annotation is not None:
            annotated = self._annotation(binding.annotation, outside)
            if annotated is not None:
                return annotated
        if binding.how is How.PARAMETER:
            return self._parameter(binding, owner)
        if binding.value is None:
            return None
        if binding.how is How.ENTERED:
            return self._entered(binding.value, outside)
        return self._resolve(binding.value, outside)

    def _register(self, node: cst.FunctionDef | cst.ClassDef) -> str:
        names = [node.name.value]
        current = self._walked.parents.get(node)
        while current is not None:
            if isinstance(current, (cst.FunctionDef, cst.ClassDef)):
                names.append(current.name.value)
            current = self._walked.parents.get(current)
        name = ".".join([*([self._dotted] if self._dotted else []), *reversed(names)])
        self._local.setdefault(name, node)
        return name

    def _external(self, target: str) -> Ref:
        return Ref(self._table.canonical(target), False)

    def _parameter(self, binding: Binding, owner: Scope) -> Ref | None:
        """Return the class for ``self`` or ``cls``, else the class of the default value."""
        function, outer = owner.node, owner.outer
        assert isinstance(binding.node, cst.Param)
        if (
            isinstance(function, cst.FunctionDef)
            and outer is not None
            and isinstance(outer.node, cst.ClassDef)
            and first_parameter(function) == binding.node.name.value
        ):
            kinds = self._decorators(function)
            if "builtins.staticmethod" in kinds:
                return None
            on_class = "builtins.classmethod" in kinds or function.name.value == "__new__"
            return Ref(self._register(outer.node), not on_class)
        if binding.value is None or is_none(binding.value):
            return None
        return self._resolve(binding.value, self._scopes.of(function))

    def _decorators(self, node: cst.FunctionDef) -> set[str]:
        found = set()
        for decorator in node.decorators:
            expression = decorator.decorator
            callee = expression.func if isinstance(expression, cst.Call) else expression
            ref = self.resolve(callee)
            if ref is not None:
                found.add(ref.name)
        return found

    # Attributes

    def _member(self, owner: Ref, attribute: str) -> Ref | None:
        name = f"{owner.name}.{attribute}"
        local = self._local.get(owner.name)
        if not isinstance(local, cst.ClassDef):
            return Ref(self._table.canonical(name), False)
        return self._class_member(local, attribute, set()) or Ref(name, False)

    def _class_member(
        self, owner: cst.ClassDef, attribute: str, seen: set[cst.ClassDef]
    ) -> Ref | None:
        seen.add(owner)
        bound = self._attribute_bindings(owner, attribute)
        if bound:
            return self._bound_member(bound, owner)
        for base in owner.bases:
            ref = self.resolve(base.value)
            local = self._local.get(ref.name) if ref else None
            if isinstance(local, cst.ClassDef):
                found = None if local in seen else self._class_member(local, attribute, seen)
                if found is not None:
                    return found
            elif ref is not None and ref.name != "builtins.object":
                return Ref(self._table.canonical(f"{ref.name}.{attribute}"), False)
        return None

    def _bound_member(self, bound: list[Binding], owner: cst.ClassDef) -> Ref | None:
        first = bound[0].node
        if isinstance(first, cst.FunctionDef) and _PROPERTIES & self._decorators(first):
            return self._returned(first)
        return self._bound(bound, self._scopes.inside(owner))

    def _attribute_bindings(self, owner: cst.ClassDef, attribute: str) -> list[Binding]:
        self._filler.fill_attribute(owner, attribute)
        in_body = self._scopes.inside(owner).names.get(attribute, [])
        return [*in_body, *self._scopes.attributes.get((owner, attribute), [])]

    # Calls

    def _call(self, node: cst.Call, scope: Scope, awaited: bool) -> Ref | None:
        callee = self._resolve(node.func, scope)
        if callee is None or callee.instance:
            return None
        local = self._local.get(callee.name)
        if isinstance(local, cst.ClassDef):
            return Ref(callee.name, True)
        if isinstance(local, cst.FunctionDef):
            waits = local.asynchronous is not None and not _yields(self._inside(local))
            return self._returned(local) if awaited or not waits else None
        return self._external_call(callee.name, node, scope)

    def _external_call(self, name: str, node: cst.Call, scope: Scope) -> Ref | None:
        returned = self._table.returns(name)
        if returned:
            return Ref(returned, True)
        last = name.rpartition(".")[2]
        if name == "builtins.super":
            return self._super(node)
        if last == "cast" and name.partition(".")[0] in _TYPING and node.args:
            return self._annotation(node.args[0].value, scope)
        if last.lstrip("_")[:1].isupper() or name in _LOWER_CLASSES:
            return Ref(name, True)
        return None

    def _super(self, node: cst.Call) -> Ref | None:
        current = self._walked.parents.get(node)
        while current is not None and not isinstance(current, cst.ClassDef):
            current = self._walked.parents.get(current)
        if current is None or not current.bases:
            return None
        base = self.resolve(current.bases[0].value)
        return Ref(base.name, True) if base else None

    def _returned(self, function: cst.FunctionDef) -> Ref | None:
        """Return what a local function gives back, by its annotation, else by its returns."""
        if function.returns is not None:
            return self._annotation(function.returns.annotation, self._scopes.of(function))
        inside = self._inside(function)
        return None if _yields(inside) else self._either(inside.returns, inside)

    def _entered(self, manager: cst.BaseExpression, scope: Scope) -> Ref | None:
        """Return what ``with manager as …`` binds."""
        if isinstance(manager, cst.Call):
            callee = self._resolve(manager.func, scope)
            local = self._local.get(callee.name) if callee else None
            if isinstance(local, cst.FunctionDef) and _MANAGERS & self._decorators(local):
                return self._yielded(local)
            if callee and callee.name in ("contextlib.closing", "contextlib.aclosing"):
                return self._resolve(manager.args[0].value, scope) if manager.args else None
        entered = self._resolve(manager, scope)
        if entered is None or not entered.instance:
            return entered
        for method in ("__aenter__", "__enter__"):
            known = self._table.returns(f"{entered.name}.{method}")
            own = self._method(entered, method)
            if known:
                return Ref(known, True)
            if isinstance(own, cst.FunctionDef):
                return self._returned(own) or entered
        return entered

    def _method(self, owner: Ref, name: str) -> cst.CSTNode | None:
        local = self._local.get(owner.name)
        bound = self._attribute_bindings(local, name) if isinstance(local, cst.ClassDef) else []
        return bound[0].node if bound else None

    def _yielded(self, function: cst.FunctionDef) -> Ref | None:
        inside = self._inside(function)
        if function.returns is None:
            return self._either(inside.yields, inside)
        annotation = function.returns.annotation
        if not isinstance(annotation, cst.Subscript):
            return None
        outside = self._scopes.of(function)
        head = self._resolve(annotation.value, outside)
        if head is None or head.name.rpartition(".")[2] not in _YIELDED:
            return None
        first = _subscripts(annotation)[:1]
        return self._annotation(first[0], outside) if first else None

    def _inside(self, function: cst.FunctionDef) -> Scope:
        """Return the scope of a function's body, read now if it was left out."""
        self._filler.fill(function)
        return self._scopes.inside(function)

    # Annotations

    def _annotation(self, node: cst.BaseExpression, scope: Scope) -> Ref | None:
        """Return an instance of the annotated class; of a union, what its members agree on."""
        if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
            node = _forward(node) or node
        if isinstance(node, cst.BinaryOperation):
            sides = (node.left, node.right)
            return _agreed([self._annotation(s, scope) for s in sides if not is_none(s)])
        if isinstance(node, cst.Subscript):
            return self._generic(node, scope)
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return None
        ref = self._resolve(node, scope)
        if ref is None or ref.instance or ref.name in _SAYS_NO_CLASS:
            return ref if ref and ref.instance and isinstance(node, cst.Name) else None
        return Ref(_plain(ref.name), True)

    def _generic(self, node: cst.Subscript, scope: Scope) -> Ref | None:
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

    # Values

    def values(self, name: str, at: cst.CSTNode) -> list[cst.BaseExpression]:
        owner = self._scopes.owner(name, self._scopes.of(at))
        return _values(owner.names[name]) if owner else []

    def attribute_values(self, owner: cst.ClassDef, attribute: str) -> list[cst.BaseExpression]:
        return _values(self._attribute_bindings(owner, attribute))

    def number(self, expression: cst.BaseExpression) -> float | None:
        return self._number_within(expression, _DEEPEST, {})

    def _number_within(
        self,
        expression: cst.BaseExpression,
        depth: int,
        known: dict[tuple[cst.BaseExpression, int], float | None],
    ) -> float | None:
        """``known`` has what was found on the way: a name may stand in both operands."""
        key = (expression, depth)
        if key not in known:
            known[key] = None
            if depth > 0:
                known[key] = self._evaluated(
                    expression, lambda part: self._number_within(part, depth - 1, known)
                )
        return known[key]

    def _evaluated(
        self,
        expression: cst.BaseExpression,
        value_of: Callable[[cst.BaseExpression], float | None],
    ) -> float | None:
        if isinstance(expression, (cst.UnaryOperation, cst.BinaryOperation)):
            return calculate(expression, value_of)
        if isinstance(expression, (cst.Name, cst.Attribute)):
            only = self._only_value(expression)
            return value_of(only) if only is not None else None
        return literal(expression)

    def _only_value(self, node: cst.Name | cst.Attribute) -> cst.BaseExpression | None:
        bindings = self._bindings_of(node)
        if len(bindings) != 1 or bindings[0].how is not How.VALUE:
            return None
        return bindings[0].value

    def _bindings_of(self, node: cst.Name | cst.Attribute) -> list[Binding]:
        if isinstance(node, cst.Name):
            owner = self._scopes.owner(node.value, self._scopes.of(node))
            return owner.names[node.value] if owner else []
        ref = self.resolve(node.value)
        local = self._local.get(ref.name) if ref else None
        if not isinstance(local, cst.ClassDef):
            return []
        return self._attribute_bindings(local, node.attr.value)


def is_none(node: cst.CSTNode | None) -> bool:
    """Tell whether an expression is the name ``None``."""
    return isinstance(node, cst.Name) and node.value == "None"


def _says_nothing(binding: Binding) -> bool:
    unset = binding.how is How.VALUE and binding.annotation is None and is_none(binding.value)
    return unset or binding.how is How.OPAQUE


def _agreed(refs: Iterable[Ref | None]) -> Ref | None:
    different = {ref for ref in refs if ref is not None}
    return different.pop() if len(different) == 1 else None


def _yields(scope: Scope) -> bool:
    return bool(scope.yields)


def _values(bindings: Iterable[Binding]) -> list[cst.BaseExpression]:
    return [b.value for b in bindings if b.how is How.VALUE and b.value is not None]


def _plain(name: str) -> str:
    module, _, last = name.rpartition(".")
    return f"builtins.{_GENERIC[last]}" if module in _TYPING and last in _GENERIC else name


def _subscripts(node: cst.Subscript) -> list[cst.BaseExpression]:
    return list(_indexes(node))


def _indexes(node: cst.Subscript) -> Iterator[cst.BaseExpression]:
    for element in node.slice:
        if isinstance(element.slice, cst.Index):
            yield element.slice.value


def _forward(node: cst.SimpleString | cst.ConcatenatedString) -> cst.BaseExpression | None:
    """Parse an annotation written as a string."""
    text = node.evaluated_value
    if not isinstance(text, str):
        return None
    try:
        return cst.parse_expression(text.strip())
    except Exception:  # libcst raises several kinds for text that is no expression
        return None
