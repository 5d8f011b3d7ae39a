"""Health checks, heartbeats, latency tracking and limits on connections, by what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst

from exai_audit.collectors.outline import Outline
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.practices import PracticeFact, PracticeKind

TRIGGERS = re.compile(
    rb"(?i)/health|/ready|/live|heart_?beat|\bping\b|_ping\b|\bpong\b"
    rb"|(?:max|limit)\w*(?:conn|client|session|peer|socket)|(?:conn|client|session|peer)\w*(?:max|limit)"
)
_ROUTE = re.compile(r"/(?:health|healthz|healthcheck|ready|readyz|readiness|live|livez|liveness)\b")
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


def _routed(outline: Outline) -> Iterator[str]:
    """Yield the names of all functions where a health route may lead to any."""
    if any(_ROUTE.search(text) for text in (outline.outside, *(u.text for u in outline.units))):
        yield from (unit.node.name for unit in outline.units)


SIGHT = Sight(
    words=re.compile(
        rf"\A(?:{'|'.join(sorted(_BEATS))})\Z|{_LIMIT.pattern.removeprefix('(?i)')}", re.I
    ),
    fixed=_routed,
    around=Surroundings(callers=True),
)


class HealthCollector(cst.CSTVisitor):
    """Gathers functions, calls, conditions and names."""

    def __init__(self) -> None:
        super().__init__()
        self._functions: list[cst.FunctionDef] = []
        self._calls: list[cst.Call] = []
        self._ifs: list[cst.If] = []
        self._sums: list[cst.BinaryOperation] = []
        self._waits: list[cst.CSTNode] = []
        self._names: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node)

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_If(self, node: cst.If) -> None:
        self._ifs.append(node)

    def visit_Try(self, node: cst.Try) -> None:
        self._waits.append(node)

    def visit_Await(self, node: cst.Await) -> None:
        self._waits.append(node)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        self._sums.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._names.append(node.value)

    def facts(self, tree: ModuleTree) -> tuple[PracticeFact, ...]:
        """Return what checks or limits something, in source order."""
        found = [*self._checks(tree), *self._beats(tree), *self._latencies(tree)]
        found += [fact for node in self._ifs for fact in _limits(node, tree)]
        return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.kind.value)))

    def _checks(self, tree: ModuleTree) -> Iterator[PracticeFact]:
        """Yield functions that a health route leads to and that look at something."""
        looking = {tree.function_of(node) for node in (*self._waits, *self._ifs)}
        routed = {name for call in self._calls for name in _handlers(call)}
        for function in self._functions:
            decorated = any(_is_route(d.decorator) for d in function.decorators)
            if (decorated or function.name.value in routed) and function in looking:
                yield _fact(function, PracticeKind.HEALTH_CHECK, tree, mentioned=True)

    def _beats(self, tree: ModuleTree) -> Iterator[PracticeFact]:
        """Yield functions that ping again and again, with a pause between."""
        beating = _loops(self._calls, _BEATS, tree)
        pausing = _loops(self._calls, _PAUSES, tree)
        for loop in beating:
            function = tree.function_of(loop)
            if loop in pausing and isinstance(function, cst.FunctionDef):
                yield self._of(function, PracticeKind.HEARTBEAT, tree)

    def _latencies(self, tree: ModuleTree) -> Iterator[PracticeFact]:
        """Yield functions that ping and take the time that it takes."""
        pinging = {tree.function_of(call) for call in self._calls if _method(call) in _BEATS}
        measuring = {
            tree.function_of(node)
            for node in self._sums
            if isinstance(node.operator, cst.Subtract)
            and isinstance(node.left, cst.Call)
            and tree.qualified(node.left.func) in _CLOCKS
        }
        for function in self._functions:
            if function in pinging and function in measuring:
                yield self._of(function, PracticeKind.LATENCY, tree)

    def _of(self, function: cst.FunctionDef, kind: PracticeKind, tree: ModuleTree) -> PracticeFact:
        used = self._names.count(function.name.value) > 1
        return _fact(function, kind, tree, mentioned=used)


def _fact(
    function: cst.FunctionDef, kind: PracticeKind, tree: ModuleTree, *, mentioned: bool
) -> PracticeFact:
    return PracticeFact(tree.place(function), kind, function.name.value, mentioned=mentioned)


def _method(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def _is_route(decorator: cst.BaseExpression) -> bool:
    return isinstance(decorator, cst.Call) and bool(_route_of(decorator.args))


def _route_of(args: Iterable[cst.Arg]) -> str:
    for arg in args:
        if isinstance(arg.value, cst.SimpleString):
            text = str(arg.value.raw_value)
            return text if _ROUTE.search(text) else ""
    return ""


def _handlers(call: cst.Call) -> Iterator[str]:
    """Yield the functions that a call such as ``add_get("/health", check)`` registers."""
    if _route_of(call.args):
        for arg in call.args:
            if isinstance(arg.value, cst.Name):
                yield arg.value.value
            elif isinstance(arg.value, cst.Attribute):
                yield arg.value.attr.value


def _loops(calls: Iterable[cst.Call], names: frozenset[str], tree: ModuleTree) -> list[cst.CSTNode]:
    """Return the loops in whose body, of the same function, one of ``names`` is called."""
    found: dict[cst.CSTNode, None] = {}
    for call in calls:
        last = call.func.value if isinstance(call.func, cst.Name) else _method(call)
        if last not in names:
            continue
        for node in tree.ancestors(call):
            if isinstance(node, (cst.FunctionDef, cst.Lambda)):
                break
            if isinstance(node, (cst.While, cst.For)):
                found[node] = None
    return list(found)


def _limits(node: cst.If, tree: ModuleTree) -> Iterator[PracticeFact]:
    """Yield a limit on connections that a condition compares and its body enforces."""
    test = node.test
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return
    operator, right = test.comparisons[0].operator, test.comparisons[0].comparator
    if isinstance(operator, (cst.GreaterThan, cst.GreaterThanEqual)):
        count, limit = test.left, right
    elif isinstance(operator, (cst.LessThan, cst.LessThanEqual)):
        count, limit = right, test.left
    else:
        return
    text = tree.module.code_for_node(limit)
    names_limit = isinstance(limit, (cst.Name, cst.Attribute)) and _LIMIT.search(text)
    if names_limit and _counts(count) and _refuses(node.body):
        place = tree.place(node)
        per_peer = bool(_PER_PEER.search(text)) or isinstance(_counted(count), cst.Subscript)
        yield PracticeFact(place, PracticeKind.CONNECTION_LIMIT, text, per_peer=per_peer)


def _counted(node: cst.BaseExpression) -> cst.BaseExpression:
    is_length = isinstance(node, cst.Call) and isinstance(node.func, cst.Name)
    if isinstance(node, cst.Call) and is_length and node.args:
        return node.args[0].value
    return node


def _counts(node: cst.BaseExpression) -> bool:
    """Tell whether an expression is a length, a counter, or an entry of counters."""
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Name) and node.func.value in {"len", "sum"}
    named = isinstance(node, (cst.Attribute, cst.Subscript, cst.Name))
    return named and not _IS_NO_COUNT.search(cst.Module([]).code_for_node(node))


def _refuses(body: cst.BaseSuite) -> bool:
    """Tell whether a block raises, returns, skips or closes."""
    if not isinstance(body, cst.IndentedBlock):
        return False
    for line in body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(statement, (cst.Raise, cst.Return, cst.Continue)):
                return True
            value = statement.value if isinstance(statement, cst.Expr) else None
            call = value.expression if isinstance(value, cst.Await) else value
            if isinstance(call, cst.Call) and _method(call) in _CLOSES:
                return True
    return False
