"""How much of a module a topic must see, so that the rest need not be parsed.

What stands outside functions is always seen. A function is seen by a topic if its `Sight` says so;
a topic without one sees every function. Names are resolved as if everything had been seen: what an
unseen function returns or sets on ``self`` is read when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from exai_audit.collectors.outline import Outline
from exai_audit.knowledge.table import Call

__all__ = ["Sight", "Surroundings"]


def _no_names(outline: Outline) -> Iterable[str]:
    return ()


def _always(outline: Outline) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a topic must see besides, once it has something to say: it decides what is said.

    Args:
        everything: every function.
        names: the functions with one of these names in them.
        callers: the functions that name one that was seen.
        called: the functions that those seen name, so many calls away.
    """

    everything: bool = False
    names: Callable[[Outline], Iterable[str]] = _no_names
    callers: bool = False
    called: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """What a function must hold for a topic to say anything of it; one sign is enough.

    Args:
        words: is searched in every identifier and word of a text.
        code: is searched in the code itself.
        rows: chooses rows of the knowledge table: their last names are signs where they are called
            or decorate, and other names that the module gives to the same objects, where it
            imports their library.
        mentions: whether a row's name is a sign where it is an argument, too.
        names: returns further names that are signs in this module, with other names for the same.
        fixed: returns further names that are signs by themselves alone; with a dot in front, as
            attributes.
        callers: whether only coroutines speak, and what plain functions with a sign do that they
            name.
        applies: tells whether the module can say anything of the topic at all.
        around: what is seen besides in a module of which there is something to say.
    """

    words: re.Pattern[str] | None = None
    code: re.Pattern[str] | None = None
    rows: Callable[[Call], bool] | None = None
    mentions: bool = False
    names: Callable[[Outline], Iterable[str]] = _no_names
    fixed: Callable[[Outline], Iterable[str]] = _no_names
    callers: bool = False
    applies: Callable[[Outline], bool] = _always
    around: Surroundings | None = None
