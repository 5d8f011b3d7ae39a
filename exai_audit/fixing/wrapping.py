"""A call that would not fit its line any more: broken as formatters break it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from exai_audit.edits.edit import Edit
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import inserted, opening
from exai_audit.fixing.keywords import with_keyword
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

_WIDTH, _WIDEST = 88, 120
_SHARE, _SAMPLE = 0.001, 100
_HOLDS_TEXT = re.compile(r"['\"#]")
_SETTINGS = ("pyproject.toml", "ruff.toml", ".flake8", "setup.cfg", "tox.ini")
_SAYS_WIDTH = re.compile(r"(?m)^\s*(?:max[-_])?line[-_]length\s*=\s*(\d{2,3})\b")
_ENDS = re.compile(
    r"(?:\.\w+(?:\(\))?)?\s*(?:(?:as \w+)?:?|,)\s*"  # of a line: ``).json()``, ``) as file:``
    r"(?:#(?!.*\b(?:noqa|nosec|type|pragma|pylint|pyright|fmt|yapf|exai)\b).*)?$"
)
_INDENT = 4


def wrapped(node: ast.expr, text: str, tree: ModuleTree, bench: Bench) -> tuple[Edit, ...]:
    """Return the edits that break the call around a node, where ``text`` for it is too long.

    They are none where it fits, where the line was too long before, or where what else stands on
    the line decides how it is broken.
    """
    line, own, width = tree.source.line(node.lineno), tree.span(node), _width(bench)
    more = len(text) - (own.end_column - own.column)
    call, around = _calls(node, tree)
    if len(line) > width or len(line) + more <= width:
        return ()
    grown = _Grown(own, len(text), width)
    indent = line[: len(line) - len(line.lstrip())]
    if around is not None and _fills(around, line, tree):
        return tuple(_one_each(around, call, indent, grown, tree))
    if call is None or not _ENDS.match(line[tree.span(call).end_column - 1 :]):
        return ()
    return tuple(_broken(call, indent, grown, tree))


def given(call: ast.Call, text: str, tree: ModuleTree, bench: Bench) -> tuple[Edit, ...]:
    """Return the edits that give a call one more argument, and break it where it gets too long.

    Raises:
        RefusedError: the call cannot be given it.
    """
    edits, width = with_keyword(call, text, tree), _width(bench)
    if (call.args or call.keywords) and call.end_lineno == call.lineno + 2:
        return _filled(call, text, tree, width) or edits
    line = tree.source.line(call.lineno)
    is_short = len(line) > width or len(line) + len(text) + 2 <= width
    if len(edits) != 1 or call.lineno != call.end_lineno or is_short:
        return edits
    outer, around = _calls(call, tree)
    indent = line[: len(line) - len(line.lstrip())]
    if outer is not None:
        grown = _Grown(edits[0].span, len(edits[0].text), width)
        return (*edits, *_opened(outer, call, indent, grown, tree))
    if around is not None and not line.strip().startswith(tree.text(call)):
        return edits
    return _laid_out(call, text, indent, tree, width) or edits


def _laid_out(
    call: ast.Call, text: str, indent: str, tree: ModuleTree, width: int
) -> tuple[Edit, ...]:
    """Return the edits that put the arguments of a call, and one more, below it, if they can."""
    bracket, end = opening(call, tree), tree.span(call)
    parts = [tree.text(one) for one in (*call.args, *call.keywords)]
    is_last = _ENDS.match(tree.source.line(end.line)[end.end_column - 1 :])
    if bracket is None or not is_last or _is_starred(call):
        return ()
    inside = indent + " " * _INDENT
    together = f"{inside}{', '.join([*parts, text])}"
    lines = ",\n".join(f"{inside}{part}" for part in (*parts, text)) + ","
    shown = together if len(together) <= width else lines
    span = Span(end.line, bracket.column, end.end_line, end.end_column - 1)
    return (Edit(tree.source.path, span, f"(\n{shown}\n{indent}"),)


def _filled(call: ast.Call, text: str, tree: ModuleTree, width: int) -> tuple[Edit, ...]:
    """Return the edits where the arguments fill the one line between the brackets, else none."""
    line, path = tree.source.line(call.lineno + 1), tree.source.path
    spans = [tree.span(one) for one in (*call.args, *call.keywords)]
    inside = line[min(spans).column - 1 : max(spans).end_column - 1]
    is_filled = min(spans).line == max(spans).end_line == call.lineno + 1
    if not is_filled or inside != line.strip() or _is_starred(call):
        return ()
    behind = inserted(path, spans[-1].end_line, spans[-1].end_column, f", {text}")
    gaps = _gaps(spans)
    if len(line) + len(text) + 2 <= width:
        return (behind,)
    if any(line[gap.column - 1 : gap.end_column - 1] != ", " for gap in gaps):
        return ()
    between = ",\n" + line[: len(line) - len(line.lstrip())]
    each = [Edit(path, gap, between) for gap in gaps]
    return (*each, inserted(path, behind.span.line, behind.span.column, f"{between}{text},"))


def _opened(
    outer: ast.Call, call: ast.Call, indent: str, grown: _Grown, tree: ModuleTree
) -> list[Edit]:
    """Return the edits that give the one argument of a call a line, if that is enough."""
    spans = [tree.span(one) for one in (*outer.args, *outer.keywords)]
    bracket, end, line = opening(outer, tree), tree.span(outer), tree.source.line(outer.lineno)
    length = spans[0].end_column - spans[0].column + grown.length
    fits = len(indent) + _INDENT + length <= grown.width
    if len(spans) != 1 or bracket is None or not fits:
        return []
    if outer is call or not _ENDS.match(line[end.end_column - 1 :]):
        return []
    path, inside = tree.source.path, indent + " " * _INDENT
    return [
        Edit(path, bracket, f"(\n{inside}"),
        inserted(path, end.line, end.end_column - 1, f"\n{indent}"),
    ]


class _Grown(Struct, frozen=True):
    """What stands at ``own`` and is to be as long as ``length``, on lines of ``width``."""

    own: Span
    length: int
    width: int

    @property
    def more(self) -> int:
        return self.length - (self.own.end_column - self.own.column)

    def fits(self, span: Span, column: int) -> bool:
        """Tell whether a part, and a comma, would fit behind a column."""
        length = span.end_column - span.column + self.more * _holds(span, self.own)
        return column + length < self.width


def _fills(call: ast.Call, line: str, tree: ModuleTree) -> bool:
    """Tell whether the arguments of a call, two or more, are all that stands on a line."""
    spans = [tree.span(one) for one in (*call.args, *call.keywords)]
    first, last = min(spans), max(spans)
    inside = line[first.column - 1 : last.end_column - 1]
    return (
        len(spans) > 1
        and first.line == last.end_line == call.lineno + 1
        and inside == line.strip()
        and all(line[gap.column - 1 : gap.end_column - 1] == ", " for gap in _gaps(spans))
        and not _is_starred(call)
    )


def _gaps(spans: Sequence[Span]) -> list[Span]:
    return [Span(one.line, one.end_column, two.line, two.column) for one, two in pairwise(spans)]


def _one_each(
    around: ast.Call, call: ast.Call | None, indent: str, grown: _Grown, tree: ModuleTree
) -> list[Edit]:
    """Return the edits that give each argument a line, and break the one that is still too long."""
    given, path = [*around.args, *around.keywords], tree.source.path
    spans = [tree.span(one) for one in given]
    edits = [Edit(path, gap, f",\n{indent}") for gap in _gaps(spans)]
    edits.append(inserted(path, spans[-1].end_line, spans[-1].end_column, ","))
    holds = next((span for span in spans if _holds(span, grown.own)), None)
    if holds is not None and call is not None and not grown.fits(holds, len(indent)):
        edits += _broken(call, indent, grown, tree)
    return edits


def _broken(call: ast.Call, indent: str, grown: _Grown, tree: ModuleTree) -> list[Edit]:
    """Return the edits that break a call of one line, none where that is not enough.

    Args:
        indent: that of the line on which the call begins.
    """
    given = [*call.args, *call.keywords]
    spans, bracket, end = [tree.span(one) for one in given], opening(call, tree), tree.span(call)
    gaps = _gaps(spans)
    line, path = tree.source.line(end.line), tree.source.path
    if bracket is None or any(line[g.column - 1 : g.end_column - 1] != ", " for g in gaps):
        return []
    inside = indent + " " * _INDENT
    lengths = [one.end_column - one.column + grown.more * _holds(one, grown.own) for one in spans]
    begin = Edit(path, bracket, f"(\n{inside}")
    close = inserted(path, end.line, end.end_column - 1, f"\n{indent}")
    if len(inside) + sum(lengths) + 2 * len(gaps) <= grown.width:
        return [begin, close]
    if not gaps and isinstance(given[0], ast.Call):
        within = _broken(given[0], inside, grown, tree)
        return [begin, *within, close] if within else []
    if not gaps or len(inside) + max(lengths) >= grown.width or _is_starred(call):
        return []
    each = [Edit(path, gap, f",\n{inside}") for gap in gaps]
    return [begin, *each, inserted(path, end.line, end.end_column - 1, f",\n{indent}")]


def _calls(node: ast.expr, tree: ModuleTree) -> tuple[ast.Call | None, ast.Call | None]:
    """Return the outermost call of one line that a node is given to, and the call around that."""
    found: ast.Call | None = None
    child: ast.AST = node
    for parent in tree.ancestors(node):
        if isinstance(parent, ast.stmt):
            break
        if isinstance(parent, ast.Call) and child is not parent.func:
            if parent.lineno != parent.end_lineno:
                return found, parent
            found = parent
        child = parent
    return found, None


def _holds(span: Span, own: Span) -> bool:
    return span.column <= own.column < span.end_column


def _is_starred(call: ast.Call) -> bool:
    """Tell whether a call has what older versions of Python let no comma follow."""
    return any(isinstance(one, (ast.Starred, ast.GeneratorExp)) for one in call.args)


def _width(bench: Bench) -> int:
    """Return how long lines may be: as the project's tools are told, else as the file has them."""

    def found() -> int:
        for path in _SETTINGS:
            source = bench.read(path)
            says = _SAYS_WIDTH.search(source.text) if source is not None else None
            if says:
                return int(says[1])
        return 0

    width = bench.made("width", lambda: found() or _kept_width(bench))
    assert isinstance(width, int)
    return width


def _kept_width(bench: Bench) -> int:
    """Return how long lines are that hold no text and no comment, which formatters leave long."""
    sources = [bench.read(path) for path in sorted(bench.project.judged)[:_SAMPLE]]
    lines = [line for source in sources if source is not None for line in source.lines]
    long = sum(len(line) > _WIDTH for line in lines if not _HOLDS_TEXT.search(line))
    return _WIDEST if long > _SHARE * len(lines) else _WIDTH
