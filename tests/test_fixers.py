"""Every fixer: what it makes of its fixtures, what it refuses and why, and what always holds.

A case is a folder with a project ``before``; what of it changes is in ``after``. A line that says
``# refused: words`` has a finding whose fix is only shown, with these words.
"""

from __future__ import annotations

import io
import re
import shutil
import tokenize
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from exai_audit.edits.edit import Applicability
from exai_audit.fixing.fixer import fixers
from tests.repairing import ALL, SAFE, apply, contents, repaired

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(case for case in (FIXTURES / "fixes").glob("EXA*/*") if case.is_dir())
PROJECTS = sorted(
    [case for rule in FIXTURES.glob("EXA*") for case in rule.iterdir() if case.is_dir()]
    + [case / "before" for case in CASES]
)
REFUSAL = re.compile(r"# refused: (.+?)\s*$")


def named(case: Path) -> str:
    return case.relative_to(FIXTURES).as_posix()


def copied(case: Path, root: Path) -> Path:
    shutil.copytree(case, root, dirs_exist_ok=True)
    (root / ".git").mkdir(exist_ok=True)
    return root


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_result_is_that_of_the_fixture(case: Path, tmp_path: Path) -> None:
    root = copied(case / "before", tmp_path)
    before = contents(root)
    apply(root, repaired(root, code=case.parent.name))
    after = contents(root)
    expected = contents(case / "after") if (case / "after").is_dir() else {}
    changed = {path: text.decode() for path, text in after.items() if before.get(path) != text}
    assert changed == {path: text.decode() for path, text in expected.items()}


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_is_refused_says_why(case: Path, tmp_path: Path) -> None:
    root = copied(case / "before", tmp_path)
    proposed = repaired(root, code=case.parent.name).proposed
    reasons = {
        (finding.path, finding.line): fix.message
        for finding, fix in proposed
        if fix.applicability is Applicability.SHOWN
    }
    expected = {
        (path, number): found[1]
        for path, data in contents(root).items()
        for number, line in enumerate(data.decode("latin-1").split("\n"), 1)
        if (found := REFUSAL.search(line))
    }
    assert reasons.keys() == expected.keys()
    for place, words in expected.items():
        assert words in reasons[place]


def test_every_fixer_has_cases_that_it_fixes_and_some_that_it_refuses() -> None:
    for code, fixer in fixers().items():
        own = [case for case in CASES if case.parent.name == code]
        if fixer.applicability is not Applicability.SHOWN:
            assert any((case / "after").is_dir() for case in own), code
        assert any("# refused: " in path.read_text() for c in own for path in c.rglob("*.py")), code


@pytest.mark.parametrize("case", PROJECTS, ids=named)
def test_a_second_run_changes_nothing_and_every_comment_stays(case: Path, tmp_path: Path) -> None:
    root = copied(case, tmp_path)
    before = contents(root)
    first = repaired(root)
    apply(root, first)
    after = contents(root)
    again = repaired(root)
    assert again.changes == ()
    for change in first.changes:
        compile(after[change.path], change.path, "exec", dont_inherit=True)
        lost = comments(before.get(change.path, b"")) - comments(after[change.path])
        assert all("exai:" in comment for comment in lost)


def comments(data: bytes) -> Counter[str]:
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(data).readline))
    except (tokenize.TokenError, SyntaxError):
        return Counter()
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _marked(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def _in_latin_1(data: bytes) -> bytes:
    text = f"# -*- coding: latin-1 -*-\n# \xe9\n{data.decode()}"
    return text.encode("latin-1", "ignore")


def _without_end(data: bytes) -> bytes:
    return data.removesuffix(b"\n")


@pytest.mark.parametrize("change", [_crlf, _marked, _in_latin_1, _without_end])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_encoding_newlines_and_end_make_no_difference(
    case: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    plain = copied(case / "before", tmp_path / "plain")
    old = contents(plain)
    apply(plain, repaired(plain))
    other = copied(case / "before", tmp_path / "other")
    for path, data in old.items():
        (other / path).write_bytes(change(data))
    apply(other, repaired(other))
    for path, data in contents(other).items():
        expected = contents(plain)[path]
        if path in old:
            kept = data.removesuffix(b"\n") if change is _without_end else data
            assert kept == change(expected), path


def test_safe_alone_leaves_what_changes_behavior(tmp_path: Path) -> None:
    for number, case in enumerate(CASES):
        root = copied(case / "before", tmp_path / str(number))
        assert all(f.applicability is Applicability.SAFE for _, f in repaired(root, SAFE).made)
        assert {f.applicability for _, f in repaired(root, ALL).made} <= ALL
