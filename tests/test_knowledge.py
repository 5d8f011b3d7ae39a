"""The knowledge table against the libraries it speaks of, and against malformed rows."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from exai_audit.errors import SettingsError
from exai_audit.knowledge.calls import Call, Timeout
from exai_audit.knowledge.merge import load, toml_files
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.knowledge.table import shipped, table

TIMEOUTS = sorted(
    (row for row in table().calls.values() if row.timeout is not None), key=lambda row: row.name
)
_INSTALLED_BY_THE_EXTRA = ("aiohttp", "anyio", "httpx", "redis", "requests", "tenacity", "trio")


def real(name: str) -> Any:  # noqa: ANN401 - whatever a library exports
    """Return the object of a dotted name, None when its package is not installed."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    return None


def named(row: Call) -> Any:  # noqa: ANN401
    """Return what a row names: a factory's method is found under the alias of its class."""
    for name in (row.name, *row.aliases):
        try:
            return real(name)
        except AttributeError:
            continue
    raise AttributeError(row.name)


def is_installed(row: Call) -> bool:
    root = row.name.partition(".")[0]
    return importlib.util.find_spec(root) is not None


def signature(row: Call) -> inspect.Signature | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return inspect.signature(named(row))
    except (ValueError, TypeError, AttributeError):
        return None


def problem(row: Call, limit: Timeout, signed: inspect.Signature) -> str:
    """Return what a row says otherwise than the real signature, empty when they agree."""
    parameters = [p for p in signed.parameters.values() if p.name not in ("self", "cls")]
    names = [p.name for p in parameters]
    given = [limit.argument, *limit.also]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    missing = [name for name in given if name not in names]
    if missing and not open_ended:
        return f"has no argument {missing}"
    if limit.argument not in names:
        return "" if limit.position is None else "has no such position"
    parameter = parameters[names.index(limit.argument)]
    if limit.position is not None and (
        parameter.kind is parameter.KEYWORD_ONLY or names.index(limit.argument) != limit.position
    ):
        return f"takes {limit.argument} at {names.index(limit.argument)}, {parameter.kind}"
    real_default = parameter.default
    if isinstance(real_default, (int, float)) and not isinstance(real_default, bool):
        seconds = real_default / 1000 if limit.unit == "ms" else float(real_default)
        waits_for_ever = limit.waits == "work" and real_default == 0
        if limit.default not in (seconds, "none") and not waits_for_ever:
            return f"has the default {real_default}"
    return ""


def test_the_table_is_large_enough() -> None:
    assert len(TIMEOUTS) >= 200


@pytest.mark.parametrize("row", TIMEOUTS, ids=lambda row: row.name)
def test_row_names_its_source_with_a_version(row: Call) -> None:
    assert any(character.isdigit() for character in row.source)


STANDARD = [row for row in TIMEOUTS if row.name.partition(".")[0] in sys.stdlib_module_names]


@pytest.mark.parametrize("row", STANDARD, ids=lambda row: row.name)
def test_standard_library_row_agrees_with_the_interpreter(row: Call) -> None:
    assert row.timeout is not None
    if row.source.startswith("Python 3.11,"):
        if sys.version_info[:2] == (3, 11):
            assert named(row) is not None
            signed = signature(row)
            assert signed is None or problem(row, row.timeout, signed) == ""
    else:
        assert "documentation" in row.source


@pytest.mark.parametrize("package", _INSTALLED_BY_THE_EXTRA)
def test_rows_of_installed_package_agree_with_it(package: str) -> None:
    rows = [row for row in TIMEOUTS if row.name.partition(".")[0] == package]
    assert rows
    for row in rows:
        assert row.timeout is not None
        signed = signature(row)
        assert signed is not None, row.name
        assert problem(row, row.timeout, signed) == "", row.name


OTHERS = [row for row in TIMEOUTS if row not in STANDARD and is_installed(row)]


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row.name)
def test_row_agrees_with_whatever_is_installed(row: Call) -> None:
    assert row.timeout is not None
    signed = signature(row)
    assert signed is None or problem(row, row.timeout, signed) == ""


BLOCKING = sorted(
    (row for row in table().calls.values() if row.blocking is not None), key=lambda row: row.name
)
_BLOCKING_BY_THE_EXTRA = ("httpx", "psutil", "pymongo", "pymysql", "redis", "requests", "urllib3")
# What a factory returns has no class of that name, and psutil's default says nothing of a wait.
_OF_FACTORIES = ("multiprocessing.Pool.", "multiprocessing.Queue.", "select.poll.")


def real_blocking(row: Call) -> Any:  # noqa: ANN401
    """Return the callable that a row of the blocking list names, None where it is not installed."""
    root = row.name.partition(".")[0]
    if importlib.util.find_spec(root) is None or row.name.startswith(_OF_FACTORIES):
        return None
    return named(row)


def test_the_blocking_list_is_large_enough() -> None:
    assert len([row for row in BLOCKING if row.blocking and not row.blocking.file_system]) >= 120


