"""Limits inside limits: in one block, in one awaited call, in one limit object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from exai_audit.collectors.limiters import limiter_of, limiters_around
from exai_audit.collectors.sight import Sight
from exai_audit.collectors.timeout_sites import Candidates, Site, SiteFinder
from exai_audit.collectors.timeout_values import Value, argument
from exai_audit.collectors.timeout_words import unit_scale, words
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.timeouts import EnclosedFact, TimeoutForm, ValueKind
from exai_audit.knowledge.table import Call, table

TRIGGERS = re.compile(rb"wait_for|timeout\(|Timeout\(|fail_after|move_on_after")
SIGHT = Sight(
    rows=lambda row: (
        row.timeout is not None and (row.timeout.waits == "around" or row.timeout.whole)
    )
)
_GIVEN_TO_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.LOCAL)
# Of the arguments that are called a timeout, those that do not end the call itself.
_ENDS_LATER = frozenset({"ping", "close", "keepalive", "idle", "heartbeat", "session", "lock"})


class EnclosedCollector(cst.CSTVisitor):
    """Gathers calls; what stands inside a limit is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def facts(self, tree: ModuleTree) -> tuple[EnclosedFact, ...]:
        """Return the inner limits and calls in source order."""
        finder = SiteFinder(tree, Candidates(calls=self._calls))
        given: dict[cst.Call, list[Site]] = {}
        for site in finder.sites():
            if site.call is not None and site.form in _GIVEN_TO_CALLS:
                given.setdefault(site.call, []).append(site)
        found: list[EnclosedFact] = []
        for call in self._calls:
            found.extend(_phases(call, tree))
            for outer, row in limiters_around(call, tree):
                if _is_awaited(call, outer, tree):
                    found.extend(_inside(call, given, (outer, row), finder, tree))
        return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.outer_line)))


def _inside(
    call: cst.Call,
    given: Mapping[cst.Call, list[Site]],
    limiter: tuple[cst.Call, Call],
    finder: SiteFinder,
    tree: ModuleTree,
) -> Iterator[EnclosedFact]:
    outer, row = limiter
    around = next((site for site in given.get(outer, []) if site.row is row), None)
    if around is None or around.value.kind is ValueKind.NONE or around.value.fallback:
        return
    name = tree.qualified(call.func) or ""
    for site in _inner(call, name, given.get(call, []), around, tree):
        seconds, refers = _limit(site, tree) if site else (None, "")
        outer_seconds, outer_refers = _limit(around, tree)
        yield EnclosedFact(
            place=tree.place(site.at if site else call),
            operation=finder.operation(site) if site else name,
            name=site.name if site else "",
            seconds=seconds,
            refers=refers,
            outer=row.name,
            outer_line=tree.span(outer).line,
            outer_seconds=outer_seconds,
            outer_refers=outer_refers,
        )


def _inner(
    call: cst.Call, name: str, given: Sequence[Site], around: Site, tree: ModuleTree
) -> Iterator[Site | None]:
    """Yield the limits that a call is given; None for a call of the project that has none."""
    if name.rpartition(".")[2][:1].isupper():
        return
    own = [site for site in given if _ends_the_call(site)]
    for site in own:
        if not _hands_on(site, around, tree) and _limit(site, tree) != (None, ""):
            yield site
    if not own and limiter_of(call, tree) is None and name.startswith(_project(tree)):
        yield None


def _hands_on(site: Site, around: Site, tree: ModuleTree) -> bool:
    """Tell whether a call is told the deadline around it, under the same name."""
    inner, outer = _named(site), _named(around)
    if inner is None or outer is None or "deadline" not in words(site.name):
        return False
    return tree.module.code_for_node(inner) == tree.module.code_for_node(outer)


def _project(tree: ModuleTree) -> str:
    """Return how names of this project begin, as far as one file can tell."""
    return tree.dotted.partition(".")[0] + "." if tree.dotted else ""


def _ends_the_call(site: Site) -> bool:
    if site.value.kind is ValueKind.NONE or site.value.fallback:
        return False
    if site.row is not None and site.row.timeout and site.row.timeout.waits == "lifetime":
        return False
    return not set(words(site.name)) & _ENDS_LATER and not _has_phases(site)


def _has_phases(site: Site) -> bool:
    """Tell whether a limit object limits each phase by itself, so that one may still fire."""
    value = site.at.value if isinstance(site.at, cst.Arg) else None
    return site.value.compound and not (isinstance(value, cst.Call) and len(value.args) == 1)


def _limit(site: Site, tree: ModuleTree) -> tuple[float | None, str]:
    """Return a limit in seconds, or the dotted name of what it refers to."""
    scale = site.scale if site.scale is not None else 1.0
    value: Value = site.value
    if value.amount is not None:
        return (value.amount if value.in_seconds else round(value.amount * scale, 9)), ""
    node = _named(site)
    return None, (tree.qualified(node) or "") if node is not None else ""


def _named(site: Site) -> cst.Name | cst.Attribute | None:
    node = site.at.value if isinstance(site.at, cst.Arg) else None
    return node if isinstance(node, (cst.Name, cst.Attribute)) else None


def _is_awaited(call: cst.Call, outer: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a call is awaited, or entered, inside ``outer`` or its block."""
    child: cst.CSTNode = call
    for node in tree.ancestors(call):
        if node is outer:
            return child is outer.args[0]
        if isinstance(node, cst.Await):
            return True
        if isinstance(node, cst.WithItem):
            around = tree.parent(node)
            is_async = isinstance(around, cst.With) and around.asynchronous is not None
            return is_async or limiter_of(call, tree) is not None
        if isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            return False
        child = node
    return False


def _phases(call: cst.Call, tree: ModuleTree) -> Iterator[EnclosedFact]:
    """Yield the phases of a limit object that are longer than its limit on the whole."""
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    if row is None or row.timeout is None or not row.timeout.whole:
        return
    whole = argument(call, row.timeout.argument, row.timeout.position)
    total = tree.number(whole.value) if whole is not None else None
    scale = unit_scale(row.timeout.unit)
    for arg in call.args if whole is not None and total is not None else ():
        number = tree.number(arg.value) if arg.keyword is not None and arg is not whole else None
        if number is not None and total is not None and arg.keyword is not None:
            yield EnclosedFact(
                place=tree.place(arg),
                operation=row.name,
                name=arg.keyword.value,
                seconds=number * scale,
                refers="",
                outer=f"{row.name} ({row.timeout.argument})",
                outer_line=tree.span(call).line,
                outer_seconds=total * scale,
                outer_refers="",
                phase=True,
            )
