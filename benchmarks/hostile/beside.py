"""Changed texts and documents as every file that is read besides sources."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.hostile.mutation import Corpus, mutated, with_other_value
from exai_audit.audit.cache import FactsCache
from exai_audit.audit.gitignore import Ignores
from exai_audit.audit.memo import Memo
from exai_audit.config import load
from exai_audit.edits.journal import JOURNAL, read_journal
from exai_audit.errors import AuditError
from exai_audit.files.codeowners import codeowners
from exai_audit.files.own_folder import write_own
from exai_audit.fixing.names_file import read_names
from exai_audit.knowledge.rows import rows_of
from exai_audit.project.console_scripts import console_scripts
from exai_audit.project.pins import is_below, lowest_python, pinned
from exai_audit.report import FORMATS, render
from exai_audit.results.baseline import read_baseline
from exai_audit.results.stored import result_of
from exai_audit.survey.journal import Journal
from exai_audit.survey.manifest import read_manifest
from exai_audit.trend.memory import Memory

_SIDES = (
    "uv.lock", "Pipfile.lock", "poetry.lock", "setup.cfg", "setup.py", "requirements.txt",
    ".gitignore", "CODEOWNERS", "pyproject.toml", "exai-audit.toml", "baseline.json", "names.toml",
    "manifest.toml", "list.txt", "journal.jsonl",
)  # fmt: skip


def beside(dice: random.Random, material: Corpus) -> None:
    """Read one changed text as every kind of file."""
    reads_beside(mutated(dice.choice(material.beside), dice))


def reads_beside(data: bytes) -> None:
    """Read a text as every kind of file that stands beside sources."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in _SIDES:
            (folder / side).write_bytes(data)
        is_below(pinned(folder, ["redis", "httpx"]).get("redis", ""), "5.0")
        console_scripts(folder)
        lowest_python(folder)
        owners = codeowners(folder)
        if owners is not None:
            owners.of("app/a.py")
        ignores = Ignores().within(name)
        ignores.ignoring(f"{name}/a/b.py", False)
        ignores.ignoring(f"{name}/a", True)
        Journal(folder).done()
        text = data.decode("utf-8", "replace")
        readers: tuple[Callable[[], object], ...] = (
            lambda: load(folder, None, False),
            lambda: list(rows_of(folder / "exai-audit.toml")),
            lambda: read_baseline(folder / "baseline.json"),
            lambda: list(read_names(text, "names.toml")),
            lambda: read_manifest(folder / "manifest.toml"),
            lambda: read_manifest(folder / "list.txt"),
            lambda: result_of(text, "report.json"),
        )
        for read in readers:
            with suppress(AuditError):
                read()


def documents(dice: random.Random, material: Corpus) -> None:
    """Take back a stored result with a value of another kind; what is taken can be shown."""
    with suppress(ValueError):
        document = json.loads(dice.choice(material.beside))
        for _ in range(dice.randint(1, 3)):
            document = with_other_value(document, dice)
        _shown(json.dumps(document))
        _read_as_baseline(document)


def _shown(text: str) -> None:
    with suppress(AuditError):
        result = result_of(text, "report.json")
        for name in FORMATS:
            render(result, name)


def _read_as_baseline(document: Any) -> None:  # noqa: ANN401
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "b.json"
        file.write_text(json.dumps(document))
        with suppress(AuditError):
            read_baseline(file)


def memories(dice: random.Random, material: Corpus) -> None:
    """Read changed files of the cache folder: whatever they say is a miss, or a right type."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = root / "cache"
        data = mutated(_packed(dice, material), dice)
        for file in ("facts.msgpack", "past.msgpack", "history.msgpack", "plans.msgpack", JOURNAL):
            write_own(folder, file, data)
        FactsCache(folder, "f", root).save()
        Memo(folder, "f").save()
        Memory(folder, "f").snapshot("a")
        read_journal(folder)


def _packed(dice: random.Random, material: Corpus) -> bytes:
    """Return a document of MessagePack such as the cache folder holds."""
    text = dice.choice(material.sources)
    entry = {"path": "a.py", "before": text, "after": b"", "mode": 0o644, "folders": ["a"]}
    journal = {"stage": "writing", "token": "abcdef012345", "entries": [entry], "format": 1}
    records = {"a.py": {"changed": 1, "size": 2, "blob": b"", "facts": {"path": "a.py"}}}
    facts = {"format": 2, "fingerprint": "f", "records": records, "facts": {}, "snapshots": {}}
    document = dice.choice((journal, facts))
    with suppress(UnicodeEncodeError, OverflowError):
        return msgspec.msgpack.encode(with_other_value(document, dice))
    return msgspec.msgpack.encode(document)
