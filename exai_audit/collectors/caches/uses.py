"""What a module does with one container: looks up, stores, removes, measures."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from exai_audit.collectors.caches.accesses import (
    Function,
    call_given,
    last_name,
)
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments

LOOK_UPS = frozenset({"get", "__getitem__", "__contains__", "has_key", "get_many", "index", "aget"})
_REMOVALS = frozenset({
    "pop", "popitem", "clear", "__delitem__", "remove", "discard", "delete", "delete_many", "evict",
    "expire", "flushdb", "invalidate", "popleft", "adelete", "aclear",
})  # fmt: skip
_WHOLE = frozenset({"popitem", "clear", "flushdb", "invalidate", "popleft", "aclear"})
_ADDITIONS = frozenset({"add", "append"})
SETTERS = {"__setitem__": 1, "set": 1, "aset": 1, "put": 1, "setex": 2, "psetex": 2, "store": 1}
_GOING_OVER = frozenset({"items", "keys", "values"})
_COPIES = frozenset({"list", "tuple", "sorted", "set", "iter", "reversed", "enumerate"})
_READS = frozenset({
    "bool", "dict", "hash", "id", "isinstance", "print", "repr", "str", "sum", "any", "all", "map",
    "filter", "max", "min", "zip", "getsizeof", "dumps", "deepcopy", "copy",
})  # fmt: skip
GATHERING = frozenset({"add", "append", "appendleft", "extend", "insert", "update", "setdefault"})


class Act(Enum):
    """One thing done with a container; ``BIND`` is assigning another value to its name.

    ``MEASURE`` compares its length, ``GO_OVER`` looks at all entries, ``ORDER`` notes which of them
    was used last.
    """

    LOOK_UP = "look-up"
    STORE = "store"
    REMOVE = "remove"
    BIND = "bind"
    COUNT = "count"
    GATHER = "gather"
    FILL = "fill"
    MEASURE = "measure"
    HAND_ON = "hand-on"
    GO_OVER = "go-over"
    ORDER = "order"


_METHODS = (
    (LOOK_UPS, Act.LOOK_UP),
    (_ADDITIONS, Act.STORE),
    (_GOING_OVER, Act.GO_OVER),
    (frozenset({"move_to_end"}), Act.ORDER),
    (frozenset({"update"}), Act.FILL),
)


class Use(Struct, frozen=True):
    """One use. ``whole`` removals empty the container or choose themselves what goes.

    ``function`` is the function that does it, ``key`` and ``value`` what is given, ``callback``
    tells that the operation is handed on as a function (``call_later(ttl, cache.pop, key)``).
    """

    act: Act
    node: ast.AST
    function: Function | None
    key: ast.expr | None = None
    value: ast.expr | None = None
    whole: bool = False
    callback: bool = False


def uses(tree: ModuleTree, places: Sequence[ast.expr]) -> list[Use]:
    """Return what is done at each reference, in the order of the references."""
    found = []
    for place in places:
        use = _use(tree, place)
        if use is not None:
            found.append(use)
    return found


def _use(tree: ModuleTree, place: ast.expr) -> Use | None:
    parent = tree.parent(place)
    function = tree.function_of(place)
    if isinstance(parent, ast.Subscript) and parent.value is place:
        return _subscript(tree, parent, function)
    if isinstance(parent, ast.Attribute):
        return _method(tree, parent, function)
    if isinstance(parent, ast.Compare):
        if _is_looked_into(place, parent):
            return Use(Act.LOOK_UP, parent, function, parent.left)
        return None
    if isinstance(parent, ast.Delete) and len(parent.targets) == 1:  # several are locals
        return Use(Act.REMOVE, parent, function, whole=True)
    if isinstance(parent, ast.Assign) and parent.value is not place:
        return Use(Act.BIND, place, function, value=parent.value)
    if isinstance(parent, ast.AnnAssign) and parent.target is place:
        return Use(Act.BIND, place, function, value=parent.value)
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and parent.iter is place:
        return Use(Act.GO_OVER, parent, function)
    call = call_given(tree, place)
    return _argument(tree, call, function) if call is not None else None


def _is_looked_into(place: ast.expr, comparison: ast.Compare) -> bool:
    """Tell whether a comparison asks whether something is in ``place``."""
    return any(
        side is place and isinstance(operator, (ast.In, ast.NotIn))
        for operator, side in zip(comparison.ops, comparison.comparators, strict=True)
    )


def _argument(tree: ModuleTree, call: ast.Call, function: Function | None) -> Use | None:
    name = last_name(call.func)
    if name == "len":
        return Use(Act.MEASURE, call, function) if _is_weighed(tree, call) else None
    if name in _COPIES:
        return Use(Act.GO_OVER, call, function)
    return None if name in _READS else Use(Act.HAND_ON, call, function)


def _is_weighed(tree: ModuleTree, call: ast.Call) -> bool:
    """Tell whether a length is compared or reckoned with, not only shown or asked for nought."""
    child: ast.AST = call
    for parent in tree.ancestors(call):
        if isinstance(parent, ast.Compare):
            return not any(map(_is_nought, (parent.left, *parent.comparators)))
        if isinstance(parent, ast.BinOp):
            return True
        if isinstance(parent, ast.stmt) or call_given(tree, child) is not None:
            return False
        child = parent
    return False


def _is_nought(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0


def _subscript(tree: ModuleTree, node: ast.Subscript, function: Function | None) -> Use | None:
    parent = tree.parent(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return _subscript(tree, parent, function)  # cache[user][page]: a cache in each entry
    if isinstance(parent, ast.Compare) and _is_looked_into(node, parent):
        return Use(Act.LOOK_UP, parent, function, parent.left)
    key = subscript_key(node)
    if isinstance(parent, ast.Assign) and parent.value is not node:
        return Use(Act.STORE, node, function, key, parent.value)
    if isinstance(parent, ast.AnnAssign) and parent.target is node:
        return Use(Act.STORE, node, function, key, parent.value)
    if isinstance(parent, ast.AugAssign) and parent.target is node:
        return Use(Act.COUNT, node, function, key, parent.value)
    if isinstance(parent, ast.Delete):
        return Use(Act.REMOVE, node, function, key)
    if isinstance(parent, ast.Tuple):
        holder = tree.parent(parent)
        if isinstance(holder, ast.Assign) and holder.value is not parent:
            return Use(Act.STORE, node, function, key)
    if _gathers(tree, node):
        return Use(Act.GATHER, node, function, key)
    return Use(Act.LOOK_UP, node, function, key)


def _method(tree: ModuleTree, node: ast.Attribute, function: Function | None) -> Use | None:
    name = node.attr
    call = tree.parent(node)
    called = isinstance(call, ast.Call) and call.func is node
    handed = [a.value for a in arguments(call)] if called and isinstance(call, ast.Call) else []
    first = handed[0] if handed else None
    whole = call if called and call is not None else node
    if name in _REMOVALS:
        return Use(Act.REMOVE, whole, function, first, whole=name in _WHOLE, callback=not called)
    if name == "setdefault":
        value = handed[1] if len(handed) > 1 else None
        act = Act.GATHER if _gathers(tree, whole) else Act.STORE
        return Use(act, whole, function, first, value)
    if name in SETTERS and len(handed) > SETTERS[name]:
        return Use(Act.STORE, whole, function, first, handed[SETTERS[name]])
    if name == "update" and called and (entry := single_entry(first)) is not None:
        return Use(Act.STORE, whole, function, *entry)
    act_of = next((act for names, act in _METHODS if name in names), None)
    return Use(act_of, whole, function, first) if act_of is not None else None


def single_entry(given: ast.expr | None) -> tuple[ast.expr, ast.expr] | None:
    """Return key and value of ``{key: value}``, None for what is not one entry."""
    if not isinstance(given, ast.Dict) or len(given.keys) != 1 or given.keys[0] is None:
        return None
    return given.keys[0], given.values[0]


def _gathers(tree: ModuleTree, node: ast.AST) -> bool:
    """Tell whether the value looked up is added to: a multimap, not a cache."""
    attribute = tree.parent(node)
    if not isinstance(attribute, ast.Attribute) or attribute.attr not in GATHERING:
        return False
    call = tree.parent(attribute)
    return isinstance(call, ast.Call) and call.func is attribute


def subscript_key(node: ast.Subscript) -> ast.expr | None:
    """Return the key of ``cache[key]``; of ``cache[a, b]`` the whole tuple."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return None if any(isinstance(part, ast.Slice) for part in parts) else node.slice
