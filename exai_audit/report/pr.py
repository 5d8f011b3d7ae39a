"""A comment on a pull request: the verdict, what is new, what is fixed; at most 4 kB of markdown.

The first line is a marker by which a program finds its comment again, to update it. Made for a
result of ``scan --since``; of a whole scan it names the findings that cost most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from msgspec import Struct

from exai_audit.addresses import DOCUMENTATION, rule_page
from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import counted, headline
from exai_audit.report.escape import cell_code, prose
from exai_audit.report.listing import permalink
from exai_audit.results.result import AuditResult, FixedFinding, SinceUse
from exai_audit.rulebook.registry import rule_of

MARKER = "<!-- exai-audit: pull request -->"
MOST_BYTES = 4096
_SHAPES = (
    (160, 10, 100), (160, 10, 40), (160, 10, 10), (120, 10, 0), (80, 10, 0),
    *((80, rows, 0) for rows in range(9, -1, -1)),
)  # fmt: skip
"""Tried one after the other until the comment fits: see `_Shape`."""
_Item = TypeVar("_Item")


class _Shape(Struct, frozen=True):
    """To how many characters messages are cut, how many rows are shown, and how many folded."""

    most: int
    rows: int
    folded: int


def render(result: AuditResult) -> str:
    """Return the comment; its places are links where the result knows their address."""
    links = _Links(result)
    for most, rows, folded in _SHAPES:
        text = _comment(result, links, _Shape(most, rows, folded))
        if len(text.encode()) <= MOST_BYTES:
            return text
    return f"{MARKER}\n**{headline(result)}**\n"


class _Links:
    """How places are written: as links where there is an address for them."""

    def __init__(self, result: AuditResult) -> None:
        self._result = result

    def to(self, path: str, line: int) -> str:
        """Return a place in the audited revision."""
        shown = cell_code(f"{path}:{line}")
        address = permalink(path, line, self._result)
        return f"[{shown}]({address})" if address else shown


def _comment(result: AuditResult, links: _Links, shape: _Shape) -> str:
    new = sorted(
        (f for f in result.findings if f.new is not False), key=lambda f: (-f.points, f.path)
    )
    fixed = result.since.fixed if result.since else ()
    parts = [
        [MARKER, f"### {_score(result)}"],
        [f"**{prose(verdict.line)}**  " for verdict in result.gate],
        list(_deltas(result)),
        list(_new(new, links, shape, is_since=result.since is not None)),
        list(_fixed(fixed, shape)),
        list(_others(result.since)),
        list(_how(result)),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _score(result: AuditResult) -> str:
    since = result.since
    if since is None or since.score is None or result.score.shown is None:
        return f"{_title(result)}: {headline(result)}"
    change = result.score.shown - since.score
    moved = "no change" if abs(change) < 0.05 else f"{change:+.1f}".replace("-", "−")
    scores = f"{since.score:.1f} → {result.score.shown:.1f} ({result.score.grade})"
    return f"{_title(result)}: {scores}, {moved}"


def _title(result: AuditResult) -> str:
    """Return what was audited: several packages may comment on one pull request."""
    return f"Audit of {prose(result.target.project)}" if result.target.project else "Audit"


def _deltas(result: AuditResult) -> Iterator[str]:
    """Yield one row: what each category gained or lost."""
    since = result.since
    if since is None or not since.categories:
        return
    before = {category.name: category.lost for category in since.categories}
    judged = [c for c in result.score.categories if c.judged and c.name in before]
    changes = [(c.name.value, before[c.name] - c.lost) for c in judged]
    yield "| " + " | ".join(name for name, _ in changes) + " |"
    yield "|" + "---:|" * len(changes)
    yield "| " + " | ".join(_signed(change) for _, change in changes) + " |"


def _signed(change: float) -> str:
    return "±0" if abs(change) < 0.05 else f"{change:+.1f}".replace("-", "−")


def _new(
    findings: Sequence[Finding], links: _Links, shape: _Shape, *, is_since: bool
) -> Iterator[str]:
    name = "new finding" if is_since else "finding"
    if not findings:
        yield f"**No {name}s.**"
        return

    def row(finding: Finding) -> str:
        where = links.to(finding.path, finding.line)
        what = prose(_cut(finding.message, shape.most))
        cost = f" (−{finding.points:.1f})" if finding.points >= 0.05 else ""
        code = finding.code
        if code not in explained and rule_of(code) is not None:
            explained.add(code)
            code = f"[{code}]({rule_page(code)})"
        return f"- **{finding.severity.value}** {code} {where}: {what}{cost}"

    explained: set[str] = set()
    yield f"**{counted(len(findings), name)}**"
    yield ""
    yield from _listed(findings, shape, row)


def _fixed(fixed: Sequence[FixedFinding], shape: _Shape) -> Iterator[str]:
    if not fixed:
        return

    def row(one: FixedFinding) -> str:
        gained = f" (+{one.points:.1f})" if one.points >= 0.05 else ""
        where = cell_code(f"{one.path}:{one.line}")
        return f"- ~~{one.code}~~ {where}: {prose(_cut(one.message, shape.most))}{gained}"

    yield f"**{counted(len(fixed), 'fixed finding')}**"
    yield ""
    yield from _listed(fixed, shape, row)


def _listed(items: Sequence[_Item], shape: _Shape, row: Callable[[_Item], str]) -> Iterator[str]:
    """Yield the first rows, more of them folded, and how many there are besides."""
    yield from (row(item) for item in items[: shape.rows])
    rest = items[shape.rows :]
    folded, more = rest[: shape.folded], len(rest) - shape.folded
    if folded:
        yield ""
        yield f"<details><summary>{len(rest):,} more</summary>"
        yield ""
        yield from (row(item) for item in folded)
        if more > 0:
            yield f"- and {more:,} more"
        yield ""
        yield "</details>"
    elif rest:
        yield f"- and {len(rest):,} more, not listed here"


def _others(since: SinceUse | None) -> Iterator[str]:
    if since is not None:
        moved = f", {since.moved:,} of them in renamed files" if since.moved else ""
        yield f"{counted(since.known, 'finding')} known before{moved}."


def _how(result: AuditResult) -> Iterator[str]:
    yield "<details><summary>Accept, suppress, reproduce</summary>"
    yield ""
    yield "- Accept what is known: `exai-audit baseline`, and commit the file."
    yield "- Suppress one: `# exai: ignore[CODE] -- why` on its line."
    yield f"- Explain one: `exai-audit rule CODE`, or [its page]({DOCUMENTATION}rules/)."
    yield f"- Reproduce: {cell_code(result.target.command)}"
    yield ""
    yield "</details>"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
