"""What is kept as a state or a setting of somebody: one of few values, set again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from exai_audit.collectors.caches.accesses import identifiers, is_literal, last_name, name_of
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.visitors import names_meeting, names_visitor
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, parameters

_TAKING = frozenset({"clear", "discard", "pop", "popitem", "popleft", "remove"})
_SETTING = frozenset({"change", "disable", "enable", "save", "set", "toggle"})


def are_states(filled: Sequence[Use]) -> bool:
    """Tell whether all that is stored are states that change, or settings of chats and groups."""
    if not filled or any(use.act is not Act.STORE for use in filled):
        return False
    values = {ast.dump(one) for use in filled for one in _choices(use.value)}
    if all(use.value is not None and _is_mark(use.value) for use in filled) and len(values) > 1:
        return True
    return all(_is_of_meeting(use) and (_marks(use) or _sets(use)) for use in filled)


def are_of_meetings(filled: Sequence[Use]) -> bool:
    """Tell whether all is kept for chats, groups or the like, as one value for each."""
    return bool(filled) and all(use.act is not Act.GATHER and _is_of_meeting(use) for use in filled)


def are_emptied(container: Container, tree: ModuleTree) -> bool:
    """Tell whether what is kept for chats is taken from the entries again: ``d[chat].pop(x)``."""
    filled = [use for act in (Act.STORE, Act.GATHER) for use in container.does(act)]
    return all(map(_is_of_meeting, filled)) and any(
        isinstance(parent := tree.parent(use.node), ast.Attribute) and parent.attr in _TAKING
        for use in container.uses
    )


def _choices(value: ast.expr | None) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from (*_choices(value.body), *_choices(value.orelse))
    elif value is not None:
        yield value


def _marks(use: Use) -> bool:
    return use.value is None or _is_mark(use.value)


def _is_mark(value: ast.expr) -> bool:
    if isinstance(value, ast.IfExp):
        return _is_mark(value.body) and _is_mark(value.orelse)
    return is_literal(value) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not))


def _sets(use: Use) -> bool:
    """Tell whether a function that is called so sets the value to what it is given."""
    function = use.function
    if not isinstance(function, FUNCTIONS) or not isinstance(use.value, ast.Name):
        return False
    given = {param.name for param in parameters(function)}
    return use.value.id in given and not _SETTING.isdisjoint(words(name_of(function))[:1])


def _is_of_meeting(use: Use) -> bool:
    """Tell whether a key is that of a chat, a group or the like: ``message.chat.id``, too."""
    key = use.key
    if isinstance(key, ast.Attribute) and key.attr == "id":
        return names_meeting(f"{last_name(key.value)}_id")
    names = [name for name, _ in identifiers(key)] if key is not None else []
    people = (name for name in names if names_visitor(name) and not names_meeting(name))
    return any(map(names_meeting, names)) and not any(people)
