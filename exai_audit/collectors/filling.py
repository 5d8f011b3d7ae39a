"""Bodies of functions that were left out of the tree, read when a name's meaning depends on one.

They are read for what they bind, return and yield; the collectors do not see them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import libcst as cst

from exai_audit.collectors.nodes import parse_module
from exai_audit.collectors.outline import Unit
from exai_audit.collectors.scopes import BindingCollector, Scopes
from exai_audit.collectors.walk import Walked, walk
from exai_audit.source import SourceFile


class Filler:
    """Fills the left out bodies of one module's functions, each at most once.

    ``left_out`` are the functions whose bodies the module's tree does not have.
    """

    def __init__(
        self,
        source: SourceFile,
        walked: Walked,
        scopes: Scopes,
        left_out: Mapping[cst.CSTNode, Unit],
    ) -> None:
        self._source = source
        self._walked = walked
        self._scopes = scopes
        self._left_out = dict(left_out)
        self._methods: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        for function in left_out:
            owner = self._class_around(function)
            if owner is not None:
                self._methods.setdefault(owner, []).append(function)

    def fill(self, function: cst.CSTNode) -> None:
        """Read the body of ``function`` if it was left out."""
        unit = self._left_out.pop(function, None)
        if unit is None:
            return
        lines = self._source.lines[unit.node.lineno - 1 : unit.last]
        text = "\n".join(["if x:", *lines] if lines[0][:1].isspace() else lines)
        first: cst.CSTNode = parse_module(text + "\n").body[0]
        found = first.body.body[0] if isinstance(first, cst.If) else first
        assert isinstance(found, cst.FunctionDef)
        binder = BindingCollector()
        walked = walk(found.body, [binder])
        self._walked.parents.update(walked.parents)
        self._walked.parents[found.body] = function
        known = len(self._walked.order)
        self._walked.order.update({node: known + n for node, n in walked.order.items()})
        self._scopes.fill(found.body, binder.nodes)

    def fill_attribute(self, owner: cst.ClassDef, attribute: str) -> None:
        """Read the methods of a class that may set an attribute on ``self``."""
        for function in self._methods.get(owner, ()):
            unit = self._left_out.get(function)
            if unit is not None and attribute in unit.words and _sets(attribute, unit):
                self.fill(function)

    def _class_around(self, node: cst.CSTNode) -> cst.CSTNode | None:
        current = self._walked.parents.get(node)
        while current is not None and not isinstance(current, cst.ClassDef):
            current = self._walked.parents.get(current)
        return current


def _sets(attribute: str, unit: Unit) -> bool:
    """Tell whether a function assigns to ``….attribute``."""
    if _setting(attribute).search(unit.text) is None:
        return False
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.ctx, ast.Store)
        for node in ast.walk(unit.node)
    )


def _setting(attribute: str) -> re.Pattern[str]:
    """Return what the code of an assignment to an attribute looks like, at least."""
    return re.compile(rf"\.\s*{attribute}\b\s*(?:[^\s\w.(\[]|\\|\bin\b|\n)")
