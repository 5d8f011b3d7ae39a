"""Average linkage: the two groups that are most alike on average become one, again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from exai_audit.planning.decomposition.matrices import Matrix

Groups = list[list[int]]


def merged(alike: Matrix) -> Iterator[Groups]:
    """Yield the groups, at first each member alone, then after each merge.

    What is yielded changes with the next merge.
    """
    count = len(alike)
    near: list[list[float]] = [[*row] for row in alike]
    groups: dict[int, list[int]] = {number: [number] for number in range(count)}
    best = {number: _nearest(number, near[number], groups) for number in groups}
    yield list(groups.values())
    while len(groups) > 1:
        one = max(groups, key=lambda n: (best[n][0], -n))
        other = best[one][1]
        low, high = min(one, other), max(one, other)
        a, b = len(groups[low]), len(groups[high])
        joined = [(a * x + b * y) / (a + b) for x, y in zip(near[low], near[high], strict=True)]
        groups[low] += groups.pop(high)
        del best[high]
        near[low] = joined
        for number in groups:
            near[number][low] = joined[number]
        best[low] = _nearest(low, joined, groups)
        for number in groups:
            if number == low:
                continue
            if best[number][1] in (low, high):
                best[number] = _nearest(number, near[number], groups)
            elif (joined[number], -low) > (best[number][0], -best[number][1]):
                best[number] = (joined[number], low)
        yield list(groups.values())


def _nearest(number: int, row: Sequence[float], groups: dict[int, list[int]]) -> tuple[float, int]:
    found, at = float("-inf"), number
    for other in groups:
        if other != number and row[other] > found:
            found, at = row[other], other
    return found, at


def mean_between(alike: Matrix, one: Sequence[int], other: Sequence[int]) -> float:
    """Return the mean likeness of the members of two groups, a member to itself left out."""
    pairs = [(member, also) for member in one for also in other if also != member]
    return sum([alike[a][b] for a, b in pairs]) / len(pairs) if pairs else 0.0


def cut(alike: Matrix, is_enough: Callable[[Groups], bool]) -> Groups:
    """Return the first groups that are enough, each sorted; all in one where none are."""
    groups: Groups = []
    for groups in merged(alike):
        if is_enough(groups):
            break
    return sorted(sorted(group) for group in groups)


def with_small_joined(
    groups: Groups, alike: Matrix, lines: Sequence[int], is_small: Callable[[int, int], bool]
) -> Groups:
    """Return the groups with each small one in the nearest other, the shortest first.

    Args:
        lines: how long each member is.
        is_small: tells it from the number of members of a group, and of their lines.
    """

    def length(group: Sequence[int]) -> int:
        return sum(lines[number] for number in group)

    while len(groups) > 1:
        small = [group for group in groups if is_small(len(group), length(group))]
        if not small:
            break
        one = min(small, key=lambda group: (length(group), group))
        others = [group for group in groups if group is not one]
        near = max(others, key=lambda group: (mean_between(alike, one, group), -group[0]))
        others.remove(near)
        groups = sorted([*others, sorted([*near, *one])])
    return groups
