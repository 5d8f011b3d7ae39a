"""Limits on a connection that are shorter than the waits on it, and on one kept alive."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.facts.waits import ShortLimitFact
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import unit_scale
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, is_none, last_name, receiver
from exai_audit.syntax.triggers import Trigger

_SOCKETS = frozenset({
    "redis.Redis", "redis.asyncio.Redis", "redis.from_url", "redis.asyncio.from_url",
})  # fmt: skip
_POSITIONS = {"redis.Redis": 4}
_UNTIL_IT_COMES = frozenset({"blpop", "brpop", "bzpopmin", "bzpopmax", "brpoplpush", "blmove"})
_LISTENS, _CHANNELS = frozenset({"listen"}), "pubsub"
_SERVERS = frozenset({"uvicorn.run", "uvicorn.Config"})
_BEHIND_A_PROXY = frozenset({"proxy_headers", "forwarded_allow_ips", "root_path"})
_KEEPS_ALIVE = 5.0
_PROXY_KEEPS = 60.0


def _blocks(row: Call) -> bool:
    return row.timeout is not None and row.timeout.waits == "work"


TRIGGER = Trigger(names=frozenset({"socket_timeout", *_BEHIND_A_PROXY}))


def short_limits(tree: ModuleTree) -> tuple[ShortLimitFact, ...]:
    """Return the limits in source order."""
    found = [*_on_sockets(tree), *_on_channels(tree), *_on_kept_alive(tree)]
    return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.line)))


def _on_sockets(tree: ModuleTree) -> Iterator[ShortLimitFact]:
    for call in tree.calls_of(_blocks):
        name = tree.qualified(call.func) or ""
        row = table().call(name)
        owner = receiver(call.func)
        if row is None or row.timeout is None or owner is None or not row.name.startswith("redis."):
            continue
        waits = _waits(call, row, tree)
        made = _made(owner, tree)
        limit = _socket_limit(made, tree) if made is not None else None
        if limit is None or waits is None:
            continue
        at, seconds = limit
        is_endless = waits == 0
        if is_endless or waits >= seconds:
            yield ShortLimitFact(
                place=tree.place(at),
                limit="socket_timeout",
                seconds=seconds,
                operation=row.name,
                waits=None if is_endless else waits,
                line=tree.span(call).line,
            )


def _on_channels(tree: ModuleTree) -> Iterator[ShortLimitFact]:
    """Yield the limits of clients whose channels are listened to until a message comes."""
    for call in tree.calls(_LISTENS) if _CHANNELS in tree.words else ():
        channel = receiver(call.func)
        subscribed = _made(channel, tree) if channel is not None else None
        owner = receiver(subscribed.func) if subscribed is not None else None
        if owner is None or subscribed is None or last_name(subscribed.func) != _CHANNELS:
            continue
        made = _made(owner, tree)
        limit = _socket_limit(made, tree) if made is not None else None
        if limit is not None:
            at, seconds = limit
            yield ShortLimitFact(
                place=tree.place(at),
                limit="socket_timeout",
                seconds=seconds,
                operation="redis.client.PubSub.listen",
                waits=None,
                line=tree.span(call).line,
            )


def _waits(call: ast.Call, row: Call, tree: ModuleTree) -> float | None:
    """Return how long a call blocks, 0 for ever; None where it does not, or nobody can tell."""
    assert row.timeout is not None
    given = argument(call, row.timeout.argument, row.timeout.position)
    last = row.name.rpartition(".")[2]
    if given is None or is_none(given.value):
        return 0.0 if last in _UNTIL_IT_COMES else None
    number = tree.number(given.value)
    return number * unit_scale(row.timeout.unit) if number is not None else None


def _made(owner: ast.expr, tree: ModuleTree) -> ast.Call | None:
    """Return the call that makes the object of a method, where there is one only."""
    if isinstance(owner, ast.Call):
        return owner
    values: list[ast.expr] = []
    if isinstance(owner, ast.Name):
        values = tree.bindings(owner.id, owner)
    elif isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name):
        kept_by = tree.class_of(owner) if owner.value.id == "self" else None
        values = tree.self_bindings(kept_by, owner.attr) if kept_by is not None else []
    return values[0] if len(values) == 1 and isinstance(values[0], ast.Call) else None


def _socket_limit(made: ast.Call, tree: ModuleTree) -> tuple[ast.AST, float] | None:
    row = table().call(tree.qualified(made.func) or "")
    if row is None or row.name not in _SOCKETS:
        return None
    given = argument(made, "socket_timeout", _POSITIONS.get(row.name))
    seconds = tree.number(given.value) if given is not None else None
    return (given.node, seconds) if given is not None and seconds is not None else None


def _on_kept_alive(tree: ModuleTree) -> Iterator[ShortLimitFact]:
    """Yield the servers behind a proxy that close a connection before the proxy does."""
    for call in tree.calls(frozenset({"run", "Config"})):
        if tree.qualified(call.func) not in _SERVERS:
            continue
        if not any(k.arg in _BEHIND_A_PROXY and not _is_off(k.value) for k in call.keywords):
            continue
        given = argument(call, "timeout_keep_alive")
        seconds = tree.number(given.value) if given is not None else _KEEPS_ALIVE
        if seconds is not None and seconds < _PROXY_KEEPS:
            yield ShortLimitFact(
                place=tree.place(given.node if given is not None else call),
                limit="timeout_keep_alive",
                seconds=seconds,
                operation="a proxy",
                waits=_PROXY_KEEPS,
                line=tree.span(call).line,
            )


def _is_off(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value
