"""Changed Python files through all collectors, all fixers, and plans carried out."""

from __future__ import annotations

import ast
import random
import tempfile
import warnings
from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec

from benchmarks.hostile.mutation import Corpus, mutated, write_project
from exai_audit.audit.engine import audit
from exai_audit.audit.repair import Repair, choices_of, repair
from exai_audit.collectors import collect
from exai_audit.config import Settings, load
from exai_audit.edits.edit import Applicability
from exai_audit.errors import AuditError
from exai_audit.facts.file import FileFacts
from exai_audit.session.plan import planned
from exai_audit.session.run import Run
from exai_audit.session.split import Patches, Wanted, split_up

_KINDS = frozenset({Applicability.SAFE, Applicability.UNSAFE})


def sources(dice: random.Random, material: Corpus) -> None:
    """Collect one changed file, and take its facts to the cache and back."""
    facts = collect("a.py", mutated(dice.choice(material.sources), dice), "a", 50)
    packed = msgspec.msgpack.encode(facts)
    assert msgspec.msgpack.decode(packed, type=FileFacts) == facts


def fixers(dice: random.Random, material: Corpus) -> None:
    """Repair a project of changed files: what could be parsed still can, and nothing raises."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, dice, material, most=10)
        for change in _repaired(folder).changes:
            before = change.before or b""
            assert change.after is None or parses(change.after) or not parses(before), change.path


def splits(dice: random.Random, material: Corpus) -> None:
    """Carry out the plan of each changed module: refused, or made of modules that parse."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, dice, material, most=3)
        run = _audited(folder)
        patches = dice.choice(list(Patches))
        wanted = Wanted(importers=dice.random() < 0.5, patches=patches)
        for facts in run.audited.project.files:
            with suppress(AuditError):
                planned(run, facts.path)
                for change in split_up(run, facts.path, wanted).changes:
                    assert change.after is None or parses(change.after), change.path


def parses(data: bytes) -> bool:
    """Tell whether the interpreter's own parser reads a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _repaired(folder: Path) -> Repair:
    run = _audited(folder)
    choices = choices_of(run.settings, folder)
    return repair(run.audited, folder, run.settings, choices, lambda _: True, _KINDS)


def _audited(folder: Path) -> Run:
    settings: Settings
    settings, file = load(folder, None, False)
    today = date(2026, 6, 1)
    audited = audit([folder], folder, settings, 1, lambda done, total: None, today=today)
    return Run((folder,), folder, settings, file, audited)
