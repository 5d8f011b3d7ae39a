"""Settings: reading, finding, choosing."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Literal

import pytest
from msgspec import Struct

from exai_audit.config import Settings, find_root, load, with_options
from exai_audit.config.readers import InvalidValueError, reader_for
from exai_audit.errors import SettingsError, UsageError
from exai_audit.finding import Confidence, Family, Scope, Severity
from exai_audit.rulebook.registry import Rule, default_settings, rules

HEAD = "[tool.exai-audit]\n"


class Unit(Enum):
    PHYSICAL = "physical"


class Options(Struct, frozen=True):
    max_lines: int = 300
    names: tuple[str, ...] = ()


RULE = Rule("EXA001", "a-rule", Family.SIZE, "", Options, lambda p, o: iter(()), "low")


def loaded(folder: Path, text: str, name: str = "pyproject.toml") -> Settings:
    (folder / name).write_text(text, encoding="utf-8")
    return load(folder, None, False)[0]


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        HEAD
        + """
        select = ["EXA0"]
        ignore = ["EXA002"]
        extend-exclude = ["vendored/"]
        force-exclude = true
        respect-gitignore = false
        scope = ["tests", "production"]
        generated = ["gen/*"]
        min-confidence = "low"
        fail-under = 80
        fail-on = "high"
        per-file-ignores = {"scripts/*.py" = ["EXA001"]}
        """,
    )
    assert settings == Settings(
        select=("EXA0",),
        ignore=("EXA002",),
        extend_exclude=("vendored/",),
        force_exclude=True,
        respect_gitignore=False,
        scopes=(Scope.PRODUCTION, Scope.TESTS),
        generated=("gen/*",),
        min_confidence=Confidence.LOW,
        fail_under=80.0,
        fail_on=Severity.HIGH,
        per_file_ignores=(("scripts/*.py", ("EXA001",)),),
    )


def test_rule_options_are_settings_of_their_own(tmp_path: Path) -> None:
    numbers = [
        (key, default)
        for rule in rules()
        for key, default in default_settings(rule).items()
        if type(default) is int
    ]
    for key, default in numbers:
        settings = loaded(tmp_path, f"{HEAD}{key} = {default + 1}")
        assert settings.rule_options == ((key, default + 1),)


def test_all_problems_stand_in_one_message(tmp_path: Path) -> None:
    text = """
        selct = ["EXA0"]
        ignore = ["EAX001"]
        force-exclude = "yes"
        fail-on = "hihg"
        fail-under = 101
        scope = []
        exclude = ["[z-a]"]
        per-file-ignores = {"a.py" = "EXA001"}
        overrides = [{path = ["a"]}]
        """
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, HEAD + text)
    message = str(caught.value)
    assert message.startswith("10 invalid settings:\n")
    for part in (
        "pyproject.toml: selct: unknown setting, did you mean 'select'?",
        "ignore: unknown rule 'EAX001', did you mean 'EXA001'?",
        "force-exclude: expected true or false, got 'yes'",
        "fail-on: expected one of low, medium, high, critical, got 'hihg', did you mean 'high'?",
        'fail-under: expected a score from 0 to 100 or a grade such as "B", got 101',
        "scope: expected at least one scope",
        "exclude: '[z-a]' is not a path pattern",
        "per-file-ignores: 'a.py': expected a list of rule codes",
        "overrides[1]: expected paths",
        "overrides[1].path: unknown setting of an override, did you mean 'paths'?",
    ):
        assert part in message


@pytest.mark.parametrize("value", ['"B"', '"b-"', '"80"', "72.5"])
def test_fail_under_takes_scores_and_grades(tmp_path: Path, value: str) -> None:
    assert str(loaded(tmp_path, f"{HEAD}fail-under = {value}").fail_under) != "None"


@pytest.mark.parametrize("value", ["true", '"G"', '"-1"', "[80]"])
def test_fail_under_refuses_the_rest(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="expected a score"):
        loaded(tmp_path, f"{HEAD}fail-under = {value}")


def test_invalid_toml_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"exai-audit\.toml: is not valid TOML"):
        loaded(tmp_path, "select = [", "exai-audit.toml")


def test_toml_nested_too_deep_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"exai-audit\.toml: is not valid TOML"):
        loaded(tmp_path, "select = " + "[" * 20_000, "exai-audit.toml")


def test_names_of_settings_hide_nothing_in_messages(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        loaded(tmp_path, '"a\\u001b[31m\\n::error::" = 1', "exai-audit.toml")
    assert r"a\x1b[31m\n::error::: unknown setting" in str(told.value)


def test_section_that_is_no_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected a table"):
        loaded(tmp_path, "[tool]\nexai-audit = 3")


def test_search_goes_upward_past_files_without_a_section(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "exai-audit.toml").write_text("fail-under = 70\n")
    settings, file = load(inner / "module.py", None, False)
    assert (settings.fail_under, file) == (70.0, tmp_path / "exai-audit.toml")


def test_search_stops_at_the_repository_root(tmp_path: Path) -> None:
    (tmp_path / "exai-audit.toml").write_text("fail-under = 70\n")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert load(tmp_path / "repo", None, False) == (Settings(), None)


def test_isolated_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "exai-audit.toml").write_text("nonsense = 1\n")
    assert load(tmp_path, None, True) == (Settings(), None)


def test_explicit_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "strict.toml"
    file.write_text("fail-under = 90\n")
    assert load(tmp_path, file, False)[0].fail_under == 90.0


@pytest.mark.parametrize("name", ["pyproject.toml", "missing.toml"])
def test_explicit_file_without_settings_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    with pytest.raises(SettingsError, match=name):
        load(tmp_path, tmp_path / name, False)


def test_root_is_the_settings_folder_then_the_repository_then_the_common_parent(
    tmp_path: Path,
) -> None:
    repository = tmp_path / "repo"
    (repository / "src" / "a").mkdir(parents=True)
    (repository / "src" / "b").mkdir()
    (repository / "src" / "m.py").touch()
    paths = [repository / "src" / "a", repository / "src" / "b"]
    assert find_root(paths, None) == repository / "src"
    assert find_root([repository / "src" / "m.py"], None) == repository / "src"
    (repository / ".git").mkdir()
    assert find_root(paths, None) == repository
    assert find_root(paths, repository / "src" / "pyproject.toml") == repository / "src"
    assert find_root(paths, tmp_path / "elsewhere" / "strict.toml") == repository


def test_longest_prefix_decides() -> None:
    settings = Settings(select=("EXA2",), ignore=("EXA20",), extend_select=("EXA205", "EXA4"))
    chosen = [
        code for code in ("EXA201", "EXA205", "EXA211", "EXA301") if settings.rules.selects(code)
    ]
    assert chosen == ["EXA205", "EXA211"]


def test_what_could_not_be_read_is_reported_unless_ignored() -> None:
    assert Settings(select=("EXA2",)).rules.selects("EXA001")
    assert not Settings(ignore=("EXA001",)).rules.selects("EXA001")


def test_options_hold_for_the_project_and_change_for_parts(tmp_path: Path) -> None:
    settings = Settings(rule_options=(("max-lines", 5), ("other-key", 1)))
    assert settings.rules.options(RULE).at("a.py") == Options(5)


def test_overrides_change_options_and_ignore_rules(tmp_path: Path) -> None:
    known = {key for rule in rules() for key in default_settings(rule)}
    keys = sorted(known & {"max-module-lines"})
    extra = "".join(f"\n{key} = 900" for key in keys)
    text = f'[[tool.exai-audit.overrides]]\npaths = ["legacy/"]\nignore = ["EXA001"]{extra}\n'
    settings = loaded(tmp_path, text)
    assert settings.rules.ignored_by("legacy/a.py", "EXA001") == "legacy/"
    assert settings.rules.ignored_by("new/a.py", "EXA001") is None
    assert settings.overrides[0].options == tuple((key, 900) for key in keys)


def test_command_line_lies_over_the_file() -> None:
    file = Settings(select=("EXA1",), ignore=("EXA101",), fail_under=80.0, extend_exclude=("a",))
    settings = with_options(
        file, ignore=["EXA001,EXA002"], fail_under="B", extend_exclude=["b"], scope=None
    )
    assert settings.ignore == ("EXA101", "EXA001", "EXA002")
    assert settings.extend_exclude == ("a", "b")
    assert (settings.fail_under, settings.scopes) == ("B", file.scopes)


def test_select_on_the_command_line_replaces_the_whole_choice() -> None:
    file = Settings(ignore=("EXA001",), extend_select=("EXA4",))
    settings = with_options(file, select=["EXA001"])
    assert (settings.select, settings.ignore, settings.extend_select) == (("EXA001",), (), ())


def test_wrong_options_are_told_together() -> None:
    with pytest.raises(UsageError) as caught:
        with_options(Settings(), select=["F401"], fail_under="Z")
    assert "--select: unknown rule 'F401'" in str(caught.value)
    assert "--fail-under: expected a score" in str(caught.value)


@pytest.mark.parametrize(
    ("hint", "value", "read"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (bool, True, True),
        (str, "x", "x"),
        (tuple[str, ...], ["a"], ("a",)),
        (Literal["physical", "source"], "source", "source"),
        (Unit, "physical", Unit.PHYSICAL),
        (int | None, 3, 3),
    ],
)
def test_option_types_have_readers(hint: object, value: object, read: object) -> None:
    assert reader_for(hint)(value) == read


@pytest.mark.parametrize(
    ("hint", "value"), [(int, True), (int, 0), (float, "1"), (str, 1), (tuple[str, ...], "a")]
)
def test_wrong_types_are_refused(hint: object, value: object) -> None:
    with pytest.raises(InvalidValueError, match="expected"):
        reader_for(hint)(value)


def test_points_of_categories_are_a_setting(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f"{HEAD}category-points = {{ size = 10, caches = 0.5 }}")
    assert dict(settings.category_points) == {Family.SIZE: 10.0, Family.CACHES: 0.5}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("30", "expected a table of points by category"),
        ("{ cache = 1 }", "'cache': expected one of size, timeouts, caches, concurrency"),
        ("{ size = -1 }", "'size': expected a number from 0, got -1"),
        ("{ size = inf }", "'size': expected a number from 0, got inf"),
        ("{ size = 1e308 }", "'size': expected at most 1000000000, got 1e"),
        ("{ size = 0, timeouts = 0, caches = 0, concurrency = 0 }", "at least one category"),
    ],
)
def test_wrong_points_of_categories_are_told(tmp_path: Path, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        loaded(tmp_path, f"{HEAD}category-points = {value}")


def test_patterns_in_options_of_rules_are_read_as_patterns(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not a path pattern"):
        loaded(tmp_path, f'{HEAD}central-timeout-modules = ["[z-a]"]')
