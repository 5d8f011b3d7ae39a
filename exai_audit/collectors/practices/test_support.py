"""Whether a file is there for tests alone, by what it holds."""

from __future__ import annotations

import ast
import re

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(words=re.compile("pytest|TestCase"))
_FIXTURES = frozenset({"fixture", "fixtures"})
_FRAMEWORKS = frozenset({"unittest", "django", "rest_framework", "twisted", "testtools"})
_HOOK = "pytest_"


def supports_tests(tree: ModuleTree) -> bool:
    """Tell whether a module defines fixtures or hooks of pytest, or is mostly test cases."""
    return _extends_pytest(tree) or _is_mostly_test_cases(tree)


def _extends_pytest(tree: ModuleTree) -> bool:
    if not any(root.startswith("pytest") for root in tree.roots):
        return False
    return any(
        function.name.startswith(_HOOK) or any(map(_is_fixture, function.decorator_list))
        for function in tree.functions
    )


def _is_fixture(decorator: ast.expr) -> bool:
    """Tell whether a decorator is ``@pytest.fixture``, ``@fixture(…)`` or a plugin's own."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return last_name(called) in _FIXTURES


def _is_mostly_test_cases(tree: ModuleTree) -> bool:
    """Tell whether half of what stands at the top of a module, or more, are test cases."""
    defined = [node for node in tree.module.body if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
    cases = [node for node in defined if isinstance(node, ast.ClassDef) and _is_case(node, tree)]
    return bool(cases) and 2 * len(cases) >= len(defined)


def _is_case(node: ast.ClassDef, tree: ModuleTree) -> bool:
    names = (tree.qualified(base) or "" for base in node.bases)
    return any(
        name.partition(".")[0] in _FRAMEWORKS and name.endswith("TestCase") for name in names
    )
