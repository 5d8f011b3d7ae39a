"""What value an expression gives to a limit: a literal, a reference, none, or nothing to say."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec.structs import replace

from exai_audit.collectors.timeouts.clocks import is_a_clock
from exai_audit.collectors.timeouts.getters import default_after, key_asked_for, looked_up
from exai_audit.collectors.timeouts.limit_values import (
    NONE,
    Value,
    amount_of,
    number_in,
    only_literal,
    strongest_of,
)
from exai_audit.facts.timeouts import ValueKind
from exai_audit.knowledge.limit_names import is_timeout_like, unit_scale, words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    argument,
    arguments,
    dotted,
    is_none,
    last_name,
    text_of,
)
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.scopes import BindingKind, unstarred

_TIMEDELTA = {
    "weeks": 604800.0, "days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0,
    "milliseconds": 1e-3, "microseconds": 1e-6,
}  # fmt: skip
_TIMEDELTA_ORDER = (
    "days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks",
)  # fmt: skip
CASTS = frozenset({"builtins.float", "builtins.int"})
_FIELDS = frozenset({
    "field", "column", "attrib", "ib", "option", "argument", "query", "param", "setting",
})  # fmt: skip
_FIRST_IS_DEFAULT = frozenset({"Field", "Option", "Argument", "Query", "Param"})
_SCHEMA_KEYS = frozenset({"default", "minimum", "maximum", "min", "max", "type"})
_PAIR = ("connect", "read")  # as requests and its likes take a pair
_SINGLETONS = frozenset({"Ellipsis", "NotImplemented"})


class ValueReader:
    """Reads the values of one module."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._globals: dict[int, bool] = {}

    def read(self, node: ast.expr, strings: bool = False) -> Value | None:
        """Return the value of an expression that stands where a limit is expected.

        Args:
            strings: whether a number may be written as text, as in an environment variable.
        """
        if is_numeric_literal(node):
            return amount_of(self._tree.number(node), node)
        if isinstance(node, ast.Constant):
            if is_none(node):
                return NONE
            return amount_of(number_in(text_of(node)), node) if strings else None
        if isinstance(node, (ast.Tuple, ast.List)):
            value = self._compound(unstarred(element) for element in node.elts)
            is_pair = len(node.elts) == len(_PAIR)
            return self._in_phases(value, zip(_PAIR, node.elts, strict=True)) if is_pair else value
        if isinstance(node, ast.Dict):
            return self._mapping(node)
        if isinstance(node, ast.Call):
            return self._call(node, strings)
        if isinstance(node, ast.BoolOp):
            return self._either(node, strings)
        if isinstance(node, ast.IfExp):
            return self._branches(node, strings)
        if isinstance(node, ast.Await):
            return self.read(node.value, strings)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            length = self._length_from_now(node)
            if length is not None:
                return replace(length, in_seconds=True)
        return self._reference(node)

    def default_of_field(self, node: ast.expr) -> Value | None:
        """Return the default in ``Field(default=30)``, ``Field(30)``, ``Option(30)`` and so on."""
        if not isinstance(node, ast.Call):
            return None
        name = last_name(node.func)
        parts = words(name)
        if not parts or not (parts[-1] in _FIELDS or "Field" in name):
            return None
        given = argument(node, "default", 0 if name in _FIRST_IS_DEFAULT else None)
        return self.read(given.value) if given else None

    def fallback(self, call: ast.Call) -> tuple[ast.expr, Value] | None:
        """Return the literal that a getter falls back to, and its value with the key."""
        key, index = looked_up(call)
        given = default_after(arguments(call)[index + 1 :]) if key else None
        value = self.read(given, strings=True) if given is not None else None
        if given is None or value is None or value.kind is not ValueKind.LITERAL:
            return None
        return given, replace(value, fallback=True, key=key)

    def literal_local(self, node: ast.expr) -> ast.expr | None:
        """Return the number that a local of no limit's name is bound to, and to nothing else."""
        if not isinstance(node, ast.Name) or is_timeout_like(node.id):
            return None
        owner = self._tree.scopes.owner(node.id, self._tree.scopes.of(node))
        bindings = owner.names[node.id] if owner and isinstance(owner.node, FUNCTIONS) else []
        if len(bindings) != 1 or bindings[0].kind is not BindingKind.VALUE:
            return None
        literal = bindings[0].value
        return literal if literal is not None and is_numeric_literal(literal) else None

    def _length_from_now(self, node: ast.BinOp) -> Value | None:
        """Return the length of a wait whose end is given: ``time.monotonic() + 30``."""
        for now, length in ((node.left, node.right), (node.right, node.left)):
            if isinstance(now, ast.Call) and is_a_clock(now, self._tree):
                return self.read(length)
        return None

    def phases(self, call: ast.Call) -> Value | None:
        """Return the value of a limit object: all that is given to ``httpx.Timeout(10, read=5)``.

        Its amount is the first argument, which is the limit on the whole, else the longest phase.
        """
        row = table().call(self._tree.qualified(call.func) or "")
        if row is None or row.timeout is None or row.timeout.waits != "limit":
            return None
        whole = argument(call, row.timeout.argument, row.timeout.position)
        known: list[Value] = []
        given_phases = arguments(call)
        named = [(given.name or row.timeout.argument, given.value) for given in given_phases]
        for given in given_phases:
            value = self.read(given.value) if not given.star else None
            is_whole = whole is not None and given.node is whole.node
            if value is not None and is_whole and value.kind is ValueKind.LITERAL:
                return self._in_phases(replace(value, compound=True), named)
            if value is not None:
                known.append(replace(value, phase="" if is_whole else given.name))
        strongest = strongest_of(known)
        if strongest is None or whole:
            return strongest
        alone = replace(strongest, phase="", literal=only_literal(known))
        return self._in_phases(alone, named)

    def _in_phases(
        self, value: Value | None, named: Iterable[tuple[str, ast.expr]]
    ) -> Value | None:
        """Return a value with those of its phases that are written as numbers, if they differ."""
        if value is None or value.kind is not ValueKind.LITERAL:
            return value
        literals = [(name, node) for name, node in named if is_numeric_literal(node)]
        numbers = [(name, self._tree.number(node)) for name, node in literals]
        phases = tuple((name, amount) for name, amount in numbers if amount is not None)
        differ = len({amount for _, amount in phases}) > 1
        literal = value.literal if len(phases) < 2 else None
        return replace(value, phases=phases if differ else (), literal=literal)

    def _call(self, node: ast.Call, strings: bool) -> Value | None:
        limit = self.phases(node)
        if limit is not None:
            return self._in_seconds(limit, node)
        fallback = self.fallback(node)
        if fallback is not None:
            return fallback[1]
        name = self._tree.qualified(node.func) or ""
        if name in CASTS and (node.args or node.keywords):
            return self._cast(arguments(node)[0].value)
        if name in ("builtins.min", "builtins.max"):
            return self._bounds(node, is_max=name == "builtins.max")
        if name == "datetime.timedelta":
            return self._timedelta(node)
        if last_name(node.func) == "total_seconds" and isinstance(node.func, ast.Attribute):
            return self.read(node.func.value)
        return None

    def _in_seconds(self, limit: Value, made: ast.Call) -> Value:
        """Return the value of a limit object in seconds, as its library counts."""
        row = table().call(self._tree.qualified(made.func) or "")
        if limit.amount is None or limit.in_seconds or row is None or row.timeout is None:
            return limit
        scale = unit_scale(row.timeout.unit)
        phases = tuple((name, amount * scale) for name, amount in limit.phases)
        return replace(limit, amount=limit.amount * scale, in_seconds=True, phases=phases)

    def _cast(self, node: ast.expr) -> Value | None:
        text = text_of(node)
        if text is not None and text.strip().lstrip("+-").lower() in ("inf", "infinity"):
            return NONE
        return self.read(node, strings=True)

    def _bounds(self, call: ast.Call, is_max: bool) -> Value | None:
        """Return what ``min`` or ``max`` gives; a floor under something computed is no limit."""
        values = [self.read(one) for one in call.args if not isinstance(one, ast.Starred)]
        literals = [v for v in values if v is not None and v.kind is ValueKind.LITERAL]
        computed = [v for v in literals if v.fallback and not v.key]
        if not literals or (is_max and (computed or len(literals) < len(values))):
            return None
        amounts = [v.amount for v in literals if v.amount is not None]
        if not amounts:
            return literals[0]
        amount = max(amounts) if is_max else min(amounts)
        return replace(literals[0], amount=amount, literal=only_literal(literals))

    def _timedelta(self, call: ast.Call) -> Value | None:
        total = 0.0
        given = arguments(call)
        for position, one in enumerate(given):
            unit = one.name or "".join(_TIMEDELTA_ORDER[position:][:1])
            amount = self._tree.number(one.value) if is_numeric_literal(one.value) else None
            if amount is None or unit not in _TIMEDELTA:
                return None
            total += amount * _TIMEDELTA[unit]
        literal = given[0].value if len(given) == 1 else None
        return Value(ValueKind.LITERAL, total, in_seconds=True, literal=literal) if given else None

    def _either(self, node: ast.BoolOp, strings: bool) -> Value | None:
        if not isinstance(node.op, ast.Or):
            return None
        asked, last = node.values[0], node.values[-1]
        value = self.read(last, strings)
        if value is None or value.kind is not ValueKind.LITERAL:
            return value
        is_pair = len(node.values) == 2
        key = key_asked_for(asked) if is_pair and isinstance(asked, ast.Call) else ""
        return replace(value, fallback=True, key=value.key or key)

    def _branches(self, node: ast.IfExp, strings: bool) -> Value | None:
        body, other = self.read(node.body, strings), self.read(node.orelse, strings)
        strongest = strongest_of([value for value in (body, other) if value is not None])
        if strongest is None or strongest.kind is not ValueKind.LITERAL:
            return strongest
        both = body is not None and other is not None and body.kind is other.kind
        if not both:
            return replace(strongest, fallback=True)
        amounts = {value.amount: None for value in (body, other) if value is not None}
        choices = tuple(amount for amount in amounts if amount is not None)
        return replace(strongest, choices=choices if len(choices) > 1 else (), literal=None)

    def _mapping(self, node: ast.Dict) -> Value | None:
        keys = {text_of(key) for key in node.keys}
        if any(key is None for key in node.keys) or keys & _SCHEMA_KEYS:
            return None
        return self._compound(node.values)

    def _compound(self, nodes: Iterable[ast.expr]) -> Value | None:
        """Return the longest of several limits; nothing if one of them can be no limit."""
        values = [self.read(node) for node in nodes]
        if not values or any(value is None or value.compound for value in values):
            return None
        found = [value for value in values if value is not None]
        strongest = strongest_of(found)
        if strongest is None:
            return None
        return replace(strongest, compound=True, literal=only_literal(found))

    def _reference(self, node: ast.expr) -> Value | None:
        """Return a reference to a limit named elsewhere; a local handed on says nothing."""
        if isinstance(node, ast.Name):
            if node.id in _SINGLETONS or not self._is_global(node):
                return None
        elif isinstance(node, (ast.BinOp, ast.UnaryOp)):
            if self._tree.number(node) is None:
                return None
        elif not isinstance(node, (ast.Attribute, ast.Subscript)):
            return None
        if isinstance(node, ast.Attribute) and dotted(node) in ("math.inf", "numpy.inf", "np.inf"):
            return NONE
        return Value(ValueKind.REFERENCE, self._tree.number(node))

    def _is_global(self, node: ast.Name) -> bool:
        """Tell whether a name is a module's constant or an import, no parameter, local or class."""
        scopes = self._tree.scopes
        owner = scopes.owner(node.id, scopes.of(node))
        if owner is None:
            return False
        bindings = owner.names[node.id]
        if id(bindings) not in self._globals:
            kinds = {binding.kind for binding in bindings}
            outside = isinstance(owner.node, (ast.Module, ast.ClassDef))
            is_value = outside and BindingKind.VALUE in kinds
            self._globals[id(bindings)] = is_value or BindingKind.IMPORT in kinds
        return self._globals[id(bindings)]
