"""Which plans a report has: JSON those of all that is to be split, others the worst."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exai_audit.collectors import collect, symbols_of
from exai_audit.files.source import decode
from exai_audit.planning.decomposition.partition import Partition
from exai_audit.planning.decomposition.refusal import refusal_reason
from tests.scratch import run

NOUNS = ("order", "mail", "stock")
MODULE = "".join(
    f"def {verb}_{noun}(value):\n" + f"    {noun}_total = value\n" * 30 + "    return value\n\n\n"
    for noun in NOUNS
    for verb in ("load", "store", "drop", "show")
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for number in range(10):
        (tmp_path / f"shop{number}.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def test_json_has_the_plan_of_every_module_to_split(project: Path) -> None:
    done = run(project, "scan", ".", "-f", "json", "--exit-zero")
    document = json.loads(done.stdout)
    planned = {plan["path"] for plan in document["plans"] if plan["modules"]}
    assert planned == {f"shop{number}.py" for number in range(10)}


def test_what_people_read_has_the_worst_whatever_else_is_written(project: Path) -> None:
    alone = run(project, "scan", ".", "-f", "markdown", "--exit-zero", "--top", "10")
    both = run(
        project, "scan", ".", "-f", "json=all.json", "-f", "markdown", "--exit-zero", "--top", "10"
    )
    assert alone.stdout.count("Facade") == both.stdout.count("Facade")
    assert both.stdout.replace(" -f json=all.json", "") == alone.stdout


def test_two_groups_are_a_plan_where_a_recommendation_says_to_split() -> None:
    facts = collect("shop.py", MODULE.encode(), "shop", 300)
    module = symbols_of(decode("shop.py", MODULE.encode()))
    assert module is not None
    assert facts.shape is not None
    assert facts.shape.is_mixed
    assert refusal_reason(facts, module, Partition(((0, 1, 2), (3, 4, 5)), 0.5)) == ""
    assert "one group" in refusal_reason(facts, module, Partition((tuple(range(12)),), 0.5))
