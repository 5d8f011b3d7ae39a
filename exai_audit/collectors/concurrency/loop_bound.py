"""Locks, queues and clients that belong to the event loop that first uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.context.roles import FunctionRoles
from exai_audit.facts.concurrency import LoopBoundFact
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, first_parameter
from exai_audit.syntax.triggers import Trigger

# Python 3.13, asyncio.mixins._LoopBoundMixin: bound to the running loop at the first wait; the
# clients hold connections whose transports belong to the loop that opened them.
_CALLS = frozenset({
    "asyncio.Lock", "asyncio.Semaphore", "asyncio.BoundedSemaphore", "asyncio.Condition",
    "asyncio.Event", "asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue",
    "aiohttp.ClientSession", "aiohttp.client.ClientSession", "httpx.AsyncClient",
    "sqlalchemy.ext.asyncio.create_async_engine", "redis.asyncio.Redis", "redis.asyncio.from_url",
    "redis.asyncio.Redis.from_url", "motor.motor_asyncio.AsyncIOMotorClient",
})  # fmt: skip
_Mention = ast.Name | ast.Attribute
TRIGGER = Trigger(
    names=frozenset(name.rpartition(".")[2] for name in _CALLS),
    applies=lambda words: "async" in words,
)


def loop_bound(tree: ModuleTree) -> tuple[LoopBoundFact, ...]:
    """Return those that outlive a call and that coroutines of the file use, in source order."""
    roles = FunctionRoles(tree)
    found = []
    for call in tree.calls(TRIGGER.names):
        name = tree.qualified(call.func)
        target = _target(call, tree) if name in _CALLS else None
        fact = _fact(call, name or "", target, roles, tree) if target is not None else None
        if fact is not None:
            found.append(fact)
    return tuple(found)


def _target(call: ast.Call, tree: ModuleTree) -> _Mention | None:
    around = tree.parent(call)
    target: ast.expr | None = None
    if isinstance(around, ast.Assign):
        target = around.targets[0]
    elif isinstance(around, ast.AnnAssign):
        target = around.target
    return target if isinstance(target, (ast.Name, ast.Attribute)) else None


def _fact(
    call: ast.Call, name: str, target: _Mention, roles: FunctionRoles, tree: ModuleTree
) -> LoopBoundFact | None:
    function = tree.function_of(call)
    if isinstance(target, ast.Attribute):
        if not isinstance(function, FUNCTIONS) or tree.class_of(call) is None:
            return None
        if tree.text(target.value) != first_parameter(function):
            return None
        uses: Iterable[ast.AST] = _of_object(target.attr, target, tree)
    elif function is None:
        uses = _of_module_or_class(target, tree)
    elif isinstance(function, ast.FunctionDef) and _is_decorator(function, tree):
        uses = _closed_over(target.id, function, tree)
    else:
        return None
    users = _with_callers({tree.function_of(use) for use in uses}, roles, tree)
    if not users:
        return None
    made_at_import = not isinstance(target, ast.Attribute)
    return LoopBoundFact(tree.place(call), name, tree.text(target), made_at_import, users)


def _of_object(attribute: str, target: ast.Attribute, tree: ModuleTree) -> Iterator[ast.AST]:
    owner = tree.class_of(target)
    for mention in tree.all(ast.Attribute):
        if mention.attr == attribute and mention is not target and tree.class_of(mention) is owner:
            yield mention


def _of_module_or_class(target: ast.Name, tree: ModuleTree) -> Iterator[ast.AST]:
    owner = tree.class_of(target)
    if owner is not None:
        for mention in tree.all(ast.Attribute):
            if mention.attr == target.id and tree.class_of(mention) is owner:
                yield mention
        return
    for name in tree.named(target.id):
        scope = tree.scopes.owner(name.id, tree.scopes.of(name))
        if name is not target and scope is not None and isinstance(scope.node, ast.Module):
            yield name


def _closed_over(name: str, function: Function, tree: ModuleTree) -> Iterator[ast.AST]:
    for use in tree.named(name):
        if tree.function_of(use) is not function and function in tree.ancestors(use):
            yield use


def _is_decorator(function: Function, tree: ModuleTree) -> bool:
    """Tell whether the file decorates with a function, or with what a call of it returns."""
    own = tree.symbol(function)
    return any(
        tree.qualified(d.func if isinstance(d, ast.Call) else d) == f"{tree.dotted}.{own}"
        for other in tree.functions
        for d in other.decorator_list
    )


def _with_callers(
    functions: set[Function | ast.Lambda | None], roles: FunctionRoles, tree: ModuleTree
) -> tuple[str, ...]:
    """Return the coroutine functions among these and among those of the module that call them."""
    found: set[ast.AsyncFunctionDef] = set()
    pending = [one for one in functions if isinstance(one, ast.AsyncFunctionDef)]
    while pending:
        function = pending.pop()
        found.add(function)
        around = (tree.function_of(call) for call in roles.callers(function))
        pending.extend(
            one for one in around if isinstance(one, ast.AsyncFunctionDef) and one not in found
        )
    return tuple(sorted(roles.name(function) for function in found))
