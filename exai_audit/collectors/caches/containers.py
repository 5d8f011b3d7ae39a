"""Containers that keep results: by their name, or by the memo idiom whatever their name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import (
    CacheIndex,
    Named,
    is_literal,
    last_name,
    place_of,
    scope_of,
)
from exai_audit.collectors.caches.bounds import limits
from exai_audit.collectors.caches.definitions import Definition
from exai_audit.collectors.caches.idiom import is_memo, is_setdefault
from exai_audit.collectors.caches.keys import (
    has_few_keys,
    is_argued,
    is_long_lived_object,
    openness,
    shown_key,
)
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.purity import Cause, value_cause
from exai_audit.collectors.caches.uses import Act, Use, references, uses
from exai_audit.collectors.caches.vocabulary import is_cache_name, is_live, is_lock, names_location
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime, Openness, Origin
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments

_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
_WEAK = frozenset({"weakref.WeakKeyDictionary", "weakref.WeakValueDictionary"})
_COLLECTIONS = frozenset({"builtins.set", "builtins.list", "collections.deque"})
_EVERY = _DICTS | _WEAK | _COLLECTIONS
Key = tuple[ast.AST, str]


def containers(
    tree: ModuleTree, index: CacheIndex, defined: Iterable[Definition], taken: set[Key]
) -> Iterator[CacheFact]:
    """Yield the containers that are caches, and the registries of live objects, each once.

    Args:
        taken: what is a cache of another form already; those found are added.
    """
    for definition in defined:
        kind = container_kind(definition.value, tree)
        named = is_cache_name(definition.target.name)
        if kind is None and named and isinstance(definition.value, ast.Dict):
            kind = "builtins.dict"  # a cache that starts with what is known
        if kind is None or definition.key in taken or (kind in _COLLECTIONS and not named):
            continue
        taken.add(definition.key)
        fact = _fact(held(tree, index, definition), tree, index)
        if fact is not None:
            yield fact


def held(tree: ModuleTree, index: CacheIndex, definition: Definition) -> Container:
    """Return a definition with all that the module does with what it defines."""
    found = uses(tree, references(tree, index, definition.target))
    weak = container_kind(definition.value, tree) in _WEAK
    return Container(definition.target, tuple(found), weak)


def container_kind(value: ast.expr, tree: ModuleTree) -> str | None:
    """Return what sort of empty container a value is; of a choice, what either side is."""
    if isinstance(value, ast.IfExp):
        kinds = [container_kind(side, tree) for side in (value.body, value.orelse)]
        return kinds[1] or kinds[0] if all(kinds) else None
    if isinstance(value, ast.Dict):
        return "builtins.dict" if not value.values else None
    if isinstance(value, ast.List):
        return "builtins.list" if not value.elts else None
    if isinstance(value, ast.Call):
        name = tree.qualified(value.func)
        bare = not value.args and not value.keywords
        empty = bare or name in ("collections.defaultdict", "collections.deque")
        return name if name in _EVERY and empty else None
    name = tree.qualified(value) if isinstance(value, (ast.Name, ast.Attribute)) else None
    return name if name in _EVERY else None


def _fact(container: Container, tree: ModuleTree, index: CacheIndex) -> CacheFact | None:
    stored = container.stores()
    looked_up = container.does(Act.LOOK_UP) or list(filter(is_setdefault, stored))
    if not looked_up or not stored or container.does(Act.GATHER) or container.does(Act.COUNT):
        return None
    memo = [use for use in stored if is_memo(use, looked_up, tree)]
    named = is_cache_name(container.target.name)
    if not memo and not (named and _computes(stored)):
        return None
    return _describe(container, memo or stored, named, tree, index)


def _computes(stored: list[Use]) -> bool:
    """Tell whether something is stored that was computed: a bare flag or number is no result."""
    return any(use.value is None or not is_literal(use.value) for use in stored)


def _describe(
    container: Container, stored: list[Use], named: bool, tree: ModuleTree, index: CacheIndex
) -> CacheFact:
    target = container.target
    values = [use.value for use in stored if use.value is not None]
    live = is_live(target.name, *(last_name(value) for value in values)) and not named
    form = CacheForm.CONTAINER if named else CacheForm.MEMO_IDIOM
    limited = limits(tree, index, container)
    why = stale_cause(tree, index, stored)
    locked = any(is_locked(use, tree) for use in stored)
    return CacheFact(
        place=place_of(tree, target.node),
        form=CacheForm.REGISTRY if live else form,
        name=target.name,
        callable="",
        layer=Layer.IN_MEMORY,
        lifetime=container.lifetime,
        bound=limited.bound,
        expiry=limited.expiry,
        invalidation=limited.invalidation,
        lock=locked,
        pure=why is None,
        keys=shown_key(tree, stored),
        sweeps=limited.sweeps,
        removers=limited.removers,
        emptied=limited.emptied,
        origin=why.origin if why else None,
        source=why.source if why else "",
        bookkeeping=limited.bookkeeping,
        unlocked=0 if locked else check_then_act(container, stored, tree),
        parameters=1,
        fixed_keys=has_few_keys(tree, container, stored),
        argued=is_argued(tree, target.node),
        openness=_openness(stored, live, tree),
        long_lived=is_long_lived_object(tree, index, target.owner),
        shared=bool(container.does(Act.HAND_ON)),
    )


def _openness(stored: list[Use], live: bool, tree: ModuleTree) -> Openness:
    """Return how many keys there can be; what live objects connect to is configured."""
    if live and any(use.key is not None and names_location(last_name(use.key)) for use in stored):
        return Openness.UNSAID
    return openness(tree, stored)


def stale_cause(tree: ModuleTree, index: CacheIndex, stored: list[Use]) -> Cause | None:
    """Return why what is stored can go stale, None where nothing shows it."""
    found = (
        value_cause(tree, index, use.value, use.function) for use in stored if use.value is not None
    )
    # the clock beside a stored value says when it was stored, a variable is often another cache
    unsaid = (Origin.CLOCK, Origin.STATE)
    return next((one for one in found if one and one.origin not in unsaid), None)


def check_then_act(container: Container, stored: list[Use], tree: ModuleTree) -> int:
    """Return the line on which a function stores what it looked up before, 0 where none does."""
    if container.lifetime not in (Lifetime.MODULE, Lifetime.CLASS):
        return 0
    for use in stored:
        function = use.function
        if not isinstance(function, ast.FunctionDef):
            continue
        looks = any(look.function is function for look in container.does(Act.LOOK_UP))
        if looks and not is_setdefault(use):
            return tree.span(use.node).line
    return 0


def is_locked(use: Use, tree: ModuleTree) -> bool:
    """Tell whether an entry is stored while a lock is held."""
    for node in tree.ancestors(use.node):
        if isinstance(node, (ast.With, ast.AsyncWith)) and any(
            _is_lock(item.context_expr, tree) for item in node.items
        ):
            return True
        if isinstance(node, FUNCTIONS):
            return _acquires(node) or any(map(_takes_lock, node.decorator_list))
    return False


def _is_lock(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression is a lock by its name, or by what its name was assigned."""
    if is_lock(last_name(node)):
        return True
    scope = scope_of(tree, node) if isinstance(node, ast.Name) else None
    bindings = scope.names.get(node.id, []) if scope and isinstance(node, ast.Name) else []
    made = [binding.value for binding in bindings if isinstance(binding.value, ast.Call)]
    return any(is_lock(last_name(call.func)) for call in made)


def _takes_lock(decorator: ast.expr) -> bool:
    """Tell whether a decorator is called a lock, or is given one: ``@wrap_with(Lock())``."""
    given = arguments(decorator) if isinstance(decorator, ast.Call) else []
    return any(is_lock(last_name(node)) for node in (decorator, *(one.value for one in given)))


def _acquires(function: Named) -> bool:
    """Tell whether a function takes a lock by hand in one of its own statements."""
    calls = (one.value for one in function.body if isinstance(one, ast.Expr))
    return any(isinstance(c, ast.Call) and last_name(c.func) == "acquire" for c in calls)
