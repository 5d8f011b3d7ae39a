"""Links on terminals that know them, and the addresses of the documentation everywhere else."""

from __future__ import annotations

import json
import re
import sys
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from exai_audit.addresses import DOCUMENTATION, rule_page
from exai_audit.cli.hyperlinks import supports_hyperlinks
from exai_audit.report import render
from exai_audit.results.tables import ModuleSize
from exai_audit.rulebook.registry import rules
from tests.scratch import run
from tests.test_reports import evil, sample

_LINK = re.compile(r"\x1b\]8;;([^\x1b]+)\x1b\\(.*?)\x1b\]8;;\x1b\\")
_VARIABLES = ("FORCE_HYPERLINK", "TERM", "TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "CI")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "known"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4900"}, False),
        ({"TERM": "tmux-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM": "xterm-kitty", "CI": "true"}, False),
        ({"TERM": "xterm-256color", "FORCE_HYPERLINK": "1"}, True),
        ({"TERM": "xterm-kitty", "FORCE_HYPERLINK": "0"}, False),
        ({}, False),
    ],
)
def test_only_terminals_that_show_them_get_links(
    variables: dict[str, str], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert not supports_hyperlinks()
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert supports_hyperlinks() is known


def test_codes_lead_to_their_page_and_places_to_their_line() -> None:
    text = render(sample(), "terminal", color=True, links="file:///srv/shop")
    links = {
        (address, re.sub(r"\x1b\[[0-9;]*m", "", said)) for address, said in _LINK.findall(text)
    }
    assert (rule_page("EXA303"), "EXA303") in links
    assert ("file:///srv/shop/b.py#L3", "b.py:3") in links
    assert ("file:///srv/shop/b.py#L3", "b.py:3:5") in links
    assert render(sample(), "terminal", color=True, links="file:///srv/shop") == text


def test_a_stored_result_has_no_files_to_lead_to() -> None:
    text = render(sample(), "terminal", color=True, links="")
    assert {address for address, _ in _LINK.findall(text)} == {
        rule_page(code) for code in ("EXA101", "EXA202", "EXA201", "EXA303", "EXA405")
    } - {rule_page("EXA201")}


@pytest.mark.parametrize(("color", "links"), [(False, "file:///work"), (True, None)])
def test_without_colour_or_support_there_are_none(color: bool, links: str | None) -> None:
    assert "\x1b]8" not in render(sample(), "terminal", color=color, links=links)


def test_no_name_can_end_a_link() -> None:
    text = render(evil(), "terminal", color=True, links="file:///work", top=None)
    for address, _ in _LINK.findall(text):
        assert re.fullmatch(r"[A-Za-z0-9:/._%#-]+", address)


def test_what_all_paths_share_is_said_once() -> None:
    result = sample()
    shared = replace(
        result,
        findings=tuple(replace(f, path=f"src/shop/{f.path}") for f in result.findings),
        modules=tuple(ModuleSize(f"src/shop/{name}.py", 9) for name in "abcd"),
    )
    screen, rest = render(shared, "terminal", width=100).split("Bottlenecks, costliest first")
    assert "below src/shop/" in screen.splitlines()[0]
    assert "  b.py:3" in screen
    assert "src/shop/b.py:3:5" in rest


def test_every_machine_format_says_where_the_pages_are() -> None:
    (sarif,) = json.loads(render(sample(), "sarif"))["runs"]
    driver = sarif["tool"]["driver"]
    assert driver["informationUri"] == DOCUMENTATION
    assert {rule["id"]: rule["helpUri"] for rule in driver["rules"]} == {
        rule.code: rule_page(rule.code) for rule in rules()
    }
    assert json.loads(render(sample(), "json"))["tool"]["documentation"] == DOCUMENTATION
    assert f"[EXA303]({rule_page('EXA303')})" in render(sample(), "markdown")
    assert rule_page("EXA303") in run(Path.cwd(), "rule", "EXA303").stdout


@pytest.mark.parametrize(
    ("paths", "folder", "category"),
    [
        ((".",), "", "exai-audit/"),
        ((".",), "packages/web", "exai-audit/packages/web/"),
        (("src", "lib"), "", "exai-audit/src,lib/"),
        (("src",), "packages/web", "exai-audit/packages/web/src/"),
    ],
)
def test_several_packages_do_not_replace_one_another(
    paths: tuple[str, ...], folder: str, category: str
) -> None:
    target = replace(sample().target, paths=paths, folder=folder)
    (log,) = json.loads(render(replace(sample(), target=target), "sarif"))["runs"]
    assert log["automationDetails"] == {"id": category}
