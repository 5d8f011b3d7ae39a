"""A cache that grows for as long as the process lives.

*Why.* Every new key adds an entry and none ever goes. A service that runs for weeks fills its
memory with answers that nobody will ask for again, and dies far from the line that caused it.

*Bad*

```python
from functools import lru_cache


@lru_cache(maxsize=None)
def price_of(article, day):
    return article.price(day)
```

*Good*

```python
from functools import lru_cache


@lru_cache(maxsize=1024)
def price_of(article, day):
    return article.price(day)
```

*Known false alarms.* Keys from a fixed set bound a cache by themselves; where they are literals and
constants of the module alone, it is no finding. The confidence is high
where the keys come with requests, by their names (users, sessions, messages), or results are
fetched from elsewhere; medium for other keys without an end (addresses, texts, times, ``*args``).
It is low where annotation or name says that they are classes, functions, languages, settings and
the like, where they are paths, job names or modules, where nothing is said, where what is stored is
registered (``register_component``), where nobody calls what fills it, where a comment beside the
cache argues its size, and where a function calls itself. So it is on an object that nothing shows
to live as long as the process, and in modules of a command line interface: a command that ends
after one run has no time to grow. Sizes of images, members of enumerations and the first digits of
a digest are few, too.

*References.* ``functools.cache`` is ``lru_cache(maxsize=None)`` (Python documentation). A function
without parameters keeps one entry and is no finding, nor is a cache that some code empties, one of
weak references, one whose length is checked, or one that is swept by age. An age that is looked at
only when its own key is asked for again limits nothing, nor does a bound of a million entries.
Dictionaries on lines without a gap that are kept the same way are one finding. On an instance, a
container whose name says that it is a cache is judged, and one of any name that is keyed by users
and the like where the project makes the object once; a manager, client, server and the like lives
long, and so does an object that holds a lock or that its own module makes. Registries (locks,
sessions, clients, and what is kept for each user or session) are judged where their keys are
open-ended and nothing removes one; those of objects only where the project makes the object once,
where they are locks and the object lives long, or where its class removes from another dictionary
under the same key.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime, Openness, Origin
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.knowledge.script_folders import are_run_by_people
from exai_audit.project.cache_blocks import blocks, grows_at
from exai_audit.project.cache_remedies import growth_remedy
from exai_audit.project.caches import keeps_spent_coroutines, passes_with_its_object
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_WEIGHTY = 100
_OF_RESULTS = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM, CacheForm.DECORATOR})
_CACHES_ON_OBJECTS = (CacheForm.CONTAINER, CacheForm.CLASS, CacheForm.LIBRARY_STORE)
_COMMAND_LIBRARIES = frozenset({"argparse", "click", "optparse", "typer"})


class Options(Struct, frozen=True):
    """The bound that the remedies propose, and from what number of entries on a bound is none.

    Results that are arrays, images or tables reach the second at a hundredth of it.
    """

    suggested_cache_size: int = 1024
    no_bound_from: int = 1_000_000


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each cache, or block of like ones, that nothing bounds, sweeps or empties."""
    for facts in project.judged_files():
        brief, chosen = _is_command(facts), options.at(facts.path)
        judged = [cache for cache in facts.caches.found if _is_judged(cache)]
        growing = [cache for cache in judged if _grows(cache, chosen)]
        for first, *others in blocks(growing, _confidence):
            yield _hit(facts.path, first, others, chosen.suggested_cache_size, brief)


def _is_command(facts: FileFacts) -> bool:
    """Tell whether a file belongs to a command line interface: it runs once and ends."""
    imported = {name.partition(".")[0] for name in facts.imports}
    return are_run_by_people(facts.path.split("/")[:-1]) or bool(_COMMAND_LIBRARIES & imported)


def _is_judged(cache: CacheFact) -> bool:
    """Tell whether ever more keys may come, something keeps them, and no other rule says so."""
    return not _is_said_elsewhere(cache) and _has_no_last_key(cache) and _is_kept(cache)


def _is_said_elsewhere(cache: CacheFact) -> bool:
    """Tell whether EXA303 or EXA308 speaks of it, or the store that keeps what it decorates."""
    return bool(cache.elsewhere or cache.grows_on_read or keeps_spent_coroutines(cache))


def _has_no_last_key(cache: CacheFact) -> bool:
    """Tell whether its code lets ever more keys come; of a registry its keys have to say so."""
    if cache.form is CacheForm.CACHED_PROPERTY or cache.parameters == 0 or cache.constant_keys:
        return False
    is_said = cache.openness is not Openness.UNSAID or cache.fixed_keys
    return cache.form is not CacheForm.REGISTRY or is_said


def _is_kept(cache: CacheFact) -> bool:
    """Tell whether it may outlive the work that fills it."""
    if cache.form is CacheForm.DECORATOR:
        return cache.lifetime is not Lifetime.CLOSURE or cache.openness is Openness.ASKED
    return cache.lifetime is not Lifetime.INSTANCE or _is_kept_by_object(cache)


def _is_kept_by_object(cache: CacheFact) -> bool:
    """Tell whether the object that holds it shows that it stays, or its form that it is a cache."""
    if cache.form is CacheForm.REGISTRY:
        stays = cache.made_once or cache.part or (cache.of_locks and cache.long_lived)
        return bool(cache.forgotten) or (stays and cache.openness is Openness.ASKED)
    if cache.form is CacheForm.MEMO_IDIOM:
        return cache.made_once and cache.openness is Openness.ASKED
    return cache.form in _CACHES_ON_OBJECTS


def _grows(cache: CacheFact, options: Options) -> bool:
    bounded = cache.bound is not None and not _has_room_for_all(cache, options)
    return not (bounded or (cache.expiry and cache.sweeps) or cache.emptied)


