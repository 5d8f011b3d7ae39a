"""Facts about limits that do not reach the wait they are meant for."""

from __future__ import annotations

from msgspec import Struct

from exai_audit.location import Place


class UnforwardedFact(Struct, frozen=True):
    """A call, in a function that has a limit of its own, that is given none.

    ``own`` is that limit's name, ``kind`` what becomes of it: ``unused`` (nothing reads it),
    ``attribute`` (the class keeps it and nothing reads it), ``around`` (it limits the wait for this
    very call), ``told`` (it only stands in a message), ``settings`` (others are handed on),
    ``another`` (the call is given ``known`` instead), ``kept`` (the object's own is read),
    ``options`` (``known``, which holds it, is left out). ``given`` counts the arguments by
    position; ``known`` is otherwise the name of the limit that the knowledge table says
    ``function`` takes, empty for a function that a file may define.
    """

    place: Place
    function: str
    own: str
    kind: str
    given: int
    known: str = ""


class ShortLimitFact(Struct, frozen=True):
    """A limit of ``seconds`` on a connection, on which ``operation`` waits for ``waits`` seconds.

    ``waits`` is None for a wait without an end; ``line`` is where the wait stands.
    """

    place: Place
    limit: str
    seconds: float
    operation: str
    waits: float | None
    line: int


class WallClockFact(Struct, frozen=True):
    """A moment taken from the wall clock: given to an event loop, or the ``deadline`` of a loop.

    ``of_limit`` when a name says that what ends the loop is a limit on waiting, ``lasts`` when that
    is a minute or more: a clock that is set by seconds does little to it. ``kept_at`` is the line
    where an attribute was given the moment, 0 for one that a loop's own function has, which is
    asked for on line ``asked_at``.
    """

    place: Place
    operation: str
    given: str
    is_loop: bool
    of_limit: bool = False
    lasts: bool = False
    kept_at: int = 0
    asked_at: int = 0


class FrameworkSettingFact(Struct, frozen=True):
    """A setting of a framework that a file makes use of without ``setting``, or gives (``given``).

    ``used_by`` is the module whose import shows that the setting matters.
    """

    place: Place
    setting: str
    used_by: str
    given: bool
