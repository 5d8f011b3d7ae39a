"""What limits a container: a bound, an expiry, an invalidation, and whether each is reached."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from exai_audit.collectors.caches.accesses import (
    Function,
    Mention,
    call_given,
    identifiers,
    last_name,
    name_of,
    outermost,
    text,
)
from exai_audit.collectors.caches.ages import compares_own_age, judges_age
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.policies import has_lives_of_entries, moves_on_look_up, refuses
from exai_audit.collectors.caches.replacing import ends_whenever, goes_by_size, is_replaced
from exai_audit.collectors.caches.timestamps import reads_clock, stamps
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.vocabulary import is_size, names_expiry, surely_called
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.walk import descendants

_STARTERS = frozenset({
    "add_job", "apply_async", "call_at", "call_later", "call_soon", "create_task", "ensure_future",
    "run_coroutine_threadsafe", "spawn", "start_soon", "start_new_thread", "submit", "gather",
})  # fmt: skip
_TIMERS = frozenset({"call_later", "call_at", "Timer", "callLater", "enter", "after"})
_DEEPEST = 3


class Limits(Struct, frozen=True):
    """See `exai_audit.facts.caches.CacheFact`, which has fields of the same names."""

    bound: str | None = None
    expiry: str | None = None
    invalidation: str | None = None
    sweeps: bool = False
    removers: tuple[str, ...] = ()
    emptied: bool = False
    bookkeeping: str = ""
    removed_in: tuple[str, ...] = ()


def limits(tree: ModuleTree, index: CacheIndex, held: Container) -> Limits:
    """Return what limits a container, as far as its module shows."""
    return _Reading(tree, index, held).limits()


class _Reading:
    """The removals from one container, each sorted by when it happens."""

    def __init__(self, tree: ModuleTree, index: CacheIndex, held: Container) -> None:
        self._tree = tree
        self._gathered = index
        self._held = held
        self._writing = self._reached(held.writers())
        self._looking = {use.function for use in held.does(Act.LOOK_UP)}
        self._measured = held.does(Act.MEASURE)
        self._bound: str | None = "weak references" if held.weak else None
        self._expiry: str | None = None
        self._sweeps = False
        self._removed: list[Use] = []
        self._emptied = False
        self._goes_by_age = False

    def limits(self) -> Limits:
        for use in (*self._held.does(Act.REMOVE), *self._held.rebinds()):
            self._sort(use)
        if self._bound is None and any(use.function in self._writing for use in self._measured):
            self._bound = "length check"
        if self._expiry is None and self._compares_ages():
            self._expiry = "on look-up"
        removers = tuple(sorted({_name(use, self._tree) for use in self._removed} - {""}))
        return Limits(
            self._bound,
            self._expiry,
            self._invalidation(),
            self._sweeps,
            removers,
            self._emptied or any(self._is_called(name) for name in removers),
            self._bookkeeping(),
            self._removed_in(),
        )

    def _removed_in(self) -> tuple[str, ...]:
        removals = (*self._held.does(Act.REMOVE), *self._held.rebinds())
        return tuple(sorted({_name(use, self._tree) for use in removals} - {""}))

    def _sort(self, use: Use) -> None:
        function = use.function
        if use.callback or self._in_lambda(use):
            if self._on_timer(use):
                self._expiry, self._sweeps = "on a timer", True
            else:
                self._removed.append(use)
                self._emptied = True
        elif function is None:
            return
        elif ends_whenever(use, self._held.stores(), self._tree):
            self._bound = self._bound or "removed when storing"
        elif (
            self._is_aged(function)
            and use.act is not Act.BIND
            and not goes_by_size(use, self._tree)
        ):
            self._age(use, function)
        elif is_replaced(use, self._held.does(Act.STORE), self._tree):
            return  # room for the new entry under the same key
        elif function in self._writing:
            measured = self._measured or self._counts(function)
            self._bound = self._bound or ("length check" if measured else "removed when storing")
        else:
            self._removed.append(use)

    def _age(self, use: Use, function: Function) -> None:
        """Sort what an age decides: a sweep over all entries, or one that was asked for."""
        self._goes_by_age = self._goes_by_age or not use.whole
        by_key = not use.whole and self._is_asked_for(use, function)
        swept = not by_key and (function in self._writing or self._is_started(function))
        if swept or (use.whole and function in self._writing):
            self._expiry, self._sweeps = "swept by age", True
        elif by_key:
            self._expiry = self._expiry or "on look-up"
        else:  # a sweep that somebody has to call
            self._expiry = self._expiry or "swept by age"
            self._removed.append(use)

    def _is_asked_for(self, use: Use, function: Function) -> bool:
        """Tell whether the entry removed is the one that the function looks up."""
        if use.key is None:
            return False
        key = text(self._tree, use.key)
        return any(
            other.function is function and other.key is not None
            and text(self._tree, other.key) == key
            for other in (*self._held.does(Act.LOOK_UP), *self._held.stores())
        )  # fmt: skip

    def _reached(self, functions: Iterable[Function]) -> set[Function]:
        """Return functions with those of the module that they call, a few calls away."""
        by_name = self._gathered.functions_by_name
        found: set[Function] = set(functions)
        new = set(found)
        for _ in range(_DEEPEST):
            called = {name for function in new for name in calls_of(function)}
            called_here: set[Function] = {by_name[n][-1] for n in called if n in by_name}
            new = called_here - found
            found |= new
        return found

    def _compares_ages(self) -> bool:
        """Tell whether entries carry the time and a look-up compares it, though none goes."""
        if not any(reads_clock(self._gathered, writer) for writer in self._held.writers()):
            return False
        return any(
            looker is not None
            and not isinstance(looker, ast.Lambda)
            and self._is_aged(looker)
            and judges_age(looker)
            for looker in self._looking
        )

    def _is_aged(self, function: Function) -> bool:
        names = {name for name, _ in identifiers(function)}
        return any(map(names_expiry, names)) or reads_clock(self._gathered, function)

    def _counts(self, function: Function) -> bool:
        """Tell whether a function knows how much there may be: ``while self.size > limit``."""
        names = {name for name, _ in identifiers(function)}
        return any(map(is_size, names))

    def _in_lambda(self, use: Use) -> bool:
        return isinstance(use.function, ast.Lambda)

    def _on_timer(self, use: Use) -> bool:
        return any(
            isinstance(node, ast.Call) and last_name(node.func) in _TIMERS
            for node in self._tree.ancestors(use.node)
        )

    def _mentions(self, name: str) -> list[Mention]:
        """Return where a function of the module is named, its definition and imports left out."""
        found = self._gathered.mentions(name) if name else []
        return [node for node in found if not isinstance(self._tree.parent(node), ast.arguments)]

    def _is_started(self, function: Function) -> bool:
        """Tell whether a function is handed over to run by itself: a task, a thread, a timer."""
        return any(self._is_start(node) for node in self._mentions(name_of(function)))

    def _is_start(self, mention: Mention) -> bool:
        for node in (mention, *self._tree.ancestors(mention)):
            if isinstance(node, ast.stmt):
                return False
            call = call_given(self._tree, node)
            if call is not None:
                whole = node.value if isinstance(node, (ast.keyword, ast.Starred)) else node
                named = isinstance(whole, (ast.Name, ast.Attribute))
                if named or last_name(call.func) in _STARTERS:
                    return True
        return False

    def _is_called(self, name: str) -> bool:
        """Tell whether anything here calls a remover, or others that are not seen surely do."""
        return surely_called(name) or bool(self._mentions(name))

    def _invalidation(self) -> str | None:
        if not self._removed:
            return None
        use = self._removed[0]
        how = "removed"
        if use.act is Act.BIND:
            how = "replaced"
        elif use.whole:
            how = "cleared"
        where = _name(use, self._tree)
        return f"{how} in {where}" if where else how

    def _bookkeeping(self) -> str:
        """Return what the code keeps by hand to know which entry goes.

        Nothing where no store of a library does what it does.
        """
        kept = []
        ordered = bool(self._held.does(Act.ORDER)) or self._takes_oldest()
        if self._bound == "length check" and ordered:
            kept.append("LRU" if moves_on_look_up(self._held, self._tree) else "oldest-first")
        aged = self._expiry in ("on look-up", "swept by age") and self._is_stamped()
        if aged and compares_own_age(self._held, self._tree):
            kept.append("TTL")
        return "" if kept and self._is_beyond_stores("TTL" in kept) else " and ".join(kept)

    def _is_beyond_stores(self, aged: bool) -> bool:
        if refuses(self._held, self._tree):
            return True
        return aged and has_lives_of_entries(self._held, self._tree, self._gathered)

    def _is_stamped(self) -> bool:
        return any(
            stamps(self._gathered, writer)
            or (self._goes_by_age and reads_clock(self._gathered, writer))
            for writer in self._held.writers()
        )

    def _takes_oldest(self) -> bool:
        return any(_takes_oldest(use.node, self._tree) for use in self._held.does(Act.REMOVE))


def _takes_oldest(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a removal picks the entry that was first in, or used longest ago."""
    if isinstance(node, ast.Call):
        if last_name(node.func) == "popitem":
            return bool(node.args or node.keywords)
        first = node.args[0] if node.args else None
        picks = isinstance(first, ast.Call) and last_name(first.func) == "next"
        if picks or last_name(node.func) == "popleft":
            return True
    return any(
        last_name(call.func) in ("min", "nsmallest", "sorted")
        and any(keyword.arg == "key" for keyword in call.keywords)
        for call in _calls_in(tree.function_of(node))
    )


def _name(use: Use, tree: ModuleTree) -> str:
    return name_of(outermost(tree, use.function))


def calls_of(function: Function) -> set[str]:
    """Return the last names of what a function calls."""
    return {last_name(n.func) for n in descendants(function) if isinstance(n, ast.Call)}


def _calls_in(function: Function | None) -> Iterator[ast.Call]:
    """Yield the calls in the body of a function."""
    if function is None:
        return
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    for part in body:
        yield from (node for node in descendants(part) if isinstance(node, ast.Call))
