"""Builds the documentation site with zensical, strictly: a link that leads nowhere ends the build.

    python docs/site.py            # into build/docs/site
    python docs/site.py FOLDER     # into FOLDER/site

The pages are those of this folder; the rules' pages are made from the rules' docstrings, and the
changelog is the project's own. A page that no section names stands under "More".
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

from docs.reference import rule_list  # noqa: E402
from exai_audit.addresses import DOCUMENTATION, REPOSITORY  # noqa: E402
from exai_audit.config.notes import NOTES  # noqa: E402
from exai_audit.rulebook.pages import page_text  # noqa: E402
from exai_audit.rulebook.registry import Rule, default_settings, rules  # noqa: E402

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "": ("index", "start"),
    "Use": ("adopting", "ci", "monorepos", "suppressions", "fixes", "html", "dashboard", "editors",
            "agents", "trend", "survey", "policy"),
    "Rules": ("rules/index",),
    "Reference": ("settings", "json", "score", "decomposition", "effort", "libraries",
                  "stability", "changelog"),
    "About": ("beside", "limits", "bugs", "speed", "calibration", "hostile", "architecture"),
}  # fmt: skip
"""Which pages stand where; those that are not there yet are passed over."""
_OUTSIDE = re.compile(r"\]\(\.\./([^)#\s]+)")
_DOUBLE = re.compile(r"(?<!`)``(?!`)")
_SECTION = re.compile(r"^\*([A-Z][A-Za-z ]+?)\.?\*\s*", re.MULTILINE)


def pages() -> dict[str, str]:
    """Return all pages as markdown by their path in the site."""
    found = {page.name: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
    found["changelog.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = {name: _linked(text) for name, text in found.items()}
    found["rules/index.md"] = "# Rules\n\n" + "\n".join(rule_list()).lstrip() + "\n"
    return found | {f"rules/{rule.code}.md": rule_page(rule) for rule in rules()}


def rule_page(rule: Rule) -> str:
    """Return the page of a rule: its docstring with headings, and its settings."""
    summary, _, rest = page_text(rule).partition("\n\n")
    body = _SECTION.sub(lambda mark: f"## {mark[1]}\n\n", rest)
    body = _DOUBLE.sub("`", body)
    lines = [f"# {rule.code} {rule.name}", "", f"**{summary}**", ""]
    lines += [f"Category: {rule.family.value}. Severity: {rule.severity}.", "", body, ""]
    settings = default_settings(rule)
    if settings:
        lines += ["## Settings", "", "| setting | default | what it is for |", "|---|---|---|"]
        lines += [
            f"| [`{key}`](../settings.md) | `{json.dumps(value)}` | {NOTES[key]} |"
            for key, value in settings.items()
        ]
    return "\n".join(lines).rstrip() + "\n"


def _linked(text: str) -> str:
    """Let links that leave the documentation lead to the repository."""
    return _OUTSIDE.sub(lambda link: f"]({REPOSITORY}/blob/main/{link[1]}", text)


def navigation(names: Mapping[str, str]) -> list[object]:
    """Return the navigation: sections in order, then the pages that none of them names."""
    named = {f"{page}.md" for section in SECTIONS.values() for page in section}
    others = [name for name in names if name not in named and not name.startswith("rules/")]
    found: list[object] = []
    for title, section in {**SECTIONS, "More": [name[:-3] for name in others]}.items():
        there = [f"{page}.md" for page in section if f"{page}.md" in names]
        if title == "Rules":
            there += [name for name in names if name.startswith("rules/EXA")]
        if title and there:
            found.append({title: there})
        else:
            found += there
    return found


def configuration(names: Mapping[str, str]) -> str:
    """Return the configuration of zensical."""
    lines = (
        "[project]",
        'site_name = "exai-audit"',
        f"site_url = {json.dumps(DOCUMENTATION)}",
        'site_description = "A static audit for Python services"',
        f"repo_url = {json.dumps(REPOSITORY)}",
        'docs_dir = "pages"',
        'site_dir = "site"',
        "nav = [", *(f"    {_toml(entry)}," for entry in navigation(names)), "]",
        "", "[project.theme]",
        'features = ["navigation.sections", "navigation.top", "content.code.copy"]',
        "font = false",
        *_palette("light", "default", "sun", "Go dark"),
        *_palette("dark", "slate", "moon", "Go light"),
    )  # fmt: skip
    return "\n".join(lines) + "\n"


def _palette(preferred: str, scheme: str, icon: str, name: str) -> Iterator[str]:
    yield "[[project.theme.palette]]"
    yield f'media = "(prefers-color-scheme: {preferred})"'
    yield f'scheme = "{scheme}"'
    yield f'toggle = {{ icon = "lucide/{icon}", name = "{name}" }}'


def _toml(entry: object) -> str:
    if isinstance(entry, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in entry.items()) + "}"
    return json.dumps(entry)


def build(target: Path) -> Path:
    """Write the pages below ``target``, build the site from them, and return its folder.

    Raises:
        subprocess.CalledProcessError: a page has a link that leads nowhere, or another fault.
    """
    found = pages()
    for name, text in found.items():
        page = target / "pages" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    shutil.copytree(DOCS / "images", target / "pages" / "images", dirs_exist_ok=True)
    (target / "zensical.toml").write_text(configuration(found), encoding="utf-8")
    command = (sys.executable, "-m", "zensical", "build", "--strict", "--clean")
    subprocess.run(command, cwd=target, check=True)
    return target / "site"


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"))
