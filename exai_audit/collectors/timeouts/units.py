"""What unit the numbers under a name count in, as the module's own code, text and comments say."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from exai_audit.collectors.timeouts.carriers import function_called, hands_on_the_rest
from exai_audit.collectors.timeouts.clocks import is_a_clock, is_age
from exai_audit.collectors.timeouts.shapes import name_of_target, targets_of
from exai_audit.collectors.timeouts.unit_words import said_of, said_of_amount
from exai_audit.knowledge.calls import Call, Timeout
from exai_audit.knowledge.limit_names import is_timeout_like, stated_scale, unit_scale
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, argument, arguments, last_name, parameters
from exai_audit.syntax.numbers import is_numeric_literal

_Slot = tuple[ast.AST, str]
_TIMEDELTA = {
    "days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 1e-3,
}  # fmt: skip
_KEEPS_THE_UNIT = frozenset({"float", "int", "round", "abs", "min", "max", "Decimal", "str"})
_CONVERTS = {1000.0: 1e-3, 1e6: 1e-6}


def takes_a_limit(row: Call) -> bool:
    """Tell whether a known call takes a limit in a known unit."""
    return row.timeout is not None


class UnitReader:
    """The units of one module's names, worked out when first asked for."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def of(self, node: ast.AST, amount: float | None = None) -> float | None:
        """Return how many seconds the unit of a target, parameter or default is.

        Args:
            node: what is assigned to, a parameter, or any node of the statement that names it.
            amount: the number there.
        """
        said = self.said_at(node, amount)
        if said is not None:
            return said
        slot = self._slot(node) if isinstance(node, (ast.Name, ast.Attribute)) else None
        return self._of_slot(slot) if slot is not None else None

    def of_parameter(self, function: Function, name: str) -> float | None:
        """Return the unit of a function's parameter, by its name, code or docstring."""
        stated = stated_scale(name)
        if stated is not None:
            return stated
        found = self._of_slot((function, name))
        return found if found is not None else self._documented(function, name)

    def taker(self, call: ast.Call) -> Function | None:
        """Return the function of this module that a call is of, a class's own ``__init__`` too."""
        name = self._tree.qualified(function_called(call, self._tree)) or ""
        return self._own.get(name) or self._own.get(f"{name}.__init__")

    def of_kept(self, node: ast.AST) -> float | None:
        """Return the unit of what a statement keeps the value at ``node`` in."""
        statement = self._tree.statement(node)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            target = targets_of(statement)[0]
            if isinstance(target, (ast.Name, ast.Attribute)):
                return self.of(target) if node in _walked(statement.value) else None
        return None

    def said_at(self, node: ast.AST, amount: float | None = None) -> float | None:
        """Return the unit that the comment behind a statement at ``node`` names."""
        span = self._tree.span(node)
        line = self._tree.source.line(span.end_line)
        comment = line.rpartition("#")[2] if "#" in line[span.end_column - 1 :] else ""
        return said_of_amount(comment, amount)

    def _documented(self, function: Function, name: str) -> float | None:
        owner = self._tree.class_of(function) if function.name == "__init__" else None
        for documented in (function, owner):
            text = ast.get_docstring(documented) if documented is not None else None
            found = said_of(name, text) if text else None
            if found is not None:
                return found
        return None

    # Slots: where a name is kept, and what is known of the numbers in it

    def _slot(self, node: ast.expr) -> _Slot | None:
        if isinstance(node, ast.Name):
            owner = self._tree.scopes.owner(node.id, self._tree.scopes.of(node))
            return (owner.node, node.id) if owner is not None else None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owned = self._tree.class_of(node) if node.value.id in ("self", "cls") else None
            return (owned, node.attr) if owned is not None else None
        return None

    def _of_slot(self, slot: _Slot) -> float | None:
        """Return the one unit that the uses of a slot agree on, else that of what it is handed."""
        seen: set[_Slot] = set()
        near = {slot}
        while near and len(seen) < 30:
            said = {scale for one in near for scale in self._direct(one)}
            if said:
                return said.pop() if len(said) == 1 else None
            seen |= near
            near = {other for one in near for other in self._links.get(one, ())} - seen
        return None

    def _direct(self, slot: _Slot) -> set[float]:
        stated = stated_scale(slot[1])
        return {stated} if stated is not None else self._evidence.get(slot, set())

    @cached_property
    def _evidence(self) -> dict[_Slot, set[float]]:
        found: dict[_Slot, set[float]] = defaultdict(set)
        for value, scale in (*self._given(), *self._converted(), *self._timed()):
            for slot in self._slots(value):
                found[slot].add(scale)
        for slot, scale in self._rest():
            found[slot].add(scale)
        return found

    def _rest(self) -> Iterator[tuple[_Slot, float]]:
        """Yield the limits of known calls to which a function hands on all that it is given."""
        for call in self._tree.calls_of(takes_a_limit):
            row = table().call(self._tree.qualified(call.func) or "")
            function = hands_on_the_rest(call, self._tree)
            if function is not None and row is not None and row.timeout is not None:
                yield (function, row.timeout.argument), unit_scale(row.timeout.unit)

    def _slots(self, value: ast.expr) -> Iterator[_Slot]:
        for part in _parts(value):
            slot = self._slot(part)
            if slot is not None:
                yield slot

    def _given(self) -> Iterator[tuple[ast.expr, float]]:
        """Yield what is given to known calls, and to keywords and keys that name a unit."""
        for call in self._tree.calls_of(takes_a_limit):
            row = table().call(self._tree.qualified(call.func) or "")
            if row is not None and row.timeout is not None:
                for value in _limits_of(call, row.timeout):
                    yield value, unit_scale(row.timeout.unit)
        for keyword in self._tree.all(ast.keyword):
            scale = stated_scale(keyword.arg) if keyword.arg else None
            if scale is not None and is_timeout_like(keyword.arg or ""):
                yield keyword.value, scale
            elif keyword.arg in _TIMEDELTA and _makes_a_timedelta(self._tree.parent(keyword)):
                yield keyword.value, _TIMEDELTA[keyword.arg]

    def _converted(self) -> Iterator[tuple[ast.expr, float]]:
        """Yield what is turned into another unit: ``timeout / 1000``, ``timeout * 1000``."""
        for node in self._tree.all(ast.BinOp):
            factor = self._tree.number(node.right) if is_numeric_literal(node.right) else None
            if factor not in _CONVERTS or factor is None or not is_timeout_like(_name(node.left)):
                continue
            if isinstance(node.op, ast.Mult):
                yield node.left, 1.0
            elif isinstance(node.op, (ast.Div, ast.FloorDiv)):
                yield node.left, _CONVERTS[factor]

    def _timed(self) -> Iterator[tuple[ast.expr, float]]:
        """Yield what is added to a clock's time or compared with an age: seconds."""
        for node in self._tree.all(ast.BinOp):
            if isinstance(node.op, ast.Add):
                for now, length in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(now, ast.Call) and is_a_clock(now, self._tree):
                        yield length, 1.0
        for compared in self._tree.all(ast.Compare):
            sides = [compared.left, *compared.comparators]
            if any(is_age(side, self._tree) for side in sides):
                yield from ((side, 1.0) for side in sides)

    @cached_property
    def _links(self) -> dict[_Slot, set[_Slot]]:
        """Which slots are handed on to which, both ways."""
        links: dict[_Slot, set[_Slot]] = defaultdict(set)
        for slot, value in (*self._assigned(), *self._called()):
            for other in self._slots(value):
                links[slot].add(other)
                links[other].add(slot)
        return links

    def _assigned(self) -> Iterator[tuple[_Slot, ast.expr]]:
        for node in self._tree.all(ast.Assign, ast.AnnAssign):
            if node.value is None:
                continue
            for target in targets_of(node):
                named = is_timeout_like(name_of_target(target)) or _speaks_of_one(node.value)
                slot = self._slot(target) if named else None
                if slot is not None:
                    yield slot, node.value

    def _called(self) -> Iterator[tuple[_Slot, ast.expr]]:
        """Yield what is given to the limits of the module's own functions and classes."""
        takers = frozenset(
            name.split(".")[-2] if name.endswith(".__init__") else function.name
            for name, function in self._own.items()
            if any(is_timeout_like(p.name) for p in parameters(function))
        )
        for call in self._tree.calls(takers) if takers else ():
            function = self.taker(call)
            if function is not None:
                yield from self._handed(call, function)

    @cached_property
    def _own(self) -> dict[str, Function]:
        tree = self._tree
        return {f"{tree.dotted}.{tree.symbol(f)}".strip("."): f for f in tree.functions}

    def _handed(self, call: ast.Call, function: Function) -> Iterator[tuple[_Slot, ast.expr]]:
        taken = [p.name for p in parameters(function) if not p.star]
        taken = taken[1:] if taken[:1] in (["self"], ["cls"]) else taken
        for position, given in enumerate(arguments(call)):
            if given.star:
                return
            name = given.name or (taken[position] if position < len(taken) else "")
            if name in taken and is_timeout_like(name):
                yield (function, name), given.value


