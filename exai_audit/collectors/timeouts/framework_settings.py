"""Settings of a framework that wait for ever unless another one is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.facts.waits import FrameworkSettingFact
from exai_audit.knowledge.framework_settings import SETTINGS, FrameworkSetting
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import text_of
from exai_audit.syntax.triggers import Trigger

_NAMES = frozenset(name for one in SETTINGS for name in (one.name, one.shown_by))
TRIGGER = Trigger(names=_NAMES)


def framework_settings(tree: ModuleTree) -> tuple[FrameworkSettingFact, ...]:
    """Return what the settings of the module say, in source order."""
    found = [fact for one in SETTINGS for fact in _of(one, tree)]
    return tuple(sorted(found, key=lambda fact: fact.place.span))


def _of(setting: FrameworkSetting, tree: ModuleTree) -> Iterator[FrameworkSettingFact]:
    words = tree.words
    if setting.name in words:  # assigned, updated, or put in by a key
        node: ast.AST = tree.module
        yield FrameworkSettingFact(tree.place(node), setting.name, setting.used_by, given=True)
    elif setting.shown_by in words and not _is_another_backend(setting, tree):
        for at in _assigned(setting.shown_by, tree):
            yield FrameworkSettingFact(tree.place(at), setting.name, setting.used_by, given=False)
            return


def _assigned(name: str, tree: ModuleTree) -> Iterator[ast.AST]:
    """Yield where a setting is given: in the body of the module, or of a class of settings."""
    for node in tree.all(ast.Assign, ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        named = any(isinstance(t, ast.Name) and t.id == name for t in targets)
        if named and tree.function_of(node) is None and not _says_nothing(node.value):
            yield node


def _says_nothing(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _is_another_backend(setting: FrameworkSetting, tree: ModuleTree) -> bool:
    """Tell whether the file chooses, in plain text, what does not use the setting."""
    for node in tree.all(ast.Assign):
        target, text = node.targets[0], text_of(node.value)
        if isinstance(target, ast.Name) and target.id == setting.backend and text is not None:
            return setting.backend_word not in text
    return False
