"""What shows that a loop made for one call does harm: where it is made, what it leaves behind."""

from __future__ import annotations

import ast

from exai_audit.collectors.concurrency.offloads import is_in_loop, is_method_of
from exai_audit.facts.concurrency import LoopHazard
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments, last_name, receiver
from exai_audit.syntax.walk import descendants

_MAKES = "new_event_loop"
_RUNS = frozenset({"run_until_complete", "create_task", "run_in_executor"})
_ANY_ERROR = frozenset({"Exception", "BaseException"})
_SAY_ERRORS = frozenset({"exception", "print_exc", "format_exc", "opt", "capture_exception"})
_ASKS_FOR_KIND = frozenset({"iscoroutine", "isawaitable", "iscoroutinefunction"})
_MARKS = frozenset({"async", "aio", "a", "sync", "coro", "coroutine"})


def hazard_of(call: ast.Call, tree: ModuleTree) -> LoopHazard | None:
    """Return the first that shows of a call that makes a loop, runs it and throws it away."""
    if is_in_loop(call, tree) and not is_made_before(call, tree):
        return LoopHazard.EACH_TURN
    if _leaves_a_closed_loop(call, tree):
        return LoopHazard.CLOSED_LOOP_LEFT
    if _is_left_open(call, tree):
        return LoopHazard.LEFT_OPEN
    if _is_swallowed(call, tree):
        return LoopHazard.ERROR_SWALLOWED
    if _stands_among_coroutines(call, tree):
        return LoopHazard.AMONG_COROUTINES
    return LoopHazard.OF_EITHER_KIND if _asks_for_coroutine(call, tree) else None


def is_made_before(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the loop that a call runs at each turn is made once, before the turns."""
    loop = receiver(call.func)
    if not isinstance(loop, ast.Name):
        return False
    made = tree.bindings(loop.id, loop)
    return bool(made) and not any(is_in_loop(one, tree) for one in made)


def _asks_for_coroutine(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the loop is made only if what a given function is, or gave, is a coroutine.

    Then the same call works for plain functions, from coroutines too, and fails for others.
    """
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        if isinstance(node, (ast.If, ast.IfExp)) and child is not node.test:
            asked = node.test
            then = child in node.body if isinstance(node, ast.If) else child is node.body
            if then and isinstance(asked, ast.Call) and last_name(asked.func) in _ASKS_FOR_KIND:
                return True
        child = node
    return False


def _leaves_a_closed_loop(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the thread is given a loop that the same function closes, and no other then."""
    loop = receiver(call.func)
    if not isinstance(loop, ast.Name) or not tree.mentions("set_event_loop"):
        return False
    function = tree.function_of(call)
    around = tree.all(ast.Call) if function is None else descendants(function)
    calls = (one for one in around if isinstance(one, ast.Call))
    inside = [one for one in calls if tree.function_of(one) is function]
    given = [one for one in inside if last_name(one.func) == "set_event_loop" and one.args]
    is_set = any(isinstance(o.args[0], ast.Name) and o.args[0].id == loop.id for o in given)
    reset = any(not (isinstance(o.args[0], ast.Name) and o.args[0].id == loop.id) for o in given)
    return is_set and not reset and any(is_method_of(one, "close", loop.id) for one in inside)


def _is_left_open(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a function makes the loop that it runs under a name of its own, and no more.

    Nothing closes it there, nor is it handed on to what might.
    """
    loop, function = receiver(call.func), tree.function_of(call)
    if not isinstance(loop, ast.Name) or not isinstance(function, FUNCTIONS):
        return False
    made = tree.bindings(loop.id, loop)
    if len(made) != 1 or not isinstance(made[0], ast.Call):
        return False
    if last_name(made[0].func) != _MAKES or tree.function_of(made[0]) is not function:
        return False
    uses = (one for one in tree.named(loop.id) if tree.function_of(one) is function)
    return all(_is_given(one, tree) or _runs_or_sets(one, tree) for one in uses)


def _is_given(name: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a name is given a value; libcst's trees do not say so at the name."""
    around = tree.parent(name)
    if isinstance(around, ast.Assign):
        return name in around.targets
    return isinstance(around, (ast.AnnAssign, ast.NamedExpr)) and around.target is name


def _runs_or_sets(use: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a use of a loop runs something in it, or makes it that of the thread."""
    around = tree.parent(use)
    if isinstance(around, ast.Attribute):
        return around.attr in _RUNS
    return isinstance(around, ast.Call) and last_name(around.func) == "set_event_loop"


def _is_swallowed(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the error that a running loop gives is caught with all others, and kept."""
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        if isinstance(node, ast.Try) and child in node.body and node.handlers:
            last = node.handlers[-1]
            caught_all = last.type is None or last_name(last.type) in _ANY_ERROR
            return caught_all and not _tells(last)
        child = node
    return False


def _tells(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler raises, or logs what the error was."""
    for below in descendants(handler):
        if isinstance(below, ast.Raise):
            return True
        if isinstance(below, ast.keyword) and below.arg == "exc_info":
            return True
        if isinstance(below, ast.Call) and last_name(below.func) in _SAY_ERRORS:
            return True
        if isinstance(below, ast.Expr) and handler.name in _names(below):
            return True
    return False


def _names(node: ast.AST) -> set[str]:
    return {below.id for below in descendants(node) if isinstance(below, ast.Name)}


def _stands_among_coroutines(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a plain method stands among coroutines, and is no twin of one of them."""
    function = tree.function_of(call)
    owner = tree.class_of(call)
    if not isinstance(function, FUNCTIONS) or owner is None or function not in owner.body:
        return False
    run = [last_name(given.value) for given in arguments(call)]
    found = [one.name for one in owner.body if isinstance(one, ast.AsyncFunctionDef)]
    others = [name for name in found if name not in run]
    names = [*found, *run]
    return bool(others) and not any(is_twin(function.name, name) for name in names)


def is_twin(plain: str, asynchronous: str) -> bool:
    """Tell whether two names say the same work, once to call and once to await."""
    bare, other = plain.strip("_"), asynchronous.strip("_")
    if other in (f"a{bare}", bare):
        return True
    left, right = (tuple(w for w in words(n) if w not in _MARKS) for n in (bare, other))
    return bool(left) and left == right
