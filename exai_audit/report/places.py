"""Places and codes as a terminal shows them: linked where it can, without what all share."""

from __future__ import annotations

from urllib.parse import quote

from rich.style import Style
from rich.text import Text

from exai_audit.addresses import rule_page
from exai_audit.files.nearest import common_folder
from exai_audit.report.escape import visible
from exai_audit.results.result import AuditResult


class Places:
    """How the places of one result are shown.

    Args:
        links: the address of the root's folder, to which paths are added; empty where only rules
            have an address, None for no links at all.
        shortens: leave out the folder that all files lie in, where that is asked for.
    """

    def __init__(self, result: AuditResult, links: str | None, *, shortens: bool) -> None:
        self._links = links
        paths = [module.path for module in result.modules]
        self.prefix = common_folder(paths) if shortens else ""

    def rule(self, code: str, style: str = "") -> tuple[str, Style]:
        """Return a code that leads to the rule's page."""
        return code, self._style(style, rule_page(code))

    def place(self, text: str, path: str, line: int) -> Text:
        """Return a text, made visible, that leads to a line of a file."""
        file = quote(path.encode("utf-8", "surrogateescape"))
        address = f"{self._links.rstrip('/')}/{file}#L{line}" if self._links else ""
        return Text(visible(text), style=self._style("", address), overflow="fold")

    def short(self, path: str) -> str:
        """Return a path without the folder that all files lie in."""
        return path.removeprefix(self.prefix)

    def shortened(self, text: str) -> str:
        """Return a sentence in which paths lack the folder that all files lie in."""
        return text.replace(f" {self.prefix}", " ") if self.prefix else text

    def _style(self, style: str, address: str) -> Style:
        link = Style(link=address) if address and self._links is not None else Style.null()
        return Style.parse(style) + link
