"""Where the code around a call shows that nothing is blocked by it after all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.collectors.concurrency.reachability import is_sync_mode, only_reaps_finished
from exai_audit.collectors.context.data_urls import opens_data
from exai_audit.knowledge.calls import Blocking, Call
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    argument,
    dotted,
    is_none,
    last_name,
    receiver,
    text_of,
)

_MEANT = re.compile(
    r"#.*(?:\b(?:intent(?:ional|ionally|ed|ited)|on purpose|deliberate(?:ly)?)\b"
    r"|noqa\s*:[^#]*\bASYNC\d|\bcare about (?:asyncio|blocking)\b"
    r"|\bblocking (?:is|here is) (?:ok|okay|fine|acceptable)\b)",
    re.IGNORECASE,
)
_IMAGES = "PIL.Image.Image."
_SMALL = 1024
_NO_WAIT_KEYWORDS = frozenset({"block", "blocking", "wait"})
AWAITS = frozenset({
    "wait_for", "shield", "gather", "ensure_future", "create_task", "wrap_future", "isawaitable",
})  # fmt: skip
"""The last names of what is given something to await."""
_ADDRESS_WORDS = frozenset({"url", "uri", "link", "href", "address", "endpoint"})
_PRIVATE_LOOP = frozenset({"new_event_loop", "run_until_complete"})
_SHARED_LOOP = frozenset({
    "run_forever", "run_coroutine_threadsafe", "create_task", "ensure_future", "gather",
    "call_soon_threadsafe", "TaskGroup",
})  # fmt: skip


def gives_no_wait(call: ast.Call, blocking: Blocking, tree: ModuleTree) -> bool:
    """Tell whether the arguments say that the call does not wait after all."""
    given = argument(call, blocking.argument, blocking.position) if blocking.argument else None
    value = given.value if given is not None else None
    if blocking.unless == "not-given" and (value is None or is_none(value)):
        return not _unpacks(call)
    if blocking.unless == "given":
        return value is not None
    if blocking.unless == "nohang" and value is not None:
        return "NOHANG" in tree.text(value)
    if blocking.unless == "false" and value is not None and _is_false(value):
        return True
    if blocking.unless in ("zero", "not-given") and value is not None and tree.number(value) == 0:
        return True
    return any(one.arg in _NO_WAIT_KEYWORDS and _is_false(one.value) for one in call.keywords)


def _unpacks(call: ast.Call) -> bool:
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    return starred or any(one.arg is None for one in call.keywords)


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def is_awaited(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the call's own result is awaited: then it is no blocking call after all."""
    parent = tree.parent(call)
    if isinstance(parent, ast.withitem):
        return isinstance(tree.parent(parent), ast.AsyncWith)
    if isinstance(parent, ast.Await):
        return True
    given: ast.AST = call
    if isinstance(parent, (ast.keyword, ast.Starred)):
        given, parent = parent, tree.parent(parent)
    if not isinstance(parent, ast.Call) or given is parent.func:
        return False
    return last_name(parent.func) in AWAITS


