"""Where threads wait for what a bridge hands to a loop: without a limit, or for themselves."""

from __future__ import annotations

import ast
from functools import cached_property

from exai_audit.collectors.concurrency.bridge_waits import waits_for_itself
from exai_audit.collectors.concurrency.futures import WAITS, is_known_done, is_wait, made_by
from exai_audit.collectors.context.limiters import is_guarded
from exai_audit.facts.concurrency import BridgeKind
from exai_audit.knowledge.limit_names import is_timeout_like
from exai_audit.knowledge.table import table
from exai_audit.location import Place
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, arguments, is_none

_LIMITERS = frozenset({"asyncio.wait_for", "asyncio.timeout"})


class ResultWaits:
    """The waits for results in one module, found when first asked for."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def unlimited(self, call: ast.Call, kind: BridgeKind) -> Place | None:
        """Return where a bridge waits without a limit, None where it waits with one or not."""
        if kind is BridgeKind.OWN:
            limits = (given.star or is_timeout_like(given.name) for given in arguments(call))
            return None if any(limits) else self._tree.place(call)
        if kind is not BridgeKind.RUN_COROUTINE_THREADSAFE or self._limits_inside(call):
            return None
        for wait in self._waits.get(call, ()):
            limit = argument(wait, "timeout", 0)
            unlimited = limit is None or is_none(limit.value)
            if not unlimited or is_known_done(wait, self._tree):
                continue
            if not is_guarded(wait, self._tree):
                return self._tree.place(wait)
        return None

    def stuck(self, call: ast.Call, kind: BridgeKind) -> Place | None:
        """Return where a thread waits for the loop that it runs itself, in the same function."""
        of_other_loop = kind is BridgeKind.RUN_COROUTINE_THREADSAFE
        if not of_other_loop or not waits_for_itself(call, self._tree):
            return None
        function = self._tree.function_of(call)
        waits = (
            one for one in self._waits.get(call, ()) if self._tree.function_of(one) is function
        )
        open_waits = (one for one in waits if not is_known_done(one, self._tree))
        return next(map(self._tree.place, open_waits), None)

    @cached_property
    def _waits(self) -> dict[ast.Call, list[ast.Call]]:
        """Return the calls of ``result()`` by the call that made their future."""
        waits: dict[ast.Call, list[ast.Call]] = {}
        for call in self._tree.calls(WAITS):
            made = made_by(call, self._tree) if is_wait(call) else None
            if made is not None:
                waits.setdefault(made[0], []).append(call)
        return waits

    def _limits_inside(self, call: ast.Call) -> bool:
        """Tell whether the coroutine handed over is itself limited: ``wait_for(work(), 5)``."""
        given = next((given.value for given in arguments(call)), None)
        if not isinstance(given, ast.Call):
            return False
        name = self._tree.qualified(given.func)
        return bool(name) and table().canonical(name or "") in _LIMITERS
