"""The limits of a project that are written as numbers in the code."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.timeouts import TimeoutFact
from exai_audit.fixing.bench import Bench
from exai_audit.project.central_timeouts import (
    bounded,
    repeated_defaults,
    scattered_limits,
)


class Site(Struct, frozen=True):
    """A limit that is written as a number."""

    path: str
    fact: TimeoutFact

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the site in a file of names, across moved lines."""
        return self.path, f"{bounded(self.fact)} in {self.fact.place.symbol}", self.fact.literal

    @property
    def number(self) -> str:
        """The number as a constant has it: without the quotes of a fallback for a variable."""
        return self.fact.literal.strip("\"'") if self.is_text else self.fact.literal

    @property
    def is_text(self) -> bool:
        return self.fact.literal[:1] in ("'", '"')


def all_sites(bench: Bench) -> Iterator[Site]:
    """Yield the scattered limits, and repeated defaults where they were asked for."""
    central = bench.central
    for facts, fact in scattered_limits(bench.project, central):
        yield Site(facts.path, fact)
    for defaults in repeated_defaults(bench.project, central) if bench.choices.defaults else ():
        for path, fact in defaults:
            yield Site(path, fact)
