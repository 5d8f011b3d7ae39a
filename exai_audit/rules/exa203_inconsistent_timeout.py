"""One limit with different values in different places.

*Why.* Two modules that read the same environment variable, or call the same function, and fall
back to different numbers disagree about how long to wait. Which of them holds depends on which
code runs; nobody who sets the limit in one place expects another in the next.

*Bad*

```python
# file: orders.py
import os

LIMIT = float(os.getenv("STOCK_TIMEOUT", "5"))
# file: invoices.py
import os

LIMIT = float(os.getenv("STOCK_TIMEOUT", "30"))
```

*Good*

```python
# file: timeouts.py
import os

STOCK_TIMEOUT_SECONDS = float(os.getenv("STOCK_TIMEOUT", "5"))
# file: orders.py
from timeouts import STOCK_TIMEOUT_SECONDS

LIMIT = STOCK_TIMEOUT_SECONDS
# file: invoices.py
from timeouts import STOCK_TIMEOUT_SECONDS

LIMIT = STOCK_TIMEOUT_SECONDS
```

*Known false alarms.* A constant whose name says nothing but that it is a limit (``TIMEOUT``,
``DEFAULT_TIMEOUT``), a private one, and those of modules for one part each
(``kraken/kraken_constants.py``) may differ on purpose from module to module: such findings have
low confidence. So has a project function that gets another limit for each kind of work,
unless its first argument is the same literal. Constructors, configuration objects and functions
that wait for whatever they are given (``wait``, ``get``, ``join``) are not compared. Neither is a
constant that a module of settings sets anew after ``from .base import *``.

*References.* It stands at the rarest value and is silenced in the settings only. Compared are the
fallbacks of one environment or configuration key, module constants of one name, and literals given
for one argument of one function of the project, or of a library call, with an equal first argument
and equal texts beside it (``run("git", "gc")`` is not ``run("git", "fetch")``), and the defaults
that parameters and attributes of several files hand on to one function; what stands in for a
setting is compared with the default of the class that holds it. A number whose unit the code does
not show is compared with such numbers only; scripts are not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from exai_audit.facts.timeouts import HandedLimitFact, LimitParameter, TimeoutFact, TimeoutForm
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.knowledge.script_folders import hold_scripts, is_for_development
from exai_audit.project.calls import exported_names, spellings
from exai_audit.project.central_timeouts import is_literal_limit, shown_limit, shown_seconds
from exai_audit.project.constant_names import names_a_purpose, words_of
from exai_audit.project.limit_keys import (
    Key,
    argument_key,
    constant_key,
    is_defined_in,
    setting_key,
)
from exai_audit.project.limit_receivers import Receivers
from exai_audit.project.overrides import without_overrides
from exai_audit.project.own_defaults import against_own_defaults
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_Site = tuple[str, TimeoutFact]
_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)
_MAKES = frozenset({
    "connection", "connect", "client", "session", "channel", "socket", "pool", "conn",
})  # fmt: skip


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield one hit for each key, constant and function whose limits disagree."""
    sites = _compared(project)
    constants = without_overrides(project, sites)
    yield from _disagreeing(_grouped(sites, setting_key), "{} falls back to {}", False)
    yield from _disagreeing(_grouped(constants, constant_key), "{} is defined as {}", True)
    by_argument = _grouped(_given(project, sites), argument_key)
    yield from _disagreeing(by_argument, "{} is given {}", True)
    yield from _handed_on(project)
    for (path, fact), (there, default) in against_own_defaults(project, sites):
        yield _default_hit(path, fact, there, default)


def _compared(project: Project) -> list[_Site]:
    """Return the limits written as numbers, outside of scripts and developers' settings."""
    receivers = Receivers(project)
    return [
        (facts.path, receivers.known(facts, fact))
        for facts in project.judged_files()
        if not _is_script(facts.path) and not is_for_development(facts.path)
        for fact in facts.timeouts
        if fact.amount is not None and is_literal_limit(fact)
    ]


def _given(project: Project, sites: Iterable[_Site]) -> list[_Site]:
    """Return what is given to calls: to the project's own, then to those of a first argument."""
    owners = {facts.module for facts in project.files}
    calls = [site for site in sites if site[1].form in _CALLS and not site[1].role]
    mine = [site for site in calls if is_defined_in(site[1].operation, owners)]
    foreign = [
        site for site in calls if not is_defined_in(site[1].operation, owners) and site[1].first
    ]
    return mine + foreign


def _default_hit(path: str, fact: TimeoutFact, there: str, default: TimeoutFact) -> Hit:
    holder = f"{fact.operation.rpartition('.')[2]}.{fact.name}"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message=(
            f"{holder} is {shown_limit(fact)} where {fact.key} is not set, and"
            f" {shown_limit(default)} by its own default"
        ),
        remedy="Decide on one default and leave it to the class: pass only what is set.",
        related=(Related(there, default.place.span.line, f"here {shown_limit(default)}"),),
    )


def _handed_on(project: Project) -> Iterator[Hit]:
    """Yield a hit for each function to which the defaults of several files hand other limits."""
    limits = {
        (limit.function, key): limit
        for facts in project.files
        for limit in facts.limit_parameters
        for key in (limit.position, limit.name)
    }
    exported = exported_names(project.files)
    groups: dict[LimitParameter, list[tuple[str, HandedLimitFact]]] = {}
    for path, fact in _handed_facts(project):
        key = fact.name or fact.position
        names = spellings(fact.function, exported)
        limit = next((limits[n, key] for n in names if (n, key) in limits), None)
        if limit is not None and not names_a_purpose(limit.name) and _is_compared(limit):
            groups.setdefault(limit, []).append((path, fact))
    for limit, found in groups.items():
        if len({path for path, _ in found}) > 1 and len({fact.number for _, fact in found}) > 1:
            yield _handed_hit(limit, found)


