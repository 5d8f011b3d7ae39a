"""Path patterns."""

from __future__ import annotations

import pytest

from exai_audit.files.glob import covers, is_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("build", "build"),
        ("build", "a/build"),
        ("build/", "a/build"),
        ("*.py", "a/b.py"),
        ("a/*.py", "a/b/c.py"),
        ("./a/b.py", "a/b.py"),
        ("**/gen/*", "gen/x.py"),
        ("**/gen/*", "a/b/gen/x.py"),
        ("a/{b,c}.py", "a/c.py"),
        ("x[0-9].py", "a/x7.py"),
        ("x[!0-9].py", "xa.py"),
        ("?.py", "a.py"),
        ("a\\gen\\*.py", "a/gen/x.py"),
        (".\\a\\", "a"),
    ],
)
def test_pattern_matches(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("build", "build/x.py"),
        ("build", "rebuild"),
        ("a/*.py", "b/a/c.py"),
        ("x[!0-9].py", "x1.py"),
        ("a.py", "axpy"),
    ],
)
def test_pattern_does_not_match(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("**/*a*/?[xy]*.py", "b/cad/1x2.py", True),
        ("**/*a*/?[xy]*.py", "b/cad/1z2.py", False),
        ("**/**/**/**/a.py", "a.py", True),
        ("**/**/**/**/a.py", "ba.py", False),
        ("****/a*b*c*{d,e}.py", "x/aabbcc/e.py", True),
        ("****/a*b*c*{d,e}.py", "x/aabbcc/f.py", False),
        ("*a" * 30 + "b", "a" * 200, False),
        ("**/a/" * 30 + "b", "a/" * 100 + "c", False),
        ("{a,aa}" * 28 + "b", "a" * 60, False),
        ("{a,aa}" * 28, "a" * 40, True),
        ("x{a,*b", "x{a,b", True),
        ("*a*a*b", "a" * 4000, False),
    ],
)
def test_patterns_with_many_stars(pattern: str, path: str, matched: bool) -> None:
    assert matches(pattern, path) is matched


def test_covering_reaches_below_a_folder() -> None:
    assert covers("src/gen", "src/gen/deep/x.py")
    assert not covers("src/gen", "src/general.py")


def test_negated_pattern_covers_the_rest() -> None:
    assert covers("!src/", "tools/x.py")
    assert not covers("!src/", "src/x.py")


def test_malformed_pattern_is_told() -> None:
    assert not is_pattern("[z-a]")
    assert is_pattern("[a-z]*")
    assert not is_pattern("[" * 2_000_000)