def _limits_of(call: ast.Call, limit: Timeout) -> Iterator[ast.expr]:
    """Yield what a known call is given as limits: all its arguments where it makes a limit."""
    if limit.waits == "limit":
        yield from (given.value for given in arguments(call) if not given.star)
        return
    known = argument(call, limit.argument, limit.position)
    if known is not None:
        yield known.value
    yield from (keyword.value for keyword in call.keywords if keyword.arg in limit.also)


def _walked(value: ast.expr | None) -> Iterator[ast.AST]:
    """Yield a value and what it is made of, through what keeps its unit."""
    if value is None:
        return
    yield value
    if isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _walked(part)
    elif isinstance(value, ast.IfExp):
        yield from _walked(value.body)
        yield from _walked(value.orelse)
    elif isinstance(value, ast.Call):
        for part in value.args:
            yield from _walked(part)


def _makes_a_timedelta(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "timedelta"


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the names that a value is, through what keeps its unit."""
    if isinstance(value, (ast.Name, ast.Attribute)):
        yield value
    elif isinstance(value, ast.BoolOp):
        yield from _each(value.values)
    elif isinstance(value, ast.IfExp):
        yield from _each((value.body, value.orelse))
    elif isinstance(value, ast.Call) and last_name(value.func) in _KEEPS_THE_UNIT:
        yield from _each(value.args)


def _each(values: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for value in values:
        yield from _parts(value)


def _speaks_of_one(value: ast.expr) -> bool:
    return any(is_timeout_like(_name(part)) for part in _parts(value))


def _name(node: ast.expr) -> str:
    return last_name(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
