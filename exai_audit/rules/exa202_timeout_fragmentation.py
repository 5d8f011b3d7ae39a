"""Limits on waiting scattered over the whole project.

*Why.* One number in one place is a detail; a hundred in twenty files are a policy that nobody can
read, check or change. Waits that should agree do not, and an outage is when that shows.

*Bad*

```toml
[tool.exai-audit]
fragmentation-timeouts = 3
fragmentation-files = 2
```

```python
# file: stock.py
import requests


def stock(url):
    return requests.get(url, timeout=5)


def prices(url):
    return requests.get(url, timeout=7)
# file: mail.py
import requests


def send(url):
    return requests.post(url, timeout=10)
```

*Good*

```toml
[tool.exai-audit]
fragmentation-timeouts = 3
fragmentation-files = 2
```

```python
# file: timeouts.py
HTTP_TIMEOUT_SECONDS = 5.0
# file: stock.py
import requests

from timeouts import HTTP_TIMEOUT_SECONDS


def stock(url):
    return requests.get(url, timeout=HTTP_TIMEOUT_SECONDS)
```

*Known false alarms.* A code base of unrelated programs has no common policy: audit each alone.

*References.* Reported from ``fragmentation-timeouts`` (10) literal limits in
``fragmentation-files`` (3) files, as low: calls that may hang come first. It is medium from ten
times as many in 20 files without a central timeout module. It names what is limited in most places
(see ``scattered-timeout``). The confidence is low unless so many of them, in one folder of the
root, pass by a constant that other such calls are given: different waits have different limits, and
a number beside its call is good style. It counts what EXA201 speaks of, whether that is selected or
suppressed or not. It stands at the first site of the file with the most sites and is silenced in
the settings only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from exai_audit.facts.timeouts import TimeoutFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.central_timeouts import central_modules, scattered_limits
from exai_audit.project.project import Project
from exai_audit.project.scattering import Scattering, Spread, part_of, values_of
from exai_audit.rulebook.registry import Rule, Scoped

_SHOWN = 3
_GRAVE_FACTOR = 10
_GRAVE_FILES = 20


class Options(Struct, frozen=True):
    """From how many literal limits in how many files on the project is called fragmented."""

    fragmentation_timeouts: int = 10
    fragmentation_files: int = 3
    central_timeout_modules: tuple[str, ...] = ()


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield at most one hit, for the project."""
    limits = options.default
    central = central_modules(project, limits.central_timeout_modules)
    sites = [(facts.path, fact) for facts, fact in scattered_limits(project, central)]
    per_file = Counter(path for path, _ in sites)
    few = len(sites) < limits.fragmentation_timeouts or len(per_file) < limits.fragmentation_files
    if few:
        return
    wide = Scattering(project, central).wide
    values = len({(fact.seconds, fact.amount if fact.seconds is None else 0) for _, fact in sites})
    most = min(per_file, key=lambda path: (-per_file[path], path))
    first = next(fact for path, fact in sites if path == most)
    grave = (
        len(sites) >= limits.fragmentation_timeouts * _GRAVE_FACTOR
        and len(per_file) >= _GRAVE_FILES
        and not central
    )
    yield Hit(
        path=most,
        place=first.place,
        severity=Severity.MEDIUM if grave else Severity.LOW,
        confidence=Confidence.HIGH if _is_sure(wide, limits) else Confidence.LOW,
        message=(
            f"{len(sites)} literal limits on waiting in {len(per_file)} files,"
            f" with {values} distinct values{_said(wide)}"
        ),
        remedy=_remedy(central),
        related=tuple(
            Related(path, fact.place.span.line, fact.place.evidence)
            for path, fact in sites
            if fact is not first
        ),
        measured=len(sites),
        threshold=limits.fragmentation_timeouts,
        project_wide=True,
    )


def _is_sure(wide: Sequence[Spread], limits: Options) -> bool:
    """Tell whether enough of them pass by a constant that the project has for such calls."""
    parts: dict[str, set[tuple[str, TimeoutFact]]] = {}
    for spread in (one for one in wide if one.constant):
        for path, fact in spread.sites:
            parts.setdefault(part_of(path), set()).add((path, fact))
    return any(
        len(sites) >= limits.fragmentation_timeouts
        and len({path for path, _ in sites}) >= limits.fragmentation_files
        for sites in parts.values()
    )


def _said(wide: Sequence[Spread]) -> str:
    most = sorted(wide, key=lambda one: (-one.places, one.way))[:_SHOWN]
    shown = [f"{values_of(one)} for {one.way.what} in {one.places} places" for one in most]
    more = f" and {len(wide) - _SHOWN} more" if len(wide) > _SHOWN else ""
    return f": {', '.join(shown)}{more}" if shown else ""


def _remedy(central: frozenset[str]) -> str:
    if central:
        return f"Move them to {min(central)}, which the project has already, and import the names."
    return (
        "Make one module of named limits (timeouts.py: a frozen dataclass, units in the names) and"
        " import the names; start with the files that have the most."
    )


RULE = Rule(
    code="EXA202",
    name="timeout-fragmentation",
    family=Family.TIMEOUTS,
    summary="literal limits scattered over the project",
    severity="low; medium from 100 in 20 files",
    options=Options,
    check=check,
)
