"""Functions with a parameter that is a limit, and numbers handed by position to functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import count

from exai_audit.collectors.timeouts.units import UnitReader
from exai_audit.facts.timeouts import BY_NAME, LimitParameter, PassedLimitFact
from exai_audit.knowledge.limit_names import LIMIT_WORD, category_of, is_timeout_like
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, is_number, text_of
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.triggers import Trigger

LIMIT_PARAMETERS_TRIGGER = Trigger(words=LIMIT_WORD)
# Where a module has no name, its own classes look like others' modules.
PASSED_LIMITS_TRIGGER = Trigger(names=frozenset({"import", "class"}))


def limit_parameters(tree: ModuleTree) -> tuple[LimitParameter, ...]:
    """Return the parameters that are limits, in source order."""
    names = {parameter.arg for parameter in tree.all(ast.arg)}
    limits = {name for name in names if is_timeout_like(name)}
    if not limits:
        return ()
    units = UnitReader(tree)
    return tuple(
        LimitParameter(
            f"{tree.dotted}.{tree.symbol(function)}".strip("."),
            name,
            position,
            units.of_parameter(function, name),
        )
        for function in tree.functions
        for name, position in _parameters(function)
        if name in limits
    )


def _parameters(function: Function) -> Iterator[tuple[str, int]]:
    """Yield the names of what a function takes, with their positions without self."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args)]
    yield from zip(names[1:] if names[:1] in (["self"], ["cls"]) else names, count())
    yield from ((one.arg, BY_NAME) for one in given.kwonlyargs)


def passed_limits(tree: ModuleTree) -> tuple[PassedLimitFact, ...]:
    """Return the numbers given to functions that other files may define, in source order."""
    if not _imports_of_the_project(tree):
        return ()
    calls = [call for call in tree.all(ast.Call) if call.args and any(map(_is_given, call.args))]
    found = [fact for call in calls for fact in _handed(call, tree)]
    return tuple(sorted(found, key=lambda fact: fact.place.span))


def _is_given(argument: ast.expr) -> bool:
    """Tell whether an argument is a number, by what is cheap to see for most that are none."""
    kind = type(argument)
    if kind is ast.Constant:
        return is_number(argument)
    return (kind is ast.UnaryOp or kind is ast.BinOp) and is_numeric_literal(argument)


def _imports_of_the_project(tree: ModuleTree) -> bool:
    """Tell whether anything is imported that another scanned file may define."""
    return not tree.dotted or any(_is_foreign(_root(name)) for name in tree.imports)


def _root(name: str) -> str:
    return name.partition(".")[0]


def _handed(call: ast.Call, tree: ModuleTree) -> Iterator[PassedLimitFact]:
    name = tree.qualified(call.func)
    if name is None or not may_be_of_the_project(name, tree):
        return
    is_async = isinstance(tree.function_of(call), ast.AsyncFunctionDef)
    first = call.args[0]
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            return
        number = tree.number(argument) if is_numeric_literal(argument) else None
        if number is not None:
            place = tree.place(argument)
            is_text = position > 0 and text_of(first) is not None
            yield PassedLimitFact(
                place=place,
                function=name,
                position=position,
                number=number,
                category=category_of(
                    name, (), place.symbol, tree.source.path, is_async=is_async, cooldown=False
                ),
                is_async=is_async,
                first=tree.text(first) if is_text else "",
                literal=tree.text(argument),
            )


def may_be_of_the_project(name: str, tree: ModuleTree) -> bool:
    """Tell whether another scanned file may define a function: it is imported, and not known."""
    if "." not in name or name.startswith(f"{tree.dotted}."):
        return False
    return _is_foreign(_root(name))


def _is_foreign(root: str) -> bool:
    if root in STANDARD_LIBRARY or root == "builtins":
        return False
    return root not in table().roots
