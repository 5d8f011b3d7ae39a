"""A limit on waiting that a function has, and does not hand on to the wait.

*Why.* The caller says how long to wait, and something else decides: the default of the function
underneath. A longer limit is cut short, a shorter one comes too late; whoever sets it sees that
nothing changes.

*Bad*

```python
import time


def ask(address, timeout=8):
    time.sleep(timeout)
    return address


class Client:
    def __init__(self, address, timeout=30):
        self._address = address
        self._timeout = timeout

    def stock(self):
        return ask(self._address)
```

*Good*

```python
import time


def ask(address, timeout=8):
    time.sleep(timeout)
    return address


class Client:
    def __init__(self, address, timeout=30):
        self._address = address
        self._timeout = timeout

    def stock(self):
        return ask(self._address, timeout=self._timeout)
```

*Known false alarms.* A parameter that only keeps a signature alike, where the function underneath
is right with its own limit. A function that uses its limit for anything besides the wait for the
very call is no finding.

*References.* Found are a parameter that nothing reads or that only stands in a message, a private
attribute that ``__init__`` keeps and nothing reads, and a parameter that limits the wait
(``future.result(timeout)``, ``wait_for``) for a call that keeps a limit of its own by default; a
call that is given another limit than the parameter that nothing reads; ``self.timeout`` where
``timeout`` stands in for it; a call without the ``**options`` that hold the limit, beside
another with them; and a call that is handed two other settings under their own names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import LimitParameter, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.facts.waits import UnforwardedFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.calls import exported_names, spellings
from exai_audit.project.central_timeouts import shown_limit
from exai_audit.project.constant_names import purpose_of
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_SURE = frozenset({"unused", "told", "settings"})
_MISREAD = frozenset({"another", "kept", "options"})


class Options(Struct, frozen=True):
    """This rule has no options."""


class _Callees(Struct, frozen=True):
    """The functions of the project that take a limit: their parameters, and the defaults."""

    limits: Mapping[str, list[LimitParameter]]
    defaults: Mapping[tuple[str, str], tuple[str, TimeoutFact]]
    exported: Mapping[str, str]


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each call that should be given the limit of the function around it."""
    if not any(facts.unforwarded for facts in project.judged_files()):
        return
    callees = _callees(project)
    for facts in project.judged_files():
        spoken: set[object] = set()
        for fact in facts.unforwarded:
            if fact.kind in _MISREAD:
                hit: Hit | None = _misread(facts.path, fact)
            else:
                hit = _known(facts, fact) if fact.known else _own(facts, fact, callees)
            if hit is not None and (fact.place.symbol, fact.function) not in spoken:
                spoken.add((fact.place.symbol, fact.function))
                yield hit


def _callees(project: Project) -> _Callees:
    limits: dict[str, list[LimitParameter]] = {}
    defaults: dict[tuple[str, str], tuple[str, TimeoutFact]] = {}
    for facts in project.files:
        for parameter in facts.limit_parameters:
            limits.setdefault(parameter.function, []).append(parameter)
        for fact in facts.timeouts:
            if fact.form is TimeoutForm.PARAMETER_DEFAULT:
                name = ".".join(part for part in (facts.module, fact.place.symbol) if part)
                defaults[name, fact.name] = facts.path, fact
    return _Callees(limits, defaults, exported_names(project.files))


def _known(facts: FileFacts, fact: UnforwardedFact) -> Hit:
    return _hit(facts.path, fact, fact.known, "its library's own limit holds", ())


def _own(facts: FileFacts, fact: UnforwardedFact, callees: _Callees) -> Hit | None:
    names = spellings(fact.function, callees.exported)
    for function in (one for name in names for one in (name, f"{name}.__init__")):
        for parameter in callees.limits.get(function, ()):
            if fact.kind == "settings" and parameter.name != fact.own.removeprefix("self."):
                continue
            if 0 <= parameter.position < fact.given or not _alike(fact.own, parameter.name):
                continue
            default = callees.defaults.get((function, parameter.name))
            if default is None:
                continue  # it must be given
            if default[1].value is ValueKind.NONE and fact.kind not in _SURE:
                continue  # it means that there is none
            path, site = default
            holds = site.value is ValueKind.LITERAL
            why = f"its default of {shown_limit(site)} holds" if holds else "its default holds"
            related = (Related(path, site.place.span.line, site.place.evidence),)
            return _hit(facts.path, fact, parameter.name, why, related)
    return None


def _misread(path: str, fact: UnforwardedFact) -> Hit:
    name = fact.function.rpartition(".")[2]
    own, other = fact.own, fact.known
    message, remedy = {
        "another": (
            f"{name} is given {other}, and nothing reads {own}, the limit that callers give",
            f"Give it {own} where that is given.",
        ),
        "kept": (
            f"self.{own} is read where {own} holds what the caller asks for",
            f"Read {own}, which holds self.{own} if the caller gives none.",
        ),
        "options": (
            f"{name} is not given the limit {own} here: {other}, which holds it, is left out",
            f"Hand **{other} to this call, too.",
        ),
    }[fact.kind]
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message=message,
        remedy=remedy,
    )


def _alike(own: str, other: str) -> bool:
    """Tell whether two limits may bound the same wait, by what their names say it is for."""
    mine, theirs = purpose_of(own), purpose_of(other)
    return bool(mine & theirs) or not theirs


def _hit(
    path: str, fact: UnforwardedFact, limit: str, why: str, related: tuple[Related, ...]
) -> Hit:
    name = fact.function.rpartition(".")[2]
    what = {
        "unused": f"nothing reads {fact.own}",
        "attribute": f"nothing reads {fact.own}",
        "told": f"{fact.own} only stands in a message",
        "settings": "it is handed other settings under their own names",
        "around": f"{fact.own} only limits the wait for it",
    }[fact.kind]
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message=f"{name} is not given the limit {fact.own}: {what}, and {why}",
        remedy=f"Write {limit}={fact.own} in this call.",
        related=related,
    )


RULE = Rule(
    code="EXA207",
    name="limit-not-forwarded",
    family=Family.TIMEOUTS,
    summary="a function's limit on waiting that does not reach the wait",
    severity="medium",
    options=Options,
    check=check,
)
