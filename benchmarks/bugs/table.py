"""Who caught what: verdicts by case, and the table by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bugs.cases import Case
from benchmarks.bugs.tools import Said

OURS, UNSURE = "exai-audit", "with low confidence"
OTHERS = "all others together"
ALARMS = "exai-audit still speaks after the fix"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: which tools caught it, and whether ours speaks where the bug is mended."""

    case: Case
    caught: frozenset[str]
    alarm: bool = False


def judged(
    case: Case, ours: tuple[Sequence[Said], Sequence[Said]],
    others: Mapping[str, tuple[Sequence[Said], Sequence[Said]]],
) -> Outcome:  # fmt: skip
    """Return who caught a case, from what each tool says before and after its fix.

    Ours catches it by an expected rule at the place; another tool by any code at the place that it
    no longer gives anywhere after the fix.
    """
    before, after = ours
    right = [one for one in before if case.is_at(one.path, one.line) and _is_expected(one, case)]
    caught = {name for name, (was, still) in others.items() if _new_codes(case, was, still)}
    if any(one.sure for one in right):
        caught.add(OURS)
    if right:
        caught.add(UNSURE)
    alarm = any(one.sure and _is_expected(one, case) for one in after)
    return Outcome(case, frozenset(caught), alarm)


def _is_expected(one: Said, case: Case) -> bool:
    return one.code in case.expected or one.name in case.expected


def _new_codes(case: Case, before: Iterable[Said], after: Iterable[Said]) -> set[str]:
    at_the_place = {one.code for one in before if case.is_at(one.path, one.line)}
    return at_the_place - {one.code for one in after}


def table(outcomes: Sequence[Outcome], peers: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the table by kind, with a last line for all."""
    head = ["kind", "bugs", "in scope", OURS, UNSURE, *peers, OTHERS, ALARMS]
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' + '---:|' * (len(head) - 1)}"
    kinds = sorted({outcome.case.kind for outcome in outcomes})
    for kind in kinds:
        yield _line(kind, [one for one in outcomes if one.case.kind == kind], peers)
    yield _line("**all**", outcomes, peers)


def _line(title: str, outcomes: Sequence[Outcome], peers: Sequence[str]) -> str:
    asked = [one for one in outcomes if one.case.in_scope]
    counts = [len(outcomes), len(asked)]
    counts += [sum(name in one.caught for one in asked) for name in (OURS, UNSURE, *peers)]
    counts.append(sum(not one.caught.isdisjoint(peers) for one in asked))
    counts.append(sum(one.alarm for one in asked))
    return f"| {' | '.join([title, *map(str, counts)])} |"
