"""A commented section of settings to start from."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.config.keys import KEYS
from exai_audit.config.notes import NOTES
from exai_audit.config.origins import Origins, settings_at
from exai_audit.config.settings import Settings
from exai_audit.config.tables import SECTION
from exai_audit.rulebook.registry import default_settings, rules

_EXAMPLES: dict[str, object] = {
    "fail-under": 80,
    "fail-on": "high",
    "baseline": "exai-audit-baseline.json",
    "max-drop": 1.0,
}
_WIDTH = 100


class Standing(Struct, frozen=True):
    """What the code scores today; None when there is no score."""

    score: float | None
    grade: str | None


def starter(standing: Standing, header: bool) -> str:
    """Return the section, which a settings reader takes as it stands.

    Args:
        header: with the header that it has in pyproject.toml.
    """
    lines = [f"[{SECTION}]"] if header else []
    lines += _gate(standing)
    lines += [
        "",
        "# The defaults, to change as needed; `exai-audit config` shows what is in force.",
    ]
    for one in settings_at("", Settings(), Origins("", {}, ())):
        if one.key in KEYS and one.key != "fail-under":
            lines += _commented(one.key, one.value, NOTES.get(one.key, ""))
    lines += ["", "# Thresholds; `exai-audit rule CODE` explains a rule."]
    seen: set[str] = set()
    for rule in rules():
        own = {key: value for key, value in default_settings(rule).items() if key not in seen}
        seen.update(own)
        if own:
            lines.append(f"# {rule.code} {rule.name}")
        for key, value in own.items():
            lines += _commented(key, value, NOTES.get(key, ""))
    return "\n".join(lines) + "\n"


def minimal_starter(standing: Standing, header: bool) -> str:
    """Return the least to start from: the gate, and where the rest is said."""
    lines = [f"[{SECTION}]"] if header else []
    lines += [*_gate(standing), "# `exai-audit config` shows all settings and their defaults."]
    return "\n".join(lines) + "\n"


def _gate(standing: Standing) -> Iterator[str]:
    if standing.score is None:
        yield "# No line was judged yet, so there is no score to hold."
        yield f"# fail-under = {_EXAMPLES['fail-under']}"
        return
    yield f"# Today's code scores {standing.score:.1f} ({standing.grade}). Raise the gate with it."
    yield f"fail-under = {int(standing.score)}"


def _commented(key: str, value: object, note: str) -> Iterator[str]:
    unset = value is None
    shown = _EXAMPLES.get(key, "") if unset else value
    text = f"# {key} = {_toml(shown)}"
    said = "; ".join(part for part in (note, "not set" if unset else "") if part)
    if said and len(text) + len(said) + 4 <= _WIDTH:
        yield f"{text}  # {said}"
        return
    if said:
        yield f"# {key}: {said}"
    if len(text) > _WIDTH and isinstance(shown, list):
        inner = ", ".join(json.dumps(item) for item in shown)
        wrapped = textwrap.wrap(inner, _WIDTH - 6, break_long_words=False)
        yield from (f"# {line}" for line in (f"{key} = [", *(f"    {w}" for w in wrapped), "]"))
    else:
        yield text


def _toml(value: object) -> str:
    return "{}" if value == {} else json.dumps(value, ensure_ascii=False)
