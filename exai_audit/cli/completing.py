"""What a shell offers behind an option: ``exai-audit --install-completion`` sets it up."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report import FORMATS


def rule_names(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the codes of rules that go on so, each with what it finds."""
    from exai_audit.rulebook.registry import rules

    for rule in rules():
        for name in (rule.code, rule.name):
            if name.startswith(incomplete):
                yield name, rule.summary


def format_names(incomplete: str) -> list[str]:
    """Return the formats that go on so."""
    return [name for name in FORMATS if name.startswith(incomplete)]


def color_choices(incomplete: str) -> list[str]:
    """Return when to colour."""
    return [name for name in ("auto", "always", "never") if name.startswith(incomplete)]
