"""What a file defines and which calls its functions make, as far as another file may ask.

A **term** says what an expression denotes where only several files together can tell. It is a
dotted name, with marks for what is done on the way: ``()`` called, ``(await)`` called and awaited,
``(with)`` called and entered by ``with``, ``(depends)`` provided by a framework, ``<name>`` a
parameter of the function before it. ``shop.clients.make().get`` is the ``get`` of what
``shop.clients.make`` returns; ``shop.orders.total.<db>.execute`` the ``execute`` of an argument.
An instance of the class ``shop.Store`` is ``shop.Store()``. Any other argument of a call is
``?``, a literal stands as it is written, a parameter handed on whose class is no matter as
``<name>``.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.facts.concurrency import BlockingFact, Moment
from exai_audit.location import Place

UNKNOWN = "?"


class FunctionForm(str, Enum):
    """What calling a function does: runs it, makes a generator, a context manager, or reads."""

    PLAIN = "plain"
    GENERATOR = "generator"
    CONTEXT_MANAGER = "context-manager"
    PROPERTY = "property"


class CallForm(str, Enum):
    """What is done with the result at once: nothing of note, ``with``, or a loop over it."""

    PLAIN = "plain"
    ENTERED = "entered"
    ITERATED = "iterated"
    AWAITED = "awaited"


def twins_of(name: str) -> tuple[str, ...]:
    """Return how the coroutine twin of a function may be called."""
    bare = name.lstrip("_")
    mark = name[: len(name) - len(bare)]
    return f"{mark}a{bare}", f"{mark}async_{bare}", f"{name}_async", f"{mark}a_{bare}"


class CallFact(Struct, frozen=True):
    """A call that a function makes of something that may matter.

    ``arguments`` has position or keyword of each with its term. ``needs`` are parameters of the
    function around, each (of ``a|b`` one) with whether it must be true for the call to be reached.
    ``place`` is None but in coroutines, and ``moment`` is theirs; ``for_plain`` where the code has
    found that a function is no coroutine function.
    """

    line: int
    callee: str
    arguments: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, bool], ...] = ()
    form: CallForm = CallForm.PLAIN
    place: Place | None = None
    moment: Moment = Moment.SERVING
    for_plain: bool = False


class FunctionFact(Struct, frozen=True):
    """A function by its name in the module: ``Class.method``, ``outer.inner``.

    ``parameters`` are those that a call gives, ``self`` left out, with their defaults as literals.
    ``returns`` is the term of what it returns, or yields. ``blocks`` are the blocking calls of a
    synchronous function. ``asks_for_loop`` when it asks whether an event loop runs, ``runs_loop``
    when, whatever it is given, it has one made by ``asyncio.run``;
    ``asks_for_items`` are the last names of the queues that it asks whether they are empty;
    ``forwards`` when all it does is to call another; ``serves_from`` is the line of a coroutine
    from which on others may run, 0 where none may.
    """

    name: str
    line: int
    is_async: bool = False
    form: FunctionForm = FunctionForm.PLAIN
    parameters: tuple[tuple[str, str], ...] = ()
    returns: str = ""
    calls: tuple[CallFact, ...] = ()
    blocks: tuple[BlockingFact, ...] = ()
    asks_for_loop: bool = False
    asks_for_items: tuple[str, ...] = ()
    runs_loop: bool = False
    forwards: bool = False
    serves_from: int = 0


class ClassFact(Struct, frozen=True):
    """A class: the terms of its bases, its methods, and what it holds in attributes, as terms.

    ``abstract`` are the methods that it leaves to its subclasses, ``takes`` the parameters of its
    own ``__init__``.
    """

    name: str
    bases: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    abstract: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class MadeFact(Struct, frozen=True):
    """A call of a class, by the term of the class, with those of its arguments that have one."""

    of: str
    arguments: tuple[tuple[str, str], ...]


class DefinitionFacts(Struct, frozen=True):
    """What a file defines that may matter to another: functions, classes, module variables.

    ``made`` are the objects of classes, of any file, that it makes and hands what matters.
    """

    functions: tuple[FunctionFact, ...] = ()
    classes: tuple[ClassFact, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    made: tuple[MadeFact, ...] = ()
