"""Limits on waiting: every site of a file, once, with its value in seconds and what it bounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst

from exai_audit.collectors.outline import Outline
from exai_audit.collectors.sight import Sight
from exai_audit.collectors.timeout_sites import Candidates, Site, SiteFinder
from exai_audit.collectors.timeout_values import is_literal, text_of
from exai_audit.collectors.timeout_words import LIMIT_WORD, category_of, is_timeout_like, scale
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.knowledge.table import Call, table


def _takes_a_limit_unnamed(row: Call) -> bool:
    limit = row.timeout
    if limit is None or limit.waits == "lifetime":
        return False
    return limit.position is not None or not is_timeout_like(limit.argument)


_UNNAMED = sorted({
    row.name.rpartition(".")[2] for row in table().calls.values() if _takes_a_limit_unnamed(row)
})  # fmt: skip
TRIGGERS = re.compile(
    rb"(?i:timeout|deadline|max_?wait|wait_for|move_on_after|fail_after|heartbeat|ping_interval)"
    rb"|\b(?:select|alarm|setitimer|sigtimedwait|stop_after_delay|stop_before_delay|urlopen)\b"
    rb"|\b(?:%s)\((?:[^()\n]*\b)?(?:\d[\d._e]*|[A-Z][A-Z0-9_]+)\s*[,)]"
    % "|".join(_UNNAMED).encode()
)
_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def _takers(outline: Outline) -> Iterator[str]:
    """Yield the functions that take a limit, by whatever name it is given, and odd spellings."""
    for unit in outline.units:
        arguments = unit.node.args
        if any(is_timeout_like(a.arg) for a in (*arguments.posonlyargs, *arguments.args)):
            yield unit.node.name
    if {"max", "Max", "MAX"} & outline.words:
        yield from {"wait", "Wait", "WAIT"} & outline.words


SIGHT = Sight(
    words=re.compile(LIMIT_WORD.pattern + r"|\A(?:heartbeat|ping_interval)\Z"),
    rows=_takes_a_limit_unnamed,
    names=_takers,
)
_NAMED_ELSEWHERE = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)


class TimeoutCollector(cst.CSTVisitor):
    """Gathers what may give a limit; what does is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self._found = Candidates()

    def visit_Call(self, node: cst.Call) -> None:
        self._found.calls.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._found.functions.append(node)

    def visit_Assign(self, node: cst.Assign) -> None:
        self._found.assignments.append(node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._found.assignments.append(node)

    def visit_Dict(self, node: cst.Dict) -> None:
        self._found.mappings.append(node)

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        if isinstance(node.operator, cst.Or):
            self._found.choices.append(node)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self._found.choices.append(node)

    def facts(self, tree: ModuleTree) -> tuple[TimeoutFact, ...]:
        """Return the sites in source order."""
        finder = SiteFinder(tree, self._found)
        facts = [_fact(site, finder, tree) for site in _merged(finder.sites(), tree)]
        return tuple(sorted(facts, key=lambda fact: (fact.place.span, fact.name)))


def _merged(sites: Iterable[Site], tree: ModuleTree) -> Iterator[Site]:
    """Leave out a site inside another, and the second of two at the same place."""
    found = list(sites)
    covering = {site.covers for site in found}
    seen: set[cst.CSTNode] = set()
    for site in found:
        own = {site.covers, site.at}
        if seen & own or (covering - own) & set(tree.ancestors(site.at)):
            continue
        seen.update((site.at, site.covers))
        yield site


def _fact(site: Site, finder: SiteFinder, tree: ModuleTree) -> TimeoutFact:
    place = tree.place(site.at)
    operation = finder.operation(site)
    is_async = _is_async(site, tree)
    return TimeoutFact(
        place=place,
        form=site.form,
        value=site.value.kind,
        seconds=_seconds(site),
        name=site.value.phase or site.name,
        operation=operation,
        category=_category(site, operation, place.symbol, is_async, tree),
        is_async=is_async,
        key=site.value.key,
        first=_first_literal(site.call, site.at, tree),
        refers=_refers(site, tree),
        fallback=site.value.fallback,
    )


def _refers(site: Site, tree: ModuleTree) -> str:
    """Return the dotted name of the constant that the limit is, where its origin is known."""
    if site.value.kind is not ValueKind.REFERENCE:
        return ""
    node = site.at.value if isinstance(site.at, cst.Arg) else site.covers
    refers = tree.qualified(node) if isinstance(node, (cst.Name, cst.Attribute)) else None
    return refers or ""


def _seconds(site: Site) -> float | None:
    amount = site.value.amount
    if amount is None or site.value.kind is ValueKind.NONE:
        return None
    if site.value.in_seconds:
        return amount
    factor = site.scale if site.scale is not None else scale(site.name)
    if factor is not None and site.value.key and site.form is not TimeoutForm.FALLBACK:
        factor = scale(site.value.key) if factor == 1.0 else factor
    return round(amount * factor, 9) if factor is not None else None


def _is_async(site: Site, tree: ModuleTree) -> bool:
    if site.row is not None and site.row.is_async:
        return True
    function = tree.function_of(site.at)
    return isinstance(function, cst.FunctionDef) and function.asynchronous is not None


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


def _first_literal(call: cst.Call | None, at: cst.CSTNode, tree: ModuleTree) -> str:
    """Return the first argument as written if it is a literal: an address, a queue, a key."""
    args = call.args if call is not None else ()
    verb = text_of(args[0].value) if args and args[0].keyword is None else None
    first = next(iter(args[1:] if verb in _VERBS else args), None)
    if first is None or first is at or first.keyword is not None or first.star:
        return ""
    is_text = isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))
    if not is_text and not is_literal(first.value):
        return ""
    return tree.module.code_for_node(first.value)
