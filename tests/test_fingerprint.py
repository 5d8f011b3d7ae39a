"""Fingerprints: what keeps a finding the same, and what makes it another."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.audit.assemble import assemble
from exai_audit.audit.engine import audit
from exai_audit.config import Settings
from exai_audit.finding import Finding
from exai_audit.results.fingerprint import normalised

PLAIN = """\
import httpx


def fetch(url):
    return httpx.get(url, headers={'a': "b"}, timeout=5)


async def slow(pool):
    return pool.submit(print).result(  timeout = 3 )
"""
BLACKENED = """\
import httpx

# moved down

def fetch(url):
    return httpx.get(
        url,
        headers={"a": "b"},
        timeout=5,  # seconds
    )


async def slow(pool):
    return pool.submit(print).result(
        timeout=3,
    )
"""


def findings(folder: Path, text: str, name: str = "a.py") -> list[Finding]:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    settings = Settings()
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    return list(assemble(audited, settings, [], [folder], folder, with_facts=False).findings)


def prints(folder: Path, text: str, name: str = "a.py") -> list[tuple[str, str]]:
    return sorted((f.code, f.fingerprint) for f in findings(folder, text, name))


def test_moved_and_reformatted_code_keeps_its_fingerprints(tmp_path: Path) -> None:
    before = prints(tmp_path / "a", PLAIN)
    assert before == prints(tmp_path / "b", BLACKENED)
    assert before


def test_other_code_symbol_or_path_makes_another_finding(tmp_path: Path) -> None:
    before = set(prints(tmp_path / "a", PLAIN))
    assert set(prints(tmp_path / "b", PLAIN.replace("timeout=5", "timeout=6"))) != before
    assert set(prints(tmp_path / "c", PLAIN.replace("def fetch", "def load"))) != before
    assert not set(prints(tmp_path / "d", PLAIN, "b.py")) & before


def test_equal_findings_have_equal_fingerprints(tmp_path: Path) -> None:
    twice = PLAIN.replace(
        "    return httpx.get", "    httpx.post(url, timeout=5)\n    return httpx.get"
    )
    (first, second) = (f for f in findings(tmp_path / "a", twice) if f.symbol == "fetch")
    assert first.fingerprint == second.fingerprint


def test_size_findings_are_known_by_their_symbol(tmp_path: Path) -> None:
    lines = "\n".join(f"    x{i} = {i}" for i in range(100))
    before = prints(tmp_path / "a", f"def long(a):\n{lines}\n")
    assert [code for code, _ in before] == ["EXA102"]
    assert before == prints(tmp_path / "b", f"def long(a, b=2):\n{lines}\n    y = 1\n")


def test_project_wide_findings_keep_theirs_when_they_stand_elsewhere(tmp_path: Path) -> None:
    def scattered(folder: Path, most: str) -> Finding:
        folder.mkdir()
        for name in ("a", "b", "c"):
            number = 9 if name == most else 2
            calls = "".join(f"httpx.get('u', timeout={n + 1})\n" for n in range(number))
            (folder / f"{name}.py").write_text("import httpx\n" + calls)
        return next(f for f in findings(folder, "", "d.py") if f.code == "EXA202")

    first, second = scattered(tmp_path / "a", "a"), scattered(tmp_path / "b", "b")
    assert first.path != second.path
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a, 'x')", 'f(\n    a,\n    "x",  # why\n)'),
        ("f(x, '''a b''')", 'f(x,"""a b""")'),
        ("a + \\\n    b", "a + b"),
        ("f('it\\'s')", 'f("it\'s")'),
        ("f('')", 'f("")'),
    ],
)
def test_formatting_is_not_identity(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"), [("f('a b')", "f('ab')"), ("f('#')", "f('')"), ("f(5)", "f(6)")]
)
def test_values_are_identity(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_a_change_outside_the_finding_does_not_matter(tmp_path: Path) -> None:
    before = prints(tmp_path / "a", PLAIN)
    changed = PLAIN.replace('"b"', '"c"')
    assert before == prints(tmp_path / "b", changed)
