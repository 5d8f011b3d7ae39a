"""Markup made in Python: whatever is put into it is escaped, and nothing in it is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from exai_audit.files.visible import visible

_VOID = frozenset({"br", "circle", "line", "path", "rect", "wbr"})


def shown(text: object) -> object:
    """Return text with whatever hides in it made visible; markup and other values as they are."""
    return visible(text) if isinstance(text, str) and not isinstance(text, Markup) else text


def element(tag: str, attributes: Mapping[str, object], *children: object) -> Markup:
    """Return one element; an attribute that is None or empty is left out."""
    given = "".join(
        f' {name}="{escape(shown(value))}"'
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    if tag in _VOID and not children:
        return Markup(f"<{tag}{given}/>")
    return Markup(f"<{tag}{given}>{joined(children)}</{tag}>")


def joined(parts: Iterable[object]) -> Markup:
    """Return the parts one after the other, escaped where they are no markup."""
    return Markup("").join(escape(shown(part)) for part in parts)


def lines(text: str) -> Markup:
    """Return text of several lines as it is to stand in a block of code."""
    return Markup("\n").join(escape(visible(line)) for line in text.rstrip("\n").split("\n"))


def prose(text: str) -> Markup:
    """Return a message: what stands in backticks is code, all else is plain text."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return joined([text])
    return joined(
        element("code", {}, part) if number % 2 else part for number, part in enumerate(parts)
    )
