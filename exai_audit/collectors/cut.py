"""What of a module is worth a full syntax tree: the functions that its topics must see.

The bodies of the others are left out, line for line, so that everything else stands where it
stood. Which these are is read from words alone, so it errs towards keeping.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from exai_audit.collectors.outline import Function, Outline, Unit
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.knowledge.table import Call, own_in_use, table
from exai_audit.source import SourceFile

# What stands before a name that another is given to, and after it.
_ASSIGNED = re.compile(
    r"(?:\w+\s*(?::[^=]*)?=\s*)+(?:[^=]*\b(?:or|and|if|else)\s+|[(\[])?(?:\w+\s*\.\s*)*\Z"
)
_TARGET = re.compile(r"(\w+)\s*(?::[^=]*)?=")
_ENDS = re.compile(r"\s*(?:\Z|[,)\]};:#\\]|(?:if|or|and|else)\b)")
_RETURNED = re.compile(r"\s*(?:return|yield)\b[^(]*\Z")
_IS_CLASS_OF = re.compile(r"\b[tT]ype\s*\[[^\]]*\Z")
_ANNOTATED = re.compile(r"(\w+)\s*:[^:]*\Z")
_CALLED = re.compile(r"(\w+)\s*\(")
_MOST_WORDS = 200_000


@dataclass(frozen=True, slots=True)
class Cut:
    """``text`` has the lines of the module; the bodies of ``left_out`` are blank in it."""

    text: str
    left_out: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The topics that a module may say something of, and the functions that they must see."""

    topics: frozenset[str]
    units: tuple[Unit, ...]


def chosen(outline: Outline, sights: Mapping[str, Sight], *, around: bool = False) -> Choice:
    """Choose by the signs of each topic.

    Args:
        around: whether to take what is around the signs, too: there is something to say.
    """
    topics: set[str] = set()
    kept: set[ast.AST] = set()
    for topic, sight in sights.items():
        search = _Search(outline, sight) if sight.applies(outline) else None
        if search is not None and (search.is_outside or search.found):
            topics.add(topic)
            kept |= search.found
            if around and sight.around is not None:
                kept |= search.around(sight.around)
    units = (unit for unit in outline.units if unit.node in kept or "global" in unit.words)
    return Choice(frozenset(topics), tuple(units))


def cut(source: SourceFile, outline: Outline, kept: Collection[Unit]) -> Cut:
    """Leave out the bodies of all functions but ``kept``."""
    keep = {unit.node for unit in kept}
    lines = list(source.lines)
    left_out = tuple(u for u in outline.units if u.node not in keep and u.body is not None)
    for unit in left_out:
        assert unit.body is not None
        line = lines[unit.body - 1]
        indent = line[: len(line) - len(line.lstrip())]
        lines[unit.body - 1 : unit.last] = [f"{indent}...", *[""] * (unit.last - unit.body)]
    return Cut("\n".join(lines) + "\n", left_out)


class _Search:
    """Looks for the functions that one topic must see: ``found``.

    ``is_outside`` tells whether there is a sign outside functions.
    """

    def __init__(self, outline: Outline, sight: Sight) -> None:
        self._outline = outline
        self._code = sight.code
        self._called: frozenset[str] = frozenset()  # names that are signs where they are called
        if sight.rows is not None:
            named = _last_names(sight.rows, outline.roots & table().roots, own_in_use())
            renamed = {other for name, other in outline.renamed if name in named}
            self._called = (named | renamed) & outline.words
        self._signs = set(sight.names(outline))  # names that are signs wherever they stand
        self._signs |= {other for name, other in outline.renamed if name in self._signs}
        self._signs |= self._aliases_of({*self._called, *self._signs})
        fixed = set(sight.fixed(outline))
        self._members = frozenset(name[1:] for name in fixed if name.startswith("."))
        self._signs |= {name for name in fixed if not name.startswith(".")}
        self._mentions = sight.mentions
        if sight.words is not None:
            self._signs |= _vocabulary(sight.words).matching(outline.words)
        self.is_outside = self._has_sign(outline.outside, outline.outside_words)
        self.found = {u.node for u in outline.units if self._has_sign(u.text, u.words)}
        if sight.callers:
            self.found = self._found_by_coroutines()

    def around(self, surroundings: Surroundings) -> set[Function]:
        """Return the functions that must be seen besides."""
        if surroundings.everything:
            return {unit.node for unit in self._outline.units}
        names = set(surroundings.names(self._outline))
        if surroundings.callers:
            names |= {n for n in _defined_in(self.found) if not n.startswith("__")}
        return self._naming(names) | self._reached(surroundings.called)

    def _found_by_coroutines(self) -> set[Function]:
        """Return the coroutines found, the plain functions that coroutines name, and these."""
        coroutines = [unit for unit in self._outline.units if "async" in unit.words]
        called = frozenset[str]().union(*(unit.words for unit in coroutines))
        plain = {f for f in self.found if not called.isdisjoint(_defined_in([f]))}
        names = _defined_in(plain)
        naming = {unit.node for unit in coroutines if not names.isdisjoint(unit.words)}
        return plain | naming | {unit.node for unit in coroutines if unit.node in self.found}

    def _naming(self, names: Collection[str]) -> set[Function]:
        return {u.node for u in self._outline.units if not u.words.isdisjoint(names)}

    def _reached(self, calls: int) -> set[Function]:
        """Return the functions that those found call, so many calls away."""
        reached = set(self.found)
        new = reached
        for _ in range(calls):
            texts = (unit.text for unit in self._outline.units if unit.node in new)
            names = {name for text in texts for name in _CALLED.findall(text)}
            called = {u.node for u in self._outline.units if u.node.name in names}
            new = called - reached
            reached |= new
        return reached

    def _has_sign(self, text: str, words: frozenset[str]) -> bool:
        if not self._signs.isdisjoint(words):
            return True
        called = self._called & words
        if called and _calling(called, self._mentions).search(text):
            return True
        members = self._members & words
        if members and re.search(rf"\.\s*(?:{'|'.join(sorted(members))})\b", text):
            return True
        return self._code is not None and self._code.search(text) is not None

    def _aliases_of(self, names: set[str]) -> set[str]:
        """Return the names that the module gives to what has a name, without calling it."""
        outline = self._outline
        texts = [(outline.outside, outline.outside_words, "")]
        texts += [(unit.text, unit.words, unit.node.name) for unit in outline.units]
        known, new = set(names), names
        while new:
            found: set[str] = set()
            for text, words, function in texts:
                for name in new & words:
                    found.update(_aliases(name, text, function))
            new = found - known
            known |= new
        return known - names


