"""Calls that may wait for ever: known to do so by default, or told to by an explicit None."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import libcst as cst

from exai_audit.collectors.limiters import is_guarded
from exai_audit.collectors.names import is_none
from exai_audit.collectors.outline import Outline
from exai_audit.collectors.roles import is_route
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.collectors.timeout_values import argument, last_name, text_of
from exai_audit.collectors.timeout_words import category_of
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.timeouts import Category, UnlimitedFact
from exai_audit.knowledge.table import Call, Timeout, table

_WAITS = frozenset({"network", "process", "in-process"})
_LOCAL_ADDRESS = re.compile(r"(?:unix|file|data|ipc|redis\+socket|rediss\+unix)[:+]|/|\\0")
_UNIX_KEYWORDS = frozenset({"unix_socket_path", "unix_socket", "unix_sock", "path", "uds"})
_SHARED = frozenset({"connection_pool"})
_PARTLY = "other phases of it are limited"
_READS = frozenset({"read", "sock_read"})
_WHOLE = "all phases together"
_SENDS = frozenset({"request", "send", "get_adapter"})


class _Open(Enum):
    """Which phases of a limit have no end."""

    NOTHING = 0
    SOME = 1
    ALL = 2


def _may_wait(row: Call) -> bool:
    limit = row.timeout
    if limit is None or limit.waits not in _WAITS:
        return False
    return limit.default == "forever" or limit.unlimited or bool(limit.forever_below)


TRIGGERS = re.compile(
    rb"\b(?:%s)\b"
    % b"|".join(
        sorted({
            name.partition(".")[0].encode()
            for row in table().calls.values()
            if _may_wait(row) or (row.timeout and row.timeout.waits == "limit")
            for name in (row.name, *row.aliases)
        })
    )
)  # fmt: skip


def _limiting(outline: Outline) -> Iterator[str]:
    """Yield the names by which a file limits its calls in another way, or makes their objects."""
    yield from ("setdefaulttimeout", "settimeout", "mount", *_SENDS, "Session")
    if {"smtplib", "ftplib"} & outline.roots:
        yield "connect"


SIGHT = Sight(rows=_may_wait, around=Surroundings(names=_limiting))


class UnlimitedCollector(cst.CSTVisitor):
    """Gathers calls; which of them wait is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []
        self._replaced: list[cst.Attribute] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if isinstance(node.target, cst.Attribute) and node.target.attr.value in _SENDS:
            self._replaced.append(node.target)

    def facts(self, tree: ModuleTree) -> tuple[UnlimitedFact, ...]:
        """Return the calls in source order."""
        found = [fact for call in self._calls for fact in self._unlimited(call, tree)]
        return tuple(sorted(found, key=lambda fact: fact.place.span))

    def _unlimited(self, call: cst.Call, tree: ModuleTree) -> Iterator[UnlimitedFact]:
        name = tree.qualified(call.func)
        row = table().call(name) if name else None
        if row is None or row.timeout is None or row.timeout.waits not in _WAITS:
            return
        given = _given(call, row.timeout)
        open_ended = _open_phases(given, tree) if given is not None else _Open.NOTHING
        if any(arg.star for arg in call.args):
            return
        if open_ended is _Open.NOTHING and not (
            _may_wait(row) and _is_unlimited(given, row.timeout)
        ):
            return
        if _is_local(call) or self._is_limited_elsewhere(call, row, tree):
            return
        place = tree.place(call)
        yield UnlimitedFact(
            place=place,
            operation=row.name,
            argument=row.timeout.argument,
            category=_category(row, place.symbol, tree),
            waits=row.timeout.waits,
            given=given is not None,
            package=row.package or row.name.partition(".")[0],
            forever_below="" if given else row.timeout.forever_below,
            doubt=_PARTLY if open_ended is _Open.SOME else _doubt(call, row, row.timeout),
            elsewhere=self._is_made_elsewhere(row, tree),
            guarded=is_guarded(call, tree),
            served=_is_served(call, tree),
        )

    def _is_limited_elsewhere(self, call: cst.Call, row: Call, tree: ModuleTree) -> bool:
        """Tell whether the file sets a limit in another way for calls of this kind."""
        if row.timeout is None or row.timeout.waits != "network":
            return False
        if any(tree.qualified(c.func) == "socket.setdefaulttimeout" for c in self._calls):
            return True
        root = row.name.partition(".")[0]
        if root == "socket" or row.name == "paramiko.SSHClient.exec_command":
            return any(last_name(c.func) == "settimeout" for c in self._calls)
        if row.name.startswith("requests.Session."):
            mounts = any(last_name(c.func) == "mount" for c in self._calls)
            return mounts or bool(self._replaced) or _own_class(call, tree)
        if root in ("smtplib", "ftplib"):
            return any(last_name(c.func) == "connect" and _limits(c) for c in self._calls)
        return False

    def _is_made_elsewhere(self, row: Call, tree: ModuleTree) -> bool:
        """Tell whether the file uses a session that it does not make."""
        if not row.name.startswith("requests.Session."):
            return False
        return not any(tree.qualified(c.func) == "requests.Session" for c in self._calls)


