"""The documentation site: built strictly, a page for each rule, no link that leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import tomllib
from jsonschema import Draft7Validator

from docs.site import DOCS, build, configuration, navigation, pages
from exai_audit.addresses import DOCUMENTATION, rule_page
from exai_audit.config import SECTION
from exai_audit.config.keys import KEYS, read_settings
from exai_audit.rulebook.registry import default_settings, rules
from exai_audit.schema import settings_schema

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = DOCS.parent
_TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Page(HTMLParser):
    """Where a page leads, and which places it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.images: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.add(given.get("id") or "")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "img":
            self.images.append(given.get("src") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def built(site: Path) -> dict[str, Page]:
    """Return the pages of the site by their address."""
    return {
        urljoin(DOCUMENTATION, f"{file.parent.relative_to(site).as_posix()}/".removeprefix("./")):
        Page(file.read_text(encoding="utf-8"))
        for file in site.rglob("index.html")
    }  # fmt: skip


def test_every_rule_has_a_page_at_its_address(built: dict[str, Page]) -> None:
    assert [rule.code for rule in rules() if rule_page(rule.code) not in built] == []
    assert "known-false-alarms" in built[rule_page("EXA205")].anchors


def test_no_link_leads_nowhere(built: dict[str, Page]) -> None:
    dead = []
    for address, page in built.items():
        for link in page.links:
            target, _, anchor = urljoin(address, link).partition("#")
            if target.startswith(DOCUMENTATION) and (
                target not in built or (anchor and anchor not in built[target].anchors)
            ):
                dead.append(f"{address}: {link}")
    assert len(built) > 50
    assert dead == []


def test_no_picture_is_missing(built: dict[str, Page], site: Path) -> None:
    pictures = {urljoin(at, image) for at, page in built.items() for image in page.images}
    own = [at.removeprefix(DOCUMENTATION) for at in pictures if at.startswith(DOCUMENTATION)]
    assert own
    assert [picture for picture in own if not (site / picture).is_file()] == []


def test_a_dead_link_ends_the_build(tmp_path: Path) -> None:
    broken = tmp_path / "pages" / "broken.md"
    broken.parent.mkdir()
    broken.write_text("# Broken\n\n[nowhere](nowhere.md)\n")
    with pytest.raises(subprocess.CalledProcessError):
        build(tmp_path)


def test_every_page_is_in_the_navigation_once() -> None:
    names = pages()
    placed = re.findall(r"'([\w/-]+\.md)'", str(navigation({**names, "new.md": ""})))
    assert sorted(placed) == sorted([*names, "new.md"])
    assert tomllib.loads(configuration(names))["project"]["site_url"] == DOCUMENTATION


def test_every_setting_is_described() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    options = {key for rule in rules() for key in default_settings(rule)}
    described = set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE))
    assert described == {*KEYS, "overrides", "extends", "overridable", *options}


@pytest.mark.parametrize("page", ["settings.md", "adopting.md"])
def test_settings_in_the_pages_are_settings(page: str) -> None:
    blocks = map(tomllib.loads, _TOML.findall((DOCS / page).read_text(encoding="utf-8")))
    tables = [block["tool"]["exai-audit"] for block in blocks if "tool" in block]
    assert tables
    assert SECTION == "tool.exai-audit"
    for table in tables:
        read_settings(table, page)
        assert Draft7Validator(settings_schema()).is_valid(table)


def test_links_of_the_readme_work_on_a_package_index() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not urlsplit(link).scheme] == []


def test_pages_of_the_documentation_named_elsewhere_are_there(built: dict[str, Page]) -> None:
    for file in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        text = (ROOT / file).read_text(encoding="utf-8")
        named = re.findall(rf"{re.escape(DOCUMENTATION)}[\w/-]*", text)
        assert [address for address in named if f"{address.rstrip('/')}/" not in built] == []