def _defined_in(functions: Iterable[Function]) -> set[str]:
    """Return the names of functions and of those nested in them."""
    return {
        node.name
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def _aliases(name: str, text: str, function: str) -> Iterator[str]:
    """Yield what a text gives the object that ``name`` ends the name of, without calling it."""
    for before, after in _uncalled(name, text):
        if _IS_CLASS_OF.search(before):
            yield from _ANNOTATED.findall(before)
            if function and "->" in before:
                yield function
        elif _ENDS.match(after):
            assigned = _ASSIGNED.search(before)
            yield from _TARGET.findall(assigned[0]) if assigned else ()
            if function and _RETURNED.match(before):
                yield function


def _uncalled(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before and after a name on its line, where it is not called."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        before, after = text[at - 1 : at], text[end : end + 1]
        if not (before.isalnum() or before == "_" or after.isalnum() or after in ("_", "(", ".")):
            last = text.find("\n", end)
            rest = text[end : last if last >= 0 else len(text)]
            yield text[text.rfind("\n", 0, at) + 1 : at], rest
        at = text.find(name, end)


def _calling(names: frozenset[str], mentions: bool) -> re.Pattern[str]:
    """Return what a call of one of ``names`` looks like, a decorator, and a mention if wanted."""
    any_name = "|".join(sorted(names))
    not_so = r"(?<!['\"]\.)(?<!\bdef )(?<!\bos\.path\.)"
    after = "[(,)]" if mentions else r"\("
    return re.compile(rf"{not_so}\b(?:{any_name})\s*{after}|@[\w.]*\b(?:{any_name})\b")


@dataclass(slots=True)
class _Vocabulary:
    """Which of the words seen so far a pattern matches: most words come again and again."""

    pattern: re.Pattern[str]
    seen: set[str] = field(default_factory=set)
    hits: set[str] = field(default_factory=set)

    def matching(self, words: frozenset[str]) -> set[str]:
        """Return the words in which the pattern is found."""
        new = words - self.seen
        if len(self.seen) > _MOST_WORDS:
            self.seen.clear()
            self.hits.clear()
            new = words
        self.seen.update(new)
        self.hits.update(word for word in new if self.pattern.search(word))
        return self.hits & words


@lru_cache(maxsize=32)
def _vocabulary(pattern: re.Pattern[str]) -> _Vocabulary:
    return _Vocabulary(pattern)


@lru_cache(maxsize=4096)
def _last_names(rows: Callable[[Call], bool], roots: frozenset[str], own: object) -> frozenset[str]:
    """Return the last names of the rows that a module importing ``roots`` can reach.

    Args:
        own: what the table in use is made of, besides the shipped rows.
    """
    by_root = _by_root(rows, own)
    reached = _reached(roots, own)
    return frozenset[str]().union(*(by_root[root] for root in reached if root in by_root))


@lru_cache(maxsize=64)
def _by_root(rows: Callable[[Call], bool], own: object) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in table().calls.values():
        if rows(row):
            names = (name.rpartition(".")[2] for name in (row.name, *row.aliases))
            found.setdefault(row.name.partition(".")[0], set()).update(names)
    return {root: frozenset(names) for root, names in found.items()}


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
