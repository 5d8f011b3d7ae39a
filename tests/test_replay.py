"""A scan that is replayed says what the scan would say, and any change makes it run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_audit import config, looks
from exai_audit.cli import inputs, replay, run
from exai_audit.report import FORMATS

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
SETTINGS = """\
[tool.exai-audit]
baseline = "known.json"
knowledge = ["calls.toml"]
"""
NOTHING_KNOWN = {
    "exai_audit_baseline": 1, "formula_version": 1, "configuration": "", "score": None,
    "paths": ["src"], "entries": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a scan wrote, its exit status, and whether it had to run."""

    status: int
    out: str
    err: str
    ran: bool


Scan = Callable[..., Said]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "above" / "project"
    (root / "src" / "inner").mkdir(parents=True)
    (root / "src" / "sleeper.py").write_text(SLEEPER)
    (root / "src" / "inner" / "plain.py").write_text("x = 1\n")
    (root / "src" / "link.py").symlink_to("sleeper.py")
    (root / "pyproject.toml").write_text(SETTINGS)
    (root / "calls.toml").write_text("")
    git(root, "init", "-q")
    monkeypatch.chdir(root)
    assert run(["baseline", "src"]) == 0
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    return root


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scan:
    """Scan as the command line does, whatever was changed a moment ago."""
    monkeypatch.setattr(looks, "_REST_NS", -(10**18))
    monkeypatch.setattr(inputs, "_changed", lambda folder: 0)  # other tests write beside these
    calls: list[object] = []
    original = config.load

    def loaded(start: Path, explicit: Path | None, isolated: bool) -> object:
        calls.append(start)
        return original(start, explicit, isolated)

    monkeypatch.setattr("exai_audit.cli.scanning.load", loaded)

    def scanned(*arguments: str) -> Said:
        calls.clear()
        capsys.readouterr()
        status = run(["scan", *arguments])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err, bool(calls))

    return scanned


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *words], cwd=root, check=True
    )


WAYS = [
    *(("-f", name) for name in FORMATS),
    ("--fail-on", "low", "--no-baseline"),
    ("--fail-on-new", "--verbose", "--show-files"),
    ("--show-only", "src/sleeper.py"),
    ("--quiet", "--fail-under", "A", "--exit-zero"),
    ("--statistics", "--max-drop", "1"),
    ("--explain-score", "--facts", "--jobs", "2"),
]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_replay_says_what_the_scan_says(project: Path, scan: Scan, way: tuple[str, ...]) -> None:
    words = ("src", *way)
    first, again, fresh = scan(*words), scan(*words), scan(*words, "--no-cache")
    assert (first.ran, again.ran, fresh.ran) == (True, False, True)
    assert (again.status, again.out, again.err) == (first.status, first.out, first.err)
    said = fresh.err.replace("cache: none", f"cache: {project / '.exai-audit-cache'}")
    assert (again.status, again.out, again.err) == (fresh.status, fresh.out, said)


def test_files_are_written_again(project: Path, scan: Scan) -> None:
    words = ("src", "-f", "json=out.json", "-f", "markdown", "-o", "out.md")
    scan(*words)
    made = [project / "out.json", project / "out.md"]
    expected = [file.read_bytes() for file in made]
    for file in made:
        file.unlink()
    assert not scan(*words).ran
    assert [file.read_bytes() for file in made] == expected


def rewrite(path: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text(text)


def same_size_and_time(root: Path) -> None:
    file = root / "src" / "sleeper.py"
    was = file.stat()
    file.write_text(SLEEPER.replace("sleep(1)", "sleep(2)"))
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))


def add_requirements(root: Path) -> None:
    (root / "requirements").mkdir()
    (root / "requirements" / "base.txt").write_text("requests<1\n")


def pack(root: Path) -> None:
    commit(root)
    git(root, "pack-refs", "--all")


def commit(root: Path) -> None:
    git(root, "commit", "-qm", "y", "--allow-empty")


def add_folder(root: Path) -> None:
    (root / "src" / "other").mkdir()
    (root / "src" / "other" / "new.py").write_text(SLEEPER)


def retarget(root: Path) -> None:
    (root / "src" / "link.py").unlink()
    (root / "src" / "link.py").symlink_to("inner/plain.py")


