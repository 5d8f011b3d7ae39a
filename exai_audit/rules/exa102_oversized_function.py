"""A function that is too long to be understood at a glance.

*Why.* A long function holds many steps in one scope: each local may be used far from where it is
set, no step can be tested or timed alone, and in a coroutine it is hard to see what runs between
two awaits.

*Bad*

```toml
[tool.exai-audit]
max-function-lines = 4
```

```python
def bill(orders, mail):
    lines = [order.split() for order in orders]
    prices = [float(line[1]) for line in lines]
    total = sum(prices)
    text = f"{len(prices)} orders, {total} in all"
    mail.send(text)
```

*Good*

```toml
[tool.exai-audit]
max-function-lines = 4
```

```python
def total(orders):
    return sum(float(order.split()[1]) for order in orders)


def bill(orders, mail):
    mail.send(f"{len(orders)} orders, {total(orders)} in all")
```

*Known false alarms.* A function that is one long literal or one flat list of registrations: raise
``max-function-lines`` for that path, or suppress with the reason. Functions of database migrations
are no finding: nobody edits them again.

*References.* The limit is ``max-function-lines``, 80 by default, counted from ``def`` to the last
line without the docstring. Twice the limit is medium, three times high; a coroutine counts one
step graver, high at most.
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
    """``max_function_lines`` lines are allowed, the docstring not counted."""

    max_function_lines: int = 80


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at the ``def`` of each function above the limit."""
    for facts in project.judged_files():
        if is_migration(facts):
            continue
        limit = options.at(facts.path).max_function_lines
        for function in facts.size.functions:
            if function.lines - function.docstring_lines > limit:
                yield _hit(facts.path, function, limit)


def _hit(path: str, function: FunctionFact, limit: int) -> Hit:
    lines = function.lines - function.docstring_lines
    kind = "coroutine" if function.is_async else "function"
    branches = f" and complexity {function.complexity}" if function.complexity else ""
    return Hit(
        path=path,
        place=function.place,
        severity=_severity(lines / limit, function.is_async),
        message=f"{kind} {function.name} has {lines:,} lines ({limit:,} allowed){branches}",
        remedy=(
            f"Extract its steps into functions with names of their own until {limit} lines are"
            f" left: {lines - limit} must go."
        ),
        measured=lines,
        threshold=limit,
    )


def _severity(ratio: float, is_async: bool) -> Severity:
    severity = Severity.HIGH if ratio > 3 else Severity.MEDIUM if ratio > 2 else Severity.LOW
    return severity.raised(Severity.HIGH) if is_async else severity


RULE = Rule(
    code="EXA102",
    name="oversized-function",
    family=Family.SIZE,
    summary="a function above max-function-lines",
    severity="low to high, by ratio",
    options=Options,
    check=check,
)
