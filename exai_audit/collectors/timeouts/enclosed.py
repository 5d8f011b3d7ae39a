"""Limits inside limits: in one block, in one awaited call, in one limit object."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from exai_audit.collectors.context.limiters import (
    is_limiter,
    limited_by,
    limiter_of,
    limiters_around,
)
from exai_audit.collectors.timeouts.candidates import Candidates
from exai_audit.collectors.timeouts.operations import operation_of
from exai_audit.collectors.timeouts.sites import Site, SiteFinder
from exai_audit.facts.timeouts import EnclosedFact, TimeoutForm, ValueKind
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import stated_scale, unit_scale, words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, argument, last_name
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import arguments_in_order, children


def _is_whole(row: Call) -> bool:
    return row.timeout is not None and row.timeout.whole


def _limits_others(row: Call) -> bool:
    return is_limiter(row) or _is_whole(row)


_SOFT = "soft_time_limit"
TRIGGER = Trigger(names=frozenset({_SOFT}), rows=_limits_others)
_GIVEN_TO_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.LOCAL)
# Of the arguments that are called a timeout, those that do not end the call itself.
_ENDS_LATER = frozenset({"ping", "close", "keepalive", "idle", "heartbeat", "session", "lock"})
# What is counted in minutes says how long something lives.
_LONGEST_UNIT = 60.0
# A number like this counts in milliseconds unless something says otherwise.
_LEAST_MS = 1000.0
_RUNS_LATER = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_Limiter = tuple[ast.Call, Call]


def enclosed(tree: ModuleTree) -> tuple[EnclosedFact, ...]:
    """Return the inner limits and calls in source order."""
    found = [fact for call in tree.calls_of(_is_whole) for fact in _phases(call, tree)]
    found += _soft_limits(tree)
    inner = _enclosed_calls(tree)
    if inner:
        found += _in_limiters(inner, tree)
    return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.outer_line)))


def _enclosed_calls(tree: ModuleTree) -> dict[ast.Call, list[_Limiter]]:
    """Return the awaited calls that limiters are around, with those, from inner to outer."""
    limited: list[ast.AST] = []
    for limiter in tree.calls_of(is_limiter):
        row = limiter_of(limiter, tree)
        if row is not None:
            limited += limited_by(limiter, row, tree)
    found: dict[ast.Call, list[_Limiter]] = {}
    for call in _calls_in(limited):
        around = [one for one in limiters_around(call, tree) if _is_awaited(call, one[0], tree)]
        if around:
            found[call] = around
    return found


def _calls_in(limited: Sequence[ast.AST]) -> Iterator[ast.Call]:
    """Yield the calls that run right in what is limited, each once."""
    seen: set[ast.AST] = set()
    waiting = [*reversed(limited)]
    while waiting:
        node = waiting.pop()
        if node in seen or isinstance(node, _RUNS_LATER):
            continue
        seen.add(node)
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(reversed(children(node)))


def _in_limiters(
    inner: Mapping[ast.Call, Sequence[_Limiter]], tree: ModuleTree
) -> Iterator[EnclosedFact]:
    outer = (limiter for around in inner.values() for limiter, _ in around)
    calls = list(dict.fromkeys((*inner, *outer)))
    given = _by_call(SiteFinder(tree, Candidates(calls=calls)).sites())
    for call, around in inner.items():
        for limiter in around:
            yield from _inside(call, given, limiter, tree)


def _by_call(sites: Iterable[Site]) -> dict[ast.Call, list[Site]]:
    given: dict[ast.Call, list[Site]] = {}
    for site in sites:
        if site.call is not None and site.form in _GIVEN_TO_CALLS:
            given.setdefault(site.call, []).append(site)
    return given


def _inside(
    call: ast.Call,
    given: Mapping[ast.Call, list[Site]],
    limiter: _Limiter,
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
            operation=operation_of(site.call, site.row, tree) if site else name,
            name=site.name if site else "",
            seconds=seconds,
            refers=refers,
            outer=row.name,
            outer_line=tree.span(outer).line,
            outer_seconds=outer_seconds,
            outer_refers=outer_refers,
        )


def _inner(
    call: ast.Call, name: str, given: Sequence[Site], around: Site, tree: ModuleTree
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
    """Tell whether a call is told the limit around it, under the same name."""
    inner, outer = _named(site), _named(around)
    if inner is None or outer is None:
        return False
    return tree.text(inner) == tree.text(outer)


def _project(tree: ModuleTree) -> str:
    """Return how names of this project begin, as far as one file can tell."""
    return tree.dotted.partition(".")[0] + "." if tree.dotted else ""


def _ends_the_call(site: Site) -> bool:
    if site.value.kind is ValueKind.NONE or site.value.fallback:
        return False
    if site.row is not None and site.row.timeout and site.row.timeout.waits == "lifetime":
        return False
    if site.scale is not None and site.scale >= _LONGEST_UNIT:
        return False
    return not set(words(site.name)) & _ENDS_LATER and not _has_phases(site)


def _has_phases(site: Site) -> bool:
    """Tell whether a limit object limits each phase by itself, so that one may still fire."""
    value = _given(site)
    is_for_all = isinstance(value, ast.Call) and len(value.args) + len(value.keywords) == 1
    return site.value.compound and not is_for_all


def _limit(site: Site, tree: ModuleTree) -> tuple[float | None, str]:
    """Return a limit in seconds, or the dotted name of what it refers to."""
    node, value = _named(site), site.value
    if value.amount is not None:
        scale = 1.0 if value.in_seconds else _scale(site, last_name(node) if node else "")
        return (None if scale is None else round(value.amount * scale, 9)), ""
    return None, (tree.qualified(node) or "") if node is not None else ""


def _scale(site: Site, given: str) -> float | None:
    """Return the unit of a limit: what is known, or said by its name or that of what is given."""
    known = site.scale if site.scale is not None else stated_scale(site.name)
    said = known if known is not None else stated_scale(given)
    amount = site.value.amount
    unlikely = said is None and amount is not None and amount >= _LEAST_MS
    return None if unlikely else said if said is not None else 1.0


def _named(site: Site) -> ast.Name | ast.Attribute | None:
    node = _given(site)
    return node if isinstance(node, (ast.Name, ast.Attribute)) else None


def _given(site: Site) -> ast.AST:
    return site.at.value if isinstance(site.at, ast.keyword) else site.at


def _is_awaited(call: ast.Call, outer: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call is awaited, or entered, inside ``outer`` or its block."""
    child: ast.AST = call
    for node in tree.ancestors(call):
        if node is outer:
            return child is next(iter(arguments_in_order(outer)), None)
        if isinstance(node, ast.Await):
            return True
        if isinstance(node, ast.withitem):
            is_async = isinstance(tree.parent(node), ast.AsyncWith)
            return is_async or limiter_of(call, tree) is not None
        if isinstance(node, ast.stmt):
            return False
        child = node
    return False


