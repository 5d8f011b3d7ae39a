"""A function with more paths through it than anyone tests.

*Why.* Cyclomatic complexity counts the independent paths. Each needs a test of its own; beyond
some number of them nobody writes these, and changes break the paths that nobody thought of.

*Bad*

```toml
[tool.exai-audit]
max-complexity = 3
```

```python
def fee(order):
    if order.express:
        return 9
    if order.total > 100:
        return 0
    if order.abroad:
        return 12
    return 4
```

*Good*

```toml
[tool.exai-audit]
max-complexity = 3
```

```python
FEES = {"express": 9, "abroad": 12}


def fee(order):
    return 0 if order.total > 100 else FEES.get(order.kind, 4)
```

*Known false alarms.* A flat dispatch over many cases counts as much as a nest of conditions: a
table often says the same, else suppress with the reason. Functions of database migrations are no
finding: nobody edits them again.

*References.* Counted as radon does (McCabe's number, boolean operators included); functions nested
in it are judged on their own. The limit is ``max-complexity``, 15 by default: 5/3 of it is medium,
8/3 high (25 and 40).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.size import FunctionFact
from exai_audit.finding import Family, Hit, Severity
from exai_audit.project.migrations import is_migration
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """``max_complexity`` is the highest cyclomatic complexity allowed."""

    max_complexity: int = 15


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at the ``def`` of each function above the limit."""
    for facts in project.judged_files():
        if is_migration(facts):
            continue
        limit = options.at(facts.path).max_complexity
        for function in facts.size.functions:
            if function.complexity is not None and function.complexity > limit:
                yield _hit(facts.path, function, function.complexity, limit)


def _hit(path: str, function: FunctionFact, complexity: int, limit: int) -> Hit:
    lines = function.lines - function.docstring_lines
    return Hit(
        path=path,
        place=function.place,
        severity=_severity(complexity / limit),
        message=(
            f"{function.name} has a cyclomatic complexity of {complexity} ({limit} allowed)"
            f" in {lines} lines"
        ),
        remedy=(
            f"Return early, move whole branches to functions of their own, or look cases up in a"
            f" table, until {limit} of the {complexity} paths are left."
        ),
        measured=complexity,
        threshold=limit,
    )


def _severity(ratio: float) -> Severity:
    if ratio > 8 / 3:
        return Severity.HIGH
    return Severity.MEDIUM if ratio > 5 / 3 else Severity.LOW


RULE = Rule(
    code="EXA103",
    name="complex-function",
    family=Family.SIZE,
    summary="a function whose cyclomatic complexity is above max-complexity",
    severity="low to high, by ratio",
    options=Options,
    check=check,
)
