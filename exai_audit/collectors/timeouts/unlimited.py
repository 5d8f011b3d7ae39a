"""Calls that may wait for ever: known to do so by default, or told to by an explicit None."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from msgspec.structs import replace

from exai_audit.collectors.context.data_urls import opens_data
from exai_audit.collectors.context.limiters import Guards
from exai_audit.collectors.context.roles import FunctionRoles, is_route
from exai_audit.collectors.timeouts.commands import remote_command
from exai_audit.collectors.timeouts.elsewhere import RUNS, Elsewhere
from exai_audit.collectors.timeouts.handed_over import asked_by_name, calls_by_name, handed_over
from exai_audit.collectors.timeouts.phases import (
    Open,
    given_limit,
    is_unlimited,
    none_by_default,
    open_phases,
)
from exai_audit.collectors.timeouts.unpacked import handing_on, keys_besides, unpacked_keys
from exai_audit.collectors.timeouts.untyped import STUB_WORD, distinct_names, untyped
from exai_audit.facts.timeouts import ADDRESS_MAY, Category, UnlimitedFact
from exai_audit.knowledge.calls import Call, Timeout
from exai_audit.knowledge.limit_names import category_of
from exai_audit.knowledge.script_folders import hold_scripts
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name, text_of
from exai_audit.syntax.triggers import Trigger

_WAITS = frozenset({"network", "process", "in-process"})
_LOCAL_ADDRESS = re.compile(r"(?:unix|file|data|ipc|redis\+socket|rediss\+unix)[:+]|/|\\0|\0")
_MEANS_LOCAL = frozenset({
    "unix_socket_path", "unix_socket", "unix_sock", "path", "uds",
    "connection_pool",  # made elsewhere, with its own address and limits
})  # fmt: skip
# What other linters are told where a request has no timeout (Bandit's B113, Ruff's S113).
_EXCUSED = re.compile(r"#.*\b(nosec\b(?!.*\bB\d)|nosec\b.*\bB113\b|noqa:.*\bS113\b)")
_LINTED = frozenset({"requests", "httpx"})
_PARTLY = "other phases of it are limited"
_MAY_LAST = "a stream may last"
# What reads a stream whose next piece may be long in coming: events, lines of a log.
_FEEDS = frozenset({"iter_lines", "sseclient", "SSEClient", "EventSource"})
# What limits reads over a network, and what connects it to a process without.
_PIPES = {"mcp.ClientSession": "stdio_client"}
_OTHER_THREADS = frozenset({
    "threading.Event.wait", "threading.Condition.wait", "queue.Queue.get", "queue.SimpleQueue.get",
})  # fmt: skip
_ANSWERS = frozenset({"recv", "recv_bytes", "get"})


def _waits(row: Call) -> bool:
    return row.timeout is not None and row.timeout.waits in _WAITS


TRIGGER = Trigger(
    words=STUB_WORD,
    names=frozenset({"requests", "blocking_timeout"}),
    rows=_waits,
    said=distinct_names,
)


def unlimited(tree: ModuleTree) -> tuple[UnlimitedFact, ...]:
    """Return the calls in source order."""
    reader = _Reader(tree)
    found = [fact for call in tree.calls_of(_waits) for fact in reader.read(call)]
    found += [fact for call in calls_by_name(tree) for fact in reader.read(call)]
    found += [fact for at, call in handed_over(tree) for fact in reader.read(call, at)]
    found += [reader.guarded(call, fact) for call, fact in untyped(tree)]
    return tuple(sorted(found, key=lambda fact: fact.place.span))


class _Reader:
    """Reads the calls of one module, and what else of it limits them."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._guards = Guards(tree)
        self._elsewhere = Elsewhere(tree)

    def read(self, call: ast.Call, at: ast.Call | None = None) -> Iterator[UnlimitedFact]:
        """Yield what there is to say of a call.

        Args:
            at: what hands its function over to another thread, if that is how it is made.
        """
        name = self._tree.qualified(call.func) or asked_by_name(call.func, self._tree)
        row = table().call(name) if name else None
        if row is None or row.timeout is None or not _waits(row):
            return
        if any(isinstance(given, ast.Starred) for given in call.args):
            return
        keys = unpacked_keys(call, self._tree)
        rest_of = handing_on(call, self._tree) if keys is None else ""
        keys = keys_besides(call, self._tree) if rest_of else keys
        if keys is None or keys & {row.timeout.argument, *row.timeout.also}:
            return
        given = given_limit(call, row.timeout)
        open_ended = open_phases(given, self._tree) if given is not None else Open.NOTHING
        lifted = open_ended is Open.NOTHING and none_by_default(given, row.timeout, self._tree)
        if open_ended is Open.NOTHING and not lifted and not is_unlimited(given, row.timeout):
            return
        if not _asks_nobody(call, self._tree) and not self._elsewhere.limits(call, row):
            fact = self._fact(call, at or call, row, row.timeout, open_ended, given is not None)
            yield replace(fact, rest_of=rest_of, lifted=lifted)

    def _fact(
        self,
        call: ast.Call,
        at: ast.Call,
        row: Call,
        limit: Timeout,
        open_ended: Open,
        is_given: bool,
    ) -> UnlimitedFact:
        tree = self._tree
        place, served = tree.place(at), _is_served(at, tree)
        doubt, unseen = self._doubt_of_call(call, row, limit, open_ended)
        remote = remote_command(call, tree) if row.name in RUNS else None
        beside = row.name in RUNS and not remote and not served and self._elsewhere.limits_commands
        if remote or beside:
            doubt = self._doubt_of_command(call, partly=remote is not None and remote[1])
        made_elsewhere = (
            row.name.startswith("requests.Session.") and not self._elsewhere.makes_sessions
        )
        if limit.waits == "in-process":
            served = _is_handled(at, row, tree)
        return UnlimitedFact(
            place=place,
            operation=f"{row.name} of {remote[0]}" if remote else row.name,
            argument=limit.argument,
            category=_category(row, place.symbol, tree),
            waits="network" if remote else limit.waits,
            given=is_given,
            package=row.package or row.name.partition(".")[0],
            forever_below="" if is_given else limit.forever_below,
            doubt=doubt,
            elsewhere=unseen or beside or made_elsewhere,
            guarded=self._guards.stand_around(at),
            served=served or beside,
        )

    def _doubt_of_call(
        self, call: ast.Call, row: Call, limit: Timeout, open_ended: Open
    ) -> tuple[str, bool]:
        """Return why a call may have a limit, and whether what limits it may be out of sight."""
        tree, unseen = self._tree, False
        doubt = _PARTLY if open_ended is Open.SOME else _doubt(call, row, limit)
        if doubt == _PARTLY and _PIPES.get(row.name, "") in tree.words:
            doubt, unseen = "", True
        if not doubt and _is_streamed(call):
            doubt, unseen = "" if _FEEDS.isdisjoint(tree.words) else _MAY_LAST, True
        if not doubt and _is_excused(call, row, tree):
            doubt = "a comment allows it"
        if row.name.endswith("Process.join") and _has_answered(call, tree):
            doubt = "its answer has come already"
        return doubt, unseen

    def _doubt_of_command(self, call: ast.Call, *, partly: bool) -> str:
        """Return why a command may have a limit: an option of its own, a person who waits."""
        folders = self._tree.source.path.lower().replace("-", "/").split("/")[:-1]
        if hold_scripts(folders) or self._roles.is_entry(self._tree.function_of(call)):
            return "a person may wait for it"
        return _PARTLY if partly else ""

    @cached_property
    def _roles(self) -> FunctionRoles:
        return FunctionRoles(self._tree)

    def guarded(self, call: ast.Call, fact: UnlimitedFact) -> UnlimitedFact:
        """Return a fact with what stands around its call."""
        is_guarded = self._guards.stand_around(call) or self._elsewhere.sets_the_default
        return replace(fact, guarded=is_guarded, served=_is_served(call, self._tree))


