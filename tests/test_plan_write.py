"""``exai-audit plan FILE --write``: what the new files say, what is refused, what tests see."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from exai_audit.collectors import symbols_of
from exai_audit.files.source import decode
from exai_audit.results.plans import LateImport, Plan, PlanModule, PlanSymbol
from exai_audit.session.changing import undo_changes
from exai_audit.splitting.own_place import said_from_below, unclear
from exai_audit.splitting.refusal import RefusedSplitError, refuse
from exai_audit.splitting.tokens import comments, one_level_deeper

PARTS = ("order", "invoice", "parcel")
HEAD = '''# Copyright the authors
"""What a shop does."""

from __future__ import annotations

import json  # texts
import time
from typing import TYPE_CHECKING, TypeVar

from .clock import now
from .clock import zone  # noqa: F401

try:
    from .fast import speed
except ImportError:  # pragma: no cover
    speed = None

if TYPE_CHECKING:  # pragma: no cover
    from .clock import Clock

Entry = TypeVar("Entry", bound="json.JSONEncoder")
'''


def shop(before: str = "", after: str = "") -> str:
    """Return a module of three parts."""
    text = HEAD + before
    for part in PARTS:
        text += f"\n\n# -- {part} ----\n\n_{part}_rows: list[str] = []  # rows\n"
        for verb in ("load", "store", "drop"):
            text += f"\n\ndef {verb}_{part}(key: str, clock: Clock | None = None) -> str:\n"
            text += f"    from .clock import now as {part}_now\n\n"
            text += f"    _{part}_rows.append(key)\n"
            text += "".join(f"    # {part} {verb} {n}\n" for n in range(8))
            text += f"    return json.dumps([{part}_row(key), time.time(), now(), {part}_now()])\n"
            text += "    # said last\n"
        text += f"\n\ndef {part}_row(found: str) -> str:\n    return '{part} ' + found\n"
    return text + after


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "clock.py").write_text(
        "zone = 'UTC'\n\n\nclass Clock:\n    pass\n\n\ndef now() -> int:\n    return 7\n",
        encoding="utf-8",
    )
    (package / "shop.py").write_text(shop(), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.exai-audit]\nmax-module-lines = 60\n", encoding="utf-8"
    )
    return tmp_path


def commit(project: Path) -> None:
    author = ("-c", "user.email=a@example.org", "-c", "user.name=a")
    for command in (("init", "-q"), ("add", "-A"), (*author, "commit", "-qm", "before")):
        subprocess.run(["git", *command], cwd=project, check=True)


def plan(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exai_audit", "plan", "pkg/shop.py", "--no-cache"]
    return subprocess.run(
        [*command, *arguments], cwd=project, capture_output=True, text=True, check=False
    )


def written(project: Path, *arguments: str) -> dict[str, str]:
    """Split the module and return the new files by name."""
    commit(project)
    done = plan(project, "--write", *arguments)
    assert done.returncode == 0, done.stderr
    assert not (project / "pkg" / "shop.py").exists()
    return {p.name: p.read_text(encoding="utf-8") for p in (project / "pkg/shop").glob("*.py")}


def run(project: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_works_as_before(project: Path) -> None:
    written(project)
    code = "from pkg import shop\nprint(shop.load_order('a'), shop.zone, shop.store_parcel('b'))"
    said = run(project, code)
    assert '"order a"' in said and "UTC" in said and '"parcel b"' in said


def test_each_new_module_can_be_imported_first(project: Path) -> None:
    for name in written(project):
        module = "pkg.shop" if name == "__init__.py" else f"pkg.shop.{name[:-3]}"
        run(project, f"import {module}")


def test_no_comment_is_lost_and_the_licence_is_on_top(project: Path) -> None:
    before = comments(shop())
    files = written(project)
    assert not before - sum((comments(text) for text in files.values()), start=comments(""))
    assert all(text.startswith("# Copyright the authors\n") for text in files.values())


def test_headings_go_with_the_first_of_their_section(project: Path) -> None:
    files = written(project)
    text = next(text for text in files.values() if "def order_row" in text)
    assert "\n\n# -- order ----\n\n_order_rows: list[str] = []  # rows\n\n\ndef load_order" in text


def test_imports_stand_in_groups_with_their_comments(project: Path) -> None:
    files = written(project)
    text = next(text for text in files.values() if "def order_row" in text)
    assert "import json  # texts\nimport time\nfrom typing import TYPE_CHECKING" in text
    assert "\n\nfrom ..clock import now\n\nif TYPE_CHECKING:  # pragma: no cover\n" in text
    assert "from ..clock import zone  # noqa: F401" in files["__init__.py"]


def test_what_only_a_text_names_is_imported(project: Path) -> None:
    files = written(project)
    text = next(text for text in files.values() if "TypeVar(" in text)
    assert "\nimport json" in text


def test_a_patch_is_what_would_be_written(project: Path) -> None:
    commit(project)
    shown = plan(project, "-f", "patch")
    assert (project / "pkg" / "shop.py").exists() and shown.returncode == 0
    subprocess.run(["git", "apply"], cwd=project, input=shown.stdout, text=True, check=True)
    applied = {p.name: p.read_bytes() for p in (project / "pkg/shop").glob("*.py")}
    subprocess.run(["git", "checkout", "-q", "."], cwd=project, check=True)
    subprocess.run(["git", "clean", "-qfd", "pkg"], cwd=project, check=True)
    assert plan(project, "--write").returncode == 0
    assert {p.name: p.read_bytes() for p in (project / "pkg/shop").glob("*.py")} == applied


def test_it_can_be_undone(project: Path) -> None:
    written(project)
    undo_changes(project)
    assert (project / "pkg" / "shop.py").read_text(encoding="utf-8") == shop()
    assert not (project / "pkg" / "shop").exists()


def test_one_step_leaves_the_rest_where_it_is(project: Path) -> None:
    files = written(project, "--step", "1")
    assert len(files) == 2
    run(project, "from pkg import shop\nshop.load_order('a'), shop.drop_parcel('b')")
    assert "from ..clock import now" in files["__init__.py"]


@pytest.mark.parametrize(
    ("newline", "mark"), [("\r\n", b""), ("\n", b"\xef\xbb\xbf")], ids=["windows", "mark"]
)
def test_newlines_and_marks_stay(project: Path, newline: str, mark: bytes) -> None:
    text = shop().replace("\n", newline).encode()
    (project / "pkg" / "shop.py").write_bytes(mark + text)
    written(project)
    for path in (project / "pkg/shop").glob("*.py"):
        data = path.read_bytes()
        assert data.startswith(mark + b"# Copyright")
        assert data.count(b"\n") == data.count(newline.encode())


TESTS = """import json
from unittest.mock import patch

