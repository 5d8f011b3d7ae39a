"""Containers that keep results: by their name, or by the memo idiom whatever their name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import is_literal, last_name, place_of
from exai_audit.collectors.caches.bounds import calls_of, limits
from exai_audit.collectors.caches.claims import is_argued, is_said_unchanging
from exai_audit.collectors.caches.constants import has_constant_keys
from exai_audit.collectors.caches.definitions import Definition
from exai_audit.collectors.caches.idiom import is_memo, is_setdefault
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.key_names import is_keyed_by_digest
from exai_audit.collectors.caches.key_words import names_location
from exai_audit.collectors.caches.keys import (
    has_few_keys,
    is_keyed_by_file,
    openness,
    says_which_server,
    shown_key,
)
from exai_audit.collectors.caches.live_objects import kept_objects
from exai_audit.collectors.caches.lock_registries import (
    keeper_lives_long,
    keeps_locks,
    openness_of_locks,
)
from exai_audit.collectors.caches.makeup import makeup_of
from exai_audit.collectors.caches.object_lives import is_long_lived_object, is_made_once
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.purity import Cause, value_cause
from exai_audit.collectors.caches.references import references
from exai_audit.collectors.caches.sharing import NEVER, Unlocked, check_then_act, is_locked
from exai_audit.collectors.caches.siblings import forgotten
from exai_audit.collectors.caches.uses import Act, Use, uses
from exai_audit.collectors.caches.vocabulary import is_cache_class, is_cache_name, is_live
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Openness, Origin
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, parameters

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
        if fact is None:
            taken.discard(definition.key)
        else:
            yield fact


def held(tree: ModuleTree, index: CacheIndex, definition: Definition) -> Container:
    """Return a definition with all that the module does with what it defines."""
    found = uses(tree, references(tree, index, definition.target))
    kind = container_kind(definition.value, tree) or ""
    return Container(definition.target, tuple(found), kind in _WEAK, kind, definition.value)


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
    return describe(container, memo or stored, tree, index)


def _computes(stored: list[Use]) -> bool:
    """Tell whether something is stored that was computed: a bare flag or number is no result."""
    return any(use.value is None or not is_literal(use.value) for use in stored)


def describe(
    container: Container, stored: list[Use], tree: ModuleTree, index: CacheIndex
) -> CacheFact:
    """Return the fact of a container, by the stores that show what it keeps."""
    target = container.target
    named = is_cache_name(target.name)
    values = [use.value for use in stored if use.value is not None]
    live = is_live(target.name, *(last_name(value) for value in values)) and not named
    form = CacheForm.CONTAINER if named else CacheForm.MEMO_IDIOM
    of_locks = live and keeps_locks(stored)
    lives = keeper_lives_long if of_locks else is_long_lived_object
    limited = limits(tree, index, container)
    setter = written_through(container)
    why = stale_cause(tree, index, stored)
    locked = any(is_locked(use, tree) for use in stored)
    between = NEVER if locked else _between(container, stored, live, tree, index)
    return CacheFact(
        place=place_of(tree, target.node),
        form=CacheForm.REGISTRY if live else form,
        name=target.name,
        callable="",
        layer=Layer.IN_MEMORY,
        lifetime=container.lifetime,
        bound=limited.bound,
        expiry=limited.expiry,
        invalidation=limited.invalidation or (f"set in {setter}" if setter else None),
        lock=locked,
        pure=why is None,
        keys=shown_key(tree, stored),
        sweeps=limited.sweeps,
        removers=limited.removers,
        emptied=limited.emptied,
        origin=why.origin if why else None,
        source=why.source if why else "",
        bookkeeping=limited.bookkeeping,
        removed_in=limited.removed_in,
        set_in=setter,
        unlocked=between.unlocked,
        looked_up=between.looked_up,
        unlocked_in=between.unlocked_in,
        awaits=between.awaits,
        on_loop=between.on_loop,
        read_again=between.read_again,
        of_objects=between.of_objects,
        parameters=1,
        fixed_keys=has_few_keys(tree, container, stored) or _keeps_caches(values),
        constant_keys=has_constant_keys(tree, index, container.stores()),
        argued=is_argued(tree, target.node),
        unchanging=is_said_unchanging(tree, target.node, container.writers())
        or is_keyed_by_digest(stored, tree),
        openness=_openness(container, stored, live, tree),
        long_lived=lives(tree, index, target.owner),
        made_once=is_made_once(tree, index, target.owner),
        shared=bool(container.does(Act.HAND_ON)),
        owner=owner_name(target.owner, tree),
        forgotten=forgotten(container, stored, tree),
        of_locks=of_locks,
        keeps=kept_objects(values, tree),
        of_files=why is not None and why.origin is Origin.FILE and is_keyed_by_file(stored),
        makeup=makeup_of(container, tree, index),
    )


def _between(
    container: Container, stored: list[Use], live: bool, tree: ModuleTree, index: CacheIndex
) -> Unlocked:
    """Return what may come between a look-up and the store."""
    values = [use.value for use in stored if use.value is not None]
    if live and all(_is_of_loop(value, tree) for value in values):
        return NEVER
    found = check_then_act(container, stored, tree, index)
    speaks_only = live and not any(is_live(last_name(value)) for value in values)
    return NEVER if found.awaits and speaks_only else found


def _keeps_caches(values: list[ast.expr]) -> bool:
    """Tell whether the entries are caches themselves: a program has so many of these."""
    made = (last_name(one.func) if isinstance(one, ast.Call) else "" for one in values)
    return bool(values) and all(is_cache_class(name) for name in made)


def written_through(held: Container) -> str:
    """Return which function sets an entry to what it is given, or to a constant: it is kept right.

    Empty where none does. It does not look the entry up, nor does what looks it up call it.
    """
    lookers = {use.function for use in held.does(Act.LOOK_UP)}
    called = {name for looker in lookers if looker is not None for name in calls_of(looker)}
    for use in held.stores():
        function = use.function
        if not isinstance(function, FUNCTIONS) or function in lookers or function.name in called:
            continue
        given = {param.name for param in parameters(function)}
        handed = isinstance(use.value, ast.Name) and use.value.id in given
        if handed or (use.value is not None and is_literal(use.value)):
            return function.name
    return ""


def _is_of_loop(value: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether what is stored works on an event loop only: no thread asks for it."""
    made = tree.qualified(value.func) if isinstance(value, ast.Call) else None
    return made is not None and made.partition(".")[0] in ("asyncio", "anyio", "aiohttp")


def owner_name(owner: ast.AST, tree: ModuleTree) -> str:
    """Return the dotted name of a class below its module, empty for anything else."""
    return tree.symbol(owner) if isinstance(owner, ast.ClassDef) else ""


def _openness(held: Container, stored: list[Use], live: bool, tree: ModuleTree) -> Openness:
    """Return how many keys there can be; what live objects connect to is configured.

    A lock connects to nothing: one for each file has no end.
    """
    if live and keeps_locks(stored):
        return openness_of_locks(stored, tree)
    if live and any(use.key is not None and names_location(last_name(use.key)) for use in stored):
        return Openness.UNSAID
    if (live or is_live(held.target.name)) and says_which_server(stored, tree):
        return Openness.UNSAID
    return openness(tree, stored, None if live else held)


def stale_cause(tree: ModuleTree, index: CacheIndex, stored: list[Use]) -> Cause | None:
    """Return why what is stored can go stale, None where nothing shows it."""
    found = (
        value_cause(tree, index, use.value, use.function) for use in stored if use.value is not None
    )
    # the clock beside a stored value says when it was stored, a variable is often another cache
    unsaid = (Origin.CLOCK, Origin.STATE)
    return next((one for one in found if one and one.origin not in unsaid), None)
