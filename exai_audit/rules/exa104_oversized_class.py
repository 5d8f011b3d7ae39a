"""A class that does too much.

*Why.* All methods of a class share its attributes: in a large class any of them may change what
any other relies on, and whoever needs one duty gets them all.

*Bad*

```toml
[tool.exai-audit]
max-methods = 2
```

```python
class Shop:
    def add(self, order):
        self.orders.append(order)

    def bill(self):
        return sum(self.orders)

    def mail(self, server):
        server.send(self.bill())
```

*Good*

```toml
[tool.exai-audit]
max-methods = 2
```

```python
class Shop:
    def add(self, order):
        self.orders.append(order)

    def bill(self):
        return sum(self.orders)


def mail(shop, server):
    server.send(shop.bill())
```

*Known false alarms.* A class whose interface another library dictates, such as a visitor with a
method per node type.

*References.* ``max-class-lines`` is 300, without the class's own docstring; ``max-methods`` is 25,
properties, overloads and dunder methods not counted. Twice a limit is medium, three times high.
``exai-audit plan FILE --class NAME`` groups the methods.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.size import ClassFact
from exai_audit.finding import Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """``max_class_lines`` lines and ``max_methods`` methods are allowed."""

    max_class_lines: int = 300
    max_methods: int = 25


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each class above either limit."""
    for facts in project.judged_files():
        limits = options.at(facts.path)
        for found in facts.size.classes:
            lines = found.lines - found.docstring_lines
            if lines > limits.max_class_lines or found.methods > limits.max_methods:
                yield _hit(facts.path, found, lines, limits)


def _hit(path: str, found: ClassFact, lines: int, limits: Options) -> Hit:
    by_lines = lines / limits.max_class_lines
    by_methods = found.methods / limits.max_methods
    measured, threshold = (
        (lines, limits.max_class_lines)
        if by_lines >= by_methods
        else (found.methods, limits.max_methods)
    )
    message = (
        f"class {found.name} has {lines:,} lines ({limits.max_class_lines:,} allowed) and"
        f" {found.methods} methods ({limits.max_methods} allowed)"
    )
    return Hit(
        path=path,
        place=found.place,
        severity=_severity(max(by_lines, by_methods)),
        message=message,
        remedy=(
            f"{_excess(found, lines, limits)} must go. `exai-audit plan {path} --class"
            f" {found.place.symbol or found.name}` says which methods belong together, and what"
            " could become of them."
        ),
        measured=measured,
        threshold=threshold,
    )


def _excess(found: ClassFact, lines: int, limits: Options) -> str:
    over = (
        (lines - limits.max_class_lines, "line"),
        (found.methods - limits.max_methods, "method"),
    )
    return " and ".join(f"{n:,} {noun}{'s' * (n > 1)}" for n, noun in over if n > 0)


def _severity(ratio: float) -> Severity:
    return Severity.HIGH if ratio > 3 else Severity.MEDIUM if ratio > 2 else Severity.LOW


RULE = Rule(
    code="EXA104",
    name="oversized-class",
    family=Family.SIZE,
    summary="a class above max-class-lines or max-methods",
    severity="low to high, by ratio",
    options=Options,
    check=check,
)