def _has_room_for_all(cache: CacheFact, options: Options) -> bool:
    """Tell whether a bound is so large that memory ends first."""
    share = _WEIGHTY if cache.makeup.weighty else 1
    return cache.makeup.room * share >= options.no_bound_from


def _hit(path: str, cache: CacheFact, others: list[CacheFact], size: int, brief: bool) -> Hit:
    return Hit(
        path=path,
        place=grows_at(cache),
        severity=Severity.MEDIUM if _lives_on(cache) else Severity.LOW,
        confidence=Confidence.LOW if brief else _confidence(cache),
        message=_message(cache, len(others)),
        remedy=growth_remedy(cache, size),
        related=tuple(
            Related(path, grows_at(one).span.line, f"{one.name} only grows, too") for one in others
        ),
    )


def _lives_on(cache: CacheFact) -> bool:
    return cache.lifetime in (Lifetime.MODULE, Lifetime.CLASS)


def _confidence(cache: CacheFact) -> Confidence:
    """Return how sure the growth is: what its code shows speaks before what its keys tell."""
    if _has_what_is_there(cache):
        return Confidence.LOW
    if _shows_growth(cache):
        return Confidence.MEDIUM
    if cache.form is CacheForm.REGISTRY and cache.lifetime is Lifetime.INSTANCE:
        is_open = _is_explained(cache) or not cache.name.startswith("_")
        return Confidence.LOW if is_open else Confidence.MEDIUM
    return Confidence.LOW if _is_doubtful(cache) else _confidence_by_keys(cache)


def _has_what_is_there(cache: CacheFact) -> bool:
    """Tell whether nobody calls what fills it, or it has an entry for each object that is kept."""
    return cache.idle or (cache.form is CacheForm.REGISTRY and cache.makeup.by_identity)


def _shows_growth(cache: CacheFact) -> bool:
    """Tell whether a removal leaves it out, or its results are too heavy for the bound it has."""
    left_out = cache.forgotten and not (cache.argued or cache.shared)
    return bool(left_out) or cache.bound is not None


def _is_doubtful(cache: CacheFact) -> bool:
    """Tell whether few keys, others or its object's end may bound it."""
    if _is_explained(cache) or _is_emptied_by_others(cache) or passes_with_its_object(cache):
        return True
    # A setter keeps the settings of what is known up to date.
    return bool(cache.set_in) and cache.openness is not Openness.ASKED


def _confidence_by_keys(cache: CacheFact) -> Confidence:
    sure = _takes_any_key(cache)
    unnamed = cache.form is CacheForm.MEMO_IDIOM and cache.lifetime is Lifetime.INSTANCE
    if sure and _stays(cache) and not (cache.unread or unnamed):
        return Confidence.HIGH
    return Confidence.MEDIUM if sure or cache.openness is Openness.OPEN else Confidence.LOW


def _is_explained(cache: CacheFact) -> bool:
    """Tell whether something speaks for its keys being few, or for somebody seeing to them."""
    return bool(cache.fixed_keys or cache.argued or cache.shared)


def _is_emptied_by_others(cache: CacheFact) -> bool:
    """Tell whether it offers to be emptied, to more than tests."""
    return not cache.tested_only and any(not name.startswith("_") for name in cache.removers)


def _takes_any_key(cache: CacheFact) -> bool:
    fetched = cache.origin in (Origin.NETWORK, Origin.AWAITED)
    return cache.openness is Openness.ASKED or fetched or cache.form is CacheForm.CLASS


def _stays(cache: CacheFact) -> bool:
    """Tell whether it is known to live as long as the process."""
    if cache.lifetime is Lifetime.INSTANCE:
        return cache.long_lived
    return cache.lifetime is not Lifetime.CLOSURE


def _message(cache: CacheFact, others: int) -> str:
    return f"{_growth(cache)}{_staleness(cache)}{_more(others)}"


def _more(others: int) -> str:
    return (
        f"; so it is with {others} more that {'is' if others == 1 else 'are'} kept the same way"
        if others
        else ""
    )


def _staleness(cache: CacheFact) -> str:
    """Return that results also go out of date, where nothing drops or renews them."""
    renewed = cache.expiry or cache.invalidation or cache.unchanging
    if cache.origin is not Origin.NETWORK or renewed or cache.form not in _OF_RESULTS:
        return ""
    return f", and what {cache.source} said first is never asked again"


def _growth(cache: CacheFact) -> str:
    if cache.form is CacheForm.DECORATOR and cache.makeup.room:
        return f"the cache of {cache.name} may hold {cache.makeup.room:,} entries: that is no bound"
    if cache.form is CacheForm.DECORATOR:
        return f"the cache of {cache.name} has no bound: every new set of arguments stays for ever"
    what = "registry" if cache.form is CacheForm.REGISTRY else "cache"
    life = {
        Lifetime.INSTANCE: "as its object",
        Lifetime.CLOSURE: "as the function that uses it",
    }.get(cache.lifetime, "as the process")
    if cache.forgotten:
        sibling, _, method = cache.forgotten.partition(", in ")
        return f"{method} removes from {sibling}, but nothing does so from the {what} {cache.name}"
    said = f"nothing bounds or empties the {what} {cache.name}, which lives as long {life}"
    if cache.removers:
        who = "only a test calls" if cache.tested_only else "nothing calls"
        return f"{who} {cache.removers[0]}, and nothing else bounds the {what} {cache.name}"
    if cache.expiry:
        return f"{said}: an expired entry goes only when its own key is asked for again"
    return said


RULE = Rule(
    code="EXA301",
    name="unbounded-cache",
    family=Family.CACHES,
    summary="a cache of long life that nothing bounds",
    severity="medium; low on instances",
    options=Options,
    check=check,
)
