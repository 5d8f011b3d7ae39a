"""What the documentation takes from the code: settings, the JSON report, rules, recipes."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from exai_audit.config.keys import KEYS
from exai_audit.config.notes import NOTES
from exai_audit.config.origins import Origins, settings_at
from exai_audit.config.policy import EXTENDS, OVERRIDABLE
from exai_audit.config.settings import OF_THE_PLACE, Settings
from exai_audit.location import Place
from exai_audit.report.members import MEMBER_NAMES
from exai_audit.results.result import AuditResult, StoredFacts
from exai_audit.rulebook.registry import default_settings, rules

README = Path(__file__).parent.parent / "README.md"
_LONG = 60


def settings_table() -> str:
    """Return every setting that is no option of a rule, with its default."""
    lines = ["| setting | default | what it is for |", "|---|---|---|"]
    for one in settings_at("", Settings(), Origins("", {}, ())):
        if one.key in KEYS:
            place = " *(of the place)*" if one.key in OF_THE_PLACE else ""
            lines.append(f"| `{one.key}` | {_default(one.value)} | {NOTES[one.key]}{place} |")
    lines += [f"| `{key}` | | {NOTES[key]} |" for key in ("overrides", EXTENDS, OVERRIDABLE)]
    return "\n".join(lines)


def rule_settings_table() -> str:
    """Return every option of the rules, with its default and the rules that it is for."""
    found: dict[str, tuple[object, list[str]]] = {}
    for rule in rules():
        for key, value in default_settings(rule).items():
            found.setdefault(key, (value, []))[1].append(f"[{rule.code}](rules/{rule.code}.md)")
    lines = ["| setting | default | rules | what it is for |", "|---|---|---|---|"]
    for key, (value, codes) in found.items():
        lines.append(f"| `{key}` | {_default(value)} | {', '.join(codes)} | {NOTES[key]} |")
    return "\n".join(lines)


def _default(value: object) -> str:
    if value is None:
        return "not set"
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONG:
        return f"`{text}`"
    items = ", ".join(f"`{item}`" for item in value) if isinstance(value, list) else f"`{text}`"
    return f"<details><summary>a list</summary>{items}</details>"


def recipe(file: str) -> str:
    """Return the block of the README that begins with a comment which names ``file``."""
    blocks = re.findall(r"^```yaml\n.*?^```", README.read_text(encoding="utf-8"), re.M | re.S)
    return next(block for block in blocks if block.startswith(f"```yaml\n# {file}\n"))


def json_members() -> str:
    """Return what the members of the JSON report mean, type by type, the report itself first."""
    known: dict[str, type[Struct]] = {}
    _collect(AuditResult, known)
    return "\n\n".join(_described(name, of) for name, of in known.items())


def _collect(hint: Any, known: dict[str, type[Struct]]) -> None:  # noqa: ANN401 - any type hint
    for argument in get_args(hint):
        _collect(argument, known)
    is_known = getattr(hint, "__name__", "") in known
    if not isinstance(hint, type) or is_known or not issubclass(hint, Struct) or hint is Place:
        return
    if hint is StoredFacts or hint.__module__.startswith("exai_audit.facts"):
        return
    known[hint.__name__] = hint
    for member in get_type_hints(hint).values():
        _collect(member, known)


def _described(name: str, of: type[Struct]) -> str:
    hints = get_type_hints(of)
    rows = [
        f"| `{MEMBER_NAMES.get(name, name)}` | {_type(hints[name])} |"
        for name in of.__struct_fields__
        if name != "facts"
    ]
    text = inspect.cleandoc(of.__doc__ or "").replace("``", "`")
    return "\n".join((f"### {name}", "", text, "", "| member | type |", "|---|---|", *rows))


def _type(hint: Any) -> str:  # noqa: ANN401 - any type hint
    """Return a type as a reader of JSON knows it."""
    simple = {NoneType: "null", bool: "boolean", int: "integer", float: "number", str: "text"}
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in simple:
        return simple[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{choice.value}`" for choice in hint)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(map(_type, arguments))
    if origin is tuple and arguments[1:] != (...,):
        return f"list of {len(arguments)}: {', '.join(map(_type, arguments))}"
    inner = arguments[1] if origin not in (tuple, list, frozenset) else arguments[0]
    plural = "object of" if origin not in (tuple, list, frozenset) else "list of"
    return f"{plural} {_type(inner)}"


def rule_list() -> Iterator[str]:
    """Yield the rules as a table, family by family."""
    family = None
    for rule in rules():
        if rule.family is not family:
            family = rule.family
            yield ""
            yield f"## {family.value.capitalize()}"
            yield ""
            yield "| code | name | severity | what it finds |"
            yield "|---|---|---|---|"
        yield f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.summary} |"
