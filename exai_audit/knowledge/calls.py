"""What is known of a call: the form of one row of the knowledge table, and the table of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.concurrency import BlockingKind

Waits = Literal["network", "process", "in-process", "work", "around", "limit", "lifetime"]
"""What a call waits for: another machine, another process, its own, work that others will bring;
``around`` limits all that runs in it, ``limit`` makes a limit object, ``lifetime`` is no wait."""


class Timeout(Struct, frozen=True):
    """The argument that limits a call, and what holds without it.

    ``default`` is in seconds, ``forever``, or ``none`` where the argument must be given or leaving
    it out says nothing; ``forever_below`` is the version before which it was ``forever``.
    ``unlimited`` tells that an explicit None waits for ever. ``also`` are further arguments that
    limit the same wait, ``partly`` tells that phases of it are limited anyhow, ``address`` is the
    position of an address that may carry a limit in its text. ``distinct`` tells that no other
    library has a method of that name, which is known on any object, ``imported`` that it is known
    so in files which import the library and give the limit nowhere. ``whole`` marks a limit object
    whose ``argument`` is the limit on all its other phases together.
    """

    argument: str
    position: int | None = None
    unit: Literal["s", "ms", "us", "ns"] = "s"
    default: float | Literal["forever", "none"] = "none"
    waits: Waits = "in-process"
    forever_below: str = ""
    unlimited: bool = False
    also: tuple[str, ...] = ()
    partly: bool = False
    address: int | None = None
    whole: bool = False
    distinct: bool = False
    imported: bool = False


class Pool(Struct, frozen=True):
    """A call that makes a pool: ``kind`` is ``thread`` or ``process``.

    ``default`` says how many workers it has when not told, ``with_four`` how many that is with 4
    CPUs. ``closed_by`` are the methods that end its workers, whether or not ``with`` does too;
    ``at_exit`` tells that the library itself ends them when the interpreter exits.
    """

    kind: Literal["thread", "process"]
    argument: str = "max_workers"
    position: int | None = 0
    default: str = ""
    with_four: int | None = None
    closed_by: tuple[str, ...] = ("shutdown",)
    at_exit: bool = False


class Cache(Struct, frozen=True):
    """A call that makes a cache; ``bound`` and ``expiry`` name its arguments, if it has them.

    ``kind`` is ``decorator``, ``store``, ``property`` (one value in each object), or ``wrapper``: a
    decorator that keeps the results in its argument ``store``.
    """

    kind: str
    bound: str | None = None
    bound_position: int | None = None
    default_bound: int | str = "none"
    expiry: str | None = None
    expiry_position: int | None = None
    store: str | None = None


Unless = Literal["", "zero", "false", "given", "not-given", "nohang", "non-blocking"]


class Blocking(Struct, frozen=True):
    """A call that blocks its thread; ``instead`` is what a coroutine should await.

    ``argument`` (at ``position``) decides whether it waits: with ``unless`` it does not when that
    is a zero, a False, given, not given, or holds ``WNOHANG``; ``non-blocking`` speaks of the
    socket that it is a method of. ``origin`` tells that only a future that this file itself got
    from a pool or another thread's loop is known to be unfinished.
    ``file_system`` calls are judged only with a setting. ``kind`` says what is waited for where
    the library alone does not tell (see `exai_audit.knowledge.blocking_kinds`).
    """

    instead: str
    argument: str = ""
    position: int | None = None
    unless: Unless = ""
    origin: bool = False
    file_system: bool = False
    kind: BlockingKind | None = None


class Methods(Struct, frozen=True):
    """What all methods of a class do but those in ``but``, private ones and those with own rows.

    With ``instead`` they block, and that is what a coroutine awaits; ``{name}`` stands for the
    method. ``fluent`` tells that each returns an object of the class, ``parts`` that what stands in
    its public attributes does the same (``client.containers.run``): else nothing is known of these.
    """

    instead: str = ""
    but: tuple[str, ...] = ()
    fluent: bool = False
    parts: bool = False


BridgeCall = Literal[
    "run", "run-until-complete", "new-event-loop", "run-coroutine-threadsafe", "run-in-executor",
    "to-thread", "nest-asyncio", "async-to-sync", "sync-to-async", "own",
]  # fmt: skip


class Bridge(Struct, frozen=True):
    """A call that leads from synchronous code to coroutines, or back."""

    kind: BridgeCall


class Offload(Struct, frozen=True):
    """A call that has a function run elsewhere: in a pool's thread, a new thread or process."""

    to: Literal["pool", "thread", "process"]
    argument: str
    position: int | None = 0


