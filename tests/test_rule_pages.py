"""Every rule's page: its bad example fires the rule, its good example does not."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.finding import Family
from exai_audit.rulebook.registry import Rule, rules

_SECTION = re.compile(r"^\*(Bad|Good)\*$(.*?)(?=^\*[A-Z])", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"```(python|toml)\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"^# file: (\S+)$", re.MULTILINE)
JUDGING = [rule for rule in rules() if rule.family is not Family.AUDIT or rule.runs_last]


def page(rule: Rule) -> str:
    return sys.modules[rule.check.__module__].__doc__ or ""


def lay_out(section: str, folder: Path) -> None:
    """Write the files of one example: ``# file: a.py`` begins another file."""
    (folder / ".git").mkdir()
    for language, text in _FENCE.findall(section):
        if language == "toml":
            (folder / "pyproject.toml").write_text(text)
            continue
        pieces = _FILE.split(text)
        if pieces[0].strip():
            (folder / "example.py").write_text(pieces[0])
        for name, content in zip(pieces[1::2], pieces[2::2], strict=True):
            (folder / name).write_text(content.strip("\n") + "\n")


def codes(folder: Path) -> set[str]:
    settings, _ = load(folder, None, False)
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    assert not [f for f in audited.findings if f.code == "EXA001"]
    return {finding.code for finding in audited.findings}


def sections(rule: Rule) -> dict[str, str]:
    return dict(_SECTION.findall(page(rule)))


@pytest.mark.parametrize("rule", JUDGING, ids=lambda rule: rule.code)
def test_bad_example_fires(rule: Rule, tmp_path: Path) -> None:
    lay_out(sections(rule)["Bad"], tmp_path)
    assert rule.code in codes(tmp_path)


@pytest.mark.parametrize("rule", JUDGING, ids=lambda rule: rule.code)
def test_good_example_is_silent(rule: Rule, tmp_path: Path) -> None:
    lay_out(sections(rule)["Good"], tmp_path)
    assert rule.code not in codes(tmp_path)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_page_has_all_sections(rule: Rule) -> None:
    text = textwrap.dedent(page(rule))
    for title in ("*Why.*", "*Bad*", "*Good*", "*Known false alarms.*", "*References.*"):
        assert title in text


@pytest.mark.parametrize("rule", JUDGING, ids=lambda rule: rule.code)
def test_rule_has_firing_and_silent_fixtures(rule: Rule) -> None:
    cases = Path(__file__).parent.parent / "fixtures" / rule.code
    texts = [
        "".join(path.read_text(encoding="utf-8") for path in case.rglob("*.py"))
        for case in cases.iterdir()
    ]
    assert any(f"# expect: {rule.code}" in text for text in texts)
    assert any(f"# expect: {rule.code}" not in text for text in texts)
