"""The rules' pages: the docstrings of their modules, as a whole and by section."""

from __future__ import annotations

import re
import sys

from exai_audit.rulebook.registry import Rule

_SECTION = re.compile(r"^\*([A-Z][a-z ]+?)\.?\*", re.MULTILINE)


def page_text(rule: Rule) -> str:
    """Return the rule's page: its module's docstring."""
    return (sys.modules[rule.check.__module__].__doc__ or "").strip()


def section(rule: Rule | None, title: str) -> str:
    """Return what the page says under ``*Title.*``, on one line; empty when it has no such part."""
    text = page_text(rule) if rule is not None else ""
    marks = list(_SECTION.finditer(text))
    for mark, end in zip(marks, [*(m.start() for m in marks[1:]), len(text)], strict=True):
        if mark[1] == title:
            return " ".join(text[mark.end() : end].split())
    return ""
