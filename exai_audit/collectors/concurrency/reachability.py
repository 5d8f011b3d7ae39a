"""What must hold for a function to reach a call in it."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    is_none,
    last_name,
    parameters,
    receiver,
)

ASKS_FOR_LOOP = frozenset({
    "get_running_loop", "_get_running_loop", "current_async_library", "in_async_context",
    "is_async_context", "current_task",
})  # fmt: skip
ASKS_FOR_ITEMS = frozenset({"empty", "qsize", "full"})
Needs = tuple[tuple[str, bool], ...]
_ENDS = (ast.Return, ast.Raise)
_ASYNC_WORDS = frozenset({"async", "asynchronous", "asyncio"})


def needs(node: ast.AST, function: Function, tree: ModuleTree) -> Needs:
    """Return the parameters of ``function`` that decide whether it reaches ``node``.

    Each comes with whether it must be true: for ``if flag: node`` and after ``if not flag: return``
    it must; ``a|b`` stands for one of several. What is only there where a condition held
    (``if wait: done = Event()`` … ``if done is not None: done.wait()``) needs that.
    """
    found = _asked_around(node, function, tree)
    for around in tree.ancestors(node):
        if around is function:
            break
        if isinstance(around, ast.If) and node is not around.test:
            made = _only_made(around, function, tree)
            if made is not None:
                found |= _asked_around(made, function, tree)
    if not found:
        return ()
    taken = {parameter.name for parameter in parameters(function)}
    return tuple(pair for pair in found if taken.issuperset(pair[0].split("|")))


def _only_made(condition: ast.If, function: Function, tree: ModuleTree) -> ast.Assign | None:
    """Return what alone gives its value to the thing of which a condition asks whether it is there.

    What gives it None does not count.
    """
    test = condition.test
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.IsNot):
        return None
    if not is_none(test.comparators[0]) or not isinstance(test.left, (ast.Name, ast.Attribute)):
        return None
    asked = tree.text(test.left)
    given = _given(tree).get((function, last_name(test.left)), ())
    made = [one for one in given if tree.text(one.targets[0]) == asked]
    return made[0] if len(made) == 1 else None


@lru_cache(maxsize=1)
def _given(tree: ModuleTree) -> dict[tuple[ast.AST | None, str], list[ast.Assign]]:
    """Return the assignments of anything but None by function and last name of their target."""
    found: dict[tuple[ast.AST | None, str], list[ast.Assign]] = {}
    for one in tree.all(ast.Assign):
        if not is_none(one.value):
            key = tree.function_of(one), last_name(one.targets[0])
            found.setdefault(key, []).append(one)
    return found


def _asked_around(
    node: ast.AST, function: Function, tree: ModuleTree
) -> dict[tuple[str, bool], None]:
    """Return the names that decide whether a node is reached, in order."""
    found: dict[tuple[str, bool], None] = {}
    guards, parents = _guards_of(tree), tree.parents
    child, around = node, parents.get(node)
    while around is not None:
        if isinstance(around, ast.If) and child is not around.test:
            asked = _asked(around.test, tree.place_in_block(child)[0] is around.body)
            found.update(dict.fromkeys(asked))
        if isinstance(child, ast.stmt):
            found.update(dict.fromkeys(guards.before(child)))
        if around is function:
            break
        child, around = around, parents.get(around)
    return found


class _Guards:
    """The conditions of a module that end their function when met, by the block they stand in."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._known: dict[ast.AST, tuple[list[int], list[tuple[str, bool]]]] = {}

    def before(self, statement: ast.stmt) -> Sequence[tuple[str, bool]]:
        """Return the names that decide before a statement, in its block, whether it is reached."""
        block, index = self._tree.place_in_block(statement)
        if not index:
            return ()
        known = self._known.get(block[0])
        if known is None:
            known = self._known[block[0]] = _guards_in(block)
        places, asked = known
        return asked[: bisect_left(places, index)] if places else ()


_guards_of = lru_cache(maxsize=1)(_Guards)


def _guards_in(block: Sequence[ast.AST]) -> tuple[list[int], list[tuple[str, bool]]]:
    """Return where in a block a name is first asked for, and how, in order."""
    first: dict[tuple[str, bool], int] = {}
    for index, one in enumerate(block):
        if isinstance(one, ast.If) and not one.orelse and isinstance(one.body[-1], _ENDS):
            for pair in _asked(one.test, False):
                first.setdefault(pair, index)
    return list(first.values()), list(first)


def _asked(test: ast.expr, met: bool) -> Iterator[tuple[str, bool]]:
    """Yield the name that a condition asks for, and what it is where that is ``met``."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _asked(test.operand, not met)
    elif isinstance(test, ast.BoolOp):
        each = [list(_asked(one, met)) for one in test.values]
        if isinstance(test.op, ast.And) is met:
            yield from (pair for pairs in each for pair in pairs)
        elif all(len(pairs) == 1 for pairs in each) and len({p[0][1] for p in each}) == 1:
            yield "|".join(pairs[0][0] for pairs in each), each[0][0][1]
    elif isinstance(test, ast.Name):
        yield test.id, met
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and is_none(test.comparators[0]):
        operator = test.ops[0]
        if isinstance(operator, (ast.Is, ast.IsNot)) and met is not isinstance(operator, ast.Is):
            yield from _asked(test.left, True)


def only_reaps_finished(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call joins, in a ``finally``, what the ``try`` before it has awaited."""
    if call.args or call.keywords or last_name(call.func) not in ("join", "wait"):
        return False
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, ast.Try) and tree.place_in_block(child)[0] is node.finalbody:
            return (node, tree.function_of(call)) in _awaiting(tree)
        child = node
    return False


@lru_cache(maxsize=1)
def _awaiting(tree: ModuleTree) -> frozenset[tuple[ast.Try, ast.AST | None]]:
    """Return the statements that try something awaited, each with the function that awaits."""
    found = set()
    for one in tree.all(ast.Await):
        child: ast.AST = one
        for node in tree.ancestors(one):
            if isinstance(node, ast.Try) and tree.place_in_block(child)[0] is node.body:
                found.add((node, tree.function_of(one)))
            child = node
    return frozenset(found)


def is_sync_mode(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a condition keeps a call for when the coroutine is not run as one.

    ``if asynchronous: await asyncio.sleep(1)`` … ``else: time.sleep(1)``.
    """
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        if isinstance(node, ast.If) and child is not node.test:
            otherwise = child in node.orelse
            text = tree.text(node.test)
            asked = words(text) if "async" in text.lower() else ()
            if _ASYNC_WORDS & set(asked) and (otherwise or "not" in asked):
                return True
        child = node
    return False


def asks_for_items(
    waits: ast.Call,
    around: Iterable[ast.AST | None],
    asks: Iterable[ast.Call],
    tree: ModuleTree,
) -> bool:
    """Tell whether one of the functions ``around`` asks if the queue waited for is empty.

    Args:
        asks: the calls of the module that ask so of anything.
    """
    queue = receiver(waits.func)
    functions = set(around)
    return queue is not None and any(
        last_name(receiver(call.func) or call.func) == last_name(queue)
        and tree.function_of(call) in functions
        for call in asks
    )
