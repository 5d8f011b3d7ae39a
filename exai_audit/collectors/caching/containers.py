"""Containers that keep results: by their name, or by the memo idiom whatever their name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.caching.syntax import (
    Gathered,
    Target,
    descendants,
    is_constructor,
    is_literal,
    last_name,
    target_of,
    text,
)
from exai_audit.collectors.caching.uses import Act, Use, references, uses
from exai_audit.collectors.caching.words import (
    is_cache_name,
    is_live,
    is_lock,
    layer_of,
    speaks_of_expiry,
)
from exai_audit.collectors.scopes import first_parameter
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime

_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
_WEAK = frozenset({"weakref.WeakKeyDictionary", "weakref.WeakValueDictionary"})
_FEW = frozenset({"type", "Type", "Callable", "ModuleType", "bool", "Literal"})
_COMPUTED = (cst.Call, cst.Await, cst.Name, cst.BinaryOperation, cst.ListComp, cst.DictComp)


@dataclass(frozen=True, slots=True)
class _Container:
    """A container's definition and all that the file does with it."""

    target: Target
    weak: bool
    uses: list[Use]

    def does(self, act: Act) -> list[Use]:
        return [use for use in self.uses if use.act is act]


def containers(tree: ModuleTree, gathered: Gathered) -> Iterator[CacheFact]:
    """Yield the containers that are caches, and the registries of live objects, each once."""
    seen: set[tuple[cst.CSTNode, str]] = set()
    for assignment in gathered.assignments:
        kind = _kind(assignment.value, tree)
        target = _single_target(assignment, tree)
        if kind is None or target is None or target.lifetime is None:
            continue
        if (target.owner, target.name) in seen:
            continue
        seen.add((target.owner, target.name))
        found = uses(tree, references(tree, gathered, target))
        fact = _fact(_Container(target, kind in _WEAK, found), tree)
        if fact is not None:
            yield fact


def _kind(value: cst.BaseExpression | None, tree: ModuleTree) -> str | None:
    """Return what sort of empty dictionary a value is."""
    if isinstance(value, cst.Dict):
        return "builtins.dict" if not value.elements else None
    if isinstance(value, cst.Call):
        name = tree.qualified(value.func)
        empty = not value.args or name == "collections.defaultdict"
        return name if name in _DICTS | _WEAK and empty else None
    return None


def _single_target(assignment: cst.Assign | cst.AnnAssign, tree: ModuleTree) -> Target | None:
    if isinstance(assignment, cst.AnnAssign):
        return target_of(tree, assignment.target)
    found = [target_of(tree, t.target) for t in assignment.targets]
    return next((t for t in found if t is not None and t.lifetime is not None), None)


def _fact(container: _Container, tree: ModuleTree) -> CacheFact | None:
    stored = _stores(container)
    looked_up = container.does(Act.LOOK_UP) or list(filter(_is_setdefault, stored))
    if not looked_up or not stored or container.does(Act.GATHER) or container.does(Act.COUNT):
        return None
    memo = [use for use in stored if _is_memo(use, looked_up, tree)]
    named = is_cache_name(container.target.name)
    if container.target.lifetime is Lifetime.INSTANCE and not named:
        return None  # a data structure of its object as often as a cache
    if not memo and not (named and _computes(stored)):
        return None
    return _describe(container, memo or stored, named, tree)


def _stores(container: _Container) -> list[Use]:
    """Return the stores made while the program works, not while it is set up."""
    return [
        use
        for use in container.does(Act.STORE)
        if use.function is not None
        and not (use.key is not None and is_literal(use.key))
        and not (container.target.lifetime is Lifetime.INSTANCE and is_constructor(use.function))
    ]


def _computes(stored: list[Use]) -> bool:
    """Tell whether something is stored that was computed: a bare flag or number is no result."""
    return any(use.value is None or not is_literal(use.value) for use in stored)


def _is_memo(store: Use, looked_up: list[Use], tree: ModuleTree) -> bool:
    """Tell whether one function looks a key up, computes on a miss, stores, and returns it."""
    function = store.function
    if not isinstance(function, cst.FunctionDef) or store.key is None or store.value is None:
        return False
    if not isinstance(store.value, _COMPUTED) or _is_own_parameter(store.value, function):
        return False
    if _is_setdefault(store):
        is_computed = isinstance(store.value, (cst.Call, cst.Await))
        return is_computed and isinstance(tree.parent(store.node), cst.Return)
    key = text(tree, store.key)
    pairs = [
        use
        for use in looked_up
        if use.function is function and use.key is not None and text(tree, use.key) == key
    ]
    return bool(pairs) and _returns_it(function, store, pairs, tree)


def _is_setdefault(use: Use) -> bool:
    return isinstance(use.node, cst.Call) and last_name(use.node.func) == "setdefault"


def _is_own_parameter(value: cst.BaseExpression, function: cst.FunctionDef) -> bool:
    params = function.params
    names = {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}
    return isinstance(value, cst.Name) and value.value in names


