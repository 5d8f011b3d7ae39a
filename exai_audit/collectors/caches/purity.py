"""Whether a result follows from its key alone, or can go stale: from where else it comes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from exai_audit.collectors.caches.accesses import Function, Named, last_name, method_class, shown
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.vocabulary import is_clock
from exai_audit.facts.caches import Origin
from exai_audit.facts.concurrency import BlockingKind
from exai_audit.knowledge.blocking_kinds import kind_of
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, receiver
from exai_audit.syntax.scopes import BindingKind
from exai_audit.syntax.walk import children

_FILE_CALLS = frozenset({
    "builtins.open", "io.open", "os.listdir", "os.scandir", "os.stat", "os.walk", "os.path.exists",
    "os.path.getmtime", "os.path.isdir", "os.path.isfile", "glob.glob", "shutil.which",
    "codecs.open", "gzip.open", "os.readlink", "os.path.getsize",
})  # fmt: skip
_FILE_METHODS = frozenset({"read_text", "read_bytes", "iterdir", "rglob"})
_ENVIRONMENT = frozenset({"os.getenv", "os.environ.get", "os.environ", "os.getcwd", "os.getuid"})
_WAITS = {"network": Origin.NETWORK, "process": Origin.PROCESS}
# What these block on is in the process or beside it, and no other machine.
_LOCAL_ROOTS = frozenset({
    "asyncio", "builtins", "concurrent", "io", "multiprocessing", "os", "pathlib", "queue",
    "shutil", "threading", "time",
})  # fmt: skip
_MAKERS = frozenset({"client", "resource", "from_url", "create_engine", "create_async_engine"})
# What asks a database for rows, by the manager of a Django model or the query of a session.
_MANAGERS = frozenset({"objects", "query"})
_QUERIES = frozenset({
    "aggregate", "all", "count", "exists", "filter", "filter_by", "first", "get", "get_or_404",
    "get_or_create", "last", "one", "one_or_none", "scalar", "values", "values_list",
})  # fmt: skip
_WAITED_ON = frozenset({"asyncio.sleep", "time.sleep"})
_NESTED = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_ORDER = tuple(Origin)
_GIVEN = (BindingKind.VALUE, BindingKind.ENTERED)
_MOST_OF_A_NAME = 1_000
_DEEPEST = 2


class Cause(Struct, frozen=True):
    """Where a result comes from besides its key, and the call that shows it."""

    origin: Origin
    source: str


def cause(
    tree: ModuleTree, index: CacheIndex, node: ast.expr | Named, depth: int = _DEEPEST
) -> Cause | None:
    """Return the gravest cause why what ``node`` computes can go stale.

    Functions of the module that it calls are followed, a few calls away.
    """
    return _gravest(_causes(tree, index, node, depth))


def value_cause(
    tree: ModuleTree,
    index: CacheIndex,
    value: ast.expr,
    function: Function | None,
    depth: int = _DEEPEST,
) -> Cause | None:
    """Return the cause of a stored value; of local names in it, that of what they were assigned.

    So it is for the names in that, a few assignments away: ``got = get(); data = got.json()``.
    """
    found = [cause(tree, index, value)]
    if function is not None and depth > 0:
        names = tree.scopes.inside(function).names
        used = [node.id for node in _own(value) if isinstance(node, ast.Name)]
        for binding in (one for name in used for one in names.get(name, [])):
            made = binding.value
            if binding.kind in _GIVEN and made is not None and made is not value:
                found.append(value_cause(tree, index, made, function, depth - 1))
    return _gravest(one for one in found if one is not None)


def _gravest(causes: Iterable[Cause]) -> Cause | None:
    return min(causes, key=lambda one: _ORDER.index(one.origin), default=None)


def _causes(
    tree: ModuleTree, index: CacheIndex, node: ast.expr | Named, depth: int
) -> Iterator[Cause]:
    for part in _own(node):
        if isinstance(part, ast.Await):
            yield Cause(Origin.AWAITED, f"await {_shown(part.value, tree)}")
        elif isinstance(part, ast.Call):
            yield from _call(tree, index, part, depth)
        elif isinstance(part, ast.Subscript) and tree.qualified(part.value) == "os.environ":
            yield Cause(Origin.ENVIRONMENT, "os.environ")
        elif isinstance(part, ast.Name) and _is_rebound(tree, part):
            yield Cause(Origin.STATE, part.id)


def _own(node: ast.expr | Named) -> Iterator[ast.AST]:
    """Yield the nodes of an expression or function body, nested functions left out."""
    stack: list[ast.AST] = [node]
    if isinstance(node, ast.Lambda):
        stack = [node.body]
    elif isinstance(node, FUNCTIONS):
        stack = _outside_nested(node.body)
    while stack:
        current = stack.pop()
        yield current
        stack.extend(_outside_nested(children(current)))


def _outside_nested(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Return what is no nested function or class, the last one first."""
    return [node for node in nodes if not isinstance(node, _NESTED)][::-1]


