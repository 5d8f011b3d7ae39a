"""A module that is too long to be read, tested and changed in one piece.

*Why.* Every change to a long module is read against all of it, every merge meets in it, and its
imports load for whoever needs one function. Long modules are where unrelated duties pile up.

*Bad*

```toml
[tool.exai-audit]
max-module-lines = 8
```

```python
def read_orders(path):
    return path.read_text().splitlines()


def total(orders):
    return sum(float(order.split()[1]) for order in orders)


def send_report(mail, orders):
    mail.send(f"{len(orders)} orders, {total(orders)} in all")
```

*Good*

```toml
[tool.exai-audit]
max-module-lines = 8
```

```python
# file: orders.py
def total(orders):
    return sum(float(order.split()[1]) for order in orders)
# file: mail.py
def send_report(mail, orders, total):
    mail.send(f"{len(orders)} orders, {total} in all")
```

*Known false alarms.* A module that is mostly tables, such as literals of codes, is no finding,
nor is a database migration (of ``migrations/`` or Alembic's ``versions/``): nobody edits it again.
A module of which one class is over 70 % is left to EXA104, which names that class.

*References.* ``max-module-lines`` is 300 physical lines by default; ``module-lines = "source"``
leaves blank and comment lines out. The severity follows from the ratio to the limit: over 5/3
medium, over 8/3 high, over 4 critical if a function in it is itself too long or too complex.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from exai_audit.facts.file import FileFacts
from exai_audit.facts.size import ClassFact, FunctionFact
from exai_audit.finding import Family, Hit, Severity
from exai_audit.location import FILE_START, Place
from exai_audit.project.migrations import is_migration
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_MOSTLY = 0.5
_DOMINANT = 0.7
_LARGEST_NAMED = 3


class ModuleLines(str, Enum):
    """Which lines of a module count."""

    PHYSICAL = "physical"
    SOURCE = "source"


class Options(Struct, frozen=True):
    """``max_module_lines`` lines are allowed, counted as ``module_lines`` says.

    A module is critical only if it holds a function above ``max_function_lines`` or
    ``max_complexity`` by what makes it a finding of medium severity: twice and 5/3 of these.
    """

    max_module_lines: int = 300
    module_lines: ModuleLines = ModuleLines.PHYSICAL
    max_function_lines: int = 80
    max_complexity: int = 15


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at the first line of each module above the limit."""
    for facts in project.judged_files():
        limit = options.at(facts.path)
        lines = _lines(facts, limit)
        too_long = lines > limit.max_module_lines
        if too_long and not _is_of_one_piece(facts) and not is_migration(facts):
            yield _hit(facts, lines, limit)


def _lines(facts: FileFacts, options: Options) -> int:
    source_only = options.module_lines is ModuleLines.SOURCE
    return facts.lines.source if source_only else facts.lines.physical


def _is_of_one_piece(facts: FileFacts) -> bool:
    """Tell whether the module is mostly a table, or mostly one class."""
    physical = facts.lines.physical
    longest_class = max((found.lines for found in facts.size.classes), default=0)
    return facts.size.literal_lines > _MOSTLY * physical or longest_class > _DOMINANT * physical


def _hit(facts: FileFacts, lines: int, options: Options) -> Hit:
    limit = options.max_module_lines
    kind = "source lines" if options.module_lines is ModuleLines.SOURCE else "lines"
    size = facts.size
    message = (
        f"module has {lines:,} {kind} ({limit:,} allowed), with"
        f" {_counted(len(size.functions), 'function')}"
        f" and {_counted(len(size.classes), 'class', 'classes')}"
    )
    return Hit(
        path=facts.path,
        place=Place(FILE_START, "", ""),
        severity=_severity(lines / limit, facts, options),
        message=message,
        remedy=_remedy(facts, lines - limit),
        measured=lines,
        threshold=limit,
    )


def _counted(number: int, noun: str, nouns: str = "") -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _severity(ratio: float, facts: FileFacts, options: Options) -> Severity:
    if ratio > 4:
        grave = any(_is_grave(function, options) for function in facts.size.functions)
        return Severity.CRITICAL if grave else Severity.HIGH
    if ratio > 8 / 3:
        return Severity.HIGH
    return Severity.MEDIUM if ratio > 5 / 3 else Severity.LOW


def _is_grave(function: FunctionFact, options: Options) -> bool:
    """Tell whether a function is a finding of EXA102 or EXA103 of medium or worse."""
    lines = (function.lines - function.docstring_lines) / options.max_function_lines
    too_long = lines > (1 if function.is_async else 2)
    return too_long or (function.complexity or 0) > options.max_complexity * 5 / 3


def _remedy(facts: FileFacts, excess: int) -> str:
    found: tuple[ClassFact | FunctionFact, ...] = (*facts.size.classes, *facts.size.functions)
    pieces = [piece for piece in found if "." not in piece.place.symbol]
    pieces.sort(key=lambda piece: (-piece.lines, piece.place.span.line))
    named = ", ".join(
        f"{piece.name} (lines {_range(piece)}, {piece.lines:,} in all)"
        for piece in pieces[:_LARGEST_NAMED]
    )
    largest = f" Largest: {named}." if named else ""
    return (
        f"Move at least {_counted(excess, 'line')} to modules of their own, by duty, and keep"
        f" the names importable from here.{largest}"
    )


def _range(piece: ClassFact | FunctionFact) -> str:
    first = piece.place.span.line
    return f"{first}-{first + piece.lines - 1}"


RULE = Rule(
    code="EXA101",
    name="oversized-module",
    family=Family.SIZE,
    summary="a module above max-module-lines",
    severity="low to critical, by ratio",
    options=Options,
    check=check,
)
