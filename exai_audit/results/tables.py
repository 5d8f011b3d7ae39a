"""What the audit counted, as tables of the result: limits, modules, pools, bridges, and the gate.

The field names are those of the JSON report.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class By(str, Enum):
    """What a score can be broken down by."""

    PACKAGE = "package"
    FOLDER = "folder"
    OWNER = "owner"


class Limit(Struct, frozen=True):
    """One value of an operation's limit, and at how many sites it is written or named.

    ``literal`` counts sites that write the number; ``named`` counts those that give a constant, and
    definitions of one.
    """

    seconds: float
    literal: int
    named: int


class ModuleSize(Struct, frozen=True):
    """A judged file and its physical lines.

    ``package`` is the name of the package that it lies in, by the nearest ``pyproject.toml`` or
    ``setup.py``; ``owners`` are those that CODEOWNERS names.
    """

    path: str
    lines: int
    package: str = ""
    owners: tuple[str, ...] = ()


class PoolRow(Struct, frozen=True):
    """One pool of threads or processes.

    ``workers`` is the resolved number, None where it is the library's default or known only at run
    time; ``sized_by`` says where it comes from. ``closed`` names how it is closed, empty where its
    file does not show it. ``verdict`` holds the codes of the findings about it, or is ``ok``.
    """

    path: str
    line: int
    symbol: str
    callable: str
    kind: str
    workers: int | None
    sized_by: str
    lifetime: str
    serves_async: bool
    closed: str
    verdict: str


class BridgeRow(Struct, frozen=True):
    """One call that leads from synchronous code to coroutines, or back; ``verdict`` as of pools."""

    path: str
    line: int
    symbol: str
    operation: str
    kind: str
    runs_in: str
    verdict: str


class GateVerdict(Struct, frozen=True):
    """Whether a gate passed, and one line that says what was compared with what."""

    passed: bool
    line: str
