"""A short, seeded run of the campaign in ``benchmarks/hostile.py``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.hostile import collects, mutated, reads_beside, trouble_with

FIXTURES = Path(__file__).parent.parent / "fixtures"
SIDE_FILES = (
    b'[project]\nname = "a"\ndependencies = ["redis>=4", "httpx"]\n[project.scripts]\nx = "a:b"\n'
    b'[tool.poetry.dependencies]\nredis = "^5.0"\n[tool.exai-audit]\nexclude = ["a/*.py"]\n'
    b'max-module-lines = 3\nper-file-ignores = { "a" = ["EXA2"] }\n',
    b'[[package]]\nname = "redis"\nversion = "4.1"\n[[call]]\nname = "a.b"\nsource = "c"\n'
    b'timeout = { argument = "timeout" }\n',
    b'{"exai_audit_baseline": 1, "formula_version": 1, "configuration": "c", "score": 1.0, '
    b'"paths": ["."], "entries": [{"path": "a", "code": "EXA201", "symbol": "", "severity": '
    b'"low", "fingerprint": "f", "count": 1}], "schema_version": 1, "default": {"redis": {}}}\n',
    b"*.log\n!/a/**/b\n[ab]*.p?\nbuild/\n\\#x\nredis==4.0 # c\n-r other.txt\n",
)


@pytest.mark.parametrize("seed", range(8))
def test_no_mutated_source_raises(seed: int) -> None:
    dice = random.Random(seed)
    files = sorted(FIXTURES.rglob("*.py"))
    for _ in range(40):
        data = mutated(dice.choice(files).read_bytes(), dice)
        assert not trouble_with(data, collects)


@pytest.mark.parametrize("seed", range(4))
def test_no_mutated_side_file_raises(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(40):
        assert not trouble_with(mutated(dice.choice(SIDE_FILES), dice), reads_beside)
