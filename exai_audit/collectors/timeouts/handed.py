"""Defaults that reach functions of other files: an attribute or parameter handed on as a limit."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.limit_calls import may_be_of_the_project
from exai_audit.collectors.timeouts.values import ValueReader
from exai_audit.facts.timeouts import BY_NAME, HandedLimitFact
from exai_audit.knowledge.limit_names import LIMIT_WORD, is_timeout_like
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments, last_name, parameters
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(words=LIMIT_WORD)


def handed_limits(tree: ModuleTree) -> tuple[HandedLimitFact, ...]:
    """Return the defaults in the order of the calls that hand them on."""
    reader = ValueReader(tree)
    calls = (call for call in tree.all(ast.Call) if any(map(_is_limit, _values(call))))
    return tuple(fact for call in calls for fact in _handed(call, reader, tree))


def _values(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _is_limit(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and is_timeout_like(last_name(node))


def _handed(call: ast.Call, reader: ValueReader, tree: ModuleTree) -> Iterator[HandedLimitFact]:
    name = tree.qualified(call.func)
    if name is None or not may_be_of_the_project(name, tree):
        return
    for position, given in enumerate(arguments(call)):
        if given.star:
            return
        default = _default(given.value, reader, tree) if _is_limit(given.value) else None
        if default is not None:
            at, number = default
            where = BY_NAME if given.name else position
            yield HandedLimitFact(tree.place(at), name, where, given.name, number)


def _default(
    node: ast.expr, reader: ValueReader, tree: ModuleTree
) -> tuple[ast.expr, float] | None:
    """Return the number that an attribute or parameter has unless told otherwise."""
    if isinstance(node, ast.Attribute):
        owner = tree.class_of(node) if last_name(node.value) == "self" else None
        values = tree.self_bindings(owner, node.attr) if owner is not None else []
        return _of_value(values[0], reader, tree) if len(values) == 1 else None
    return _of_value(node, reader, tree)


def _of_value(
    value: ast.expr, reader: ValueReader, tree: ModuleTree
) -> tuple[ast.expr, float] | None:
    if is_numeric_literal(value):
        number = tree.number(value)
        return (value, number) if number is not None else None
    if isinstance(value, ast.Name):
        return _of_parameter(value, tree)
    for call in (one for one in ast.walk(value) if isinstance(one, ast.Call)):
        found = reader.fallback(call)
        if found is not None and found[1].amount is not None:
            return found[0], found[1].amount
    return None


def _of_parameter(name: ast.Name, tree: ModuleTree) -> tuple[ast.expr, float] | None:
    function = tree.function_of(name)
    for parameter in parameters(function) if function is not None else ():
        default = parameter.default
        if parameter.name == name.id and default is not None and is_numeric_literal(default):
            number = tree.number(default)
            return (default, number) if number is not None else None
    return None
