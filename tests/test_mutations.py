"""Short, seeded runs of the campaigns in ``benchmarks/hostile``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.hostile.__main__ import CAMPAIGNS, trouble_of
from benchmarks.hostile.mutation import Corpus, corpus

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


TRIALS = {
    "sources": 320, "fixers": 4, "splits": 4, "beside": 160, "documents": 20, "memories": 20,
    "commands": 1, "writes": 2, "histories": 1, "sights": 1, "markup": 1, "agents": 2,
    "visitors": 1, "editors": 1, "places": 2, "repositories": 1, "kills": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def material() -> Corpus:
    return Corpus(corpus([FIXTURES]).sources, SIDE_FILES)


@pytest.mark.parametrize("name", TRIALS)
def test_nothing_raises(name: str, material: Corpus) -> None:
    for seed in range(TRIALS[name]):
        assert not trouble_of(CAMPAIGNS[name], random.Random(seed), material)
