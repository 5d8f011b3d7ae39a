"""Functions with a parameter that is a limit, and numbers handed by position to functions."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.outline import Outline
from exai_audit.collectors.sight import Sight
from exai_audit.collectors.timeout_values import is_literal, text_of
from exai_audit.collectors.timeout_words import LIMIT_WORD, category_of, is_timeout_like, scale
from exai_audit.collectors.timeouts import TRIGGERS as LIMITS
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.timeouts import HandedFact, LimitParameter
from exai_audit.knowledge.table import table

TRIGGERS = re.compile(rb"\w\((?:[^()\n]*,)?\s*\d[\d_.e]*\s*[,)]|" + LIMITS.pattern)


PARAMETER_SIGHT = Sight(words=LIMIT_WORD)


def _imports_of_the_project(outline: Outline) -> bool:
    return any(map(_is_foreign, outline.roots))


HANDED_SIGHT = Sight(
    code=re.compile(r"(?:\w\s*\(|,)\s*[-+(]*\.?\d"), applies=_imports_of_the_project
)


class LimitParameterCollector(cst.CSTVisitor):
    """Gathers the functions of a module."""

    def __init__(self) -> None:
        super().__init__()
        self._functions: list[cst.FunctionDef] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node)

    def facts(self, tree: ModuleTree) -> tuple[LimitParameter, ...]:
        """Return the parameters that are limits, in source order."""
        return tuple(
            LimitParameter(
                f"{tree.dotted}.{tree.symbol(function)}".strip("."), name, position, scale(name)
            )
            for function in self._functions
            for position, name in enumerate(_parameters(function))
            if is_timeout_like(name)
        )


def _parameters(function: cst.FunctionDef) -> list[str]:
    params = (*function.params.posonly_params, *function.params.params)
    names = [param.name.value for param in params]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


class HandedCollector(cst.CSTVisitor):
    """Gathers calls with numbers in them."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:
        if any(is_literal(arg.value) and arg.keyword is None for arg in node.args):
            self._calls.append(node)

    def facts(self, tree: ModuleTree) -> tuple[HandedFact, ...]:
        """Return the numbers given to functions that other files may define, in source order."""
        found = [fact for call in self._calls for fact in _handed(call, tree)]
        return tuple(sorted(found, key=lambda fact: fact.place.span))


def _handed(call: cst.Call, tree: ModuleTree) -> Iterator[HandedFact]:
    name = tree.qualified(call.func)
    if name is None or not _may_be_of_the_project(name, tree):
        return
    function = tree.function_of(call)
    is_async = isinstance(function, cst.FunctionDef) and function.asynchronous is not None
    first = call.args[0].value
    for position, arg in enumerate(call.args):
        if arg.star or arg.keyword is not None:
            return
        number = tree.number(arg.value) if is_literal(arg.value) else None
        if number is not None:
            place = tree.place(arg)
            is_text = position > 0 and text_of(first) is not None
            yield HandedFact(
                place=place,
                function=name,
                position=position,
                number=number,
                category=category_of(
                    name, (), place.symbol, tree.source.path, is_async=is_async, cooldown=False
                ),
                is_async=is_async,
                first=tree.module.code_for_node(first) if is_text else "",
            )


def _may_be_of_the_project(name: str, tree: ModuleTree) -> bool:
    """Tell whether another scanned file may define a function: it is imported, and not known."""
    if "." not in name or name.startswith(f"{tree.dotted}."):
        return False
    return _is_foreign(name.partition(".")[0])


def _is_foreign(root: str) -> bool:
    return root not in sys.stdlib_module_names and root not in table().roots | {"builtins"}
