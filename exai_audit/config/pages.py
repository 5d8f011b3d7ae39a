"""A rule's page as a whole: with its settings, what they mean, and where it is on the web."""

from __future__ import annotations

from exai_audit.addresses import rule_page
from exai_audit.config.notes import NOTES
from exai_audit.rulebook.pages import page_text
from exai_audit.rulebook.registry import Rule, default_settings


def whole_page(rule: Rule) -> str:
    """Return the page of a rule, in markdown."""
    settings = "\n".join(
        f"    {key} = {value}  # {NOTES[key]}" for key, value in default_settings(rule).items()
    )
    tail = f"\n\n*Settings* (defaults)\n\n{settings}" if settings else ""
    head = f"{rule.code} {rule.name} ({rule.severity})"
    return f"{head}\n\n{page_text(rule)}{tail}\n\n{rule_page(rule.code)}"
