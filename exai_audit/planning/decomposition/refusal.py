"""Why a module cannot be split."""

from __future__ import annotations

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import FEWEST_GROUPS, ModuleSymbols
from exai_audit.planning.decomposition.partition import Partition

_FEWEST_OF_MIXED = 2
"""What EXA105 calls mixed is said to be split: two modules are better than none."""
_HALF = 0.5
_LONG = 100


def refusal_reason(facts: FileFacts, module: ModuleSymbols, found: Partition | None = None) -> str:
    """Return in words why no split of a module can be made, empty where one can.

    Args:
        found: its clusters, once they are known.
    """
    if found is None:
        return _generated(facts) or _opaque(module) or _table(facts)
    is_mixed = facts.shape is not None and facts.shape.is_mixed
    if len(found.clusters) >= (_FEWEST_OF_MIXED if is_mixed else FEWEST_GROUPS):
        return ""
    return _largest(facts, module) or _anchored(facts, module, found) or _few(found)


def _generated(facts: FileFacts) -> str:
    if not facts.generated:
        return ""
    return "a program wrote this module. Change what it is generated from."


def _opaque(module: ModuleSymbols) -> str:
    if not module.opaque:
        return ""
    return (
        f"`{module.opaque}` makes names that its functions use and nobody can see. Write them out"
        " first."
    )


def _table(facts: FileFacts) -> str:
    if facts.size.literal_lines <= _HALF * facts.lines.physical:
        return ""
    return "the module is mostly a table. A data file would serve it better."


def _largest(facts: FileFacts, module: ModuleSymbols) -> str:
    lines = facts.lines.physical
    largest = max(module.symbols, key=lambda s: (s.lines, s.names), default=None)
    if largest is None or not largest.names or largest.lines <= max(_LONG, _HALF * lines):
        return ""
    return (
        f"`{largest.names[0]}` alone takes {largest.lines:,} of {lines:,} lines, and the rest does"
        " not fall into three groups. Divide it first."
    )


def _anchored(facts: FileFacts, module: ModuleSymbols, found: Partition) -> str:
    moved = {number for cluster in found.clusters for number in cluster}
    if sum(module.symbols[number].lines for number in moved) > _HALF * facts.lines.source:
        return ""
    anchors = [symbol.line for symbol in module.symbols if symbol.anchored]
    where = f" (line {anchors[0]})" if anchors else ""
    return (
        f"most of it is tied to what the module says of itself{where}, such as `__all__`,"
        " `__doc__` or `__getattr__`, or runs at import."
    )


def _few(found: Partition) -> str:
    several = len(found.clusters)
    groups = "one group" if several == 1 else f"{several or 'no'} groups"
    return f"its symbols form {groups} of any size; three are needed for a split."
