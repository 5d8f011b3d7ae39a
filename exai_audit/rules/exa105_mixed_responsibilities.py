"""An oversized module that does several things, with lines between them to split it along.

*Why.* Whoever changes one of the duties reads, imports and tests the others with it, and changes
that have nothing to do with each other meet in one file. Unlike a module that is merely long, this
one can be split along lines that are already there.

*Bad*

```toml
[tool.exai-audit]
max-module-lines = 40
```

```python
import csv
import smtplib
import socket


def read_orders(path):
    with open(path) as stream:
        return [parse_order(row) for row in csv.reader(stream)]


def parse_order(row):
    return {"order": row[0], "total": order_total(row)}


def order_total(row):
    return sum(float(cell) for cell in row[1:])


def send_mail(address, text):
    with open_mail() as server:
        server.sendmail("shop", address, mail_body(text))


def open_mail():
    return smtplib.SMTP("localhost", timeout=DELAY)


def mail_body(text):
    return f"Subject: your order\\n\\n{text}"


def serve_metrics(port):
    with metrics_socket(port) as listener:
        listener.accept()[0].send(render_metrics({}))


def metrics_socket(port):
    return socket.create_server(("", port))


def render_metrics(metrics):
    return "\\n".join(f"{name} {value}" for name, value in metrics.items()).encode()


DELAY = 5
```

*Good*

```toml
[tool.exai-audit]
max-module-lines = 40
```

```python
# file: orders.py
import csv


def read_orders(path):
    with open(path) as stream:
        return [parse_order(row) for row in csv.reader(stream)]


def parse_order(row):
    return {"order": row[0], "total": order_total(row)}


def order_total(row):
    return sum(float(cell) for cell in row[1:])
# file: mail.py
import smtplib

DELAY = 5


def send_mail(address, text):
    with open_mail() as server:
        server.sendmail("shop", address, text)


def open_mail():
    return smtplib.SMTP("localhost", timeout=DELAY)
```

*Known false alarms.* A module whose parts are the variants of one thing (the handlers of one
protocol, the nodes of one tree) can look like several. Raise ``min-modularity`` where that is so.

*References.* The symbols of the module are tied by what they use, what state and which rare
imports they share, the words of their names and where they stand. Louvain's method parts them;
``min-modularity`` (0.3) is how clear the parts must be, with 0 for none; four fifths of the uses
at most may cross from part to part, and no part may be most of the module. Newman, "Modularity and
community structure in networks", 2006; Blondel and others, "Fast unfolding of communities in large
networks", 2008. ``exai-audit plan FILE`` shows how to split the module. The severity is low: in
the histories of 106 services such modules were repaired less often than others of their length
(0.6 times). A database migration is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.finding import Family, Hit, Severity
from exai_audit.location import FILE_START, Place
from exai_audit.project.migrations import is_migration
from exai_audit.project.project import Project
from exai_audit.project.responsibilities import Responsibility, is_mixed, responsibilities
from exai_audit.rulebook.registry import Rule, Scoped

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Options:
    """A module above ``max_module_lines`` is judged; ``min_modularity`` says how clear its parts
    must be, from 0 to 1.
    """

    max_module_lines: int = 300
    min_modularity: float = 0.3


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at the first line of each oversized module of several responsibilities."""
    for facts in project.judged_files():
        limits = options.at(facts.path)
        module = facts.symbols
        if module is None or facts.lines.physical <= limits.max_module_lines:
            continue
        if is_migration(facts):
            continue
        if is_mixed(module, limits.min_modularity):
            yield _hit(facts, module, limits)


def _hit(facts: FileFacts, module: ModuleSymbols, limits: Options) -> Hit:
    parts = responsibilities(module, facts.module.rpartition(".")[2])
    crossing = f"{module.coupling:.0%} of the uses among its symbols cross from one to another"
    return Hit(
        path=facts.path,
        place=Place(FILE_START, "", ""),
        severity=Severity.LOW,
        message=f"module has {len(parts)} responsibilities: {_named(parts)}; {crossing}",
        remedy=_remedy(facts, module, parts[0]),
        measured=module.modularity,
        threshold=limits.min_modularity,
    )


def _remedy(facts: FileFacts, module: ModuleSymbols, first: Responsibility) -> str:
    """Name the part to begin with: each cluster needs earlier ones only."""
    lines = sum(module.symbols[number].lines for number in first.symbols)
    return (
        f"Begin with {first.summary} ({lines:,} lines), which need none of the others, in a module"
        f" `{first.name}`. `exai-audit plan {facts.path}` says what goes where."
    )


def _named(parts: tuple[Responsibility, ...]) -> str:
    largest = [f"{part.name} ({part.summary})" for part in parts[:_NAMED]]
    more = len(parts) - _NAMED
    return "; ".join(largest) + (f"; and {more} more" if more > 0 else "")


RULE = Rule(
    code="EXA105",
    name="mixed-responsibilities",
    family=Family.SIZE,
    summary="an oversized module whose symbols fall into three or more loose clusters",
    severity="low",
    options=Options,
    check=check,
)