def _asks_nobody(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call waits for no machine: a local address, data in it, a later answer."""
    later = (k.value for k in call.keywords if k.arg in ("async_", "async"))
    returns_at_once = any(isinstance(one, ast.Constant) and bool(one.value) for one in later)
    return returns_at_once or _is_local(call) or _opens_data(call, tree)


def _opens_data(call: ast.Call, tree: ModuleTree) -> bool:
    return last_name(call.func) == "urlopen" and opens_data(call, tree)


def _is_excused(call: ast.Call, row: Call, tree: ModuleTree) -> bool:
    """Tell whether another linter is told in a comment on the call to let it be."""
    lines = tree.place(call).span
    return row.name.partition(".")[0] in _LINTED and any(
        _EXCUSED.search(tree.source.line(number))
        for number in range(lines.line, lines.end_line + 1)
    )


def _has_answered(join: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the function reads from a pipe or queue right before it joins the process."""
    statement = tree.statement(join)
    if statement is None:
        return False
    block, index = tree.place_in_block(statement)
    before = block[max(0, index - 2) : index]
    return any(_is_answer(one) for each in before for one in ast.walk(each))


def _is_answer(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or last_name(node.func) not in _ANSWERS:
        return False
    return last_name(node.func) != "get" or not (node.args or node.keywords)


def _is_local(call: ast.Call) -> bool:
    """Tell whether the call stays on this machine by its address: a file, a Unix socket.

    A client of a pool made elsewhere has that pool's address and limits.
    """
    if any(keyword.arg in _MEANS_LOCAL for keyword in call.keywords):
        return True
    first = call.args[0] if call.args else None
    if isinstance(first, ast.JoinedStr) and first.values:
        first = first.values[0]
    return _LOCAL_ADDRESS.match(text_of(first) or "") is not None


def _doubt(call: ast.Call, row: Call, limit: Timeout) -> str:
    """Return why there may be a limit all the same."""
    if limit.partly:
        return _PARTLY
    if limit.address is not None and limit.address < len(call.args):
        address = text_of(call.args[limit.address])
        if address is None:
            return ADDRESS_MAY
        if "timeout" in address:
            return "its address sets a limit"
    return _MAY_LAST if row.name.endswith(".stream") else ""


def _is_streamed(call: ast.Call) -> bool:
    """Tell whether the body is read piece by piece: a limit is on each piece, not on the whole."""
    return any(one.arg == "stream" and _is_true(one.value) for one in call.keywords)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _category(row: Call, symbol: str, tree: ModuleTree) -> Category:
    if row.category:
        return Category(row.category)
    return category_of(
        row.name, (), symbol, tree.source.path, is_async=row.is_async, cooldown=False
    )


def _is_served(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a coroutine or a request handler makes the call."""
    function = tree.function_of(call)
    if isinstance(function, ast.AsyncFunctionDef):
        return True
    return isinstance(function, ast.FunctionDef) and any(map(is_route, function.decorator_list))


def _is_handled(call: ast.Call, row: Call, tree: ModuleTree) -> bool:
    """Tell whether the thread of a request waits for another one, with nothing to end that."""
    if row.name not in _OTHER_THREADS or call.args or call.keywords:
        return False
    around = [one for one in tree.ancestors(call) if isinstance(one, FUNCTIONS)]
    if any(isinstance(one, ast.AsyncFunctionDef) for one in around):
        return False
    return any(is_route(decorator) for one in around for decorator in one.decorator_list)
