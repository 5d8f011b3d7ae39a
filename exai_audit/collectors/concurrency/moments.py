"""When a coroutine runs: while the program serves, as it starts or ends, or as all there is."""

from __future__ import annotations

import ast
from functools import cached_property, lru_cache

from exai_audit.collectors.concurrency.private_loops import PrivateLoops
from exai_audit.collectors.context.roles import FunctionRoles
from exai_audit.facts.concurrency import Moment
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments, dotted, last_name, text_of

_HOOKS = {
    "startup": Moment.START, "on_startup": Moment.START, "before_serving": Moment.START,
    "before_server_start": Moment.START, "main_process_start": Moment.START,
    "shutdown": Moment.END, "on_shutdown": Moment.END, "after_serving": Moment.END,
    "after_server_stop": Moment.END, "on_cleanup": Moment.END, "on_exit": Moment.END,
}  # fmt: skip
_LIFESPANS = frozenset({"lifespan", "cleanup_ctx", "while_serving"})
_MANAGERS = frozenset({"asynccontextmanager"})
_ORDER = tuple(Moment)
_MOST_AWAITS = 2
_RUNNERS = frozenset({"asyncio.run", "anyio.run", "uvloop.run"})
_OF_LOOPS = "run_until_complete"
_RUN_NAMES = frozenset({"run", _OF_LOOPS})
_BEGINS = frozenset({
    "start", "run", "serve", "listen", "poll", "polling", "gather", "forever", "wait", "loop",
    "consume", "main", "connect", "schedule", "spawn",
})  # fmt: skip
"""Words in the names of calls from which on a program may serve, or have several coroutines."""
_MADE_PLAIN = frozenset({"coro", "syncify"})
_TO_PLAIN = frozenset({"to", "wrapper", "make", "run", "as", "wrap"})
_MORE_THAN_ONE = frozenset({
    "create_task", "gather", "ensure_future", "TaskGroup", "create_task_group", "start_soon",
    "start_server", "run_app", "AppRunner", "uvicorn", "hypercorn", "serve", "serve_forever",
    "run_forever", "Server", "FastMCP", "add_handler", "as_completed", "run_coroutine_threadsafe",
    "start_polling", "run_polling", "AsyncIOScheduler", "subscribe", "stdio_server", "FastAPI",
    "Quart", "Sanic", "Starlette",
})  # fmt: skip


@lru_cache(maxsize=1)
def moments_of(tree: ModuleTree) -> Moments:
    """Return the moments of a module, worked out once for all that ask."""
    return Moments(tree)


