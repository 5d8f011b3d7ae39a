"""The decomposition plan: what it says, that it works when carried out, that it is stable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plan_applying import missing_names, plan_and_symbols, public_names, split
from tests.scratch import run

FIXTURE = Path(__file__).parent.parent / "fixtures" / "EXA105" / "monitoring"
MONITORING = (FIXTURE / "monitoring_endpoint.py").read_text(encoding="utf-8")
LIBRARY = Path(os.__file__).parent
# Each is imported in a process of its own, from a copy: modules that only define things.
TRUSTED = (
    "ast", "calendar", "difflib", "doctest", "ipaddress", "pickletools", "pydoc", "shutil",
    "selectors", "statistics", "tarfile", "threading", "tokenize", "typing", "uuid", "webbrowser",
    "zipfile",
)  # fmt: skip


def placed(text: str, folder: Path) -> dict[str, str]:
    """Return the module that a plan gives each symbol of a module ``text``."""
    (folder / "endpoint.py").write_text(text, encoding="utf-8")
    plan, _ = plan_and_symbols(folder, "endpoint.py", 130)
    return {
        symbol.name: module.name
        for module in plan.modules
        for symbol in module.symbols
        if symbol.name != "logger"
    }


def test_a_module_falls_into_its_responsibilities(tmp_path: Path) -> None:
    home = placed(MONITORING, tmp_path)
    assert home["SessionMonitor"] == home["Session"] == home["busiest_session"]
    assert home["HealthTracker"] == home["HealthCheck"] == home["worst_health"]
    assert home["MetricSample"] == home["read_metrics"] == home["_metric_sources"]
    assert home["MetricsBroadcaster"] not in {home["SessionMonitor"], home["HealthTracker"]}
    assert home["ConnectionRegistry"] == home["stale_connections"]
    assert home["handle_request"] == home["json_response"] == home["PAGES"]
    assert len(set(home.values())) == 7


def test_who_assigns_a_global_anew_stays_with_it(tmp_path: Path) -> None:
    home = placed(MONITORING, tmp_path)
    assert home["_last_health"] == home["remember_health"] == home["last_health"]


@pytest.mark.parametrize("done", range(1, 7))
def test_each_step_leaves_the_code_runnable(done: int, tmp_path: Path) -> None:
    (tmp_path / "endpoint.py").write_text(MONITORING, encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, "endpoint.py", 130)
    names = public_names(symbols)
    split(plan, symbols, tmp_path, modules=done if done < 6 else 0)
    assert missing_names(tmp_path, "endpoint", names) == []


@pytest.mark.parametrize("name", TRUSTED)
def test_a_plan_carried_out_keeps_every_public_name(name: str, tmp_path: Path) -> None:
    source = LIBRARY / f"{name}.py"
    if not source.is_file():
        pytest.skip(f"this Python has no {name}.py")
    text = source.read_text(encoding="utf-8")
    if "globals().pop(" in text:
        pytest.skip(f"{name} of this Python rewrites its own names: a risk that its plan lists")
    (tmp_path / f"copied_{name}.py").write_text(text, encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, f"copied_{name}.py", 300)
    assert len(plan.modules) > 1
    for done in (len(plan.modules) // 2, 0):
        folder = tmp_path / str(done)
        folder.mkdir()
        (folder / f"copied_{name}.py").write_text(text, encoding="utf-8")
        split(plan, symbols, folder, modules=done)
        assert missing_names(folder, f"copied_{name}", public_names(symbols)) == []


def service(parts: tuple[str, ...]) -> str:
    """Return a module whose parts all read one client that is set at run time."""
    lines = [
        "client = None",
        "",
        "",
        "def connect(to):",
        "    global client",
        "    client = to",
        "",
    ]
    for part in parts:
        for verb in ("load", "store", "drop"):
            lines += ["", f"def {verb}_{part}(key):", f"    found = client.{verb}(key)"]
            lines += [f"    # {part} {number}" for number in range(8)]
            lines += [f"    return {part}_row(found)", ""]
        lines += ["", f"def {part}_row(found):", f"    return ('{part}', found)", ""]
    return "\n".join(lines)


def test_a_global_that_everything_reads_is_reached_through_its_module(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(service(("order", "invoice", "parcel")), encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, "service.py", 60)
    assert any("Write `" in step and "`client`" in step for step in plan.steps)
    split(plan, symbols, tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import service\n"
        "class Client:\n    def load(self, key): return key + 1\n"
        "service.connect(Client())\n"
        "print(service.load_order(1), service.load_parcel(2), service.client is not None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "('order', 2) ('parcel', 3) True\n", done.stderr


def test_renaming_a_local_changes_nothing(tmp_path: Path) -> None:
    renamed = MONITORING.replace("oldest = ", "first = ").replace("< oldest", "< first")
    assert renamed != MONITORING
    assert placed(renamed, tmp_path) == placed(MONITORING, tmp_path)


def test_an_added_function_leaves_the_others_where_they_are(tmp_path: Path) -> None:
    before = placed(MONITORING, tmp_path)
    added = MONITORING.replace(
        "# Sessions\n",
        "def is_healthy() -> bool:\n    return last_health() == HEALTHY\n\n\n# Sessions\n",
    )
    after = placed(added, tmp_path)
    assert after.pop("is_healthy") == before["last_health"]
    assert after == before


def test_two_functions_in_another_order_stay_where_they_are(tmp_path: Path) -> None:
    first = '''def busiest_session(monitor: SessionMonitor) -> Session | None:
    """Return the session with the most requests."""
    return max(monitor.sessions(), key=lambda session: session.requests, default=None)
'''
    second = '''def session_table(monitor: SessionMonitor) -> list[tuple[str, int]]:
    """Return the users of sessions with their requests."""
    return sorted((session.user, session.requests) for session in monitor.sessions())
'''
    both = f"{first}\n\n{second}"
    assert both in MONITORING
    swapped = MONITORING.replace(both, f"{second}\n\n{first}")
    assert placed(swapped, tmp_path) == placed(MONITORING, tmp_path)


def test_the_hash_seed_does_not_matter() -> None:
    said = {run_plan("-f", "json", seed=seed).stdout for seed in ("1", "2", "3")}
    assert len(said) == 1


def test_the_facade_says_who_imports_what(tmp_path: Path) -> None:
    (tmp_path / "endpoint.py").write_text(MONITORING, encoding="utf-8")
    (tmp_path / "user.py").write_text(
        "from endpoint import Endpoint, _metric_sources\n", encoding="utf-8"
    )
    plan, _ = plan_and_symbols(tmp_path, "endpoint.py", 130)
    assert [(one.path, one.names) for one in plan.importers] == [
        ("user.py", ("Endpoint", "_metric_sources"))
    ]
    assert "_metric_sources" in plan.facade
    assert "_last_health" not in plan.facade


def test_what_tests_replace_is_a_risk(tmp_path: Path) -> None:
    (tmp_path / "endpoint.py").write_text(MONITORING, encoding="utf-8")
    (tmp_path / "test_endpoint.py").write_text(
        "import endpoint\nfrom unittest.mock import patch\n\n\n"
        "def test_health(monkeypatch):\n"
        '    monkeypatch.setattr(endpoint, "worst_health", lambda failures: "healthy")\n'
        '    with patch("endpoint.time.time"), patch("endpoint.json"):\n'
        "        pass\n",
        encoding="utf-8",
    )
    plan, _ = plan_and_symbols(tmp_path, "endpoint.py", 130)
    patched = [risk for risk in plan.risks if "replaces" in risk]
    assert [risk.split(" ")[0] for risk in patched] == ["test_endpoint.py:6", "test_endpoint.py:7"]
    assert "`health`" in patched[0]


def run_plan(*arguments: str, seed: str = "0", path: str = "") -> subprocess.CompletedProcess[str]:
    target = path or str(FIXTURE / "monitoring_endpoint.py")
    return subprocess.run(
        [sys.executable, "-m", "exai_audit", "plan", target, "--no-cache", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": seed},
        encoding="utf-8",
    )


def test_the_terminal_shows_the_tree() -> None:
    done = run_plan("--ascii")
    assert done.returncode == 0, done.stderr
    assert "|-- health.py" in done.stdout
    assert done.stdout.isascii()


def test_markdown_draws_the_modules() -> None:
    text = run_plan("-f", "markdown").stdout
    assert "```mermaid\ngraph TD\n" in text
    assert '["health<br/>' in text
    assert " --> m" in text


def test_json_has_the_plan() -> None:
    document = json.loads(run_plan("-f", "json").stdout)
    assert document["path"].endswith("monitoring_endpoint.py")
    module = next(m for m in document["modules"] if m["name"] == "health")
    assert {"name": "HealthTracker", "line": 169, "end_line": 181} in module["symbols"]
    assert document["facade"] and document["steps"] and document["risks"]


def test_a_short_module_says_why_it_has_no_plan(tmp_path: Path) -> None:
    (tmp_path / "short.py").write_text("def run():\n    return 1\n", encoding="utf-8")
    done = run_plan(path=str(tmp_path / "short.py"))
    assert done.returncode == 0, done.stderr
    assert "No split: its symbols form one group" in " ".join(done.stdout.split())
    document = json.loads(run_plan("-f", "json", path=str(tmp_path / "short.py")).stdout)
    assert document["clarity"] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Big:\n" + "    x = 1\n" * 400, "`Big` alone takes 401 of 401 lines"),
        ("TABLE = [\n" + "    1,\n" * 400 + "]\n", "mostly a table"),
        ("# Generated by a tool. DO NOT EDIT\nx = 1\n" * 200, "a program wrote this module"),
        (
            "exec('sep = 1')\n" + "".join(f"def f{n}():\n    return sep\n" for n in range(200)),
            "`exec()` makes names",
        ),
    ],
    ids=["class", "table", "generated", "names"],
)
def test_a_plan_says_why_a_module_stays_whole(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(text, encoding="utf-8")
    done = run_plan("-f", "json", path=str(tmp_path / "long.py"))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["modules"] == []
    assert said in document["verdict"]


def test_a_circle_is_divided_by_imports_in_functions(tmp_path: Path) -> None:
    text = "".join(f"def f{n}():\n    return f{(n + 1) % 200}\n\n\n" for n in range(200))
    (tmp_path / "circle.py").write_text(text, encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, "circle.py", 300)
    assert len(plan.modules) >= 3 and any(module.late for module in plan.modules)
    split(plan, symbols, tmp_path)
    assert missing_names(tmp_path, "circle", public_names(symbols)) == []


def test_a_star_import_is_repeated_in_each_module(tmp_path: Path) -> None:
    text = "from os.path import *\n" + "".join(
        f"def {verb}_{noun}():\n    return {verb}_{noun}.__name__, join\n" + "# line\n" * 30
        for noun in ("order", "mail", "user")
        for verb in ("load", "store", "drop")
    )
    (tmp_path / "star.py").write_text(text, encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, "star.py", 100)
    assert len(plan.modules) >= 3
    assert all("from os.path import *" in module.imports for module in plan.modules)
    assert any("`join`" in risk and "star import" in risk for risk in plan.risks)
    split(plan, symbols, tmp_path)
    assert missing_names(tmp_path, "star", [*public_names(symbols), "join"]) == []


REGISTRY = '''# Copyright the authors
"""Handlers by name."""

import json

_handlers = {}


def register(name, handler):
    _handlers[name] = handler


def handler_of(name):
    return _handlers[name]


# Orders

def load_order(text):
    return json.loads(text)


def store_order(order):
    return json.dumps(order)


register("order", load_order)
ORDER = handler_of("order")


# Mail

def load_mail(text):
    return text.strip()


def store_mail(mail):
    return mail + "\\n"


register("mail", load_mail)
MAIL = handler_of("mail")
'''


def test_what_runs_at_import_keeps_its_order(tmp_path: Path) -> None:
    padded = REGISTRY.replace("    return", "    # line\n" * 12 + "    return")
    (tmp_path / "handlers.py").write_text(padded, encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, "handlers.py", 60)
    split(plan, symbols, tmp_path)
    assert missing_names(tmp_path, "handlers", [*public_names(symbols), "ORDER", "MAIL"]) == []


def test_licence_and_headings_go_with_the_code(tmp_path: Path) -> None:
    padded = REGISTRY.replace("    return", "    # line\n" * 12 + "    return")
    (tmp_path / "handlers.py").write_text(padded, encoding="utf-8")
    plan, symbols = plan_and_symbols(tmp_path, "handlers.py", 60)
    assert plan.licence is not None and plan.licence.line == 1
    lines = padded.split("\n")
    starts = {s.name: lines[s.line - 1] for module in plan.modules for s in module.symbols}
    assert starts["load_order"] == "# Orders" and starts["load_mail"] == "# Mail"
    split(plan, symbols, tmp_path)
    for path in (tmp_path / "handlers").glob("*.py"):
        assert path.read_text(encoding="utf-8").startswith("# Copyright the authors\n"), path


def test_names_that_others_reach_through_the_module_stay(tmp_path: Path) -> None:
    (tmp_path / "endpoint.py").write_text(MONITORING, encoding="utf-8")
    (tmp_path / "user.py").write_text(
        "import endpoint as found\n\nprint(found.json, found._metric_sources)\n", encoding="utf-8"
    )
    plan, symbols = plan_and_symbols(tmp_path, "endpoint.py", 130)
    split(plan, symbols, tmp_path)
    assert missing_names(tmp_path, "endpoint", ["json", "_metric_sources"]) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("missing.py", None, "not a Python file"), ("broken.py", "def (:\n", "no plan")],
)
def test_what_cannot_be_planned_is_an_error(
    name: str, text: str | None, said: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_plan(path=str(tmp_path / name))
    assert done.returncode == 2
    assert said in done.stderr


def test_a_module_of_very_many_names_says_how_it_was_planned(tmp_path: Path) -> None:
    crowd = "\n".join(f"def step_{i}(x):\n    return step_{i + 1}(x)\n" for i in range(900))
    (tmp_path / "crowd.py").write_text(crowd)
    done = run(tmp_path, "plan", "crowd.py", "--no-cache", "--jobs", "1")
    assert "Of 900 names, short ones that follow each other were kept together." in done.stdout


def test_a_class_of_very_many_methods_says_how_it_was_planned(tmp_path: Path) -> None:
    methods = "\n".join(f"    def step_{i}(self):\n        return {i}\n" for i in range(900))
    (tmp_path / "crowd.py").write_text(f"class Crowd:\n{methods}")
    done = run(tmp_path, "plan", "crowd.py", "--class", "Crowd", "--no-cache", "--jobs", "1")
    assert "Of 900 methods, short ones that follow each other were kept" in done.stdout