CHANGES: dict[str, Callable[[Path], object]] = {
    "another content": rewrite("src/sleeper.py", SLEEPER * 2),
    "another content, as long and as old": same_size_and_time,
    "a new file": rewrite("src/new.py", SLEEPER),
    "a new folder": add_folder,
    "a file less": lambda root: (root / "src" / "inner" / "plain.py").unlink(),
    "a file renamed": lambda root: (root / "src/sleeper.py").rename(root / "src/other.py"),
    "a link leads elsewhere": retarget,
    "a link to a folder": lambda root: (root / "src" / "more").symlink_to("inner"),
    "ignored here": rewrite("src/.gitignore", "sleeper.py\n"),
    "ignored from the top": rewrite(".gitignore", "sleeper.py\n"),
    "ignored by git's own file": rewrite(".git/info/exclude", "sleeper.py\n"),
    "other settings": rewrite("pyproject.toml", SETTINGS + "max-module-lines = 3\n"),
    "a settings file that comes first": rewrite("exai-audit.toml", "max-module-lines = 3\n"),
    "settings nearer to the code": rewrite("src/exai-audit.toml", "max-module-lines = 3\n"),
    "another baseline": rewrite("known.json", json.dumps(NOTHING_KNOWN)),
    "other knowledge": rewrite("calls.toml", '[[call]]\nname = "x.y"\nsource = "z"\n'),
    "another library": rewrite("requirements.txt", "requests<1\n"),
    "another library in a folder": add_requirements,
    "a lock file": rewrite("uv.lock", ""),
    "another commit": commit,
    "another branch": lambda root: git(root, "checkout", "-q", "--orphan", "other"),
    "packed references": pack,
    "no repository": lambda root: (root / ".git").rename(root / "git"),
    "a repository within": lambda root: git(root / "src", "init", "-q"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_on_disk_is_seen(
    project: Path, scan: Scan, change: Callable[[Path], object]
) -> None:
    words = ("src", "-f", "json")
    scan(*words)
    assert not scan(*words).ran
    change(project)
    after, fresh = scan(*words), scan(*words, "--no-cache")
    assert after.ran
    assert (after.status, after.out, after.err) == (fresh.status, fresh.out, fresh.err)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCE_DATE_EPOCH", "1700000000"),
        ("FORCE_COLOR", "1"),
        ("COLUMNS", "50"),
        ("GITHUB_ACTIONS", "true"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ],
)
def test_what_changes_around_it_is_seen(
    project: Path, scan: Scan, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    scan("src")
    monkeypatch.setenv(name, value)
    after, fresh = scan("src"), scan("src", "--no-cache")
    assert after.ran
    assert after.out == fresh.out


def test_another_folder_day_and_tool_are_seen(
    project: Path, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan("src")
    assert not scan("src").ran
    with monkeypatch.context() as changed:
        changed.setattr("time.strftime", lambda *_: "2999-01-01")
        assert scan("src").ran
    with monkeypatch.context() as changed:
        changed.setattr(sys, "path", [*sys.path, str(project)])
        assert scan("src").ran
    with monkeypatch.context() as changed:
        changed.setattr(inputs, "_tool", lambda: iter(["another one"]))
        assert scan("src").ran
    monkeypatch.chdir("src")
    assert scan(".").ran


def test_an_expired_suppression_is_told_on_its_day(
    project: Path, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = "  # exai: ignore[EXA405] until=2030-01-31"
    (project / "src" / "sleeper.py").write_text(SLEEPER.rstrip() + comment + "\n")
    words = ("src", "-f", "concise", "--no-baseline")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1893456000")
    scan(*words)
    assert "EXA405" not in scan(*words).out
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1896134400")
    assert "EXA405" in scan(*words).out


def test_a_touched_file_is_compared_by_its_content(project: Path, scan: Scan) -> None:
    file = project / "src" / "sleeper.py"
    (project / "src" / "link.py").unlink()
    first = scan("src")
    file.write_text("x = 1\n")
    file.write_text(SLEEPER)
    again = scan("src")
    assert (again.ran, again.out) == (False, first.out)
    file.unlink()
    os.mkfifo(file)
    assert "not a regular file" in scan("src", "--show-files").err
    assert scan("src").ran


def test_a_recent_file_is_compared_whatever_its_times_say(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    seen = looks.Looks()
    seen.folder(str(tmp_path), looks.entries_of(str(tmp_path)))
    assert seen.at_rest()
    assert seen.recent == [str(tmp_path / "a.py")]
    words = seen.found["folder", str(tmp_path)]
    assert looks.changed_files(str(tmp_path), words) == seen.recent


def test_a_file_changed_a_moment_ago_is_not_trusted(
    project: Path, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_REST_NS", 2_000_000_000)
    (project / "src" / "sleeper.py").write_text(SLEEPER)
    assert [scan("src").ran, scan("src").ran] == [True, True]


def test_a_file_changed_while_it_is_read_is_not_trusted(
    project: Path, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = replay.Recording.keep

    def keep(self: replay.Recording, *given: object) -> None:
        (project / "src" / "sleeper.py").write_text("x = 1\n")
        original(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(replay.Recording, "keep", keep)
    scan("src")
    after = scan("src", "--no-baseline")
    assert after.ran
    assert "EXA405" not in after.out


@pytest.mark.parametrize(
    "words",
    [("src", "--no-cache"), ("src", "--since", "HEAD"), ("missing",), ("src", "--select", "X")],
)
def test_what_is_never_kept(project: Path, scan: Scan, words: tuple[str, ...]) -> None:
    assert [scan(*words).ran, scan(*words).ran] == [True, True]
    assert not (project / ".exai-audit-cache" / "runs").exists()


def test_a_step_summary_is_added_to_by_a_run_only(
    project: Path, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    assert [scan("src", "-f", "github").ran for _ in range(2)] == [True, True]


def record_of(folder: Path) -> Path:
    (record,) = (folder / ".exai-audit-cache" / "runs").iterdir()
    return record


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 2**20), flip=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_record_is_not_replayed(
    project: Path, scan: Scan, place: int, flip: int, cut: bool
) -> None:
    words = ["scan", "src", "-f", "concise"]
    circumstances = replay.asked(words) or ""
    if not (project / ".exai-audit-cache" / "runs").exists():
        scan(*words[1:])
    record = record_of(project)
    whole = record.read_bytes()
    assert replay.record_of(circumstances, words) is not None
    place %= len(whole)
    record.write_bytes(
        whole[:place]
        + (b"" if cut else bytes([whole[place] ^ flip]))
        + (b"" if cut else whole[place + 1 :])
    )
    assert replay.record_of(circumstances, words) is None
    record.write_bytes(whole)


def test_a_record_writes_to_no_file_that_the_command_does_not_name(
    project: Path, scan: Scan
) -> None:
    words = ("src", "-f", "concise=a.txt")
    scan(*words)
    record = record_of(project)
    parts = [bytes(part) for part in replay._unpacked(record.read_bytes())]
    record.write_bytes(replay._packed([b"b.txt" if part == b"a.txt" else part for part in parts]))
    assert scan(*words).ran
    assert not (project / "b.txt").exists()


def test_few_records_are_kept(project: Path, scan: Scan) -> None:
    for number in range(12):
        scan("src", "--top", str(number))
    assert len(list((project / ".exai-audit-cache" / "runs").iterdir())) == 8
    assert not scan("src", "--top", "11").ran


WATCHED = """\
import json, os, sys
opened, asked = set(), set()
class Asked(dict):
    def __getitem__(self, name): asked.add(name); return dict.__getitem__(self, name)
    def get(self, name, default=None): asked.add(name); return dict.get(self, name, default)
    def __contains__(self, name): asked.add(name); return dict.__contains__(self, name)
from exai_audit.cli import app, output, replay, run
import rich.console, exai_audit.report.terminal, exai_audit.report.markdown
arguments = sys.argv[1:]
circumstances = replay.asked(arguments)
kept = []
replay.Recording.keep = lambda self, *given: kept.append(self.looks.found)
def watch(event, given):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(given[0], (str, bytes)):
        opened.add(os.path.abspath(os.fsdecode(given[0])))
def telling(original):
    def stat(path, *given, **named):
        if isinstance(path, (str, os.PathLike)):
            opened.add(os.path.abspath(path))
        return original(path, *given, **named)
    return stat
os.environ = Asked(os.environ)
sys.addaudithook(watch)
os.stat, os.lstat = telling(os.stat), telling(os.lstat)
app.call(arguments, circumstances)
print(json.dumps([sorted(opened), sorted(asked), list(map(list, kept[0]))]), file=sys.stderr)
"""


def test_a_scan_reads_nothing_that_it_does_not_look_at(project: Path) -> None:
    files = ("uv.lock", "setup.cfg", "requirements.txt", "Pipfile.lock", "exai-audit.toml")
    for name in files[:-1]:
        (project / name).write_text("")
    (project / "src" / "calls.py").write_text(
        "import asyncio, redis\nasyncio.run(x())\nredis.Redis().get('a')\n"
    )
    words = ["scan", "src", "-f", "terminal", "-f", "markdown=out.md", "--fail-on-new"]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *words, "--jobs", "1"],
        cwd=project, check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    opened, asked, looked = json.loads(done.stderr.splitlines()[-1])
    own = (str(Path(inputs.__file__).parent.parent), *map(os.path.abspath, (sys.prefix, "/dev")))
    libraries = (*own, sys.base_prefix, *(place for place in sys.path if place), "/usr", "/proc")
    cache, outputs = str(project / ".exai-audit-cache"), {str(project / "out.md"), f"{project}/"}
    unseen = [
        path for path in opened
        if not path.startswith((*libraries, cache)) and path.partition(".out.md.")[0] not in outputs
        and not any(library.startswith(path) for library in libraries)
        and not is_seen(Path(path), {tuple(look) for look in looked})
    ]  # fmt: skip
    assert unseen == []
    others = {name for name in asked if not name.lstrip("_").startswith(("PYTHON", "PYDANTIC"))}
    assert others - inputs._VARIABLES - git_variables() <= {"TERM_PROGRAM"}


def is_seen(path: Path, looked: set[tuple[str, str]]) -> bool:
    around = [Path(place) for kind, place in looked if kind == "around"]
    above = {folder for place in around for folder in (place, *place.parents)}
    folder, name = str(path.parent), path.name
    return (
        ("file", str(path)) in looked
        or ("folder", str(path)) in looked
        or path in above
        or (path.parent in above and name in (*looks._SETTINGS, ".git", ".exai-audit-cache"))
        or (".git" in path.parts)
        or (("folder", folder) in looked and name.endswith((".py", ".gitignore")))
        or (("project", folder) in looked and name.endswith((*looks._PROJECT_SUFFIXES, ".txt")))
        or ("project", str(path)) in looked
        or (name == "requirements" and ("project", folder) in looked)
    )


def git_variables() -> set[str]:
    return {name for name in os.environ if name.startswith("GIT_")}
