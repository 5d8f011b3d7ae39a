"""What a module does with one container: looks up, stores, removes, measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import libcst as cst

from exai_audit.collectors.caching.syntax import (
    Function,
    Gathered,
    Target,
    is_attribute_name,
    last_name,
    lineage,
    scope_of,
)
from exai_audit.collectors.scopes import How
from exai_audit.collectors.tree import ModuleTree

_LOOK_UPS = frozenset(
    {"get", "__getitem__", "__contains__", "has_key", "get_many", "index", "aget"}
)
_REMOVALS = frozenset({
    "pop", "popitem", "clear", "__delitem__", "remove", "discard", "delete", "delete_many", "evict",
    "expire", "flushdb", "invalidate", "popleft", "adelete", "aclear",
})  # fmt: skip
_WHOLE = frozenset({"popitem", "clear", "flushdb", "invalidate", "popleft", "aclear"})
_ADDITIONS = frozenset({"add", "append"})
_SETTERS = {"__setitem__": 1, "set": 1, "aset": 1, "put": 1, "setex": 2, "psetex": 2, "store": 1}
_GOING_OVER = frozenset({"items", "keys", "values"})
_COPIES = frozenset({"list", "tuple", "sorted", "set", "iter", "reversed", "enumerate"})
_READS = frozenset({
    "bool", "dict", "hash", "id", "isinstance", "print", "repr", "str", "sum", "any", "all", "map",
    "filter", "max", "min", "zip", "getsizeof", "dumps", "deepcopy", "copy",
})  # fmt: skip
_GATHERING = frozenset({"add", "append", "appendleft", "extend", "insert", "update", "setdefault"})


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
    (_LOOK_UPS, Act.LOOK_UP),
    (_ADDITIONS, Act.STORE),
    (_GOING_OVER, Act.GO_OVER),
    (frozenset({"move_to_end"}), Act.ORDER),
    (frozenset({"update"}), Act.FILL),
)


@dataclass(frozen=True, slots=True)
class Use:
    """One use. ``whole`` removals empty the container or choose themselves what goes.

    ``function`` is the function that does it, ``key`` and ``value`` what is given, ``callback``
    tells that the operation is handed on as a function (``call_later(ttl, cache.pop, key)``).
    """

    act: Act
    node: cst.CSTNode
    function: Function | None
    key: cst.BaseExpression | None = None
    value: cst.BaseExpression | None = None
    whole: bool = False
    callback: bool = False


def references(
    tree: ModuleTree, gathered: Gathered, target: Target
) -> list[cst.Name | cst.Attribute]:
    """Return every place of the module that names the container, local aliases included."""
    found: list[cst.Name | cst.Attribute] = []
    if isinstance(target.owner, cst.ClassDef):
        family = lineage(tree, target.owner, gathered.classes)
        for name in gathered.names.get(target.name, []):
            found.extend(_member(tree, name, target.owner, family))
    else:
        scope = tree.scopes.inside(target.owner)  # type: ignore[arg-type]
        names = gathered.names.get(target.name, [])
        found.extend(n for n in names if _stands_for(tree, n) and scope_of(tree, n) is scope)
    aliases: list[cst.Name | cst.Attribute] = []
    for reference in found:
        aliases.extend(_aliases(tree, gathered, reference))
    return found + [a for a in aliases if a not in found]


def _stands_for(tree: ModuleTree, name: cst.Name) -> bool:
    parent = tree.parent(name)
    if isinstance(parent, cst.Arg):
        return parent.keyword is not name
    return not isinstance(parent, cst.Param) and not is_attribute_name(tree, name)


def _member(
    tree: ModuleTree, name: cst.Name, owner: cst.ClassDef, family: set[cst.ClassDef]
) -> Iterator[cst.Name | cst.Attribute]:
    """Yield ``self.name`` and the like; in an unrelated class ``self`` has its own."""
    parent = tree.parent(name)
    if isinstance(parent, cst.Attribute) and parent.attr is name:
        around = tree.class_of(parent)
        own = isinstance(parent.value, cst.Name) and parent.value.value in ("self", "cls")
        if not own or around is None or around in family:
            yield parent
    elif _stands_for(tree, name) and tree.scopes.of(name).node is owner:
        yield name


def _aliases(
    tree: ModuleTree, gathered: Gathered, reference: cst.Name | cst.Attribute
) -> Iterator[cst.Name]:
    """Yield the uses of ``cache = self._cache`` in a function, if that is its only meaning."""
    assignment = tree.parent(reference)
    alias: cst.CSTNode | None = None
    if isinstance(assignment, cst.Assign) and assignment.value is reference:
        alias = assignment.targets[0].target if len(assignment.targets) == 1 else None
    elif isinstance(assignment, cst.AssignTarget):
        alias = _twin_target(tree, assignment)
    elif isinstance(assignment, cst.NamedExpr) and assignment.value is reference:
        alias = assignment.target
    if not isinstance(alias, cst.Name):
        return
    scope = scope_of(tree, alias)
    if scope is None or isinstance(scope.node, (cst.Module, cst.ClassDef)):
        return
    if len([b for b in scope.names[alias.value] if b.how is not How.ANNOTATION]) != 1:
        return
    for name in gathered.names.get(alias.value, []):
        if name is not alias and _stands_for(tree, name) and scope_of(tree, name) is scope:
            yield name


def _twin_target(tree: ModuleTree, target: cst.AssignTarget) -> cst.CSTNode | None:
    """Return the local of ``self._cache = cache = {}``."""
    assignment = tree.parent(target)
    if not isinstance(assignment, cst.Assign) or len(assignment.targets) != 2:
        return None
    return next((t.target for t in assignment.targets if t is not target), None)


def uses(tree: ModuleTree, places: Sequence[cst.BaseExpression]) -> list[Use]:
    """Return what is done at each reference, in the order of the references."""
    found = []
    for place in places:
        use = _use(tree, place)
        if use is not None:
            found.append(use)
    return found


def _use(tree: ModuleTree, place: cst.BaseExpression) -> Use | None:
    parent = tree.parent(place)
    function = tree.function_of(place)
    if isinstance(parent, cst.Subscript) and parent.value is place:
        return _subscript(tree, parent, function)
    if isinstance(parent, cst.Attribute) and parent.value is place:
        return _method(tree, parent, function)
    if isinstance(parent, cst.ComparisonTarget):
        comparison = tree.parent(parent)
        if isinstance(parent.operator, (cst.In, cst.NotIn)) and isinstance(
            comparison, cst.Comparison
        ):
            return Use(Act.LOOK_UP, comparison, function, comparison.left)
        return None
    if isinstance(parent, cst.Del):
        return Use(Act.REMOVE, parent, function, whole=True)
    if isinstance(parent, cst.AssignTarget):
        assignment = tree.parent(parent)
        value = assignment.value if isinstance(assignment, cst.Assign) else None
        return Use(Act.BIND, place, function, value=value)
    if isinstance(parent, cst.AnnAssign) and parent.target is place:
        return Use(Act.BIND, place, function, value=parent.value)
    if isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is place:
        return Use(Act.GO_OVER, parent, function)
    if isinstance(parent, cst.Arg):
        return _argument(tree, parent, function)
    return None


def _argument(tree: ModuleTree, arg: cst.Arg, function: Function | None) -> Use | None:
    call = tree.parent(arg)
    if not isinstance(call, cst.Call):
        return None
    name = last_name(call.func)
    if name == "len":
        return Use(Act.MEASURE, call, function) if _is_weighed(tree, call) else None
    if name in _COPIES:
        return Use(Act.GO_OVER, call, function)
    return None if name in _READS else Use(Act.HAND_ON, call, function)


def _is_weighed(tree: ModuleTree, call: cst.Call) -> bool:
    """Tell whether a length is compared or reckoned with, not only shown or asked for nought."""
    for parent in tree.ancestors(call):
        if isinstance(parent, cst.Comparison) and any(
            isinstance(side, cst.Integer) and side.value == "0"
            for side in (parent.left, *(c.comparator for c in parent.comparisons))
        ):
            return False
        if isinstance(parent, (cst.Comparison, cst.BinaryOperation)):
            return True
        if isinstance(parent, (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Arg)):
            return False
    return False


def _subscript(tree: ModuleTree, node: cst.Subscript, function: Function | None) -> Use | None:
    key = subscript_key(node)
    parent = tree.parent(node)
    if isinstance(parent, cst.Subscript) and parent.value is node:
        return _subscript(tree, parent, function)  # cache[user][page]: a cache in each entry
    if isinstance(parent, cst.ComparisonTarget) and isinstance(
        parent.operator, (cst.In, cst.NotIn)
    ):
        comparison = tree.parent(parent)
        if isinstance(comparison, cst.Comparison):
            return Use(Act.LOOK_UP, comparison, function, comparison.left)
    if isinstance(parent, cst.AssignTarget):
        assignment = tree.parent(parent)
        assert isinstance(assignment, cst.Assign)
        return Use(Act.STORE, node, function, key, assignment.value)
    if isinstance(parent, cst.AnnAssign) and parent.target is node:
        return Use(Act.STORE, node, function, key, parent.value)
    if isinstance(parent, cst.AugAssign) and parent.target is node:
        return Use(Act.COUNT, node, function, key, parent.value)
    if isinstance(parent, cst.Del):
        return Use(Act.REMOVE, node, function, key)
    if isinstance(parent, cst.Element) and isinstance(tree.parent(parent), cst.Tuple):
        holder = tree.parent(tree.parent(parent) or parent)
        if isinstance(holder, cst.AssignTarget):
            return Use(Act.STORE, node, function, key)
    if _gathers(tree, node):
        return Use(Act.GATHER, node, function, key)
    return Use(Act.LOOK_UP, node, function, key)


def _method(tree: ModuleTree, node: cst.Attribute, function: Function | None) -> Use | None:
    name = node.attr.value
    call = tree.parent(node)
    called = isinstance(call, cst.Call) and call.func is node
    arguments = [a.value for a in call.args] if called and isinstance(call, cst.Call) else []
    first = arguments[0] if arguments else None
    whole = call if called and call is not None else node
    if name in _REMOVALS:
        return Use(Act.REMOVE, whole, function, first, whole=name in _WHOLE, callback=not called)
    if name == "setdefault":
        value = arguments[1] if len(arguments) > 1 else None
        act = Act.GATHER if _gathers(tree, whole) else Act.STORE
        return Use(act, whole, function, first, value)
    if name in _SETTERS and len(arguments) > _SETTERS[name]:
        return Use(Act.STORE, whole, function, first, arguments[_SETTERS[name]])
    act_of = next((act for names, act in _METHODS if name in names), None)
    return Use(act_of, whole, function, first) if act_of is not None else None


def _gathers(tree: ModuleTree, node: cst.CSTNode) -> bool:
    """Tell whether the value looked up is added to: a multimap, not a cache."""
    attribute = tree.parent(node)
    return (
        isinstance(attribute, cst.Attribute)
        and attribute.attr.value in _GATHERING
        and isinstance(tree.parent(attribute), cst.Call)
    )


def subscript_key(node: cst.Subscript) -> cst.BaseExpression | None:
    """Return the key of ``cache[key]``; of ``cache[a, b]`` the whole tuple."""
    parts = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
    if len(parts) != len(node.slice):
        return None
    if len(parts) == 1:
        return parts[0]
    return cst.Tuple([cst.Element(part) for part in parts])
