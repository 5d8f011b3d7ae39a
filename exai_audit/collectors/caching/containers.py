"""Containers that keep results: by their name, or by the memo idiom whatever their name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from exai_audit.collectors.caching.definitions import Definition
from exai_audit.collectors.caching.held import Held
from exai_audit.collectors.caching.idiom import is_memo, is_setdefault
from exai_audit.collectors.caching.keys import (
    has_few_keys,
    is_argued,
    is_long_lived_object,
    openness,
    shown_key,
)
from exai_audit.collectors.caching.limits import limits
from exai_audit.collectors.caching.purity import Cause, value_cause
from exai_audit.collectors.caching.syntax import Gathered, is_literal, last_name, scope_of
from exai_audit.collectors.caching.uses import Act, Use, references, uses
from exai_audit.collectors.caching.words import is_cache_name, is_live, is_lock, names_a_place
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime, Openness, Origin

_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
_WEAK = frozenset({"weakref.WeakKeyDictionary", "weakref.WeakValueDictionary"})
_COLLECTIONS = frozenset({"builtins.set", "builtins.list", "collections.deque"})
Key = tuple[cst.CSTNode, str]


def containers(
    tree: ModuleTree, gathered: Gathered, defined: Iterable[Definition], taken: set[Key]
) -> Iterator[CacheFact]:
    """Yield the containers that are caches, and the registries of live objects, each once.

    Args:
        taken: what is a cache of another form already; those found are added.
    """
    for definition in defined:
        kind = container_kind(definition.value, tree)
        named = is_cache_name(definition.target.name)
        if kind is None and named and isinstance(definition.value, cst.Dict):
            kind = "builtins.dict"  # a cache that starts with what is known
        if kind is None or definition.key in taken or (kind in _COLLECTIONS and not named):
            continue
        taken.add(definition.key)
        fact = _fact(held(tree, gathered, definition), tree, gathered)
        if fact is not None:
            yield fact


def held(tree: ModuleTree, gathered: Gathered, definition: Definition) -> Held:
    """Return a definition with all that the module does with what it defines."""
    found = uses(tree, references(tree, gathered, definition.target))
    weak = container_kind(definition.value, tree) in _WEAK
    return Held(definition.target, tuple(found), weak)


def container_kind(value: cst.BaseExpression, tree: ModuleTree) -> str | None:
    """Return what sort of empty container a value is; of a choice, what either side is."""
    if isinstance(value, cst.IfExp):
        kinds = [container_kind(side, tree) for side in (value.body, value.orelse)]
        return kinds[1] or kinds[0] if all(kinds) else None
    if isinstance(value, cst.Dict):
        return "builtins.dict" if not value.elements else None
    if isinstance(value, cst.List):
        return "builtins.list" if not value.elements else None
    every = _DICTS | _WEAK | _COLLECTIONS
    if isinstance(value, cst.Call):
        name = tree.qualified(value.func)
        empty = not value.args or name in ("collections.defaultdict", "collections.deque")
        return name if name in every and empty else None
    name = tree.qualified(value) if isinstance(value, (cst.Name, cst.Attribute)) else None
    return name if name in every else None


def _fact(container: Held, tree: ModuleTree, gathered: Gathered) -> CacheFact | None:
    stored = container.stores()
    looked_up = container.does(Act.LOOK_UP) or list(filter(is_setdefault, stored))
    if not looked_up or not stored or container.does(Act.GATHER) or container.does(Act.COUNT):
        return None
    memo = [use for use in stored if is_memo(use, looked_up, tree)]
    named = is_cache_name(container.target.name)
    if not memo and not (named and _computes(stored)):
        return None
    return _describe(container, memo or stored, named, tree, gathered)


def _computes(stored: list[Use]) -> bool:
    """Tell whether something is stored that was computed: a bare flag or number is no result."""
    return any(use.value is None or not is_literal(use.value) for use in stored)


def _describe(
    container: Held, stored: list[Use], named: bool, tree: ModuleTree, gathered: Gathered
) -> CacheFact:
    target = container.target
    values = [use.value for use in stored if use.value is not None]
    live = is_live(target.name, *(last_name(value) for value in values)) and not named
    form = CacheForm.CONTAINER if named else CacheForm.MEMO_IDIOM
    limited = limits(tree, gathered, container)
    why = stale_cause(tree, gathered, stored)
    locked = any(is_locked(use, tree) for use in stored)
    return CacheFact(
        place=tree.place(target.node),
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
        long_lived=is_long_lived_object(tree, gathered, target.owner),
        shared=bool(container.does(Act.HAND_ON)),
    )


def _openness(stored: list[Use], live: bool, tree: ModuleTree) -> Openness:
    """Return how many keys there can be; what live objects connect to is configured."""
    if live and any(use.key is not None and names_a_place(last_name(use.key)) for use in stored):
        return Openness.UNSAID
    return openness(tree, stored)


def stale_cause(tree: ModuleTree, gathered: Gathered, stored: list[Use]) -> Cause | None:
    """Return why what is stored can go stale, None where nothing shows it."""
    found = (
        value_cause(tree, gathered, use.value, use.function)
        for use in stored
        if use.value is not None
    )
    # the clock beside a stored value says when it was stored, a variable is often another cache
    unsaid = (Origin.CLOCK, Origin.STATE)
    return next((one for one in found if one and one.origin not in unsaid), None)


def check_then_act(container: Held, stored: list[Use], tree: ModuleTree) -> int:
    """Return the line on which a function stores what it looked up before, 0 where none does."""
    if container.lifetime not in (Lifetime.MODULE, Lifetime.CLASS):
        return 0
    for use in stored:
        function = use.function
        if not isinstance(function, cst.FunctionDef) or function.asynchronous is not None:
            continue
        looks = any(look.function is function for look in container.does(Act.LOOK_UP))
        if looks and not is_setdefault(use):
            return tree.span(use.node).line
    return 0


def is_locked(use: Use, tree: ModuleTree) -> bool:
    """Tell whether an entry is stored while a lock is held."""
    for node in tree.ancestors(use.node):
        if isinstance(node, cst.With) and any(_is_lock(i.item, tree) for i in node.items):
            return True
        if isinstance(node, cst.FunctionDef):
            return _acquires(node) or any(_takes_lock(d.decorator) for d in node.decorators)
    return False


def _is_lock(node: cst.BaseExpression, tree: ModuleTree) -> bool:
    """Tell whether an expression is a lock by its name, or by what its name was assigned."""
    if is_lock(last_name(node)):
        return True
    scope = scope_of(tree, node) if isinstance(node, cst.Name) else None
    bindings = scope.names.get(node.value, []) if scope and isinstance(node, cst.Name) else []
    made = [binding.value for binding in bindings if isinstance(binding.value, cst.Call)]
    return any(is_lock(last_name(call.func)) for call in made)


def _takes_lock(decorator: cst.BaseExpression) -> bool:
    """Tell whether a decorator is called a lock, or is given one: ``@wrap_with(Lock())``."""
    given = decorator.args if isinstance(decorator, cst.Call) else ()
    return any(is_lock(last_name(node)) for node in (decorator, *(arg.value for arg in given)))


def _acquires(function: cst.FunctionDef) -> bool:
    """Tell whether a function takes a lock by hand in one of its own statements."""
    for statement in function.body.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            call = small.value if isinstance(small, cst.Expr) else None
            if isinstance(call, cst.Call) and last_name(call.func) == "acquire":
                return True
    return False
