"""The recommendations laid out in weeks of one developer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from math import ceil

from msgspec import Struct

from exai_audit.planning.recommend import HOURS_A_WEEK, Planned
from exai_audit.results.advice import Hours, Phase, PhaseItem, Recommendation
from exai_audit.results.result import Score
from exai_audit.score.formula import score_without
from exai_audit.score.grades import grade

WEEKS_APART = 6
"""So many weeks are phases of their own; what is left is one last phase."""
_SCRAP = 2.0


class _Open(Struct):
    """A recommendation on its way: ``spent`` of its hours lie in earlier weeks."""

    position: int
    item: Recommendation
    spent: float = 0.0

    @property
    def needed(self) -> float:
        return max(0.1, sum(self.item.hours) / 2)

    @property
    def left(self) -> float:
        return self.needed - self.spent

    def part(self, spend: float) -> PhaseItem:
        """Spend hours, and return what they bring."""
        share = spend / self.needed
        self.spent += spend
        number = len(self.item.findings)
        is_done = self.left < 1e-6
        return PhaseItem(
            recommendation=self.position,
            title=self.item.title,
            hours=_rounded(self.item.hours, share),
            done=number if is_done else int(number * self.spent / self.needed),
            findings=number,
        )


def phases(planned: Sequence[Planned], total: Score) -> tuple[Phase, ...]:
    """Lay the recommendations out in their order, by the middle of their hours.

    One that does not fit into a week goes on in the next: findings are repaired one by one.
    """
    queue = [_Open(number, one.item) for number, one in enumerate(planned, 1)]
    made: list[Phase] = []
    done = [0] * len(planned)
    for week, items in enumerate(_weeks(queue), 1):
        last = week
        if week > WEEKS_APART:
            last = week - 1 + max(1, ceil(_spent(items) / HOURS_A_WEEK))
        for item in items:
            done[item.recommendation - 1] = item.done
        after = _score_after(total, planned, done)
        low, high = (sum(item.hours[end] for item in items) for end in (0, 1))
        made.append(
            Phase(
                first_week=week,
                last_week=last,
                items=tuple(items),
                hours=(round(low, 1), round(high, 1)),
                score=after,
                grade=None if after is None else grade(round(after, 1)),
            )
        )
    return tuple(made)


def _weeks(queue: Sequence[_Open]) -> Iterator[list[PhaseItem]]:
    """Yield what is done in each week, and at last all that is left."""
    at = 0
    for _ in range(WEEKS_APART):
        free, items = float(HOURS_A_WEEK), list[PhaseItem]()
        while at < len(queue) and (free >= queue[at].left or free > _SCRAP):
            spend = min(free, queue[at].left)
            free -= spend
            items.append(queue[at].part(spend))
            at += queue[at].left < 1e-6
        if items:
            yield items
    if at < len(queue):
        yield [one.part(one.left) for one in queue[at:]]


def _spent(items: Sequence[PhaseItem]) -> float:
    return sum(sum(item.hours) / 2 for item in items)


def _score_after(total: Score, planned: Sequence[Planned], done: Sequence[int]) -> float | None:
    """Return the score once so many findings of each recommendation are repaired."""
    if total.value is None:
        return None
    pairs = zip(planned, done, strict=True)
    return score_without(total, chain.from_iterable(one.findings[:n] for one, n in pairs))


def _rounded(of: Hours, share: float) -> Hours:
    low, high = of
    return round(low * share, 1), round(high * share, 1)
