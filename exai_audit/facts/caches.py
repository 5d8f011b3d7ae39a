"""Facts about keyed stores of results that outlive the call that filled them."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

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


class Openness(str, Enum):
    """What the code shows of how many keys there can be.

    ``asked``: each request can bring a new one (users, messages). ``open``: there is no end of them
    (addresses, texts, times).
    """

    UNSAID = "unsaid"
    OPEN = "open"
    ASKED = "asked"


class Origin(str, Enum):
    """What makes a result go stale: where it comes from besides its key."""

    AWAITED = "awaited"
    NETWORK = "network"
    PROCESS = "process"
    FILE = "file"
    CLOCK = "clock"
    ENVIRONMENT = "environment"
    STATE = "state"


class Makeup(Struct, frozen=True):
    """What a cache is made of, by which its remedy is chosen.

    ``kind`` is the sort of a container (``dict``, ``set``, ``list``, ``deque``), ``factory`` what
    makes the entries of a default dictionary. ``filled_in`` are the functions that store into it;
    ``unused`` tells that these are plain functions which their own file names nowhere else,
    ``of_arguments`` that the one there is takes the key, nothing else, and is no coroutine, and
    ``by_identity`` that an ``id(...)`` is part of the key. ``passing`` is the parameter of a
    decorated function that ends before its results do: a request, a session; ``weighty`` tells
    that results are arrays, images or tables, ``stacked`` that it is decorated by more than the
    cache and by none that makes it a property, ``as_property`` that one does. ``room`` is the
    number of entries for which there is a bound, 0 where it is not known. ``key_types`` are the
    dotted classes of all parts of the key, as annotations say them, empty where one says nothing.
    """

    kind: str = ""
    factory: str = ""
    filled_in: tuple[str, ...] = ()
    unused: bool = False
    of_arguments: bool = False
    by_identity: bool = False
    passing: str = ""
    weighty: bool = False
    stacked: bool = False
    as_property: bool = False
    room: int = 0
    key_types: tuple[str, ...] = ()


_UNKNOWN = Makeup()


class CacheFact(Struct, frozen=True):
    """One cache, counted once whatever forms it matches.

    ``bound``, ``expiry`` and ``invalidation`` name the mechanism (``maxsize=128``, ``ttl=60``,
    ``cleared in reset``), or are None where the file shows none. ``callable`` is the decorator,
    store or base class, fully qualified, or empty. ``keys`` is what keys it, as the code says.

    Entries that expire go by themselves when ``sweeps``; else only when they are asked for again.
    ``set_in`` is the function that sets the value of an entry to what it is given, or empty.
    ``removed_in`` are the functions in which entries of it go, whatever the reason,
    ``removers`` those of them that empty it, ``emptied`` whether any code calls one of them.

    ``origin`` says where a result comes from that is not ``pure``, ``source`` in which call.
    ``bookkeeping`` is what the code keeps itself: ``LRU``, ``TTL``, both, or empty.
    ``unlocked`` is the line on which an entry is stored after the look-up on line ``looked_up``
    without a lock, or 0; ``unlocked_in`` is the function that does both, ``awaits`` tells that it
    is a coroutine which awaits in between, ``counts`` that it reckons with the entry,
    ``read_again`` that it reads the entry by its key after asking whether there is one,
    ``of_objects`` that it stores objects which it makes, ``on_loop`` that only coroutines of the
    file call it and that no lock guards any other use of the cache.
    ``grows`` is where the container of a cache class is made, None where it is the place itself.

    ``on_method`` and ``on_coroutine`` speak of what a decorator decorates; ``parameters`` counts
    that function's parameters without ``self`` or ``cls``; ``by_value`` tells that equal objects of
    its class are as good as one another. ``fixed_keys`` when there can only be so many keys
    (classes, functions, languages), ``constant_keys`` when all are made of the module's constants
    alone. ``argued`` when a comment beside it speaks of its growth, ``unchanging`` when one, or a
    docstring, says that its results hold for good, or its keys are digests by their names.

    ``owner`` is the class that holds it, if one does; ``long_lived`` when something shows that its
    object lives as long as the process, ``made_once`` when that is because a module makes it,
    ``part`` when all that is seen of its making is that other objects keep it. ``shared`` when the
    file hands the container itself on, so that others may bound or empty it.

    ``elsewhere`` when the results of a decorated function are kept in a store that is a cache of
    its own; ``keyed_by_self`` when a decorator's keys hold the object, ``shares_results`` when all
    objects of a class share a store by keys that do not. ``unread`` when it is stored into for each
    visitor and no result of it is seen to be returned; ``grows_on_read`` is the line on which
    reading it adds an entry, or 0, in the file ``grows_in`` if that is another; ``of_files`` when
    its keys are the paths of the files that it keeps, ``of_locks`` when it keeps locks; ``keeps``
    is ``lock``, ``event``, ``task`` or ``connection`` where all its values are such.
    ``tested_only`` when only tests call what empties it. ``run_by`` says what has several threads
    run it, where that is not seen in its own file, or is empty. ``forgotten`` says what else of its
    class is removed under the same key, and where, or is empty. ``idle`` when nothing in the
    project calls what fills it.
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
    keys: str = ""
    sweeps: bool = False
    removers: tuple[str, ...] = ()
    emptied: bool = False
    origin: Origin | None = None
    source: str = ""
    bookkeeping: str = ""
    unlocked: int = 0
    looked_up: int = 0
    unlocked_in: str = ""
    awaits: bool = False
    on_loop: bool = False
    counts: bool = False
    read_again: bool = False
    of_objects: bool = False
    grows: Place | None = None
    parameters: int = 0
    on_method: bool = False
    on_coroutine: bool = False
    fixed_keys: bool = False
    constant_keys: bool = False
    openness: Openness = Openness.UNSAID
    argued: bool = False
    unchanging: bool = False
    by_value: bool = False
    long_lived: bool = False
    shared: bool = False
    owner: str = ""
    part: bool = False
    made_once: bool = False
    elsewhere: bool = False
    unread: bool = False
    grows_on_read: int = 0
    grows_in: str = ""
    of_files: bool = False
    of_locks: bool = False
    keeps: str = ""
    keyed_by_self: bool = False
    shares_results: bool = False
    tested_only: bool = False
    run_by: str = ""
    removed_in: tuple[str, ...] = ()
    set_in: str = ""
    forgotten: str = ""
    idle: bool = False
    makeup: Makeup = _UNKNOWN


