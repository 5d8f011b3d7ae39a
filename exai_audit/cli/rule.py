"""``exai-audit rule``: list the rules, or explain one."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated

import typer

from exai_audit.addresses import rule_page
from exai_audit.cli.completing import rule_names
from exai_audit.cli.output import write_stdout
from exai_audit.config.pages import whole_page
from exai_audit.errors import UsageError
from exai_audit.rulebook.pages import page_text
from exai_audit.rulebook.registry import Rule, default_settings, nearest, rules


class Format(str, Enum):
    TEXT = "text"
    JSON = "json"


def rule_command(
    code: Annotated[
        str,
        typer.Argument(
            help="A rule's code or name; none lists all.",
            autocompletion=rule_names,
            show_default=False,
        ),
    ] = "",
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="How to print it.")
    ] = Format.TEXT,
) -> None:
    """Explain a rule, or list all of them."""
    known = rules()
    if code:
        known = [rule for rule in known if code.lower() in {rule.code.lower(), rule.name}]
    if not known:
        names = [name for rule in rules() for name in (rule.code, rule.name)]
        raise UsageError(
            f"unknown rule {code!r}{nearest(code, names)} (`exai-audit rule` lists all)"
        )
    if output_format is Format.JSON:
        write_stdout(json.dumps([_as_json(rule) for rule in known], indent=2))
    elif code:
        write_stdout(whole_page(known[0]))
    else:
        write_stdout("\n".join(f"{r.code}  {r.name:<26} {r.summary}" for r in known))


def _as_json(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family.value,
        "severity": rule.severity,
        "summary": rule.summary,
        "settings": default_settings(rule),
        "page": page_text(rule),
        "address": rule_page(rule.code),
    }
