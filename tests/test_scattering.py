"""How sure a limit in the code is a finding: by how many places write the same policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.audit.assemble import assemble
from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.finding import Confidence, Finding

ONCE = (
    "import requests\nfrom shops import STOCK_URL\n\n\n"
    "def f(url):\n    return requests.get(STOCK_URL + url, timeout={})\n"
)
ANY = "import requests\n\n\ndef f(url):\n    return requests.get(url, timeout={})\n"
JOINED = "import threading\n\n\ndef f(t: threading.Thread):\n" + "    t.join({})\n" * 3
STREAM = "from streams import Streamer\n\n\ndef f(t):\n    return Streamer(t, timeout={})\n"
SETTING = (
    'def f(config):\n    return config.get("stock_timeout_seconds", 5)\n\n\n'
    'def g(config):\n    return config.get("stock_timeout_seconds", 5)\n'
)
ATTRIBUTE = "class A:\n    def __init__(self):\n        self.{} = 30.5\n"
FIELD = "class Limits:\n    tool_call_timeout: int = 60\n"
TOOLS = "def f(run):\n    run.{}(tool_call_timeout={})\n"
OWN = (
    "import requests\n\nWAIT_SECONDS = 3\n\n\ndef f(url):\n"
    "    requests.get(url, timeout=WAIT_SECONDS)\n    requests.put(url, timeout=WAIT_SECONDS)\n"
)
NAMED = (
    "import requests\nfrom limits import {0}\nfrom shops import STOCK_URL\n\n\n"
    "def f(url):\n    return requests.get(STOCK_URL + url, timeout={0})\n\n\n"
    "def g(url):\n    return requests.put(STOCK_URL + url, timeout={0})\n"
)
STREAMS = (
    "from limits import {0}\nfrom streams import Streamer\n\n\ndef g(t):\n"
    "    Streamer(t, timeout={0})\n    return Streamer(t, timeout={0})\n"
)


def findings(folder: Path, code: str, **files: str) -> list[Finding]:
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings, _ = load(folder, None, isolated=True)
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    result = assemble(audited, settings, ["scan"], [folder], folder, with_facts=False)
    return [one for one in result.findings if one.code == code]


@pytest.mark.parametrize(
    ("texts", "confidence"),
    [
        ([ONCE.format(5)] * 3, Confidence.LOW),
        ([ANY.format(5) * 3], Confidence.LOW),
        ([JOINED.format(3, 3, 3)], Confidence.LOW),
        ([STREAM.format(5), STREAM.format(6), STREAM.format(5)], Confidence.LOW),
        ([STREAM.format(5), STREAMS.format("TIMEOUT")], Confidence.MEDIUM),
        ([STREAM.format(5), STREAMS.format("HALL_TIMEOUT")], Confidence.LOW),
        ([SETTING], Confidence.LOW),
        ([ATTRIBUTE.format("leader_timeout")] * 2, Confidence.LOW),
        ([TOOLS.format("work", 3600), TOOLS.format("build", 3600)], Confidence.LOW),
        ([FIELD, TOOLS.format("work", 3600), TOOLS.format("build", 3600)], Confidence.MEDIUM),
        ([FIELD, TOOLS.format("work", 3600)], Confidence.LOW),
        ([ONCE.format(9), NAMED.format("HTTP_TIMEOUT")], Confidence.MEDIUM),
        ([ANY.format(9), NAMED.format("HTTP_TIMEOUT")], Confidence.LOW),
        ([ONCE.format(9), NAMED.format("STOCK_TIMEOUT")], Confidence.LOW),
        ([OWN.format(9) + ANY.format(9)], Confidence.MEDIUM),
        ([OWN.format(9), ANY.format(9)], Confidence.LOW),
    ],
)
def test_how_sure_a_scattered_limit_is(
    texts: list[str], confidence: Confidence, tmp_path: Path
) -> None:
    files = {f"m{number}": text for number, text in enumerate(texts)}
    found = findings(tmp_path, "EXA201", **files)
    assert {finding.confidence for finding in found} == {confidence}


@pytest.mark.parametrize("folders", [("shop", "shop", "bank"), ("shop", "shop", "shop/scripts")])
def test_programs_of_one_repository_and_scripts_have_limits_of_their_own(
    folders: tuple[str, ...], tmp_path: Path
) -> None:
    files = {f"{folder}/m{number}": ONCE.format(5) for number, folder in enumerate(folders)}
    found = findings(tmp_path, "EXA201", **files)
    assert {finding.confidence for finding in found} == {Confidence.LOW}


MAKER = "import requests\n\n\ndef make() -> requests.Session:\n    return requests.Session()\n"
MADE = (
    "import makers\n\n\n"
    "def f(page):\n    return makers.make().get(f'https://shop/{page}', timeout=5)\n"
)
FETCHER = (
    "import requests\n\n\nclass Fetcher:\n    def fetch_url(self, url, timeout=None):\n"
    "        return requests.get(url, timeout=timeout)\n"
)
FETCHING = "class A:\n    def f(self, url):\n        return self.tool.fetch_url(url, timeout=5)\n"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"makers": MAKER, **dict.fromkeys("abc", MADE)}, "requests.Session.get (timeout)"),
        ({"tool": FETCHER, **dict.fromkeys("abc", FETCHING)}, "Fetcher.fetch_url (timeout)"),
    ],
)
def test_what_is_limited_may_be_defined_in_another_module(
    files: dict[str, str], said: str, tmp_path: Path
) -> None:
    found = findings(tmp_path, "EXA201", **files)
    assert {one.measured for one in found} == {5.0}
    assert all(said in one.message for one in found)


def test_a_default_of_several_functions_is_a_detail(tmp_path: Path) -> None:
    text = "".join(f"def f{n}(url, timeout=5.5):\n    ask(url)\n\n\n" for n in range(3))
    (three,) = findings(tmp_path, "EXA201", m=text)
    assert three.confidence is Confidence.LOW


def test_requests_get_one_name_whatever_their_verb(tmp_path: Path) -> None:
    text = ANY.format(5) + ANY.format(5).replace("requests.get", "requests.post")
    remedies = {one.remedy for one in findings(tmp_path, "EXA201", m=text)}
    assert {remedy.partition(" in the ")[0] for remedy in remedies} == {
        "Define REQUESTS_TIMEOUT_SECONDS = 5.0"
    }


def test_a_finding_says_where_else_the_same_is_written(tmp_path: Path) -> None:
    first, *_ = findings(tmp_path, "EXA201", **dict.fromkeys(["a", "b", "c"], ONCE.format(5)))
    assert "requests to STOCK_URL is limited so in 3 places of 3 files" in first.message
    assert [one.path for one in first.related] == ["b.py", "c.py"]
    assert "in all these places" in first.remedy


def test_the_remedy_of_several_values_asks_which_one_holds(tmp_path: Path) -> None:
    text = ONCE.format(5) + "\n\ndef g(url):\n    return requests.get(url, timeout=30)\n"
    (finding,) = findings(tmp_path, "EXA201", m=text)
    assert finding.remedy.startswith("Where 5 s and 30 s are for different waits, give each")


def test_the_remedy_names_the_constant_that_other_calls_are_given(tmp_path: Path) -> None:
    texts = {"a": ONCE.format(9), "b": NAMED.format("HTTP_TIMEOUT")}
    (finding,) = findings(tmp_path, "EXA201", **texts)
    assert finding.remedy.startswith("Give it limits.HTTP_TIMEOUT, which other calls are given")


def test_fragmentation_is_sure_where_ten_limits_pass_by_a_constant(tmp_path: Path) -> None:
    apart = {f"m{n}": ONCE.format(5) for n in range(10)}
    (doubted,) = findings(tmp_path, "EXA202", **apart)
    (sure,) = findings(tmp_path, "EXA202", **apart, named=NAMED.format("HTTP_TIMEOUT"))
    assert (doubted.confidence, sure.confidence) == (Confidence.LOW, Confidence.HIGH)
    assert sure.message.endswith("with 1 distinct values: 5 s for requests in 10 places")
