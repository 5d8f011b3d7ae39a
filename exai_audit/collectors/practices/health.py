"""Health checks, heartbeats, latency tracking and limits on connections, by what the code does."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from exai_audit.facts.practices import PracticeFact, PracticeKind
from exai_audit.syntax.mentions import names_in
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, arguments
from exai_audit.syntax.triggers import Trigger

_ROUTES = frozenset({
    "health", "healthz", "healthcheck", "ready", "readyz", "readiness", "live", "livez", "liveness",
})  # fmt: skip
_ROUTE = re.compile(rf"/(?:{'|'.join(sorted(_ROUTES))})\b")
_OF_ONE = frozenset("{<:")
"""Begins a parameter of a route."""
_BEATS = frozenset({"ping", "heartbeat", "send_heartbeat", "send_ping", "pong"})
_PAUSES = frozenset({"sleep", "wait", "wait_for"})
_CLOCKS = frozenset({"time.monotonic", "time.perf_counter", "time.time"})
_LIMIT = re.compile(
    r"(?i)(?:max|limit)\w*(?:conn|client|session|peer|socket)"
    r"|(?:conn|client|session|peer|socket)\w*(?:max|limit)"
)
_PER_PEER = re.compile(r"(?i)per_?(?:ip|peer|client|host|user|remote|address)")
_IS_NO_COUNT = re.compile(r"(?i)min|max|limit|size")
_CLOSES = frozenset({"close", "abort", "reject", "disconnect"})
_LOOPS = (ast.While, ast.For, ast.AsyncFor)
TRIGGER = Trigger(words=_LIMIT, names=_BEATS | _ROUTES)


def health(tree: ModuleTree) -> tuple[PracticeFact, ...]:
    """Return what checks or limits something, in source order."""
    found = [*_checks(tree), *_pings(tree)]
    found += [fact for node in tree.all(ast.If) for fact in _limits(node, tree)]
    return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.kind.value)))


def _checks(tree: ModuleTree) -> Iterator[PracticeFact]:
    """Yield functions that a health route leads to and that look at something."""
    if not _ROUTE.search(tree.source.text):
        return
    routing = [call for call in tree.all(ast.Call) if _is_routing(call)]
    decorators = {*routing}
    routed = {name for call in routing for name in _handlers(call)}
    led_to = [
        function
        for function in tree.functions
        if function.name in routed or not decorators.isdisjoint(function.decorator_list)
    ]
    if led_to:
        looking = {tree.function_of(n) for n in (*tree.all(ast.Try, ast.Await), *tree.all(ast.If))}
        for function in led_to:
            if function in looking:
                yield _fact(function, PracticeKind.HEALTH_CHECK, tree, mentioned=True)


def _pings(tree: ModuleTree) -> Iterator[PracticeFact]:
    """Yield functions that ping again and again, or take the time that a ping takes."""
    calls = [call for call in tree.all(ast.Call) if _called(call) in _BEATS]
    if not calls:
        return
    found = [(function, PracticeKind.HEARTBEAT) for function in _beating(calls, tree)]
    found += [(function, PracticeKind.LATENCY) for function in _measuring(calls, tree)]
    counts = Counter(name for node in tree.nodes for name in names_in(node)) if found else Counter()
    for function, kind in found:
        yield _fact(function, kind, tree, mentioned=counts[function.name] > 1)


def _beating(calls: Sequence[ast.Call], tree: ModuleTree) -> Iterator[Function]:
    """Yield the function of each loop that pings, with a pause between."""
    beating = _loops(calls, tree)
    pauses = (call for call in tree.all(ast.Call) if _called(call) in _PAUSES)
    pausing = _loops(pauses, tree) if beating else {}
    for loop in beating:
        function = tree.function_of(loop)
        if loop in pausing and isinstance(function, FUNCTIONS):
            yield function


def _measuring(calls: Sequence[ast.Call], tree: ModuleTree) -> Iterator[Function]:
    """Yield the functions that ping and take the time that it takes."""
    pinging = {tree.function_of(call) for call in calls if isinstance(call.func, ast.Attribute)}
    measuring = {
        tree.function_of(node)
        for node in tree.all(ast.BinOp)
        if isinstance(node.op, ast.Sub)
        and isinstance(node.left, ast.Call)
        and tree.function_of(node) in pinging
        and tree.qualified(node.left.func) in _CLOCKS
    }
    for function in tree.functions if measuring else ():
        if function in measuring:
            yield function


def _fact(
    function: Function, kind: PracticeKind, tree: ModuleTree, *, mentioned: bool
) -> PracticeFact:
    return PracticeFact(tree.place(function), kind, function.name, mentioned=mentioned)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else _method(call)


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _is_routing(call: ast.Call) -> bool:
    """Tell whether the first text that a call is given is a health route, of no single thing."""
    for given in arguments(call):
        value = given.value.value if isinstance(given.value, ast.Constant) else None
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        if isinstance(value, str):
            found = _ROUTE.search(value)
            return found is not None and _OF_ONE.isdisjoint(value[: found.start()])
    return False


def _handlers(call: ast.Call) -> Iterator[str]:
    """Yield the functions that a call such as ``add_get("/health", check)`` registers."""
    for given in arguments(call):
        if isinstance(given.value, ast.Name):
            yield given.value.id
        elif isinstance(given.value, ast.Attribute):
            yield given.value.attr


def _loops(calls: Iterable[ast.Call], tree: ModuleTree) -> dict[ast.AST, None]:
    """Return the loops, of the same function, in which one of ``calls`` stands."""
    found: dict[ast.AST, None] = {}
    for call in calls:
        for node in tree.ancestors(call):
            if isinstance(node, (*FUNCTIONS, ast.Lambda)):
                break
            if isinstance(node, _LOOPS):
                found[node] = None
    return found


def _limits(node: ast.If, tree: ModuleTree) -> Iterator[PracticeFact]:
    """Yield a limit on connections that a condition compares and its body enforces."""
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return
    operator, right = test.ops[0], test.comparators[0]
    if isinstance(operator, (ast.Gt, ast.GtE)):
        count, limit = test.left, right
    elif isinstance(operator, (ast.Lt, ast.LtE)):
        count, limit = right, test.left
    else:
        return
    if not isinstance(limit, (ast.Name, ast.Attribute)) or not _refuses(node.body):
        return
    text = tree.text(limit)
    if _LIMIT.search(text) and _counts(count, tree):
        per_peer = bool(_PER_PEER.search(text)) or isinstance(_counted(count), ast.Subscript)
        place = tree.place(node)
        yield PracticeFact(place, PracticeKind.CONNECTION_LIMIT, text, per_peer=per_peer)


def _counted(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return next((given.value for given in arguments(node)), node)
    return node


def _counts(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression is a length, a counter, or an entry of counters."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {"len", "sum"}
    named = isinstance(node, (ast.Attribute, ast.Subscript, ast.Name))
    return named and not _IS_NO_COUNT.search(tree.text(node))


def _refuses(body: Iterable[ast.stmt]) -> bool:
    """Tell whether a block raises, returns, skips or closes."""
    for statement in body:
        if isinstance(statement, (ast.Raise, ast.Return, ast.Continue)):
            return True
        value = statement.value if isinstance(statement, ast.Expr) else None
        call = value.value if isinstance(value, ast.Await) else value
        if isinstance(call, ast.Call) and _method(call) in _CLOSES:
            return True
    return False
