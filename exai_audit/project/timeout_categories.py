"""The project's own words for the kinds of work that its limits bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import Category, TimeoutFact, UnlimitedFact
from exai_audit.project.constant_names import words_of

_Words = tuple[tuple[Category, tuple[str, ...]], ...]


def with_own_categories(
    files: Sequence[FileFacts], own: Callable[[str], _Words]
) -> tuple[FileFacts, ...]:
    """Return the files with every limit sorted by the project's own words first.

    The first match decides: on the operation, the limit's names, its symbol, the path.

    Args:
        own: returns whole words in lower case by category, for a path.
    """

    def completed(file: FileFacts) -> FileFacts:
        words = own(file.path)
        return _sorted(file, _by_word(words)) if words else file

    return tuple(map(completed, files))


@lru_cache(maxsize=64)
def _by_word(own: _Words) -> Mapping[str, Category]:
    return {word: category for category, words in own for word in words}


def _sorted(file: FileFacts, by_word: Mapping[str, Category]) -> FileFacts:
    def category(of: TimeoutFact | UnlimitedFact, names: str) -> Category:
        return _found((of.operation, names, of.place.symbol, file.path), by_word) or of.category

    timeouts = (replace(f, category=category(f, f"{f.name} {f.key}")) for f in file.timeouts)
    unlimited = (replace(f, category=category(f, "")) for f in file.unlimited)
    return replace(file, timeouts=tuple(timeouts), unlimited=tuple(unlimited))


def _found(texts: Sequence[str], by_word: Mapping[str, Category]) -> Category | None:
    spoken = (by_word[word] for text in texts for word in words_of(text) if word in by_word)
    return next(spoken, None)