def _given(call: cst.Call, limit: Timeout) -> cst.BaseExpression | None:
    """Return what is given to the limiting argument, or to another that limits the same wait."""
    arg = argument(call, limit.argument, limit.position)
    if arg is not None:
        return arg.value
    return next((a.value for a in call.args if a.keyword and a.keyword.value in limit.also), None)


def _open_phases(given: cst.BaseExpression, tree: ModuleTree) -> _Open:
    """Return which phases of a limit are given as None: ``(3, None)``, ``Timeout(None)``."""
    phases = _phases(given, tree)
    endless = {name for name, value in phases.items() if is_none(value)}
    limited = phases.keys() - endless
    if not endless or limited & _READS or (_WHOLE in limited):
        return _Open.NOTHING
    return _Open.SOME if limited else _Open.ALL


def _phases(given: cst.BaseExpression, tree: ModuleTree) -> dict[str, cst.BaseExpression]:
    """Return the phases of a tuple or a limit object by name; empty for anything else."""
    if isinstance(given, cst.Tuple):
        return {str(number): element.value for number, element in enumerate(given.elements)}
    row = table().call(tree.qualified(given.func) or "") if isinstance(given, cst.Call) else None
    if row is None or row.timeout is None or row.timeout.waits != "limit":
        return {}
    assert isinstance(given, cst.Call)
    whole = argument(given, row.timeout.argument, row.timeout.position)
    name_of_whole = _WHOLE if row.timeout.whole else row.timeout.argument
    if any(arg.star for arg in given.args):
        return {}
    return {
        name_of_whole if arg is whole else arg.keyword.value if arg.keyword else "": arg.value
        for arg in given.args
    }


def _limits(call: cst.Call) -> bool:
    return any(arg.keyword and arg.keyword.value == "timeout" for arg in call.args) or (
        sum(arg.keyword is None for arg in call.args) > 2
    )


def _is_unlimited(given: cst.BaseExpression | None, limit: Timeout) -> bool:
    if given is None:
        return limit.default == "forever" or bool(limit.forever_below)
    means_it = limit.unlimited or limit.default == "forever"
    return means_it and is_none(given)


def _is_local(call: cst.Call) -> bool:
    """Tell whether the call stays on this machine by its address: a file, a Unix socket.

    A client of a pool made elsewhere has that pool's address and limits.
    """
    for arg in call.args:
        if arg.keyword and arg.keyword.value in _UNIX_KEYWORDS | _SHARED:
            return True
    first = call.args[0].value if call.args and not call.args[0].keyword else None
    text = text_of(first) if first is not None else None
    if isinstance(first, cst.FormattedString) and first.parts:
        part = first.parts[0]
        text = part.value if isinstance(part, cst.FormattedStringText) else None
    return bool(text) and _LOCAL_ADDRESS.match(text or "") is not None


def _doubt(call: cst.Call, row: Call, limit: Timeout) -> str:
    """Return why there may be a limit all the same."""
    if limit.partly:
        return _PARTLY
    if limit.address is not None:
        args = call.args[limit.address : limit.address + 1]
        address = args[0].value if args and not args[0].keyword else None
        if address is not None and text_of(address) is None:
            return "its address may set a limit"
        if address is not None and "timeout" in (text_of(address) or ""):
            return "its address sets a limit"
    streams = (a for a in call.args if a.keyword is not None and a.keyword.value == "stream")
    if row.name.endswith(".stream") or any(last_name(arg.value) == "True" for arg in streams):
        return "a stream may last"
    return ""


def _own_class(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether the receiver is of a class of this file, which may set its own limit."""
    owner = call.func.value if isinstance(call.func, cst.Attribute) else None
    known = tree.resolve(owner) if owner is not None else None
    if known is not None and known.name.startswith(f"{tree.dotted}."):
        return True
    class_of = tree.class_of(call)
    is_self = isinstance(owner, cst.Name) and owner.value in ("self", "cls")
    return is_self and class_of is not None


def _category(row: Call, symbol: str, tree: ModuleTree) -> Category:
    if row.category:
        return Category(row.category)
    return category_of(
        row.name, (), symbol, tree.source.path, is_async=row.is_async, cooldown=False
    )


def _is_served(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a coroutine or a request handler makes the call."""
    function = tree.function_of(call)
    if not isinstance(function, cst.FunctionDef):
        return False
    if function.asynchronous is not None:
        return True
    return any(is_route(decorator.decorator) for decorator in function.decorators)
