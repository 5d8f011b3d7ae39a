"""Where the points go: files that change often and cost much, and folders over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from exai_audit.trend.point import Point, Seen

_MOST_HOTSPOTS = 10
_MOST_FOLDERS = 12


class Hotspot(Struct, frozen=True):
    """A file that changes often and costs much.

    ``changes`` counts the commits of the history that changed it, under whatever name, ``points``
    is what its findings cost now, ``worst`` the costliest of them.
    """

    path: str
    changes: int
    points: float
    worst: Seen


class PlaceTrend(Struct, frozen=True):
    """The points that the findings of one folder, or of one owner, cost at each point."""

    name: str
    points: tuple[float, ...]


def hotspots(points: Sequence[Point]) -> tuple[Hotspot, ...]:
    """Return the files of the newest point with the most changes times points."""
    changes = _changes(points)
    costs: dict[str, list[Seen]] = defaultdict(list)
    for finding in points[-1].snapshot.findings:
        if finding.points > 0 and not finding.project_wide:
            costs[finding.path].append(finding)
    found = [
        Hotspot(
            path,
            changes[path],
            sum(finding.points for finding in findings),
            max(findings, key=lambda f: (f.points, f.severity.rank, -f.line)),
        )
        for path, findings in costs.items()
        if changes[path]
    ]
    ranked = sorted(found, key=lambda h: (-h.changes * h.points, h.path))
    return tuple(ranked[:_MOST_HOTSPOTS])


def folder_trends(points: Sequence[Point]) -> tuple[PlaceTrend, ...]:
    """Return what each folder costs at each point, the one that costs most now first.

    Folders are those that part the code: below the folder that holds all of it.
    """
    paths = [f.path for point in points for f in point.snapshot.findings if not f.project_wide]
    depth = _common_depth(paths)
    costs = [
        _sums(
            (_folder(f.path, depth), f.points)
            for f in point.snapshot.findings
            if not f.project_wide
        )
        for point in points
    ]
    return _ranked(costs)


def owner_trends(
    points: Sequence[Point], owners_of: Callable[[str], Sequence[str]]
) -> tuple[PlaceTrend, ...]:
    """Return what the files of each owner cost at each point, the one that costs most now first.

    What several own counts for each of them.

    Args:
        owners_of: by a path below the root; the owners are those of today.
    """
    costs = [
        _sums(
            (owner, f.points)
            for f in point.snapshot.findings
            if not f.project_wide
            for owner in owners_of(f.path)
        )
        for point in points
    ]
    return _ranked(costs)


def _changes(points: Sequence[Point]) -> Counter[str]:
    """Return in how many commits each file of the newest point was changed since the first."""
    changes: Counter[str] = Counter()
    for point in points[1:]:
        for path, then in point.renamed.items():
            changes[path] += changes.pop(then, 0)
        changes.update(point.changed)
    return changes


def _ranked(costs: Sequence[Mapping[str, float]]) -> tuple[PlaceTrend, ...]:
    names = {name for cost in costs for name in cost}
    found = [PlaceTrend(name, tuple(cost.get(name, 0.0) for cost in costs)) for name in names]
    found = [place for place in found if any(place.points)]
    found.sort(key=lambda place: (-place.points[-1], -max(place.points), place.name))
    return tuple(found[:_MOST_FOLDERS])


def _sums(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for name, points in pairs:
        sums[name] += points
    return dict(sums)


def _folder(path: str, depth: int) -> str:
    """Return the folder of a path, one level below the common one."""
    return "/".join(path.split("/")[:-1][: depth + 1]) or "."


def _common_depth(paths: Sequence[str]) -> int:
    """Return how many folders all paths share."""
    folders = [path.split("/")[:-1] for path in paths]
    shared = 0
    while folders and all(len(one) > shared for one in folders):
        if len({one[shared] for one in folders}) > 1:
            break
        shared += 1
    return shared
