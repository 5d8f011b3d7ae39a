"""Why an oversized module should stay whole."""

from __future__ import annotations

from math import floor

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.project.responsibilities import is_mixed, lead_symbols

_HALF = 0.5


def refusal_reason(facts: FileFacts, module: ModuleSymbols, min_modularity: float) -> str:
    """Return in words why no split of a module is proposed."""
    reason = (
        _opaque(module)
        or _table(facts)
        or _largest_class(facts)
        or _anchored(facts, module)
        or _circle(module)
        or _one_responsibility(module, min_modularity)
    )
    return f"No split: {reason}"


def _opaque(module: ModuleSymbols) -> str:
    if not module.opaque:
        return ""
    if module.opaque.isidentifier():
        return f"`{module.opaque}` is used, and nothing that can be seen defines it."
    return (
        f"`{module.opaque}` makes names that its functions use and nobody can see. Write them out"
        " first."
    )


def _table(facts: FileFacts) -> str:
    if facts.size.literal_lines <= _HALF * facts.lines.physical:
        return ""
    return "the module is mostly a table. A data file would serve it better."


def _largest_class(facts: FileFacts) -> str:
    lines = facts.lines.physical
    largest = max(facts.size.classes, key=lambda found: (found.lines, found.name), default=None)
    if largest is None or largest.lines <= _HALF * lines:
        return ""
    return (
        f"`{largest.name}` alone takes {largest.lines:,} of {lines:,} lines. Divide the class"
        " first; moving what is around it would not help."
    )


def _anchored(facts: FileFacts, module: ModuleSymbols) -> str:
    moved = {number for cluster in module.clusters for number in cluster}
    if sum(module.symbols[number].lines for number in moved) > _HALF * facts.lines.source:
        return ""
    anchors = [symbol.line for symbol in module.symbols if symbol.anchored]
    where = f" (line {anchors[0]})" if anchors else ""
    return (
        f"most of it is tied to what the module says of itself{where}, such as `__all__`,"
        " `__doc__` or `__getattr__`, or runs at import."
    )


def _circle(module: ModuleSymbols) -> str:
    sizes = [sum(module.symbols[n].lines for n in cluster) for cluster in module.clusters]
    if not sizes or max(sizes) <= _HALF * sum(sizes):
        return ""
    cluster = module.clusters[sizes.index(max(sizes))]
    lead = lead_symbols(module.symbols, cluster)[0]
    if len(cluster) == 1:
        return f"`{lead}` is most of what could move ({max(sizes):,} lines). Divide it first."
    return (
        f"{len(cluster)} symbols of {max(sizes):,} lines use each other, `{lead}` among them."
        " Break that circle first."
    )


def _one_responsibility(module: ModuleSymbols, min_modularity: float) -> str:
    several = sum(len(cluster) >= 2 for cluster in module.clusters)
    if several < 3:
        groups = "one group" if several == 1 else f"{several or 'no'} groups"
        return f"its symbols form {groups} of two or more; there is no line to split along."
    crossing = (
        f"{module.coupling:.0%} of the uses among its symbols would cross from one to another"
    )
    if module.modularity < min_modularity:
        shows = is_mixed(module, module.modularity)
        hint = " A lower `min-modularity` in the settings shows that partition." if shows else ""
        return (
            f"the module has one responsibility. Its best partition has a modularity of"
            f" {floor(100 * module.modularity) / 100:.2f} (below {min_modularity:.2f}), and"
            f" {crossing}.{hint}"
        )
    return f"the module has one responsibility: in its best partition {crossing}."