import pytest
from pkg import shop


def test_a_name_is_replaced_where_it_is_used() -> None:
    with patch("pkg.shop.now", return_value=1), patch.object(shop, "time"):
        shop.time.time.return_value = 2
        assert json.loads(shop.load_order("a"))[1:3] == [2, 1]
    assert json.loads(shop.load_order("a"))[2] == 7


def test_a_private_name_is_reached(monkeypatch) -> None:
    monkeypatch.setattr(shop, "_order_rows", [])
    shop.load_order("a")
    assert shop._order_rows == ["a"]


def test_what_is_assigned_anew_is_seen() -> None:
    assert shop.client is None
    with patch("pkg.shop.client", 3):
        assert shop.client_of() == 3
    shop.connect(4)
    assert shop.client == shop.client_of() == 4
    for number in (5, 6):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("pkg.shop.client", number)
            assert shop.client_of() == number
        assert shop.client == shop.client_of() == 4
"""
LIVE = (
    "\nclient = None\n\n\ndef connect(to):\n    global client\n    client = to\n"
    "\n\ndef client_of():\n    return client\n"
)


def test_what_tests_replace_is_replaced_in_every_module(project: Path) -> None:
    (project / "pkg" / "shop.py").write_text(shop(LIVE), encoding="utf-8")
    (project / "test_shop.py").write_text(TESTS, encoding="utf-8")
    written(project)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_facade_that_nobody_replaces_in_is_plain(project: Path) -> None:
    assert "_Facade" not in written(project)["__init__.py"]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("\nHERE = __file__\n\n\ndef at_home(x):\n    return HERE + x\n", "one folder deeper"),
        ("\n\ndef load_all():\n    return globals()['load_order']\n", "`globals()`"),
        ("\n\ndef load_by():\n    return __package__ or 'pkg'\n", "another package"),
        ("\n\ndef load_app():\n    return Flask(__name__, 'x')\n", "in another folder"),
        ("\n\ndef load_set():\n    setattr(sys.modules[__name__], 'a', 1)\n", "another module"),
    ],
    ids=["file", "globals", "package", "folder", "set"],
)
def test_what_would_mean_something_else_is_refused(project: Path, added: str, said: str) -> None:
    (project / "pkg" / "shop.py").write_text(shop(after=added), encoding="utf-8")
    commit(project)
    done = plan(project, "--write")
    assert done.returncode == 2 and said in done.stderr
    assert re.search(r"pkg/shop\.py:\d+: not split", done.stderr)
    assert (project / "pkg" / "shop.py").exists()


OWN_PLACE = """
import sys
from importlib import import_module
from os.path import abspath, dirname
from pathlib import Path


