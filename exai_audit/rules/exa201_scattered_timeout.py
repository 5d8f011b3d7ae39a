"""A limit on waiting, written as a number where it is used.

*Why.* When the upstream gets slower, someone must find every place that decides how long to wait
for it. A number in the body of the code has no name, no owner and no unit; the next one beside it
will differ, and nobody will know which was meant.

*Bad*

```python
import requests


def stock(url):
    return requests.get(url, timeout=5).json()
```

*Good*

```python
import requests

STOCK_TIMEOUT_SECONDS = 5.0


def stock(url):
    return requests.get(url, timeout=STOCK_TIMEOUT_SECONDS).json()
```

*Known false alarms.* A script of one page may keep its number. Module constants (read from the
environment or not), tables of defaults, class and dataclass fields, command-line options, 0 ("do
not wait"), numbers that stand for ever (``2**31 - 1``), how long a cache keeps its entries,
cool-downs of circuit breakers and all in a central timeout module are no findings. Neither is what
is no policy: the tick of a loop that goes on when nothing came, the wait for something that is
being ended, a lease or lifetime, the pace of a person, the fallback of a setting read in one place,
arguments of the project's own settings classes. One finding stands for all limits of one operation
in a file. A parameter default is one only if the same parameter has the same default in another
function too, of the same module unless its name says what it is for; facades that hand it on and
overrides are not counted. A number whose unit the code does not show is shown as it is written.

The confidence is low, for a number beside its call may be right there: waits differ. It is medium
where a maintainer has decided already: other calls of the same function or class, or requests to
the same host or of the same file, are given a constant, or a class has a setting under the very
name (``tool_call_timeout``), and this place passes by it. Scripts and folders of the root are
judged apart. Which of several numbers holds for one address, key or function is asked by
``inconsistent-timeout``.

*References.* ``central-timeout-modules`` names files that hold the project's limits, as path
patterns, besides those that the tool knows by their names (``timeouts.py``, ``timeout_config.py``
or a class such as ``TimeoutSettings`` with three limits or more).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from exai_audit.facts.timeouts import TimeoutFact, TimeoutForm
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.central_timeouts import (
    NO_UNIT,
    bounded,
    by_operation,
    central_modules,
    repeated_defaults,
    shown_limit,
    shown_seconds,
)
from exai_audit.project.constant_names import constant_name, constants
from exai_audit.project.project import Project
from exai_audit.project.scattering import Scattering, Spread
from exai_audit.rulebook.registry import Rule, Scoped

_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)
_Default = tuple[str, TimeoutFact]
_MOST_SHOWN = 5


class Options(Struct, frozen=True):
    """``central_timeout_modules`` are path patterns of files that may hold limits."""

    central_timeout_modules: tuple[str, ...] = ()


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit for each operation of a file with scattered limits, and repeated default."""
    central = central_modules(project, options.default.central_timeout_modules)
    scattering = Scattering(project, central)
    for path, sites in by_operation(project, central):
        yield _hit(path, sites, scattering.of(path, sites))
    for defaults in repeated_defaults(project, central):
        yield _default_hit(defaults)


def _hit(path: str, sites: list[TimeoutFact], spread: Spread | None) -> Hit:
    fact, *others = sites
    stands_in = all(site.fallback for site in sites)
    calls = _by_call(sites)
    is_one_of_several = any(len(call) > 1 for call in calls)
    what = fact.operation if is_one_of_several else bounded(fact)
    more = f", in {len(calls)} places" if len(calls) > 1 else ""
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM if _bypasses(spread) and not stands_in else Confidence.LOW,
        message=(
            f"{_shown(calls)} is written into the code as the limit of {what}{more}"
            f"{_said(spread, len(calls))}"
        ),
        remedy=_remedy(sites, spread),
        related=(
            *(Related(path, o.place.span.line, f"here {shown_limit(o)}") for o in others),
            *_elsewhere(path, spread),
        ),
        measured=fact.seconds,
    )


def _bypasses(spread: Spread | None) -> bool:
    """Tell whether the project has a constant for these calls, which others are given."""
    return spread is not None and bool(spread.constant)


def _said(spread: Spread | None, here: int) -> str:
    """Return what makes it more than a detail: in how many places the same is written."""
    if spread is not None and spread.is_field:
        return f"; {spread.constant} is the setting for it"
    if spread is not None and spread.constant:
        return f"; other such calls are given {spread.constant.rpartition('.')[2]}"
    if spread is None or spread.places <= here:
        return ""
    files = f"{spread.files} files" if spread.files > 1 else "this file"
    _, _, target = spread.way.where.partition(":")
    what = " to ".join(filter(None, (spread.way.what, target)))
    what = what if spread.way.kind == "http" else "it"
    return f"; {what} is limited so in {spread.places} places of {files}"


