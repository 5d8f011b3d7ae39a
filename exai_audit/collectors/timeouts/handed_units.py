"""What is handed in a unit of its own to functions that the project may define."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.collectors.timeouts.limit_calls import may_be_of_the_project
from exai_audit.collectors.timeouts.mismatches import unit_of
from exai_audit.facts.timeouts import BY_NAME, Clue, HandedUnitFact
from exai_audit.knowledge.limit_names import named_unit
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Argument, arguments
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(words=re.compile(r"(?i)(?:ms|msecs?|millis|seconds?|secs?|minutes|mins|hours)\Z"))
_MAY_SAY = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.Call)


def handed_units(tree: ModuleTree) -> tuple[HandedUnitFact, ...]:
    """Return the arguments whose unit their own words say, in source order of their calls."""
    return tuple(fact for call in tree.all(ast.Call) for fact in _handed(call, tree))


def _handed(call: ast.Call, tree: ModuleTree) -> Iterator[HandedUnitFact]:
    said = [] if isinstance(call.func, ast.Call) else list(_units(call, tree))
    name = tree.qualified(call.func) if said else None
    if name is None or not _is_of_the_project(name, tree):
        return
    for position, given, scale in said:
        yield HandedUnitFact(
            place=tree.place(given.node),
            function=name,
            position=BY_NAME if given.name else position,
            name=given.name,
            given=" ".join(tree.text(given.value).split()),
            scale=scale,
        )


def _units(call: ast.Call, tree: ModuleTree) -> Iterator[tuple[int, Argument, float]]:
    """Yield the arguments before any that is unpacked whose unit their words say, each with it."""
    for position, given in enumerate(arguments(call)):
        if given.star:
            return
        if isinstance(given.value, _MAY_SAY):
            unit = unit_of(given.value, tree)
            if unit is not None and unit.clue is Clue.NAME and not named_unit(given.name):
                yield position, given, unit.scale


def _is_of_the_project(name: str, tree: ModuleTree) -> bool:
    return name.startswith(f"{tree.dotted}.") or may_be_of_the_project(name, tree)
