"""Limits on waiting: every site of a file, once, with its value and what it bounds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from exai_audit.collectors.timeouts.candidates import candidates, takes_a_limit_unnamed
from exai_audit.collectors.timeouts.limit_values import Value
from exai_audit.collectors.timeouts.operations import operation_of
from exai_audit.collectors.timeouts.request_targets import request_target
from exai_audit.collectors.timeouts.roles import role_of
from exai_audit.collectors.timeouts.sites import Site, SiteFinder
from exai_audit.collectors.timeouts.unit_words import unit_in_texts
from exai_audit.collectors.timeouts.units import UnitReader
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.knowledge.limit_names import LIMIT_WORD, category_of, stated_scale
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Argument, arguments, text_of
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.triggers import Trigger

_KEY_IN_PARTS = r"\A_*wait(?:_|\Z|(?-i:[A-Z]))"  # "max-wait-ms"
TRIGGER = Trigger(
    words=re.compile(rf"{LIMIT_WORD.pattern}|\A(?:heartbeat|ping_interval)\Z|{_KEY_IN_PARTS}"),
    rows=takes_a_limit_unnamed,
)
_DAY = 86400.0
_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_NAMED_ELSEWHERE = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)


def timeouts(tree: ModuleTree) -> tuple[TimeoutFact, ...]:
    """Return the sites in source order."""
    sites = SiteFinder(tree, candidates(tree)).sites()
    units = UnitReader(tree)
    facts = [_fact(site, units, tree) for site in _merged(sites, tree)]
    return tuple(sorted(facts, key=lambda fact: (fact.place.span, fact.name)))


def _role(site: Site, operation: str, scale: float | None, tree: ModuleTree) -> str:
    if site.value.kind is not ValueKind.LITERAL:
        return ""
    if scale is not None and scale >= _DAY:  # nobody waits for days
        return "lease"
    return role_of(site, operation, tree)


def _merged(sites: Iterable[Site], tree: ModuleTree) -> Iterator[Site]:
    """Leave out a site inside another, and the second of two at the same place."""
    found = list(sites)
    covering = {site.covers for site in found}
    entries = {site.covers for site in found if _is_entry(site, tree)}
    seen: set[ast.AST] = set()
    for site in found:
        own = {site.covers, site.at}
        around = set(tree.ancestors(site.at))
        inside = any(node in covering and node not in own for node in around)
        if seen & own or inside or site.at in entries or not entries.isdisjoint(around):
            continue
        seen.update(own)
        yield site


def _is_entry(site: Site, tree: ModuleTree) -> bool:
    """Tell whether a site is an entry of a mapping, which covers its key and its value."""
    holder = tree.parent(site.at)
    is_pair = site.at is not site.covers and holder is tree.parent(site.covers)
    return is_pair and isinstance(holder, ast.Dict)


def _fact(site: Site, units: UnitReader, tree: ModuleTree) -> TimeoutFact:
    place = tree.place(site.at)
    amount = None if site.value.kind is ValueKind.NONE else site.value.amount
    scale = _scale(site, units, tree)
    operation = operation_of(site.call, site.row, tree)
    is_async = _is_async(site, tree)
    return TimeoutFact(
        place=place,
        form=site.form,
        value=site.value.kind,
        seconds=round(amount * scale, 9) if amount is not None and scale is not None else None,
        name=site.value.phase or site.name,
        operation=operation,
        category=_category(site, operation, place.symbol, is_async, tree),
        is_async=is_async,
        key=site.value.key,
        first=_first_literal(site.call, site.at, tree),
        refers=_refers(site, tree),
        fallback=site.value.fallback,
        amount=amount,
        scale=scale,
        role=_role(site, operation, scale, tree),
        phases=_phases(site.value, scale),
        choices=site.value.choices,
        call=_position(site.call, tree),
        literal=tree.text(site.value.literal) if site.value.literal is not None else "",
        literal_span=tree.span(site.value.literal) if site.value.literal is not None else None,
        target=request_target(site.call, tree),
    )


def _phases(value: Value, scale: float | None) -> tuple[tuple[str, float], ...]:
    if scale is None:
        return ()
    return tuple((name, round(amount * scale, 9)) for name, amount in value.phases)


def _position(call: ast.Call | None, tree: ModuleTree) -> tuple[int, int]:
    if call is None:
        return 0, 0
    span = tree.span(call)
    return span.line, span.column


def _refers(site: Site, tree: ModuleTree) -> str:
    """Return the dotted name of the constant that the limit is, where its origin is known."""
    if site.value.kind is not ValueKind.REFERENCE or _is_entry(site, tree):
        return ""
    node = site.covers
    if isinstance(site.at, ast.keyword):
        node = site.at.value
    elif tree.parent(site.at) is site.covers:  # an argument of what makes a limit
        node = site.at
    refers = tree.qualified(node) if isinstance(node, (ast.Name, ast.Attribute)) else None
    return refers or _own_constant(node, tree)


def _own_constant(node: ast.AST, tree: ModuleTree) -> str:
    """Return the dotted name of a constant of the module itself, empty for anything else."""
    if not isinstance(node, ast.Name) or not node.id.isupper() or not tree.dotted:
        return ""
    is_own = tree.scopes.owner(node.id, tree.scopes.of(node)) is tree.scopes.module
    return f"{tree.dotted}.{node.id}" if is_own else ""


def _scale(site: Site, units: UnitReader, tree: ModuleTree) -> float | None:
    """Return how many seconds the unit of a limit is, None where nothing says it."""
    if site.value.in_seconds:
        return 1.0
    if site.scale is not None:
        stated = stated_scale(site.value.key) if site.value.key else None
        is_own_key = site.form is not TimeoutForm.FALLBACK and site.scale == 1.0
        return stated if stated is not None and is_own_key else site.scale
    stated = stated_scale(site.name)
    if stated is None and site.value.key:
        stated = stated_scale(site.value.key)
    if stated is not None or site.value.kind is ValueKind.NONE:
        return stated
    if _proves_seconds(site.value):
        return 1.0
    said = unit_in_texts(site.covers, tree)
    return said if said is not None else _shown(site, units, tree)


def _proves_seconds(value: Value) -> bool:
    """Tell whether a number is a fraction: nobody counts parts of a millisecond."""
    return value.amount is not None and value.amount != int(value.amount)


def _shown(site: Site, units: UnitReader, tree: ModuleTree) -> float | None:
    """Return the unit that the code around a site shows."""
    if site.form is TimeoutForm.PARAMETER_DEFAULT:
        function = next((f for f in tree.ancestors(site.at) if isinstance(f, FUNCTIONS)), None)
        said = units.said_at(site.at, site.value.amount)
        return (
            said
            if said is not None or function is None
            else units.of_parameter(function, site.name)
        )
    if isinstance(site.at, (ast.Name, ast.Attribute)):
        return units.of(site.at, site.value.amount)
    said = units.said_at(site.covers, site.value.amount)
    if said is not None:
        return said
    function = units.taker(site.call) if site.call is not None else None
    if function is not None:
        return units.of_parameter(function, site.name)
    return units.of_kept(site.at)


def _is_async(site: Site, tree: ModuleTree) -> bool:
    if site.row is not None and site.row.is_async:
        return True
    return isinstance(tree.function_of(site.at), ast.AsyncFunctionDef)


def _category(
    site: Site, operation: str, symbol: str, is_async: bool, tree: ModuleTree
) -> Category:
    if site.row is not None and site.row.category:
        return Category(site.row.category)
    return category_of(
        operation,
        (site.name, site.value.key),
        symbol,
        tree.source.path,
        is_async=is_async,
        cooldown=site.form not in _NAMED_ELSEWHERE,
    )


def _first_literal(call: ast.Call | None, at: ast.AST, tree: ModuleTree) -> str:
    """Return the first argument as written if it is a literal, and the texts given beside it.

    They are an address, a queue, a key, or the words of a command: ``run("git", "gc", place)``.
    """
    given = arguments(call) if call is not None else []
    verb = text_of(given[0].value) if given and not given[0].name else None
    given = given[1:] if verb in _VERBS else given
    first = next(iter(given), None)
    if first is None or first.node is at or first.name or first.star:
        return ""
    if is_numeric_literal(first.value):
        return tree.text(first.value)
    texts = [one.value for one in given if not one.name and one.node is not at and _is_text(one)]
    return ", ".join(map(tree.text, texts)) if _is_text(first) else ""


def _is_text(given: Argument) -> bool:
    return isinstance(given.value, ast.Constant) and isinstance(given.value.value, (str, bytes))
