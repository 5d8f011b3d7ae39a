"""What is handed in a unit of its own to functions that the project may define."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from exai_audit.collectors.timeouts.expression_units import unit_of
from exai_audit.collectors.timeouts.limit_calls import may_be_of_the_project
from exai_audit.facts.timeouts import BY_NAME, Clue, HandedUnitFact
from exai_audit.knowledge.limit_names import is_timeout_like, named_unit
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Argument, argument_of
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import arguments_in_order

TRIGGER = Trigger(words=re.compile(r"(?i)(?:ms|msecs?|millis|seconds?|secs?|minutes|mins|hours)\Z"))
_MAY_SAY = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.Call)


def handed_units(tree: ModuleTree) -> tuple[HandedUnitFact, ...]:
    """Return the arguments whose unit their own words say, in source order of their calls."""
    calls = [call for call in tree.all(ast.Call) if _may_say(call)]
    return tuple(fact for call in calls for fact in _handed(call, tree))


def _may_say(call: ast.Call) -> bool:
    """Tell at a tenth of the price of most calls that no argument says a unit."""
    return any(map(_may_count, call.args)) or any(_may_count(one.value) for one in call.keywords)


def _may_count(value: ast.expr) -> bool:
    if isinstance(value, ast.Name):
        return _speaks(value.id)
    return _speaks(value.attr) if isinstance(value, ast.Attribute) else isinstance(value, _MAY_SAY)


@lru_cache(maxsize=16_384)
def _speaks(name: str) -> bool:
    return named_unit(name) is not None or is_timeout_like(name)


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
    for position, node in enumerate(arguments_in_order(call)):
        value: ast.AST = node.value if isinstance(node, ast.keyword) else node
        if isinstance(node, ast.Starred) or (isinstance(node, ast.keyword) and node.arg is None):
            return
        if not isinstance(value, _MAY_SAY):
            continue
        unit = unit_of(value, tree)
        if unit is not None and unit.clue is Clue.NAME:
            given = argument_of(node)
            if not named_unit(given.name):
                yield position, given, unit.scale


def _is_of_the_project(name: str, tree: ModuleTree) -> bool:
    return name.startswith(f"{tree.dotted}.") or may_be_of_the_project(name, tree)
