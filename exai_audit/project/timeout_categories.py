"""The project's own words for the kinds of work that its limits bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import Category, TimeoutFact, UnlimitedFact
from exai_audit.project.constant_names import words_of


def with_own_categories(
    files: Sequence[FileFacts], own: Mapping[Category, Sequence[str]]
) -> tuple[FileFacts, ...]:
    """Return the files with every limit sorted by the project's own words first.

    The first match decides: on the operation, the limit's names, its symbol, the path.

    Args:
        own: whole words in lower case by category.
    """
    if not own:
        return tuple(files)
    by_word = {word: category for category, words in own.items() for word in words}
    return tuple(_sorted(file, by_word) for file in files)


def _sorted(file: FileFacts, by_word: Mapping[str, Category]) -> FileFacts:
    def category(of: TimeoutFact | UnlimitedFact, names: str) -> Category:
        return _found((of.operation, names, of.place.symbol, file.path), by_word) or of.category

    timeouts = (replace(f, category=category(f, f"{f.name} {f.key}")) for f in file.timeouts)
    unlimited = (replace(f, category=category(f, "")) for f in file.unlimited)
    return replace(file, timeouts=tuple(timeouts), unlimited=tuple(unlimited))


def _found(texts: Sequence[str], by_word: Mapping[str, Category]) -> Category | None:
    spoken = (by_word[word] for text in texts for word in words_of(text) if word in by_word)
    return next(spoken, None)
