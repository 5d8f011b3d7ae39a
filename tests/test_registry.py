"""The registry: what is shipped, and what a rule module must be."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import Struct

from exai_audit.rulebook.registry import (
    RegistryError,
    Scoped,
    code_problem,
    codes_matching,
    default_settings,
    discover_rules,
    nearest,
    rules,
)

MODULE = """
from msgspec import Struct
from exai_audit.finding import Family
from exai_audit.rulebook.registry import Rule

class Options(Struct, frozen=True):
    max_lines: int = 3
    words: tuple[str, ...] = ("a",)

RULE = Rule("CODE", "some-name", Family.SIZE, "finds", Options, lambda p, o: iter(()), "low")
"""


class Limits(Struct, frozen=True):
    lines: int = 1
    words: int = 2


@pytest.fixture
def package_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    def make(**modules: str) -> ModuleType:
        name = f"rules_{tmp_path.name}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        for module, text in modules.items():
            (tmp_path / name / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        return import_module(name)

    return make


def test_shipped_rules_are_sorted_and_their_names_differ() -> None:
    codes = [rule.code for rule in rules()]
    assert codes == sorted(codes)
    assert len({rule.name for rule in rules()}) == len(codes)


def test_rules_are_found_and_sorted(package_of: Callable[..., ModuleType]) -> None:
    package = package_of(
        exa902_b=MODULE.replace("CODE", "EXA902"), exa901_a=MODULE.replace("CODE", "EXA901")
    )
    found = discover_rules(package)
    assert [rule.code for rule in found] == ["EXA901", "EXA902"]
    assert default_settings(found[0]) == {"max-lines": 3, "words": ["a"]}


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"exa901_a": ""}, "exa901_a.py: has no RULE"),
        ({"exa901_a": MODULE}, "exa901_a.py: its RULE has the code CODE"),
        ({"shared": MODULE}, "shared.py: a rule's file is named"),
        (
            {
                "exa901_a": MODULE.replace("CODE", "EXA901"),
                "exa901_b": MODULE.replace("CODE", "EXA901"),
            },
            "exa901_b.py: EXA901 is also the code of exa901_a.py",
        ),
    ],
)
def test_malformed_module_is_an_error_naming_its_file(
    package_of: Callable[..., ModuleType], modules: dict[str, str], message: str
) -> None:
    with pytest.raises(RegistryError, match=message):
        discover_rules(package_of(**modules))


def test_prefix_matches_codes() -> None:
    assert {"EXA001", "EXA002"} <= set(codes_matching("EXA0"))
    assert set(codes_matching("ALL")) == {rule.code for rule in rules()}
    assert codes_matching("") == codes_matching("F") == ()


def test_unknown_code_suggests_the_nearest() -> None:
    assert code_problem("EXA00") == ""
    assert code_problem("EAX001").endswith("did you mean 'EXA001'?")
    assert code_problem("syntx-error").endswith("did you mean 'syntax-error'?")


def test_nearest_is_silent_without_a_likely_name() -> None:
    assert nearest("zzz", ["select"]) == ""


def test_changes_that_meet_are_laid_over_each_other() -> None:
    changes = ((("src/",), (("lines", 10),)), (("*.py",), (("words", 20), ("lines", 30))))
    scoped = Scoped(Limits(), changes)
    assert scoped.at("src/a.pyi") == Limits(10, 2)
    assert scoped.at("src/a.py") == Limits(30, 20)
    assert scoped.at("b.txt") is scoped.default