WRAPPED = "<0>"
"""What a call returns that gives its first argument back, perhaps wrapped."""


class Call(Struct, frozen=True):
    """What is known of one call; ``source`` names the library version and where it says so.

    ``package`` is the name of the distribution where it differs from that of the module.
    ``coroutine`` tells that a call of it does nothing until what it returns is awaited.
    """

    name: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    package: str = ""
    is_async: bool = False
    coroutine: bool = False
    category: str | None = None
    returns: str | None = None
    timeout: Timeout | None = None
    pool: Pool | None = None
    cache: Cache | None = None
    blocking: Blocking | None = None
    bridge: Bridge | None = None
    offload: Offload | None = None
    methods: Methods | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """All rows by canonical name; ``roots`` are the top-level modules they speak of.

    ``wild`` are the classes of which one row speaks for every method: ``Page.*``; ``open_roots``
    are those of the classes whose row says what all methods do, see `Methods`. ``open_attributes``
    are the classes that have something under any name, which the row of ``__getattr__`` tells.
    """

    calls: Mapping[str, Call]
    roots: frozenset[str]
    wild: frozenset[str]
    _names: Mapping[str, str] = field(repr=False)
    open_roots: frozenset[str] = frozenset()
    open_attributes: frozenset[str] = field(default=frozenset(), init=False)
    _canonical: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _named_roots: frozenset[str] = field(default=frozenset(), init=False, repr=False)

    def __post_init__(self) -> None:
        roots = frozenset(name.partition(".")[0] for name in self._names)
        object.__setattr__(self, "_named_roots", roots)
        suffix = ".__getattr__"
        opened = frozenset(n.removesuffix(suffix) for n in self.calls if n.endswith(suffix))
        object.__setattr__(self, "open_attributes", opened)

    def call(self, name: str) -> Call | None:
        """Return the row of a call under its own name or an alias, or that of its class."""
        name = self.canonical(name)
        known = self.calls.get(name)
        if known is not None:
            return known
        if name.partition(".")[0] in self.open_roots:
            known = self._method(name)
        of_any = self._of_any_method(name) if self.wild else None
        if known is None or of_any is None:
            return known or of_any
        return replace(known, timeout=of_any.timeout)

    def _of_any_method(self, name: str) -> Call | None:
        """Return the row that speaks for every method of a class, for one of these."""
        owner, _, method = name.rpartition(".")
        is_known = owner in self.wild and not method.startswith("_")
        return self.calls.get(self.canonical(f"{owner}.*")) if is_known else None

    def _method(self, name: str) -> Call | None:
        """Return what the row of the nearest class says of one of its methods."""
        head, _, method = name.rpartition(".")
        owner = head
        while owner:
            row = self.calls.get(owner)
            methods = row.methods if row is not None else None
            if row is not None and methods is not None:
                if method.startswith("_") or method in methods.but:
                    return None
                between = head[len(owner) + 1 :]
                if between and not _has_parts(methods, between):
                    return None
                instead = methods.instead.replace("{name}", method)
                return Call(
                    name,
                    source=row.source,
                    returns=owner if methods.fluent else None,
                    blocking=Blocking(instead) if instead else None,
                )
            owner = owner.rpartition(".")[0]
        return None

    def canonical(self, name: str) -> str:
        """Return the name the table uses; an alias of a class also renames its attributes."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = self._renamed(name)
        return known

    def _renamed(self, name: str) -> str:
        if name.partition(".")[0] not in self._named_roots:
            return name
        head, tail = name, ""
        while head:
            if head in self._names:
                return self._names[head] + tail
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return name

    def attribute(self, owner: str, name: str) -> tuple[str, bool]:
        """Return what an object of a class has under a name, and whether that is an object."""
        member = self.canonical(f"{owner}.{name}")
        is_open = owner in self.open_attributes and not name.startswith("_")
        held = (
            self.returns(f"{owner}.__getattr__") if is_open and member not in self.calls else None
        )
        return (held, True) if held else (member, False)

    def returns(self, name: str) -> str | None:
        """Return the class of what a call returns (for a coroutine: when awaited)."""
        call = self.call(name)
        return self.canonical(call.returns) if call and call.returns else None


def _has_parts(methods: Methods, between: str) -> bool:
    """Tell whether the methods of what stands in attributes of a class are known with its own."""
    is_private = any(name.startswith("_") for name in between.split("."))
    return (methods.parts or methods.fluent) and not is_private