def _handed_facts(project: Project) -> Iterator[tuple[str, HandedLimitFact]]:
    for facts in project.judged_files():
        if not _is_script(facts.path):
            yield from ((facts.path, fact) for fact in facts.handed_limits)


def _is_compared(limit: LimitParameter) -> bool:
    """Tell whether a function makes a connection: what it is for does not differ by caller."""
    last = limit.function.rpartition(".")[2]
    return last.islower() and not _MAKES.isdisjoint(words_of(last))


def _handed_hit(limit: LimitParameter, found: list[tuple[str, HandedLimitFact]]) -> Hit:
    counted = Counter(fact.number for _, fact in found)
    path, fact = min(found, key=lambda one: (counted[one[1].number], one[0], one[1].place))
    shown = _listed([f"{number:g}" for number in sorted(counted)])
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message=(
            f"{limit.function} ({limit.name}) is given {shown} by default"
            f" in {len({p for p, _ in found})} files"
        ),
        remedy=(
            "Decide on one default for what this function reaches, and import it; where the waits"
            " really differ, give each a name that says for what."
        ),
        related=tuple(
            Related(p, f.place.span.line, f"{f.number:g}") for p, f in found if f is not fact
        ),
        measured=len(counted),
        threshold=1,
        project_wide=True,
        subject=f"{limit.function} {limit.name}",
    )


def _is_script(path: str) -> bool:
    return hold_scripts(path.split("/")[:-1])


def _grouped(
    sites: Iterable[_Site], key_of: Callable[[TimeoutFact], Key]
) -> dict[Key, list[_Site]]:
    groups: dict[Key, list[_Site]] = {}
    for path, fact in sites:
        key = key_of(fact)
        if key:
            groups.setdefault(key, []).append((path, fact))
    return groups


def _disagreeing(groups: dict[Key, list[_Site]], text: str, across_files: bool) -> Iterator[Hit]:
    for key, found in groups.items():
        in_seconds = [site for site in found if site[1].seconds is not None]
        as_written = [site for site in found if site[1].seconds is None]
        for sites in (in_seconds, as_written):  # what counts in another unit may be equal
            values = Counter(_value(fact) for _, fact in sites)
            files = {path for path, _ in sites}
            if len(values) > 1 and not (across_files and len(files) < 2):
                yield _hit(key, sites, values, text)


def _value(fact: TimeoutFact) -> float:
    value = fact.seconds if fact.seconds is not None else fact.amount
    return value if value is not None else 0.0


def _hit(key: Key, sites: list[_Site], values: Counter[float], text: str) -> Hit:
    rarest = min(sites, key=lambda site: (values[_value(site[1])], site[0], site[1].place))
    path, fact = rarest
    known = fact.seconds is not None
    shown = _listed([shown_seconds(v) if known else f"{v:g}" for v in sorted(values)])
    what = f"{key[0]} ({key[1]})" if len(key) > 1 else key[0]
    if len(key) > 1 and key[2]:
        what = f"{key[0]}({key[2]}, {key[1]})"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW if _is_of_each_part(sites) else _confidence(key, fact),
        message=f"{text.format(what, shown)} in {len({p for p, _ in sites})} files".replace(
            "in 1 files", "in one file"
        ),
        remedy=(
            "Decide on one value, define it once in the project's timeout settings, and import it;"
            " where the waits really differ, give each a name that says for what."
        ),
        related=tuple(
            Related(p, f.place.span.line, shown_seconds(_value(f)) if known else f"{f.amount:g}")
            for p, f in sites
            if f is not fact
        ),
        measured=len(values),
        threshold=1,
        project_wide=True,
        subject=" ".join(key),
    )


def _listed(values: list[str]) -> str:
    return f"{', '.join(values[:-1])} and {values[-1]}" if len(values) < 6 else (
        f"{len(values)} values from {values[0]} to {values[-1]}"
    )  # fmt: skip


def _is_of_each_part(sites: list[_Site]) -> bool:
    """Tell whether two files or more are the constants of one part each, as their names say.

    ``kraken/kraken_constants.py`` speaks of one exchange; another may well differ. So may
    ``exchanges/kraken/client.py`` and ``exchanges/bitfinex/client.py``.
    """
    paths = {path for path, fact in sites if fact.form is TimeoutForm.MODULE_CONSTANT}
    parts = [path.removesuffix(".py").split("/") for path in sorted(paths)]
    if sum(len(one) > 1 and one[-1].startswith(f"{one[-2]}_") for one in parts) > 1:
        return True
    places = {(*one[:-2], one[-1]) for one in parts}
    return len(parts) > 1 and len(places) == 1 and len(parts) == len(sites)


def _confidence(key: Key, fact: TimeoutFact) -> Confidence:
    if len(key) > 1:
        return Confidence.MEDIUM if key[2] else Confidence.LOW
    is_key = bool(fact.key)
    says_what = names_a_purpose(key[0]) and not key[0].startswith("_")
    return Confidence.HIGH if is_key or says_what else Confidence.LOW


RULE = Rule(
    code="EXA203",
    name="inconsistent-timeout",
    family=Family.TIMEOUTS,
    summary="one limit with different values in different places",
    severity="medium",
    options=Options,
    check=check,
)