@pytest.mark.parametrize("row", BLOCKING, ids=lambda row: row.name)
def test_blocking_row_says_what_to_write_and_where_it_is_documented(row: Call) -> None:
    assert row.blocking is not None
    assert row.blocking.instead
    assert any(character.isdigit() for character in row.source)


@pytest.mark.parametrize("package", _BLOCKING_BY_THE_EXTRA)
def test_blocking_rows_of_installed_package_name_its_functions(package: str) -> None:
    rows = [row for row in BLOCKING if row.name.partition(".")[0] == package]
    assert rows
    for row in rows:
        found = real_blocking(row)
        assert callable(found), row.name
        assert not inspect.iscoroutinefunction(found), row.name


STANDARD_BLOCKING = [r for r in BLOCKING if r.name.partition(".")[0] in sys.stdlib_module_names]


@pytest.mark.parametrize("row", STANDARD_BLOCKING, ids=lambda row: row.name)
def test_blocking_row_of_the_standard_library_agrees_with_the_interpreter(row: Call) -> None:
    assert row.name.startswith(_OF_FACTORIES) or callable(real_blocking(row))


@pytest.mark.parametrize(
    "row", [r for r in BLOCKING if r.blocking and r.blocking.argument], ids=lambda row: row.name
)
def test_argument_that_decides_whether_a_call_waits_stands_where_the_row_says(row: Call) -> None:
    assert row.blocking is not None
    called = real_blocking(row)
    try:
        signed = inspect.signature(called) if called is not None else None
    except ValueError:
        signed = None
    if signed is not None:
        found = [p for p in signed.parameters.values() if p.name != "self"]
        place = row.blocking.position
        # What can only be given by its place has a name for the reader alone.
        nameless = place is not None and found[place].kind is inspect.Parameter.POSITIONAL_ONLY
        assert nameless or [p.name for p in found].index(row.blocking.argument) == place


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[call]]\nsource = 'x 1'", r"own\.toml: row 1 \(unnamed\): name: expected a dotted name"),
        ("[[call]]\nname = 'a.b'", r"row 1 \(a\.b\): source: expected where it says so"),
        ("[[calls]]\nname = 'a.b'", r"unknown key 'calls', did you mean 'call'\?"),
        ("call = 3", r"own\.toml: call: expected a list of tables \[\[call\]\]"),
        ("[[call]", r"own\.toml: "),
        (
            "[[call]]\nname = 'a.b'\nsource = 'a 1'\ntimeout = { argumnt = 'timeout' }",
            r"unknown key 'timeout\.argumnt', did you mean 'argument'\?",
        ),
        (
            "[[call]]\nname = 'a.b'\nsource = 'a 1'\ntimeout = { argument = 'x', position = '1' }",
            r"Expected `int \| null`, got `str` - at `\$\.timeout\.position`",
        ),
        (
            "[[call]]\nname = 'a.b'\nsource = 'a 1'\ntimeout = { argument = 'x', unit = 'h' }",
            r"Invalid enum value 'h' - at `\$\.timeout\.unit`",
        ),
    ],
)
def test_malformed_row_is_an_error_that_names_file_row_and_key(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        load([], [written(tmp_path, text)])


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: knowledge: cannot be read"):
        load([], [tmp_path / "none.toml"])


def test_own_row_extends_and_replaces(tmp_path: Path) -> None:
    row = "[[call]]\nname = '{}'\nsource = 'ours 1'\ntimeout = {{ argument = 'limit' }}\n"
    own = written(tmp_path, row.format("ours.fetch") + row.format("requests.get"))
    shipped = Path(inspect.getfile(load)).with_name("timeouts.toml")
    calls = load([shipped], [own]).calls
    assert calls["ours.fetch"].timeout == Timeout("limit")
    assert calls["requests.get"].timeout == Timeout("limit")
    assert calls["requests.get"].category == "http-api"


def test_the_merged_rows_say_what_the_toml_files_say() -> None:
    merged, written_ones = shipped(), dict(load(toml_files()).calls)
    assert merged == written_ones, "run `python -m exai_audit.knowledge`"
    assert list(merged) == list(written_ones)


COROUTINES = sorted(
    (row for row in table().calls.values() if row.coroutine), key=lambda row: row.name
)


@pytest.mark.parametrize("row", COROUTINES, ids=lambda row: row.name)
def test_coroutine_row_is_one_wherever_it_is_installed(row: Call) -> None:
    assert any(character.isdigit() for character in row.source)
    if is_installed(row):
        function = named(row)
        hands_on = any(one in inspect.getsource(function) for one in ("execute_command(", "self._"))
        assert inspect.iscoroutinefunction(function) or hands_on


WORK = load([Path(inspect.getfile(load)).with_name("work.toml")]).calls


def test_rows_of_work_agree_with_whatever_is_installed() -> None:
    for row in WORK.values():
        assert row.blocking is not None or row.returns is not None
        if is_installed(row):
            assert callable(named(row)), row.name


def test_the_standard_library_is_that_of_every_python() -> None:
    assert sys.stdlib_module_names <= STANDARD_LIBRARY
    assert {"tomllib", "distutils", "asyncore", "compression"} <= STANDARD_LIBRARY
