"""Which entry goes by a container's own policy, and whether a store of a library can do it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import last_name, text
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.timestamps import reads_clock
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.vocabulary import CLOCK_NAMES, is_expiry
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, parameters
from exai_audit.syntax.walk import descendants

_SETTINGS = frozenset({"self", "cls", "settings", "config", "cfg", "conf", "options"})
_LEAVING = (ast.Return, ast.Raise)
_LARGER: tuple[type[ast.cmpop], ...] = (ast.Gt, ast.GtE)
_SMALLER: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE)
_ROUNDS = 3


def moves_on_look_up(held: Container, tree: ModuleTree) -> bool:
    """Tell whether a look-up makes its entry the newest: only then the order is that of use."""
    stores = held.does(Act.STORE)
    if any(not _is_of_store(use, stores, tree) for use in held.does(Act.ORDER)):
        return True
    taken = [use for use in held.does(Act.REMOVE) if use.key is not None and not use.whole]
    return any(_puts_back(store, use, tree) for store in stores for use in taken)


def _is_of_store(use: Use, stores: Iterable[Use], tree: ModuleTree) -> bool:
    """Tell whether an entry is moved right after it was stored, and not because it was found."""
    block = tree.block(_statement(use.node, tree))
    return any(_statement(store.node, tree) in block for store in stores)


def _statement(node: ast.AST, tree: ModuleTree) -> ast.AST:
    return tree.statement(node) or node


def _puts_back(store: Use, taken: Use, tree: ModuleTree) -> bool:
    """Tell whether what is stored is the value that was taken out under the same key."""
    if store.function is not taken.function or store.key is None or taken.key is None:
        return False
    if text(tree, store.key) != text(tree, taken.key):
        return False
    return store.value is taken.node or any(
        value is taken.node for value in _assigned(store.value, store, tree)
    )


def _assigned(value: ast.expr | None, use: Use, tree: ModuleTree) -> list[ast.expr]:
    """Return what a local name is given in the function of a use."""
    if not isinstance(value, ast.Name) or use.function is None:
        return []
    bindings = tree.scopes.inside(use.function).names.get(value.id, [])
    return [binding.value for binding in bindings if binding.value is not None]


def refuses(held: Container, tree: ModuleTree) -> bool:
    """Tell whether nothing new is stored once the container is full: no other entry goes."""
    writers = set(held.writers())
    return any(
        use.function in writers and _is_refusal(use, held, tree) for use in held.does(Act.MEASURE)
    )


def _is_refusal(measured: Use, held: Container, tree: ModuleTree) -> bool:
    branch = next((one for one in tree.ancestors(measured.node) if isinstance(one, ast.stmt)), None)
    compare = tree.parent(measured.node)
    if not isinstance(branch, ast.If) or not isinstance(compare, ast.Compare):
        return False
    larger, smaller = _LARGER, _SMALLER
    if compare.left is not measured.node:
        larger, smaller = smaller, larger
    inside = {node for part in branch.body for node in descendants(part)}
    if isinstance(compare.ops[0], larger):
        removes = any(use.node in inside for use in held.does(Act.REMOVE))
        return not removes and isinstance(branch.body[-1], _LEAVING)
    stores = [use.node for use in held.stores() if use.function is measured.function]
    return isinstance(compare.ops[0], smaller) and all(node in inside for node in stores)


def has_lives_of_entries(held: Container, tree: ModuleTree, index: CacheIndex) -> bool:
    """Tell whether entries live for different times: as the caller says, or by what they are."""
    lives: set[str] = set()
    for use in held.stores():
        if not isinstance(use.function, FUNCTIONS) or use.value is None:
            continue
        given = _given(use, tree)
        for value in _sources(use.value, use, tree):
            if _names_a_life(value, given) or _is_without_end(value):
                return True
            for life in _lives(value, index):
                if given & _names(life) or any(
                    isinstance(node, ast.IfExp)
                    for source in _sources(life, use, tree)
                    for node in descendants(source)
                ):
                    return True
                lives.add(text(tree, life))
    return len(lives) > 1


def _given(use: Use, tree: ModuleTree) -> set[str]:
    """Return the parameters of the function that stores, with the locals reckoned from them."""
    assert isinstance(use.function, FUNCTIONS)
    found = {param.name for param in parameters(use.function)} - _SETTINGS - CLOCK_NAMES
    asked = found.copy()
    for _ in range(_ROUNDS):
        for name, bindings in tree.scopes.inside(use.function).names.items():
            values = [one.value for one in bindings if one.value is not None]
            if any(asked & _plain_names(value) for value in values):
                asked.add(name)
    return asked


def _plain_names(value: ast.expr) -> set[str]:
    """Return the names that a number is reckoned from: those of arithmetic, ``min`` and ``max``."""
    found: set[str] = set()
    stack: list[ast.expr] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.BinOp):
            stack += [node.left, node.right]
        elif isinstance(node, ast.BoolOp):
            stack += node.values
        elif isinstance(node, ast.IfExp):
            stack += [node.body, node.orelse, node.test]
        elif isinstance(node, ast.Compare):
            stack.append(node.left)
        elif isinstance(node, ast.Call) and last_name(node.func) in ("min", "max", "int", "float"):
            stack += node.args
    return found


def _sources(value: ast.expr, use: Use, tree: ModuleTree) -> list[ast.expr]:
    """Return a value with what the local names in it are given, two steps back."""
    found = [value]
    new = [value]
    for _ in range(2):
        names = [node for one in new for node in descendants(one) if isinstance(node, ast.Name)]
        new = [given for name in names for given in _assigned(name, use, tree)]
        found += [one for one in new if one not in found]
    return found


def _lives(value: ast.expr, index: CacheIndex) -> Iterator[ast.expr]:
    """Yield what is added to the time: ``ttl`` of ``time.time() + ttl``."""
    for node in descendants(value):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if _is_now(one, index) and not _is_now(other, index):
                    yield other


def _is_now(node: ast.expr, index: CacheIndex) -> bool:
    return reads_clock(index, node) or bool(_names(node) & _NOW)


_NOW = CLOCK_NAMES | {"current_time", "cur_time", "timestamp", "current"}


def _names_a_life(value: ast.expr, given: set[str]) -> bool:
    """Tell whether what is stored holds a lifetime that the function was given."""
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    if isinstance(value, ast.Call):
        parts = [*value.args, *(keyword.value for keyword in value.keywords)]
    named = {part.id for part in parts if isinstance(part, ast.Name)}
    return any(is_expiry(name) for name in named & given)


def _is_without_end(value: ast.expr) -> bool:
    """Tell whether one kind of entry never expires: its end is no time but ``None``."""
    return (
        isinstance(value, ast.Tuple)
        and len(value.elts) > 1
        and any(isinstance(part, ast.Constant) and part.value is None for part in value.elts[1:])
    )


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in descendants(node) if isinstance(one, ast.Name)}