def _call(tree: ModuleTree, index: CacheIndex, call: ast.Call, depth: int) -> Iterator[Cause]:
    name = tree.qualified(call.func) or ""
    known = _known(name, call) or (Origin.NETWORK if _asks_for_rows(call) else None)
    if known is not None:
        yield Cause(known, _shown(call, tree))
        return
    callee = _local(tree, index, call) if depth > 0 else None
    if isinstance(callee, ast.FunctionDef):
        yield from _causes(tree, index, callee, depth - 1)


def _asks_for_rows(call: ast.Call) -> bool:
    """Tell whether a call asks a model for its rows: ``Order.objects.filter(...)``."""
    manager = receiver(call.func)
    if last_name(call.func) not in _QUERIES or not isinstance(manager, ast.Attribute):
        return False
    model = last_name(manager.value)
    return manager.attr in _MANAGERS and model[:1].isupper() and model != "ContentType"


def _known(name: str, call: ast.Call) -> Origin | None:
    if is_clock(name):
        return Origin.CLOCK
    if name in _FILE_CALLS or (not name and last_name(call.func) in _FILE_METHODS):
        return Origin.FILE
    if name.startswith("pathlib.") and name.rpartition(".")[2] in _FILE_METHODS:
        return Origin.FILE
    if name in _ENVIRONMENT:
        return Origin.ENVIRONMENT
    makes = name.rpartition(".")[2]
    if makes.lstrip("_")[:1].isupper() or makes in _MAKERS:
        return None  # an object is made, nothing is asked yet
    row = table().call(name) if name and name not in _WAITED_ON else None
    if row is None:
        return None
    if row.timeout is not None and row.timeout.waits in _WAITS:
        return _WAITS[row.timeout.waits]
    local = name.partition(".")[0] in _LOCAL_ROOTS
    if row.blocking is None or local or kind_of(row) is BlockingKind.WORK:
        return None
    return Origin.FILE if row.blocking.file_system else Origin.NETWORK


def _local(tree: ModuleTree, index: CacheIndex, call: ast.Call) -> Named | None:
    """Return the function of the module that is called, by name or on ``self``."""
    func = call.func
    if isinstance(func, ast.Attribute):
        own = isinstance(func.value, ast.Name) and func.value.id in ("self", "cls")
        if not own:
            return None
        around, name = tree.class_of(call), func.attr
    elif isinstance(func, ast.Name):
        around, name = None, func.id
    else:
        return None
    named = index.functions_by_name.get(name, ())
    if len(named) > _MOST_OF_A_NAME:
        return None
    same = [f for f in named if method_class(tree, f) is around]
    return same[0] if len(same) == 1 else None


def _is_rebound(tree: ModuleTree, name: ast.Name) -> bool:
    """Tell whether a name is a variable of the module that some function gives another value."""
    module = tree.scopes.module
    bindings = module.names.get(name.id, [])
    if len(bindings) < 2 or tree.scopes.owner(name.id, tree.scopes.of(name)) is not module:
        return False
    return any(
        b.kind is BindingKind.VALUE and tree.function_of(b.node) is not None for b in bindings
    )


def _shown(node: ast.expr, tree: ModuleTree) -> str:
    """Return the function that an expression calls, as it is written."""
    func = node.func if isinstance(node, ast.Call) else node
    text = shown(tree, func)
    return text if len(text) <= 60 else last_name(func) or "a call"