def _elsewhere(path: str, spread: Spread | None) -> Iterator[Related]:
    sites = [site for site in spread.sites if site[0] != path] if spread is not None else []
    for there, fact in sites[:_MOST_SHOWN]:
        yield Related(there, fact.place.span.line, f"here {shown_limit(fact)}")


def _by_call(sites: list[TimeoutFact]) -> list[list[TimeoutFact]]:
    """Return together the limits that one call is given."""
    calls: dict[tuple[object, ...], list[TimeoutFact]] = {}
    for fact in sites:
        at = fact.call if fact.form in _CALLS else fact.place.span
        calls.setdefault((fact.form in _CALLS, at), []).append(fact)
    return list(calls.values())


def _shown(calls: list[list[TimeoutFact]]) -> str:
    shown = list(dict.fromkeys(map(_given, calls)))
    after = [text for text in shown if text.endswith(NO_UNIT)]
    *unknown, last = [text.removesuffix(NO_UNIT) for text in after] or [""]
    known = [text for text in shown if text not in after]
    return " or ".join([*known, *unknown, *([f"{last}{NO_UNIT}"] if after else [])])


def _given(call: list[TimeoutFact]) -> str:
    if len(call) == 1:
        return shown_limit(call[0])
    shown = [(shown_limit(fact), fact.name) for fact in call]
    if all(limit.endswith(NO_UNIT) for limit, _ in shown):
        limits = ", ".join(f"{limit.removesuffix(NO_UNIT)} ({name})" for limit, name in shown)
        return f"{limits}{NO_UNIT}"
    return ", ".join(f"{limit} ({name})" for limit, name in shown)


def _remedy(sites: Sequence[TimeoutFact], spread: Spread | None = None) -> str:
    fact = sites[0]
    where = "in all these places" if spread is not None and spread.places > 1 else "here"
    if spread is not None and spread.is_field:
        return (
            f"Hand on {spread.constant}, the setting of that name; where this wait is another, add"
            " a setting beside it, under a name that says for what."
        )
    if spread is not None and spread.constant:
        return (
            f"Give it {spread.constant}, which other calls are given; where this wait is another,"
            " define its limit beside that, under a name that says for what."
        )
    if fact.choices:
        return "Define both in the project's timeout settings, named for when each holds."
    if any(site.seconds is None for site in sites):
        return (
            "Find out what unit this number counts in, define it in the project's timeout settings"
            f" with the unit in its name, and use the name {where}."
        )
    named = dict(pair for site in sites for pair in _named(site))
    given = _joined([f"{name} = {float(seconds)!r}" for name, seconds in named.items()])
    values = {site.seconds for site in sites}
    if len(values) > 1 and len(named) == 1:
        shown = _joined([shown_seconds(s) for s in sorted(v for v in values if v is not None)])
        return (
            f"Where {shown} are for different waits, give each a name that says for what; where"
            f" they are to agree, define {next(iter(named))} in the project's timeout settings and"
            f" use it {where}."
        )
    name = "the name" if len(named) == 1 else "the names"
    return f"Define {given} in the project's timeout settings and use {name} {where}."


def _named(fact: TimeoutFact) -> list[tuple[str, float]]:
    if fact.phases:
        return constants(fact)
    return [(constant_name(fact), fact.seconds)] if fact.seconds is not None else []


def _joined(texts: Sequence[str]) -> str:
    *more, last = texts
    return f"{', '.join(more)} and {last}" if more else last


def _default_hit(defaults: list[_Default]) -> Hit:
    (path, fact), *others = defaults
    functions = len({(p, f.place.symbol) for p, f in defaults})
    value = shown_limit(fact)
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        message=f"{functions} functions repeat {value} as the default of {fact.name}",
        remedy=_remedy([fact]).replace("here", f"in all {functions}"),
        related=tuple(
            Related(p, f.place.span.line, f"{f.place.symbol} has the same default")
            for p, f in others
        ),
        measured=fact.seconds,
    )


RULE = Rule(
    code="EXA201",
    name="scattered-timeout",
    family=Family.TIMEOUTS,
    summary="a literal limit on waiting in the body of the code",
    severity="low",
    options=Options,
    check=check,
)