def _soft_limits(tree: ModuleTree) -> Iterator[EnclosedFact]:
    """Yield the soft limits of Celery's tasks beside their hard ones."""
    for soft in tree.all(ast.keyword) if _SOFT in tree.words else ():
        call = tree.parent(soft)
        if soft.arg != _SOFT or not isinstance(call, ast.Call):
            continue
        hard = argument(call, "time_limit")
        first = tree.number(soft.value)
        last = tree.number(hard.value) if hard is not None else None
        if first is not None and last is not None:
            yield EnclosedFact(
                place=tree.place(soft),
                operation=tree.qualified(call.func) or last_name(call.func),
                name=_SOFT,
                seconds=first,
                refers="",
                outer="its time_limit",
                outer_line=tree.span(call).line,
                outer_seconds=last,
                outer_refers="",
            )


def _phases(call: ast.Call, tree: ModuleTree) -> Iterator[EnclosedFact]:
    """Yield the phases of a limit object that are longer than its limit on the whole."""
    name = tree.qualified(call.func) if call.keywords else None
    row = table().call(name) if name else None
    if row is None or row.timeout is None or not row.timeout.whole:
        return
    whole = argument(call, row.timeout.argument, row.timeout.position)
    total = tree.number(whole.value) if whole is not None else None
    if whole is None or total is None:
        return
    scale = unit_scale(row.timeout.unit)
    for phase in call.keywords:
        number = tree.number(phase.value) if phase.arg and phase is not whole.node else None
        if number is not None:
            yield EnclosedFact(
                place=tree.place(phase),
                operation=row.name,
                name=phase.arg or "",
                seconds=number * scale,
                refers="",
                outer=f"{row.name} ({row.timeout.argument})",
                outer_line=tree.span(call).line,
                outer_seconds=total * scale,
                outer_refers="",
                phase=True,
            )
