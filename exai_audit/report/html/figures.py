"""The charts of the report, from its result."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import fsum

from markupsafe import Markup

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import Bottleneck, counted
from exai_audit.report.page.charts.bars import Block, divided_bar, funnel
from exai_audit.report.page.charts.histogram import Column, histogram
from exai_audit.report.page.charts.time_axis import Dot, Lane, Pair, time_axis
from exai_audit.report.page.charts.treemap import Tile, treemap
from exai_audit.report.page.markup import joined
from exai_audit.results.result import AuditResult, CategoryScore, TimeoutRow

_LEAST_BLOCK = 0.005
"""A bottleneck that costs a smaller part of what is lost has no block of its own."""
_HEATS = ((1.5, "heat4"), (0.5, "heat3"), (0.1, "heat2"), (0.0, "heat1"))
_INVERTED = "EXA204"
_MOST_TILES, _MANY_TILES = 180, 12


def points_bar(
    result: AuditResult, groups: Sequence[Bottleneck], anchors: Mapping[int, str]
) -> Markup:
    """Return the hundred points, and below them those that are lost, divided by bottleneck.

    Args:
        anchors: where each of ``groups`` is listed, by its place.
    """
    value = result.score.value or 0.0
    lost = 100 - value
    whole = (
        Block(value, f"{value:.1f} kept", f"{value:.1f} of 100 points are kept", "kept"),
        Block(lost, f"{lost:.1f} lost", f"{lost:.1f} points are lost", "lost"),
    )
    blocks = list(_blocks(result, groups, anchors, lost))
    said = f"{lost:.1f} points lost, by bottleneck, the costliest first"
    return joined(
        (
            divided_bar(f"{value:.1f} of 100 points kept", whole, height=30),
            funnel(value / 100, 1.0) if lost else "",
            divided_bar(said, blocks, height=64) if lost else "",
        )
    )


def _blocks(
    result: AuditResult, groups: Sequence[Bottleneck], anchors: Mapping[int, str], lost: float
) -> Iterator[Block]:
    small: dict[str, list[float]] = defaultdict(list)
    for number, group in enumerate(groups, 1):
        if group.points >= lost * _LEAST_BLOCK and group.points > 0:
            yield _block(group, anchors[number])
        elif group.points > 0:
            small[_tone(group.head)].append(group.points)
    for tone, points in small.items():
        title = f"{counted(len(points), 'small bottleneck')} ({tone}): {fsum(points):.1f} points"
        yield Block(fsum(points), f"{fsum(points):.1f}\n{len(points)} small", title, tone)
    cap = result.score.cap
    if cap is not None and cap.cost > 0:
        title = f"critical findings hold the score at {cap.limit}: {cap.cost:.1f} points"
        yield Block(cap.cost, f"{cap.cost:.1f}\ncap", title, "cap")


def _block(group: Bottleneck, anchor: str) -> Block:
    head = group.head
    where = "" if head.project_wide else f" in {head.path}"
    title = f"{head.code} {head.name}{where}: {group.points:.1f} points"
    return Block(group.points, f"{group.points:.1f}\n{head.name}", title, _tone(head), anchor)


def _tone(finding: Finding) -> str:
    return (finding.category or finding.family).value


def standing(result: AuditResult) -> Markup:
    """Return where the score stands among services, those nearest in size singled out."""
    stands, shown = result.score.standing, result.score.shown
    if stands is None or shown is None or not stands.bars:
        return Markup("")
    first = next((i for i, bar in enumerate(stands.bars) if bar.services or bar.most > shown), 0)
    columns = [Column(b.least, b.most, b.services, b.peers) for b in stands.bars[first:]]
    said = f"{shown:.1f} here"
    return histogram(f"Scores of {stands.services} services; {said}", columns, shown, said)


def module_map(result: AuditResult, anchors: Mapping[str, str]) -> Markup:
    """Return the largest judged files as areas, coloured by the points that they cost.

    Args:
        anchors: where each path is spoken of, if anywhere.
    """
    costs = points_by_path(result)
    ordered = sorted(result.modules, key=lambda module: (-module.lines, module.path))
    largest, others = ordered[:_MOST_TILES], ordered[_MOST_TILES:]
    tiles = [
        Tile(
            module.lines,
            module.path.rpartition("/")[2],
            f"{module.path}: {module.lines:,} lines, {costs.get(module.path, 0):.1f} points",
            heat(costs.get(module.path, 0.0)),
            anchors.get(module.path, ""),
        )
        for module in largest
    ]
    if others:
        tiles.append(_rest([module.lines for module in others]))
    said = f"{counted(len(ordered), 'module')}: area by lines, colour by points lost"
    height = 380 if len(tiles) >= _MANY_TILES else 150
    return treemap(said, tiles, height=height) if tiles else Markup("")


def _rest(lines: Sequence[int]) -> Tile:
    title = f"{counted(len(lines), 'smaller module')}: {sum(lines):,} lines"
    return Tile(sum(lines), f"{len(lines)} smaller", title, "heat0", "")


def points_by_path(result: AuditResult) -> dict[str, float]:
    """Return what the findings in each file cost."""
    costs: dict[str, list[float]] = defaultdict(list)
    for finding in result.findings:
        costs[finding.path].append(finding.points)
    return {path: fsum(points) for path, points in costs.items()}


def heat(points: float) -> str:
    """Return the tone of an area that costs so many points."""
    return next((tone for least, tone in _HEATS if points > least), "heat0")


def limits(result: AuditResult) -> Markup:
    """Return every known limit on an axis of time, and the pairs in which one is useless."""
    lanes = [lane for row in result.timeout_map if (lane := _lane(row)).dots]
    pairs = tuple(
        Pair(
            f.measured,
            f.threshold,
            f"{f.measured:g} s inside {f.threshold:g} s: {f.path}:{f.line}",
        )
        for f in result.findings
        if f.code == _INVERTED and (f.measured or 0) > 0 and (f.threshold or 0) > 0
        if f.measured is not None and f.threshold is not None
    )
    lanes += [Lane("inverted pairs", pairs=pairs)] if pairs else []
    if not lanes:
        return Markup("")
    return time_axis("Limits by category, from the shortest to those without an end", lanes)


def _lane(row: TimeoutRow) -> Lane:
    written: Counter[float] = Counter()
    named: Counter[float] = Counter()
    for limit in (limit for operation in row.operations for limit in operation.limits):
        written[limit.seconds] += limit.literal
        named[limit.seconds] += limit.named
    unlimited = sum(operation.unlimited for operation in row.operations)
    dots = [
        Dot(seconds, count, f"{counted(count, 'site')}: {seconds:g} s, {how}", "timeouts", ring)
        for counts, how, ring in ((written, "written there", False), (named, "by name", True))
        for seconds, count in sorted(counts.items())
        if count and seconds > 0
    ]
    if unlimited:
        dots.append(Dot(None, unlimited, f"{counted(unlimited, 'site')} without a limit", "alarm"))
    return Lane(f"{row.category}, {counted(row.sites, 'site')}", tuple(dots))


def kept(category: CategoryScore) -> float:
    """Return the points that a category has left."""
    return category.points - category.lost
