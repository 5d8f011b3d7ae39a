"""The cache folder: a real one of our own is used, and nothing else is touched."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from exai_audit.audit.cache import CACHE_FOLDER, WORKING_TREE
from exai_audit.files.own_folder import ForeignFolderError, read_own, write_own
from tests.scratch import commit, git, repository, run

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
WARNING = "is not used to remember facts"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", sleeper=SLEEPER)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Return a folder of somebody's files, all of them old."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(20):
        (folder / f"letter-{number}").write_text(f"dear {number}")
        os.utime(folder / f"letter-{number}", (0, 0))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def scan(project: Path, *options: str) -> tuple[str, str]:
    done = run(project, "scan", ".", "-f", "concise", *options)
    assert done.returncode == 0
    return done.stdout, done.stderr


@pytest.mark.parametrize("link", [CACHE_FOLDER, f"{CACHE_FOLDER}/runs"])
def test_no_link_is_followed_out_of_the_project(project: Path, documents: Path, link: str) -> None:
    before = contents(documents)
    (project / link).parent.mkdir(exist_ok=True)
    (project / link).symlink_to(documents, target_is_directory=True)
    for _ in range(2):
        said, warned = scan(project)
        assert "EXA405" in said
        assert WARNING in warned
    assert contents(documents) == before
    assert (project / link).is_symlink()


def test_a_link_in_the_place_of_the_facts_is_replaced_not_followed(
    project: Path, tmp_path: Path
) -> None:
    scan(project)
    stored, victim = project / CACHE_FOLDER / WORKING_TREE, tmp_path / "victim"
    victim.write_text("mine")
    stored.unlink()
    stored.symlink_to(victim)
    scan(project)
    assert victim.read_text() == "mine"
    assert not stored.is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_in_the_place_of_the_facts_is_not_waited_for(project: Path) -> None:
    scan(project)
    stored = project / CACHE_FOLDER / WORKING_TREE
    stored.unlink()
    os.mkfifo(stored)
    assert "EXA405" in scan(project)[0]


def test_facts_that_git_tracks_are_not_believed(project: Path) -> None:
    scan(project)
    folder = project / CACHE_FOLDER
    assert scan(project)[1].count(WARNING) == 0
    (folder / ".gitignore").unlink()
    git(project, "add", "--force", CACHE_FOLDER)
    commit(project)
    said, warned = scan(project)
    assert "EXA405" in said
    assert "it came with the git repository" in warned


def test_folder_of_other_things_is_left_alone(project: Path, documents: Path) -> None:
    before = contents(documents)
    assert "it was not made by exai-audit" in scan(project, "--cache-dir", str(documents))[1]
    assert contents(documents) == before


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_what_others_can_write_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    write_own(folder, "facts", b"1")
    assert read_own(folder, "facts", 9) == b"1"
    (folder / "facts").chmod(0o666)
    assert read_own(folder, "facts", 9) is None
    (folder / "facts").chmod(0o600)
    folder.chmod(0o777)
    with pytest.raises(ForeignFolderError, match="everybody can write"):
        read_own(folder, "facts", 9)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")
def test_what_belongs_to_another_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    write_own(folder, "facts", b"1")
    os.chown(folder / "facts", 12345, 12345)
    assert read_own(folder, "facts", 9) is None
    os.chown(folder, 12345, 12345)
    with pytest.raises(ForeignFolderError, match="belongs to another user"):
        read_own(folder, "facts", 9)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".CACHEDIR.TAG.0123456789ab").touch()
    assert read_own(tmp_path, "facts", 9) is None
    write_own(tmp_path, "facts", b"1")
    assert read_own(tmp_path, "facts", 9) == b"1"


def test_what_killed_runs_left_goes_and_nothing_else_does(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    write_own(folder, "facts", b"1")
    old, recent = folder / ".facts.0123456789ab", folder / ".facts.0123456789cd"
    others = [folder / ".facts.0123456789", folder / "letter", folder / ".past.0123456789ab"]
    for file in (old, recent, *others):
        file.touch()
        os.utime(file, (0, 0))
    os.utime(recent, (time.time(), time.time()))
    write_own(folder, "facts", b"2")
    assert [file for file in (old, recent, *others) if not file.exists()] == [old]


@pytest.mark.parametrize("path", ["none\0", "n" * 5000])
def test_an_impossible_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises((ForeignFolderError, OSError)):
        write_own(tmp_path / path, "facts", b"")
    with pytest.raises(ForeignFolderError):
        read_own(tmp_path / path, "facts", 9)
