"""Which calls of a module may be known ones, told by names alone: a superset, cheap to find.

A call is known by what its name denotes. To find that out costs a hundred times more than to see
that it cannot be: whatever it denotes ends in a last name that the knowledge table has, unless the
module gave it another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from unicodedata import normalize

from msgspec import Struct

from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.table import configuration, table

Rows = Callable[[Call], bool]
_MOST_WORDS = 200_000
_IN_WORDS = re.compile(rb"[\w\x80-\xff]")
_WORDS_ALONE = bytes(byte if _IN_WORDS.match(bytes([byte])) else 32 for byte in range(256))
_ASCII_WORDS_ALONE = _WORDS_ALONE[:128].decode()


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, with numbers among them: its identifiers, as Python knows them.

    The bytes of other alphabets stay together with their neighbours: they may join two words, but
    no identifier is lost.
    """
    if text.isascii():
        return frozenset(text.translate(_ASCII_WORDS_ALONE).split())
    text = normalize("NFKC", text)
    different = set(text.encode("utf-8", "replace").translate(_WORDS_ALONE).split())
    return frozenset(b" ".join(different).decode("utf-8", "replace").split(" "))


class Trigger(Struct, frozen=True):
    """What a file must hold for a topic to say anything of it; one sign is enough.

    Args:
        words: is searched in each word of the file, those of its texts and comments among them.
        names: words that are signs.
        rows: chooses rows of the knowledge table: their last names are signs where the file
            imports a library that leads to them, and so is another name that it gives them.
        roots: tells from the top-level modules that any name may come from.
        said: gives more words that are signs, when it is first asked.
        applies: whether the words of the file let it speak at all.
    """

    words: re.Pattern[str] | None = None
    names: frozenset[str] = frozenset()
    rows: Rows | None = None
    roots: Callable[[frozenset[str]], bool] = lambda roots: False
    said: Callable[[], frozenset[str]] = frozenset
    applies: Callable[[frozenset[str]], bool] = lambda words: True

    def __post_init__(self) -> None:
        if self.words is not None:
            _VOCABULARY.add(self.words)

    def is_in(self, words: frozenset[str], roots: frozenset[str]) -> bool:
        """Tell whether a file with these words says anything.

        Args:
            roots: the top-level modules that any name of the file may come from.
        """
        if not self.applies(words):
            return False
        if not self.names.isdisjoint(words) or not self.said().isdisjoint(words):
            return True
        if self.roots(roots):
            return True
        if self.rows is not None and not names_of(self.rows, roots).isdisjoint(words):
            return True
        return self.words is not None and _VOCABULARY.is_in(self.words, words)

    def matched(self, words: frozenset[str]) -> frozenset[str]:
        """Return those of the words of a file in which the pattern is found."""
        return _VOCABULARY.matched(self.words, words) if self.words is not None else frozenset()


class _Vocabulary:
    """Which of the words seen so far each pattern matches: most words come again and again."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._hits: dict[re.Pattern[str], set[str]] = {}
        self._last: frozenset[str] | None = None

    def add(self, pattern: re.Pattern[str]) -> None:
        """Look for a pattern, too, in all words that are still to come."""
        self._hits[pattern] = set()
        self._seen.clear()

    def is_in(self, pattern: re.Pattern[str], words: frozenset[str]) -> bool:
        """Tell whether a pattern that was added is found in one of the words."""
        return not self._hits_among(words)[pattern].isdisjoint(words)

    def matched(self, pattern: re.Pattern[str], words: frozenset[str]) -> frozenset[str]:
        """Return those of the words in which a pattern that was added is found."""
        return words & self._hits_among(words)[pattern]

    def _hits_among(self, words: frozenset[str]) -> dict[re.Pattern[str], set[str]]:
        if words is not self._last:
            self._learn(words)
        return self._hits

    def _learn(self, words: frozenset[str]) -> None:
        self._last = words
        if len(self._seen) > _MOST_WORDS:
            self._seen.clear()
            for hits in self._hits.values():
                hits.clear()
        new = words - self._seen
        self._seen |= new
        for pattern, hits in self._hits.items():
            hits.update(filter(pattern.search, new))


_VOCABULARY = _Vocabulary()


def reaches_open(roots: frozenset[str]) -> bool:
    """Tell whether a module can reach a class of which a row speaks as a whole.

    The names of its methods are known to nobody: any call may be of one.
    """
    known = table()
    reached = _reached(roots & known.roots, configuration())
    return not known.open_roots.isdisjoint(reached)


def reached(roots: frozenset[str]) -> frozenset[str]:
    """Return the libraries of the table whose objects a module with these roots may hold."""
    return _reached(roots & table().roots, configuration())


def names_of(rows: Rows, roots: frozenset[str]) -> frozenset[str]:
    """Return the last names of the chosen rows that a module can reach.

    Args:
        rows: the same object at each call: what it chooses is remembered.
        roots: the top-level modules that any name of the module may come from.
    """
    return _names_of(rows, roots, configuration())


@lru_cache(maxsize=128)  # a file's topics ask in turn, some of them several times
def _names_of(rows: Rows, roots: frozenset[str], own: object) -> frozenset[str]:
    return _last_names(rows, _reached(roots & table().roots, own), own)


@lru_cache(maxsize=4096)
def _last_names(rows: Rows, roots: frozenset[str], own: object) -> frozenset[str]:
    by_root = _chosen(rows, own)
    return frozenset[str]().union(*(by_root[root] for root in roots))


class _Chosen(dict[str, frozenset[str]]):
    """The last names of the chosen rows, by library; of those only that are asked about."""

    def __init__(self, rows: Rows, by_root: Mapping[str, Sequence[Call]]) -> None:
        super().__init__()
        self._rows, self._by_root = rows, by_root

    def __missing__(self, root: str) -> frozenset[str]:
        chosen = filter(self._rows, self._by_root.get(root, ()))
        names = (name.rpartition(".")[2] for row in chosen for name in (row.name, *row.aliases))
        found = self[root] = frozenset(names)
        return found


@lru_cache(maxsize=64)
def _chosen(rows: Rows, own: object) -> _Chosen:
    return _Chosen(rows, _by_root(own))


@lru_cache(maxsize=4)
def _by_root(own: object) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for row in table().calls.values():
        found.setdefault(row.name.partition(".")[0], []).append(row)
    return found


@lru_cache(maxsize=4096)
def _reached(roots: frozenset[str], own: object) -> frozenset[str]:
    """Return the libraries whose objects come from ``roots``, by another name or from a call."""
    leads = _leads(own)
    found: set[str] = set()
    waiting = [*roots, "builtins"]
    while waiting:
        root = waiting.pop()
        if root not in found:
            found.add(root)
            waiting.extend(leads.get(root, ()))
    return frozenset(found)


@lru_cache(maxsize=4)
def _leads(own: object) -> dict[str, set[str]]:
    """Return from which library to which others an alias or a call leads."""
    leads: dict[str, set[str]] = {}
    for row in table().calls.values():
        root = row.name.partition(".")[0]
        for alias in row.aliases:
            leads.setdefault(alias.partition(".")[0], set()).add(root)
        if row.returns:
            leads.setdefault(root, set()).add(row.returns.partition(".")[0])
    return leads