def _returns_it(
    function: cst.FunctionDef, store: Use, looked_up: list[Use], tree: ModuleTree
) -> bool:
    """Tell whether the function returns what it looked up, as it is, or what it stored."""
    nodes = {use.node for use in looked_up}
    kept = {text(tree, store.value)} if isinstance(store.value, cst.Name) else set()
    for use in looked_up:
        parent = tree.parent(use.node)
        if isinstance(parent, cst.Assign) and isinstance(parent.targets[0].target, cst.Name):
            kept.add(parent.targets[0].target.value)
        elif isinstance(parent, cst.NamedExpr) and isinstance(parent.target, cst.Name):
            kept.add(parent.target.value)
    returned = [n.value for n in descendants(function.body) if isinstance(n, cst.Return)]
    for value in returned:
        if value in nodes or (isinstance(value, cst.Name) and value.value in kept):
            return True
    return False


def _describe(container: _Container, stored: list[Use], named: bool, tree: ModuleTree) -> CacheFact:
    target = container.target
    values = [use.value for use in stored if use.value is not None]
    live = is_live(target.name, *(last_name(value) for value in values))
    form = CacheForm.CONTAINER if named else CacheForm.MEMO_IDIOM
    lifetime = target.lifetime
    assert lifetime is not None
    return CacheFact(
        place=tree.place(target.node),
        form=CacheForm.REGISTRY if live and not named else form,
        name=target.name,
        callable="",
        layer=layer_of([target.name, tree.symbol(target.owner)]),
        lifetime=lifetime,
        bound=_bound(container),
        expiry=_expiry(container, tree),
        invalidation=_invalidation(container),
        lock=any(_is_locked(use, tree) for use in stored),
        pure=all(not isinstance(value, cst.Await) for value in values),
        parameters=1,
        fixed_keys=_is_keyed_by_classes(target.node, tree) or all(map(_has_fixed_key, stored)),
        shared=bool(container.does(Act.HAND_ON)),
    )


def _bound(container: _Container) -> str | None:
    if container.weak:
        return "weak references"
    removed = container.does(Act.REMOVE)
    if container.does(Act.MEASURE) and (removed or _rebinds(container)):
        return "length check"
    return None


def _rebinds(container: _Container) -> list[Use]:
    """Return where the container is replaced after it was made."""
    return [
        use
        for use in container.does(Act.BIND)
        if use.node is not container.target.node
        and use.function is not None
        and not is_constructor(use.function)
    ]


def _invalidation(container: _Container) -> str | None:
    removed = container.does(Act.REMOVE)
    if removed:
        return "cleared" if any(use.whole for use in removed) else "removed by key"
    return "replaced" if _rebinds(container) else None


def _expiry(container: _Container, tree: ModuleTree) -> str | None:
    for use in container.does(Act.REMOVE):
        function = use.function
        if isinstance(function, cst.FunctionDef):
            names = (n.value for n in descendants(function) if isinstance(n, cst.Name))
            if any(speaks_of_expiry(name) for name in names):
                return "by age"
    return None


def _is_locked(use: Use, tree: ModuleTree) -> bool:
    return any(
        isinstance(node, cst.With) and any(is_lock(last_name(item.item)) for item in node.items)
        for node in tree.ancestors(use.node)
    )


def _is_keyed_by_classes(target: cst.BaseExpression, tree: ModuleTree) -> bool:
    """Tell whether the annotation says so: ``dict[type, str]``."""
    definition = tree.parent(target)
    if not isinstance(definition, cst.AnnAssign):
        return False
    annotation = definition.annotation.annotation
    if not isinstance(annotation, cst.Subscript):
        return False
    key = annotation.slice[0].slice
    return isinstance(key, cst.Index) and last_name(key.value) in _FEW


def _has_fixed_key(use: Use) -> bool:
    """Tell whether the keys are classes or functions: there are only so many of them.

    What ``__new__`` keeps are the instances of its class, made once each.
    """
    if isinstance(use.function, cst.FunctionDef) and use.function.name.value == "__new__":
        return True
    key = use.key
    if isinstance(key, cst.Call):
        return last_name(key.func) == "type"
    name = last_name(key) if key is not None else ""
    if name in ("__class__", "cls", "klass", "func", "fn", "type_", "typ", "tp", "module"):
        return True
    if isinstance(key, cst.Name) and isinstance(use.function, cst.FunctionDef):
        return _annotated_fixed(key.value, use.function)
    return False


def _annotated_fixed(name: str, function: cst.FunctionDef) -> bool:
    if first_parameter(function) == name:
        return name == "cls"
    params = function.params
    for param in (*params.posonly_params, *params.params, *params.kwonly_params):
        if param.name.value == name and param.annotation is not None:
            annotation = param.annotation.annotation
            base = annotation.value if isinstance(annotation, cst.Subscript) else annotation
            return last_name(base) in _FEW
    return False