class Makings(Struct, frozen=True):
    """The last names of the classes of which a file makes objects.

    ``once`` are made when the module is imported, or kept by a ``global`` name or a cached function
    without parameters; of ``parts`` the first is the class whose constructor keeps an object of the
    second; ``passing`` are all others.
    """

    once: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    passing: tuple[str, ...] = ()


class OwnDecorator(Struct, frozen=True):
    """A function of the project that caches what it decorates; ``name`` is dotted.

    ``expiry`` names the mechanism by which its results expire, or is None.
    """

    name: str
    expiry: str | None


class ForeignUse(Struct, frozen=True):
    """What a function does to a container of another module; ``name`` is dotted.

    ``limits`` when it removes from it, measures it, replaces it or hands it on; ``reads`` is the
    line on which it reads an entry by its key, and neither fills it nor asks what is in it, or 0.
    """

    name: str
    stores: bool
    looks_up: bool
    limits: bool
    openness: Openness
    keys: str
    reads: int = 0


class GoneOverFact(Struct, frozen=True):
    """A loop over a dictionary or set that something else may change meanwhile.

    ``name`` is what it goes over, ``changed_in`` the function that adds or removes an entry, on
    line ``changed_at``: another coroutine where the loop ``awaits``, else another thread, as that
    function does so under a lock.
    """

    place: Place
    name: str
    changed_in: str
    changed_at: int
    awaits: bool


_NOTHING = Makings()


class CacheFacts(Struct, frozen=True):
    """The caches of a file, and the names of the functions whose caches it clears.

    ``emptying`` are the functions that it calls and that empty a cache by their name. ``threads``
    is the first call by which the file shows that threads run in it, or empty; ``own_threads`` are
    the functions that these run, or None where others may run, too;
    ``in_threads`` are its functions that it has run by several threads of a pool, ``threaded`` the
    functions and methods of other files, dotted, that several of its threads call; ``served``
    is the framework that runs its functions in the threads of requests, or empty. ``unfilled`` are
    containers that only other files make caches, by the ``foreign`` uses of these. ``enums`` are
    the enumerations that the file defines, dotted.
    """

    found: tuple[CacheFact, ...] = ()
    cleared: tuple[str, ...] = ()
    emptying: tuple[str, ...] = ()
    threads: str = ""
    own_threads: tuple[str, ...] | None = None
    in_threads: tuple[str, ...] = ()
    threaded: tuple[str, ...] = ()
    served: str = ""
    makings: Makings = _NOTHING
    decorators: tuple[OwnDecorator, ...] = ()
    unfilled: tuple[CacheFact, ...] = ()
    foreign: tuple[ForeignUse, ...] = ()
    enums: tuple[str, ...] = ()
