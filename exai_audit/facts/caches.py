"""Facts about keyed stores of results that outlive the call that filled them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exai_audit.location import Place


class CacheForm(str, Enum):
    DECORATOR = "decorator"
    CONTAINER = "container"
    MEMO_IDIOM = "memo-idiom"
    REGISTRY = "registry"
    LIBRARY_STORE = "library-store"
    CLASS = "class"
    CACHED_PROPERTY = "cached-property"


class Layer(str, Enum):
    IN_MEMORY = "in-memory"
    SEMANTIC = "semantic"
    FILE = "file"
    CONVERSATION = "conversation"
    ROUTING = "routing"
    REQUEST = "request"
    DISTRIBUTED = "distributed"


class Lifetime(str, Enum):
    MODULE = "module"
    CLASS = "class"
    INSTANCE = "instance"
    CLOSURE = "closure"


@dataclass(frozen=True, slots=True)
class CacheFact:
    """One cache, counted once whatever forms it matches.

    ``bound``, ``expiry`` and ``invalidation`` name the mechanism (``maxsize=128``, ``ttl``,
    ``pop``), or are None where the file shows none. ``callable`` is the decorator or store, fully
    qualified, or empty. ``on_method`` and ``on_coroutine`` speak of what a decorator decorates;
    ``parameters`` counts that function's parameters without ``self`` or ``cls``. ``fixed_keys``
    when there can only be so many keys: classes, functions. ``shared`` when the file hands the
    container itself on, so that others may bound or empty it.
    """

    place: Place
    form: CacheForm
    name: str
    callable: str
    layer: Layer
    lifetime: Lifetime
    bound: str | None
    expiry: str | None
    invalidation: str | None
    lock: bool
    pure: bool
    parameters: int = 0
    on_method: bool = False
    on_coroutine: bool = False
    fixed_keys: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class CacheFacts:
    """The caches of a file, and the names of the functions whose caches it clears."""

    found: tuple[CacheFact, ...] = ()
    cleared: tuple[str, ...] = ()
