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
protocol, the nodes of one tree) can look like several.

*References.* A finding has more than ``max-module-lines`` lines (300), six or more functions and
classes, and no class, function or circle of uses that is over 60 % of them: all these could go to
three modules or more. The severity is low: in the histories of 106 services such modules were
repaired less often than others of their length (0.6 times). A database migration is no finding.
``exai-audit plan FILE`` shows how to split the module, and how clear the cut is;
docs/decomposition.md says how that is found and how near it comes to what maintainers did.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleShape
from exai_audit.finding import Family, Hit, Severity
from exai_audit.location import FILE_START, Place
from exai_audit.project.migrations import is_migration
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_TABLE = 0.5


class Options(Struct, frozen=True):
    """A module above ``max_module_lines`` is judged."""

    max_module_lines: int = 300


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at the first line of each oversized module of several responsibilities."""
    for facts in project.judged_files():
        limit = options.at(facts.path).max_module_lines
        shape = facts.shape
        if shape is None or facts.lines.physical <= limit or _is_table(facts):
            continue
        if shape.is_mixed and not is_migration(facts):
            yield _hit(facts, shape, limit)


def _is_table(facts: FileFacts) -> bool:
    return facts.size.literal_lines > _TABLE * facts.lines.physical


def _hit(facts: FileFacts, shape: ModuleShape, limit: int) -> Hit:
    lines = facts.lines.physical
    share = shape.largest / shape.lines
    return Hit(
        path=facts.path,
        place=Place(FILE_START, "", ""),
        severity=Severity.LOW,
        message=(
            f"module of {lines:,} lines has {shape.symbols} functions and classes that need not"
            f" stand together: what must is {share:.0%} of it at most"
        ),
        remedy=f"`exai-audit plan {facts.path}` says what goes where.",
        measured=lines,
        threshold=limit,
    )


RULE = Rule(
    code="EXA105",
    name="mixed-responsibilities",
    family=Family.SIZE,
    summary="an oversized module of many definitions, none of which is most of it",
    severity="low",
    options=Options,
    check=check,
)
