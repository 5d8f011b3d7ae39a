"""Which calls lead where, over all files: the ways from a call to what blocks, and what it denotes.

``graph.target(call, module)`` says what a call is of; ``graph.ways(function, call, module)`` how it
comes to calls that block, through the synchronous functions of any module. ``graph.resolution``
resolves any other term. Rules ask `Project.call_graph` for it; nothing is worked out beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.calls import UNKNOWN, CallFact, CallForm, FunctionFact, FunctionForm
from exai_audit.facts.concurrency import BlockingFact, BlockingKind
from exai_audit.facts.file import FileFacts
from exai_audit.knowledge.blocking_kinds import kind_of
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.table import table
from exai_audit.location import Place, Span
from exai_audit.project.definitions import Definitions, Module
from exai_audit.project.resolution import Given, Resolution
from exai_audit.project.targets import ClassTarget, FunctionTarget, LibraryTarget, Target

AWAY = 2
"""How many calls away from a coroutine a call that blocks is still looked for."""
_HELPERS = 2
"""How many private functions of the same module, and mere forwarders, count with their caller."""
_FALSE = frozenset({"False", "None", "0", "''"})
_NO_WAIT = frozenset({"block", "blocking", "wait"})
_SCALES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LOOPBACK = ("localhost", "127.0.0.1", "http://localhost", "http://127.0.0.1")


class Hop(Struct, frozen=True):
    """One call on a way: where it stands, in which function, and of which it is.

    ``called`` is the dotted name of that.
    """

    path: str
    line: int
    caller: str
    callee: str
    called: str = ""


class Way(Struct, frozen=True):
    """How a call comes to one that blocks: through ``hops`` to ``blocks`` in the file ``path``."""

    path: str
    blocks: BlockingFact
    hops: tuple[Hop, ...] = ()


_Needs = tuple[tuple[str, bool], ...]
_Found = tuple[tuple[Way, _Needs], ...]


class CallGraph:
    """The calls of a project."""

    def __init__(self, files: Sequence[FileFacts]) -> None:
        self.definitions = Definitions([file for file in files if file.failure is None])
        self.resolution = Resolution(self.definitions)
        self._known: dict[tuple[str, str, int, int], _Found] = {}

    def coroutines(self) -> Iterator[tuple[Module, FunctionFact]]:
        """Yield the coroutines that make calls which may lead on, with their modules."""
        for module in self.definitions.modules:
            for function in module.facts.definitions.functions:
                if function.is_async and function.calls:
                    yield module, function

    def target(self, call: CallFact, module: Module, given: Given | None = None) -> Target | None:
        """Return what a call is of; for a class its constructor, if the project defines one."""
        found = self.resolution.resolve(call.callee, module, given or {})
        if isinstance(found, ClassTarget) and not found.instance:
            made = f"{found.name}.{'__enter__' if call.form is CallForm.ENTERED else '__init__'}"
            return self.resolution.resolve(made, found.module) or found
        return found

    def ways(
        self, caller: FunctionFact, call: CallFact, module: Module, given: Given | None = None
    ) -> tuple[Way, ...]:
        """Return the ways from a call of a function to what blocks, the shortest first.

        Those without a hop block themselves, on a receiver that another module types.
        """
        found = self._ways(caller, call, module, given or {}, AWAY, _HELPERS)
        return tuple(way for way, _ in found)

    def _ways(
        self,
        caller: FunctionFact,
        call: CallFact,
        module: Module,
        given: Given,
        away: int,
        helpers: int,
    ) -> _Found:
        """Return the ways of `ways`, each with what parameters of the caller must be for it."""
        if call.form is CallForm.AWAITED:
            return ()
        target = self.target(call, module, given)
        if isinstance(target, LibraryTarget):
            fact = _blocking(target.name, call, module)
            return ((Way(module.facts.path, fact), ()),) if fact is not None else ()
        if not isinstance(target, FunctionTarget) or not _runs(target.fact, call):
            return ()
        is_own = target.module is module and _is_private(target.fact.name)
        is_helper = is_own or target.fact.forwards
        away, helpers = (away, helpers - 1) if is_helper else (away - 1, helpers)
        if away < 0 or helpers < 0 or target.fact is caller:
            return ()
        arguments = Arguments(target.fact, call)
        handed = self._handed(target, arguments, module, given)
        hop = _hop(caller, call, module, target)
        return tuple(
            (replace(way, hops=(hop, *way.hops)), arguments.passed_on(needs))
            for way, needs in self._from(target, handed, away, helpers)
            if arguments.meet(needs) and way.blocks.queue not in _asked(caller)
            if not (call.for_plain and way.blocks.kind is BlockingKind.TWIN)
        )

    def way_to_loop(
        self, caller: FunctionFact, call: CallFact, module: Module, away: int = AWAY
    ) -> tuple[Hop, ...]:
        """Return the way from a call of a function to one that makes an event loop, if any."""
        if call.form is CallForm.AWAITED:
            return ()
        target = self.target(call, module)
        if not isinstance(target, FunctionTarget) or not _runs(target.fact, call):
            return ()
        fact = target.fact
        if fact.asks_for_loop or fact is caller:
            return ()
        hop = _hop(caller, call, module, target)
        if fact.runs_loop:
            return (hop,)
        for inner in fact.calls if away > 1 else ():
            way = self.way_to_loop(fact, inner, target.module, away - 1)
            if way:
                return (hop, *way)
        return ()

    def _handed(
        self, target: FunctionTarget, arguments: Arguments, module: Module, given: Given
    ) -> Given:
        """Return what the arguments of a call are, by the terms of the parameters."""
        found: dict[str, Target] = {}
        for name, term in arguments.terms():
            value = self.resolution.resolve(term, module, given)
            if value is not None:
                found[f"{target.name}.<{name}>"] = value
        return found

    def _from(self, target: FunctionTarget, given: Given, away: int, helpers: int) -> _Found:
        """Return what blocks in a function or below it, with what must hold to get there."""
        fact, module = target.fact, target.module
        if fact.asks_for_loop:
            return ()
        key = (module.facts.path, fact.name, away, helpers)
        if not given and key in self._known:
            return self._known[key]
        if not given:
            self._known[key] = ()
        found = [
            (Way(module.facts.path, block), block.needs)
            for block in fact.blocks
            if not self._is_known_not_to_wait(block, module)
        ]
        for call in fact.calls:
            found += [
                (way, (*call.needs, *passed))
                for way, passed in self._ways(fact, call, module, given, away, helpers)
            ]
        nearest = tuple(sorted(found, key=lambda pair: len(pair[0].hops)))
        if not given:
            self._known[key] = nearest
        return nearest

    def _is_known_not_to_wait(self, block: BlockingFact, module: Module) -> bool:
        """Tell whether what is taken to wait, as its twin does, is a coroutine or is not there."""
        owner, _, name = block.callee.rpartition(".")
        if not owner:
            return False
        target = self.resolution.resolve(owner, module)
        if not isinstance(target, ClassTarget):
            return False
        if f"{target.name}.{name}" in target.module.facts.coroutines:
            return True
        known = {*target.fact.methods, *(attribute for attribute, _ in target.fact.attributes)}
        return name not in known and not target.fact.bases


class Arguments:
    """The arguments of a call by the parameters of the function that it calls."""

    def __init__(self, function: FunctionFact, call: CallFact) -> None:
        self._defaults = dict(function.parameters)
        self._given: dict[str, str] = {}
        positional = [name for name, _ in function.parameters if not name.startswith("*")]
        self._unpacks = any(name.startswith("*") for name, _ in call.arguments)
        for name, term in call.arguments:
            if name.isdigit():
                if int(name) < len(positional):
                    self._given[positional[int(name)]] = term
            else:
                self._given[name] = term

    def terms(self) -> Iterator[tuple[str, str]]:
        """Yield the parameters with the terms of what they are given, literals left out."""
        for name, term in self._given.items():
            if term.endswith((")", ">")) and not term.startswith(("'", "<")):
                yield name, term

    def meet(self, needs: Sequence[tuple[str, bool]]) -> bool:
        """Tell whether the arguments, or the defaults, may be what is needed."""
        return all(
            any(self._may_be(one, wanted) for one in name.split("|")) for name, wanted in needs
        )

    def passed_on(self, needs: _Needs) -> _Needs:
        """Return what the parameters of the caller must be, as far as these are the arguments."""
        found = []
        for names, wanted in needs:
            values = [self._value(one) for one in names.split("|") if self._may_be(one, wanted)]
            if all(value.endswith(">") for value in values):
                passed = (value.rpartition("<")[2].removesuffix(">") for value in values)
                found.append(("|".join(passed), wanted))
        return tuple(found)

    def _value(self, name: str) -> str:
        return self._given.get(name, "" if self._unpacks else self._defaults.get(name, ""))

    def _may_be(self, name: str, wanted: bool) -> bool:
        value = self._value(name)
        if value in ("", UNKNOWN) or value.endswith(">"):
            return True
        return (value not in _FALSE) is wanted


def _hop(caller: FunctionFact, call: CallFact, module: Module, target: FunctionTarget) -> Hop:
    return Hop(module.facts.path, call.line, caller.name, target.fact.name, target.name)


def _asked(caller: FunctionFact) -> Sequence[str]:
    return caller.asks_for_items


def _is_private(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.startswith("_") and not last.startswith("__")


def _runs(function: FunctionFact, call: CallFact) -> bool:
    """Tell whether a call runs the body of a function at once."""
    if function.is_async:
        return False
    if function.form is FunctionForm.GENERATOR:
        return call.form is CallForm.ITERATED
    if function.form is FunctionForm.CONTEXT_MANAGER:
        return call.form is CallForm.ENTERED
    return True


def _blocking(name: str, call: CallFact, module: Module) -> BlockingFact | None:
    """Return what the knowledge table says of a call on a receiver that another module types."""
    row = table().call(name)
    if call.form is CallForm.ITERATED and (row is None or row.blocking is None):
        made = table().returns(name)
        row = table().call(f"{made}.__iter__") if made else None
    if row is None or row.blocking is None or row.is_async or row.blocking.origin:
        return None
    if row.blocking.unless == "non-blocking" or _gives_no_wait(row, call):
        return None
    place = call.place or Place(Span(call.line, 1, call.line, 1), "", "")
    loopback = any(term.strip("'").startswith(_LOOPBACK) for _, term in call.arguments)
    return BlockingFact(
        place,
        row.name,
        row.blocking.instead,
        kind_of(row),
        _seconds(row, call),
        loopback,
        call.moment,
    )


def _seconds(row: Call, call: CallFact) -> float | None:
    """Return the limit that a call gives as a literal."""
    if row.timeout is None:
        return None
    given = dict(call.arguments)
    value = given.get(row.timeout.argument, given.get(str(row.timeout.position), ""))
    try:
        return float(value) * _SCALES[row.timeout.unit]
    except ValueError:
        return None


def _gives_no_wait(row: Call, call: CallFact) -> bool:
    """Tell whether the arguments say that the call does not wait, see `Blocking`."""
    blocking = row.blocking
    assert blocking is not None
    given = dict(call.arguments)
    value = given.get(blocking.argument, given.get(str(blocking.position), ""))
    if any(given.get(name) == "False" for name in _NO_WAIT):
        return True
    if blocking.unless == "not-given":
        return value in ("", "None", "0")
    if blocking.unless == "given":
        return value != ""
    if blocking.unless == "false":
        return value == "False"
    is_open = value == UNKNOWN or value.startswith("<")
    return blocking.unless in ("zero", "nohang") and (is_open or value in ("0", "0.0"))
