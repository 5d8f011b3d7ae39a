"""Where the documentation and the source of this tool are on the web: said only here."""

from __future__ import annotations

DOCUMENTATION = "https://exai-audit.github.io/exai-audit/"
REPOSITORY = "https://github.com/exai-audit/exai-audit"


def rule_page(code: str) -> str:
    """Return the address of a rule's page; it stays, even if the rule is renamed."""
    return f"{DOCUMENTATION}rules/{code}/"
