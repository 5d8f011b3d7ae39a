"""Where a score stands: among services of about the same size, and among libraries."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from exai_audit.results.result import ScoreBar, Standing
from exai_audit.score.grades import grade
from exai_audit.score.reference import Kind, ReferencePackage, reference

PEERS = 30
"""So many services are the peers of a code base: those nearest in size."""
_WIDTH = 5


def standing(shown: float, judged_lines: int) -> Standing | None:
    """Return where a score, as displayed, stands; None while the reference set has no service."""
    services = reference().of_kind(Kind.SERVICE)
    libraries = reference().of_kind(Kind.LIBRARY)
    if len(services) < 2:
        return None
    peers = nearest(services, judged_lines)
    lines = sorted(peer.judged_lines for peer in peers)
    lower, upper = _quartiles([one.score for one in services])
    below = sum(peer.score < shown for peer in peers)
    libraries_below = sum(one.score < shown for one in libraries)
    middle = round(lower, 1), round(upper, 1)
    sentence = (
        f"{shown:.1f} ({grade(shown)}): better than {below} of the {len(peers)} services nearest in"
        f" size ({_thousands(lines[0], lines[-1])}) and {libraries_below} of {len(libraries)}"
        f" libraries; half of all services lie between {middle[0]:.0f} and {middle[1]:.0f}"
    )
    return Standing(
        sentence=sentence,
        better_than=below,
        peers=len(peers),
        peer_lines=(lines[0], lines[-1]),
        services=len(services),
        middle=middle,
        libraries_below=libraries_below,
        libraries=len(libraries),
        bars=_bars(services, peers, libraries),
    )


def _quartiles(scores: Sequence[float]) -> tuple[float, float]:
    """Return the first and third quartile, as ``statistics.quantiles`` does inclusively.

    That module takes longer to load than a whole score.
    """
    ranked, last = sorted(scores), len(scores) - 1
    found = []
    for quarter in (1, 3):
        at, rest = divmod(quarter * last, 4)
        found.append((ranked[at] * (4 - rest) + ranked[min(at + 1, last)] * rest) / 4)
    return found[0], found[1]


def nearest(
    services: Sequence[ReferencePackage], judged_lines: int
) -> tuple[ReferencePackage, ...]:
    """Return the services nearest in size, by the ratio of the lines."""
    size = log(max(1, judged_lines))

    def distance(service: ReferencePackage) -> tuple[float, str]:
        return abs(log(max(1, service.judged_lines)) - size), service.name

    return tuple(sorted(services, key=distance)[:PEERS])


def _thousands(least: int, most: int) -> str:
    """Return for example "10 to 41 thousand lines"."""
    low, high = (f"{lines / 1000:.0f}" if lines >= 1000 else "1" for lines in (least, most))
    return f"{low} to {high} thousand lines"


def _bars(*groups: Sequence[ReferencePackage]) -> tuple[ScoreBar, ...]:
    def count(packages: Sequence[ReferencePackage], least: int) -> int:
        last = least + _WIDTH >= 100
        return sum(least <= one.score and (last or one.score < least + _WIDTH) for one in packages)

    services, peers, libraries = groups
    return tuple(
        ScoreBar(
            least,
            least + _WIDTH,
            count(services, least),
            count(peers, least),
            count(libraries, least),
        )
        for least in range(0, 100, _WIDTH)
    )