def is_meant(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a comment at a call or right above it says that it is meant to block."""
    line, last = call.lineno, call.end_lineno or call.lineno
    if any(_MEANT.search(tree.source.line(number)) for number in range(line, last + 1)):
        return True
    while line > 1 and tree.source.line(line - 1).lstrip().startswith("#"):
        line -= 1
        if _MEANT.search(tree.source.line(line)):
            return True
    return False


def is_right_here(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the place of a call shows that no coroutine's loop is blocked by it."""
    shown = (is_awaited, _must_not_wait, is_sync_mode, only_reaps_finished, _has_private_loop)
    return any(shows(call, tree) for shows in shown)


def _must_not_wait(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a generator is being closed, where nothing can be awaited instead."""
    return "GeneratorExit" in tree.words and any(
        isinstance(node, ast.ExceptHandler)
        and isinstance(node.type, ast.Name)
        and node.type.id == "GeneratorExit"
        for node in tree.ancestors(call)
    )


def _has_private_loop(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the class runs its coroutines, one at a time, in a loop that it made itself."""
    if not tree.words >= _PRIVATE_LOOP:
        return False
    owner = tree.class_of(call)
    if owner is None or not isinstance(tree.function_of(call), ast.AsyncFunctionDef):
        return False
    telling = tree.calls_named(_PRIVATE_LOOP | _SHARED_LOOP)
    made = {last_name(one.func) for one in telling if tree.class_of(one) is owner}
    return made >= _PRIVATE_LOOP and made.isdisjoint(_SHARED_LOOP)


def knows_better(call: ast.Call, row: Call, tree: ModuleTree) -> bool:
    """Tell whether a call that mostly blocks does not: what it is called on or given says so."""
    if row.name in ("subprocess.Popen.wait", "subprocess.Popen.communicate"):
        return _has_ended(call, tree)
    if row.name == "socket.socket.connect":
        return _is_datagram(call, tree)
    if row.name == "urllib.request.urlopen":
        return opens_data(call, tree)
    if row.name == "feedparser.parse":
        return not _is_given_an_address(call)
    if row.name in ("threading.Thread.join", "multiprocessing.Process.join"):
        return _is_never_made(call, tree)
    return row.name.startswith(_IMAGES) and _is_drawn_small(call, tree)


def _is_drawn_small(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether an image is one that the code itself draws, of a known and small size."""
    image = receiver(call.func)
    if not isinstance(image, ast.Name):
        return False
    made = tree.bindings(image.id, image)
    return bool(made) and all(_has_small_size(one, tree) for one in made)


def _has_small_size(made: ast.expr, tree: ModuleTree) -> bool:
    if not isinstance(made, ast.Call) or tree.qualified(made.func) != "PIL.Image.new":
        return False
    given = argument(made, "size", 1)
    size = given.value if given is not None else None
    known = tree.bindings(size.id, size) if isinstance(size, ast.Name) else [size]
    return len(known) == 1 and isinstance(known[0], ast.Tuple) and _is_small(known[0], tree)


def _is_small(size: ast.Tuple, tree: ModuleTree) -> bool:
    numbers = [tree.number(one) for one in size.elts]
    return all(one is not None and one <= _SMALL for one in numbers)


def _is_never_made(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether all that the file ever puts into the attribute that is joined is None."""
    kept, owner = receiver(call.func), tree.class_of(call)
    if not isinstance(kept, ast.Attribute) or dotted(kept.value) != "self" or owner is None:
        return False
    stores = [
        tree.parent(node)
        for node in tree.mentions(kept.attr)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if not _is_of_another(node, owner, tree)
    ]
    values = tree.self_bindings(owner, kept.attr)
    return bool(values) and len(values) >= len(stores) and all(map(is_none, values))


def _is_of_another(kept: ast.Attribute, owner: ast.ClassDef, tree: ModuleTree) -> bool:
    """Tell whether a class that does not extend ``owner`` keeps something of the same name."""
    around = tree.class_of(kept)
    if around is None or around is owner or dotted(kept.value) != "self":
        return False
    return owner.name not in map(last_name, around.bases)


def _has_ended(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether ``poll()`` was asked before, and said that the process is no more."""
    process = receiver(call.func)
    name = dotted(process) if process is not None else ""
    if not name or "poll" not in tree.words:
        return False
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            break
        if isinstance(node, ast.If) and child in node.body and _polls(node.test, name, ast.IsNot):
            return True
        child = node
    function = tree.function_of(call)
    return any(
        tree.function_of(loop) is function
        and loop.lineno < call.lineno
        and _polls(loop.test, name, ast.Is)
        for loop in tree.all(ast.While)
    )


def _polls(test: ast.expr, name: str, operator: type[ast.cmpop]) -> bool:
    return any(
        isinstance(one, ast.Compare)
        and isinstance(one.ops[0], operator)
        and isinstance(one.left, ast.Call)
        and dotted(one.left.func) == f"{name}.poll"
        for one in _conjuncts(test)
    )


def _conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        yield from test.values
    else:
        yield test


def _is_datagram(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a socket was made for datagrams: to connect it sends nothing."""
    socket = receiver(call.func)
    values = tree.bindings(socket.id, socket) if isinstance(socket, ast.Name) else []
    for parent in tree.ancestors(call):
        if isinstance(parent, ast.With):
            values = [*values, *(item.context_expr for item in parent.items)]
    return any("SOCK_DGRAM" in tree.text(value) for value in values)


def _is_given_an_address(call: ast.Call) -> bool:
    """Tell whether what is parsed is an address to fetch, by its text or its name."""
    given = next(iter(call.args), None)
    if given is None:
        return False
    starts = given.values[0] if isinstance(given, ast.JoinedStr) and given.values else given
    if (text_of(starts) or "").startswith("http"):
        return True
    key = text_of(given.slice) if isinstance(given, ast.Subscript) else None
    return not _ADDRESS_WORDS.isdisjoint(words(key or last_name(given)))
