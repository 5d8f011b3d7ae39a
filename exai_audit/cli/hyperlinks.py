"""Whether a terminal can show hyperlinks (OSC 8): those that cannot would show the escape codes.

Which can: <https://github.com/Alhadis/OSC8-Adoption>.
"""

from __future__ import annotations

import os
import re
import sys

_PROGRAMS = frozenset({"ghostty", "Hyper", "iTerm.app", "rio", "vscode", "WezTerm", "zed"})
_TERMS = re.compile(r"xterm-kitty|xterm-ghostty|alacritty.*|foot.*|wezterm|contour.*")
_OWN_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "KITTY_WINDOW_ID", "TERMINATOR_UUID")
_FIRST_VTE = 5002
"""The first release of GNOME's terminal library that shows them without harm."""


def supports_hyperlinks() -> bool:
    """Tell whether the standard output is a terminal that is known to show hyperlinks.

    ``FORCE_HYPERLINK`` says so of a terminal that is not known, and ``0`` that it does not.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    said = os.environ.get("FORCE_HYPERLINK")
    if said is not None:
        return said != "0"
    term = os.environ.get("TERM", "")
    if term in ("", "dumb") or term.startswith(("screen", "tmux")) or os.environ.get("CI"):
        return False
    vte = os.environ.get("VTE_VERSION", "")
    return (
        os.environ.get("TERM_PROGRAM") in _PROGRAMS
        or _TERMS.fullmatch(term) is not None
        or any(os.environ.get(name) for name in _OWN_VARIABLES)
        or (vte.isdecimal() and int(vte) >= _FIRST_VTE)
    )