def load_place():
    return [
        dirname(abspath(__file__)),
        str(Path(__file__).resolve().parent / "data"),
        str(Path(__file__).parents[1]),
        str(Path(__file__).with_name("clock.py")),
        import_module(".clock", __package__).__name__,
        f"{__name__}.found",
        sys.modules[__name__].load_order.__name__,
        ".".join(["a", "b"]),
    ]
"""


def test_what_asks_for_its_own_place_gets_the_same_answer(project: Path) -> None:
    (project / "pkg" / "shop.py").write_text(shop(after=OWN_PLACE), encoding="utf-8")
    asked = "from pkg.shop import load_place; print(load_place())"
    before = run(project, asked)
    assert "'pkg.shop.found'" in before
    written(project)
    assert run(project, asked) == before


def test_resources_are_found_from_a_module_below() -> None:
    text = 'class Here:\n    text = read_text(__name__, "a.txt")\n    name = __name__\n'
    source = decode("pkg/shop.py", text.encode())
    module = symbols_of(source)
    assert module is not None
    part = PlanModule("here", 3, "", (PlanSymbol("Here", 1, 3),), ())
    lines = said_from_below(source, "pkg.shop", [part], module).lines
    assert lines[1:] == (
        '    text = read_text(__package__.rpartition(".")[0], "a.txt")',
        "    name = __package__",
    )
    at_the_top = said_from_below(source, "shop", [part], module).lines
    assert at_the_top[1] == '    text = read_text(__name__, "a.txt")'
    assert next(unclear(source, "shop", [part], module))[0] == 2


def test_a_package_stays_in_its_folder() -> None:
    text = "class Here:\n    app = Flask(__name__, __file__, __package__)\n"
    source = decode("shop/__init__.py", text.encode())
    module = symbols_of(source)
    assert module is not None
    part = PlanModule("here", 3, "", (PlanSymbol("Here", 1, 2),), ())
    lines = said_from_below(source, "shop", [part], module).lines
    assert lines[1] == "    app = Flask(__package__, __file__, __package__)"


IN_TURN = (
    HEAD
    + "\nclass Kind(type):\n    def __new__(cls, *given):\n"
    + "        made = super().__new__(cls, *given)\n        KINDS.append(made.__name__)\n"
    + "        return made\n\n\nKINDS = []\n"
    + "".join(
        f"\n\nclass {part.title()}{turn}(metaclass=Kind):\n    {part} = {turn}\n"
        + "".join(f"    {part}_{n} = {part!r}\n" for n in range(12))
        for turn in range(3)
        for part in PARTS
    )
)


def test_what_is_made_in_turn_is_made_in_the_same_turn(project: Path) -> None:
    (project / "pkg" / "shop.py").write_text(IN_TURN, encoding="utf-8")
    asked = "from pkg.shop import KINDS; print(KINDS)"
    before = run(project, asked)
    assert "'Order0', 'Invoice0', 'Parcel0', 'Order1'" in before
    assert len(written(project)) > 3
    assert run(project, asked) == before


def test_what_sets_up_a_module_outside_runs_before_its_users(project: Path) -> None:
    text = shop("\nfrom . import clock\n\nclock.zone = 'CET'\nclock_zone = clock.zone\n")
    text = text.replace("return json.dumps([", "return json.dumps([clock_zone, ")
    (project / "pkg" / "shop.py").write_text(text, encoding="utf-8")
    written(project)
    said = run(project, "from pkg import shop; print(shop.load_order('a'), shop.clock_zone)")
    assert '["CET"' in said and "CET\n" in said


def test_what_runs_at_import_in_another_order_is_refused() -> None:
    text = "ROWS = []\nROWS.append(1)\nCOUNT = len(ROWS)\nROWS.append(2)\n"
    source = decode("a.py", text.encode())
    module = symbols_of(source)
    assert module is not None
    rows = PlanModule("rows", 3, "", (PlanSymbol("ROWS", 1, 2), PlanSymbol("x", 4, 4)), ())
    count = PlanModule("count", 1, "", (PlanSymbol("COUNT", 3, 3),), ())
    made = Plan("a.py", 4, 0.0, (rows, count), "", (), (), facade_path="a/__init__.py")
    with pytest.raises(RefusedSplitError, match=r"a\.py:3: .* runs at import before line 4"):
        refuse(made, module, source, "a")


@pytest.mark.parametrize("what", ["dirty", "taken"])
def test_nothing_is_written_over(project: Path, what: str) -> None:
    commit(project)
    if what == "dirty":
        (project / "pkg" / "shop.py").write_text(shop(after="\n# more\n"), encoding="utf-8")
    else:
        (project / "pkg" / "shop").mkdir()
        (project / "pkg" / "shop" / "__init__.py").write_text("x = 1\n", encoding="utf-8")
    before = sorted(project.glob("pkg/**/*.py"))
    done = plan(project, "--write")
    assert done.returncode == 2 and ("--allow-dirty" in done.stderr or "already" in done.stderr)
    assert sorted(project.glob("pkg/**/*.py")) == before


@pytest.mark.parametrize(
    ("text", "deeper"),
    [
        ("from . import a\n", "from .. import a\n"),
        ("try:\n    from .a import b\nexcept E: from ...c import d\n", None),
        ("def f():\n    yield from .5\n", "def f():\n    yield from .5\n"),
        ("x = '''\nfrom . import a\n'''\n", "x = '''\nfrom . import a\n'''\n"),
        ("a = 1; from .b import c\n", "a = 1; from ..b import c\n"),
    ],
    ids=["plain", "blocks", "number", "text", "one line"],
)
def test_relative_imports_get_a_dot(text: str, deeper: str | None) -> None:
    expected = "try:\n    from ..a import b\nexcept E: from ....c import d\n"
    assert one_level_deeper(text) == (deeper or expected)


def test_importers_take_names_from_the_new_modules(project: Path) -> None:
    user = (
        "from .shop import (\n    load_order,\n    drop_parcel as dropped,\n    zone,\n)\n\n\n"
        "def late():\n    from pkg.shop import store_invoice\n\n    return store_invoice\n"
    )
    (project / "pkg" / "user.py").write_text(user, encoding="utf-8")
    (project / "tests").mkdir()
    test = "from pkg.shop import load_order\n"
    (project / "tests" / "test_user.py").write_text(test, encoding="utf-8")
    files = written(project, "--importers")
    home = {
        name: module[:-3]
        for name in ("load_order", "drop_parcel", "store_invoice")
        for module, text in files.items()
        if f"def {name}" in text
    }
    text = (project / "pkg" / "user.py").read_text(encoding="utf-8")
    assert f"from .shop.{home['load_order']} import load_order" in text
    assert f"from .shop.{home['drop_parcel']} import drop_parcel as dropped" in text
    assert "from .shop import zone" in text
    assert f"    from pkg.shop.{home['store_invoice']} import store_invoice\n" in text
    run(project, "from pkg import user\nuser.load_order('a'), user.late()")
    assert (project / "tests" / "test_user.py").read_text(encoding="utf-8") == test


def test_patched_names_can_be_rewritten(project: Path) -> None:
    text = (
        "from unittest.mock import patch\n\nfrom pkg import shop\n\n\n"
        "def test_row():\n    with patch('pkg.shop.order_row', return_value='x'):\n"
        "        assert '\"x\"' in shop.load_order('a')\n"
        "    with patch('pkg.shop.time.time'):\n        pass\n"
    )
    (project / "test_shop.py").write_text(text, encoding="utf-8")
    commit(project)
    done = plan(project, "--write", "--patches", "rewrite")
    assert done.returncode == 0, done.stderr
    assert "look at test_shop.py:9: `pkg.shop.time` is used in" in done.stderr
    new = (project / "test_shop.py").read_text(encoding="utf-8")
    assert re.search(r"patch\('pkg\.shop\.\w+\.order_row'", new)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_names_the_module_elsewhere_is_listed(project: Path) -> None:
    (project / "docs").mkdir()
    (project / "docs" / "api.rst").write_text(
        ".. automodule:: pkg.shop\n\npkg.shopping is another\n", encoding="utf-8"
    )
    (project / "setup.py").write_text(
        "setup(\n    packages=[\n        'pkg',\n    ],\n)\n", encoding="utf-8"
    )
    (project / "mypy.ini").write_text("[mypy-pkg.shop]\n[coverage]\nomit = pkg/shop.py\n")
    commit(project)
    done = plan(project, "--write")
    assert sorted(line for line in done.stderr.splitlines() if line.startswith("look")) == [
        "look at docs/api.rst:1: names pkg.shop",
        "look at mypy.ini:1: names pkg.shop",
        "look at mypy.ini:3: names pkg/shop.py",
        "look at setup.py:2: lists packages: add pkg.shop",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Alias = Union['Late', None]\n",
        "def first(x):\n    return cast('Late', x)\n",
        "Kind = TypeVar('Kind', bound='Late')\n",
    ],
    ids=["alias", "cast", "bound"],
)
def test_types_in_quotes_are_needed(text: str) -> None:
    text += "class Late:\n    pass\n"
    module = symbols_of(decode("a.py", text.encode()))
    assert module is not None
    assert module.symbols[0].names_used == ("Late",)


def test_what_would_be_imported_too_early_is_refused() -> None:
    text = (
        "def make():\n    x = 1\n    return lambda: Late(x)\n\n\nclass Late:\n    made = make()\n"
    )
    source = decode("a.py", text.encode())
    module = symbols_of(source)
    assert module is not None
    late = LateImport("make", 2, 4, "from .second import Late")
    first = PlanModule("first", 3, "", (PlanSymbol("make", 1, 3),), (), late=(late,))
    second = PlanModule("second", 2, "", (PlanSymbol("Late", 6, 7),), ())
    made = Plan("a.py", 7, 0.0, (first, second), "", (), (), facade_path="a/__init__.py")
    with pytest.raises(RefusedSplitError, match=r"a\.py:2: not split: `make` runs at import"):
        refuse(made, module, source, "shop")


def test_loggers_stay_the_same(project: Path) -> None:
    text = shop("\nimport logging\n\nlog = logging.getLogger(__name__)\n")
    text = text.replace("    # order load 3\n", "    log.warning('x')\n")
    text = text.replace("    # parcel load 3\n", "    log.warning('y')\n")
    (project / "pkg" / "shop.py").write_text(text, encoding="utf-8")
    (project / "test_shop.py").write_text(
        "from unittest.mock import patch\n\nfrom pkg import shop\n\n\n"
        "def test_log(caplog):\n    with patch('pkg.shop.log.warning') as warned:\n"
        "        shop.load_order('a')\n        shop.load_parcel('a')\n"
        "    assert warned.call_count == 2\n    shop.load_order('a')\n"
        "    assert caplog.records[0].name == 'pkg.shop'\n",
        encoding="utf-8",
    )
    written(project)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_moves_can_keep_the_name_of_its_module(project: Path) -> None:
    text = shop(after="\n\nclass ParcelOrder:\n    def key(self):\n        return parcel_row('')\n")
    (project / "pkg" / "shop.py").write_text(text, encoding="utf-8")
    written(project, "--keep-module-names")
    code = (
        "import pickle\nfrom pkg import shop\n"
        "print(shop.load_order.__module__, pickle.dumps(shop.ParcelOrder()))"
    )
    said = run(project, code)
    assert said.startswith("pkg.shop b'") and "pkg.shop.parcel" not in said


def test_without_that_it_has_the_name_of_the_new_one(project: Path) -> None:
    written(project)
    code = "from pkg import shop\nprint(shop.load_order.__module__)"
    assert run(project, code).startswith("pkg.shop.")
