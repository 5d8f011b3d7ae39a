"""Nothing from the scanned code may act as markup: what it holds is shown, never obeyed."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterable

from exai_audit.files.visible import shortened, visible

__all__ = [
    "cell_code", "code", "code_block", "html", "markdown", "prose", "shortened", "visible",
]  # fmt: skip

_BACKTICKS = re.compile(r"`+")
_MARKUP = re.compile(r"[\\*\[\]#~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LIST_START = re.compile(r"^([-+=]|\d+(?=[.)]))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "&#96;", "|": "&#124;"}
# An empty comment between stops GitHub from making mentions, references and links of them.
_STOP = "<!-- -->"


def markdown(text: str) -> str:
    """Return ``text`` as markdown that renders as itself, in a paragraph or a table cell."""
    shown = visible(text).strip()
    shown = _MARKUP.sub(lambda match: "\\" + match[0], shown)
    for char, entity in _ENTITIES.items():
        shown = shown.replace(char, entity)
    shown = _LIST_START.sub(_escaped_start, shown)
    shown = shown.replace("$", "<span>$</span>").replace("@", f"@{_STOP}")
    shown = shown.replace("://", f":{_STOP}//").replace("\\#", f"\\#{_STOP}")
    return re.sub(r"(?i)\b(www)\.", rf"\1{_STOP}.", shown)


def _escaped_start(match: re.Match[str]) -> str:
    start = match[0]
    return f"\\{start}" if not start.isdigit() else f"&#{ord(start[0])};{start[1:]}"


def prose(text: str) -> str:
    """Return a message as markdown: what stands in backticks is code, all else is plain text."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return markdown(text)
    pieces = [
        cell_code(part) if odd else _keeping_ends(part)
        for odd, part in zip([False, True] * len(parts), parts, strict=False)
    ]
    return "".join(pieces).strip()


def _keeping_ends(text: str) -> str:
    """Escape a piece of a line, with the spaces that part it from its neighbours."""
    if not text.strip():
        return " " if text else ""
    before = " " if text[0].isspace() else ""
    after = " " if text[-1].isspace() else ""
    return before + markdown(text) + after


def code(text: str) -> str:
    """Return ``text`` as a markdown code span (not inside a table: see ``cell_code``)."""
    shown = visible(text).strip()
    if not shown:
        return ""
    fence = "`" * (_longest_run(shown) + 1)
    space = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{space}{shown}{space}{fence}"


def cell_code(text: str) -> str:
    """Return ``text`` as code that no pipe or backtick in it can end."""
    shown = markdown(text)
    return f"<code>{shown}</code>" if shown else ""


def code_block(lines: Iterable[str], language: str = "") -> list[str]:
    """Return the lines of a fenced block that nothing in ``lines`` can close."""
    shown = [visible(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return [fence + language, *shown, fence]


def html(text: str) -> str:
    """Return ``text`` for HTML, in text and in quoted attributes."""
    return html_entities.escape(visible(text), quote=True)


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
