"""The frame of a page: one file that asks no host for anything and runs no script but its own."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.bottlenecks import counted, hours
from exai_audit.report.members import Json
from exai_audit.report.page.markup import lines, prose, shown

_HERE = Path(__file__).parent
_IN_JSON = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Assets(Struct, frozen=True):
    """What a page holds besides its content: one style sheet, and scripts, run in order."""

    style: str
    scripts: tuple[str, ...]
    connects: str = "'none'"

    @property
    def policy(self) -> str:
        """The content security policy: nothing is allowed but what stands in the page itself."""
        runs = " ".join(_source(script) for script in self.scripts) or "'none'"
        return (
            f"default-src 'none'; script-src {runs}; style-src {_source(self.style)};"
            f" connect-src {self.connects}; img-src data:; base-uri 'none'; form-action 'none'"
        )


def page_assets(style: str = "", scripts: tuple[str, ...] = (), connects: str = "'none'") -> Assets:
    """Return what all pages hold, and what one adds to that.

    Args:
        connects: what its scripts may ask, as a source of the policy.
    """
    return Assets(_asset("page.css") + style, (_asset("page.js"), *scripts), connects)


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return (_HERE / "assets" / name).read_text(encoding="utf-8")


def page(
    folders: tuple[Path, ...],
    template: str,
    values: Mapping[str, object],
    assets: Assets | None = None,
) -> str:
    """Return a page made from a template, which extends ``frame.html``.

    Args:
        folders: where the template and those that it includes are looked for.
        values: what its expressions name.
        assets: by default those of all pages.
    """
    made = _environment(folders).get_template(template)
    return made.render(**values, assets=assets or page_assets()) + "\n"


def data_block(name: str, value: Json) -> Markup:
    """Return data for a script; nothing in it can end the block."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_IN_JSON)
    return Markup(f'<script type="application/json" id="{name}">{text}</script>')


@lru_cache(maxsize=4)
def _environment(folders: tuple[Path, ...]) -> Environment:
    made = Environment(
        loader=FileSystemLoader([*folders, _HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    made.filters.update(prose=prose, hours=hours, grouped=_grouped, lines=lines)
    made.globals.update(counted=counted)
    return made


def _grouped(number: float) -> str:
    return f"{number:,}"


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