class Moments:
    """The moments of the coroutines of one module."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._roles = FunctionRoles(tree)
        self._private = PrivateLoops(tree, self._roles)
        self._known: dict[ast.AsyncFunctionDef, Moment | None] = {}

    @cached_property
    def _runs(self) -> list[ast.Call]:
        """The calls that run a coroutine in a loop of its own."""
        tree = self._tree
        if tree.words.isdisjoint(_RUN_NAMES):
            return []
        return [call for call in tree.calls(_RUN_NAMES) if self._is_runner(call)]

    def _is_runner(self, call: ast.Call) -> bool:
        if last_name(call.func) == _OF_LOOPS:
            return True
        return self._tree.qualified(call.func) in _RUNNERS

    @cached_property
    def _run_at_start(self) -> dict[ast.AST, list[ast.Call]]:
        """The coroutines that entry points run, each with the calls that do."""
        found: dict[ast.AST, list[ast.Call]] = {}
        for call in self._runs:
            run = self._run_by(call)
            if run and self._roles.is_entry(self._tree.function_of(call)):
                found.setdefault(run[0], []).append(call)
        return found

    def of(self, node: ast.AST) -> Moment:
        """Return when the coroutine runs in which ``node`` stands."""
        return self._of(node, _MOST_AWAITS)

    def _of(self, node: ast.AST, awaits: int) -> Moment:
        function = self._tree.function_of(node)
        if not isinstance(function, ast.AsyncFunctionDef):
            return Moment.SERVING
        if function not in self._known:
            self._known[function] = self._find(function)
        moment = self._known[function]
        if moment is Moment.SERVING and self._is_before_serving(node, function):
            return Moment.START
        if moment is Moment.SERVING and awaits:
            return self._awaited(function, awaits - 1)
        if moment is None:  # of a context manager around the program's life
            return Moment.START if self._is_before_yield(node, function) else Moment.END
        return moment

    def _find(self, function: ast.AsyncFunctionDef) -> Moment | None:
        hook = self._hook(function)
        if hook is not Moment.SERVING:
            return hook
        alone = self._asks_a_person(function) or _is_made_plain(function)
        if alone or self._is_alone(function) or self._private.run(function):
            return Moment.ALONE
        return Moment.SERVING

    def _asks_a_person(self, function: ast.AsyncFunctionDef) -> bool:
        """Tell whether a coroutine asks for a line at the terminal: a program for one person."""
        tree = self._tree
        return "input" in tree.words and any(
            tree.function_of(call) is function and tree.qualified(call.func) == "builtins.input"
            for call in tree.calls_named(frozenset({"input"}))
        )

    def _is_before_serving(self, node: ast.AST, function: ast.AsyncFunctionDef) -> bool:
        """Tell whether a coroutine that an entry point runs has not begun to serve at ``node``.

        It has not either where the entry point goes on with what the coroutine gives it.
        """
        calls = self._run_at_start.get(function, ())
        if not calls:
            return False
        if all(self._is_gone_on_from(call) for call in calls):
            return True
        return getattr(node, "lineno", 0) < self.serves_from(function)

    def _is_gone_on_from(self, run: ast.Call) -> bool:
        """Tell whether what a run gives is kept, and something is started after it."""
        tree = self._tree
        around = tree.function_of(run)
        return isinstance(tree.parent(run), (ast.Assign, ast.AnnAssign)) and any(
            tree.function_of(call) is around and call.lineno > run.lineno and _begins(call)
            for call in tree.all(ast.Call)
        )

    def serves_from(self, function: ast.AsyncFunctionDef) -> int:
        """Return the line of a coroutine from which on others may run; 0 where none may.

        Where it begins to loop for good, it serves.
        """
        return self._beginnings.get(function, 0)

    @cached_property
    def _beginnings(self) -> dict[ast.AST | None, int]:
        tree = self._tree
        names = frozenset(
            name
            for name in tree.called_names
            if name in _MORE_THAN_ONE or not _BEGINS.isdisjoint(words(name))
        )
        begins: list[ast.AST] = [*tree.calls_named(names)] if names else []
        found: dict[ast.AST | None, int] = {}
        for node in (*begins, *tree.all(ast.While)):
            if isinstance(node, ast.Call) and not self._may_begin(node):
                continue
            function, line = tree.function_of(node), getattr(node, "lineno", 0)
            found[function] = min(line, found.get(function, line))
        return found

    def _may_begin(self, call: ast.Call) -> bool:
        is_awaited = isinstance(self._tree.parent(call), ast.Await)
        return last_name(call.func) in _MORE_THAN_ONE or (is_awaited and _begins(call))

    def _awaited(self, function: ast.AsyncFunctionDef, awaits: int) -> Moment:
        """Return when a function runs that the file only awaits, and only at a start or an end."""
        if function.decorator_list or not self._knows_hooks:
            return Moment.SERVING
        tree, calls = self._tree, self._roles.callers(function)
        called = {call.func for call in calls if isinstance(tree.parent(call), ast.Await)}
        if not called or any(one not in called for one in tree.mentions(function.name)):
            return Moment.SERVING
        found = {self._of(call, awaits) for call in calls}
        return Moment.SERVING if Moment.SERVING in found else min(found, key=_ORDER.index)

    @cached_property
    def _knows_hooks(self) -> bool:
        """Whether the module can say what runs as the program starts or ends."""
        known = self._tree.words
        if self._run_at_start or any(map(_is_made_plain, self._tree.all(ast.AsyncFunctionDef))):
            return True
        return not known.isdisjoint(_HOOKS) or not known.isdisjoint(_LIFESPANS | _MANAGERS)

    def _hook(self, function: ast.AsyncFunctionDef) -> Moment | None:
        """Return the moment for which a function is registered; None for a lifespan's."""
        said = function.decorator_list
        names = {last_name(one) for one in said}
        for one in said:
            if isinstance(one, ast.Call):
                names.update(text_of(given.value) or "" for given in arguments(one))
        if names & _LIFESPANS or (names & _MANAGERS and "lifespan" in words(function.name)):
            return None
        names |= self._registered(function.name)
        if names & _LIFESPANS:
            return None
        return next((_HOOKS[name] for name in sorted(names) if name in _HOOKS), Moment.SERVING)

    def _registered(self, name: str) -> set[str]:
        """Return the hooks that a call of the module gives a function to."""
        tree = self._tree
        if tree.words.isdisjoint(_HOOKS) and tree.words.isdisjoint(_LIFESPANS):
            return set()
        found: set[str] = set()
        for mention in tree.mentions(name):
            parent = tree.parent(mention)
            if isinstance(parent, (ast.List, ast.Tuple)):
                mention, parent = parent, tree.parent(parent)
            if isinstance(parent, ast.keyword) and parent.arg:
                found.add(parent.arg)
            elif isinstance(parent, ast.Call) and mention is not parent.func:
                found.update(dotted(parent.func).split(".")[-2:])
                found.update(text_of(one) or "" for one in parent.args)
        return found

    def _is_before_yield(self, node: ast.AST, function: ast.AsyncFunctionDef) -> bool:
        yields = [
            one.lineno
            for one in self._tree.all(ast.Yield)
            if self._tree.function_of(one) is function
        ]
        return not yields or getattr(node, "lineno", 0) <= min(yields)

    def _is_alone(self, function: ast.AsyncFunctionDef) -> bool:
        """Tell whether only a run below an entry point awaits a coroutine, and nothing beside it.

        The module starts neither a task nor a server.
        """
        if not self._runs or not self._tree.words.isdisjoint(_MORE_THAN_ONE):
            return False
        run = [one for call in self._runs for one in self._run_by(call)]
        if not any(one is function for one in run) and not any(
            top in run for top in self._roles.tops(function)
        ):
            return False
        return all(self._roles.is_entry(self._tree.function_of(call)) for call in self._runs)

    def _run_by(self, call: ast.Call) -> list[ast.AST]:
        given = [one.value for one in arguments(call)][:1]
        called = [one.func if isinstance(one, ast.Call) else one for one in given]
        found = (self._roles.called(one) for one in called)
        return [one for one in found if one is not None]


def _begins(call: ast.Call) -> bool:
    return not _BEGINS.isdisjoint(words(last_name(call.func)))


def _is_made_plain(function: ast.AsyncFunctionDef) -> bool:
    """Tell whether a decorator runs a coroutine in a loop of its own: ``@async_to_sync``."""
    for one in function.decorator_list:
        name = last_name(one)
        said = set(words(name)) if "sync" in name or name in _MADE_PLAIN else set()
        if said & _MADE_PLAIN or ("sync" in said and said & _TO_PLAIN):
            return True
    return False
