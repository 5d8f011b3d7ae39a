"""What shows early that a module is not loose says the same as its clusters do."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from exai_audit.collectors.structure.symbols import module_symbols
from exai_audit.collectors.structure.symbols.divisibility import is_mostly_one_piece
from exai_audit.collectors.structure.symbols.statements import pieces_of
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.files.source import SourceFile, decode

LIBRARY = Path(os.__file__).parent
LIMIT = 300
FUNCTIONS = "".join(f"def f{n}():\n    return f{n // 3}\n\n\n" for n in range(12))
BIG = "class Big:\n" + "    x = 1\n" * 200


def symbols(text: str) -> tuple[ModuleSymbols | None, ModuleSymbols]:
    """Return the symbols as a scan keeps them, and those that a plan asks for."""
    source = decode("module.py", text.encode())
    whole = module_symbols(source, ast.parse(text), LIMIT, always=True)
    assert whole is not None
    return module_symbols(source, ast.parse(text), LIMIT), whole


def mostly_one_piece(text: str) -> bool:
    source: SourceFile = decode("module.py", text.encode())
    return is_mostly_one_piece(pieces_of(source, ast.parse(text)), text)


@pytest.mark.parametrize("folder", ["", "asyncio", "email", "unittest", "xml/dom"])
def test_only_what_is_loose_is_kept_of_the_standard_library(folder: str) -> None:
    compared = 0
    for path in sorted((LIBRARY / folder).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LIMIT:
            kept, whole = symbols(text)
            assert kept == (whole if whole.is_loose else None), path
            compared += 1
    assert compared > 2


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (BIG + FUNCTIONS, True),
        ('__all__ = ["Big"]\n' + BIG + FUNCTIONS, True),
        # `Big` stays with the module here, so that the rest is all that could move.
        (BIG + "    x = __all__\n" + FUNCTIONS, False),
        (BIG + "    x = __ａll__\n" + FUNCTIONS, False),
        ('__all__ = ["f1"]\n__all__ += Big.names\n' + BIG + FUNCTIONS, False),
        ("def __getattr__(name):\n    return Big\n" + BIG + FUNCTIONS, False),
        (BIG + "del Big\n" + FUNCTIONS, False),
        (FUNCTIONS * 10 + BIG, False),
        ("def f():\n    pass\n" * 80 + "x = 1\ny = 2\n", True),
    ],
)
def test_one_piece_is_most_of_a_module(text: str, *, is_one: bool) -> None:
    kept, whole = symbols(text)
    assert mostly_one_piece(text) is is_one
    assert kept == (whole if whole.is_loose else None)


@pytest.mark.parametrize(
    ("text", "opaque"),
    [
        (
            "from os import *\n" + "".join(f"def f{n}():\n    return sep\n" for n in range(9)),
            "import *",
        ),
        ("from os import *\n" + FUNCTIONS, ""),
    ],
    ids=["needed", "not needed"],
)
def test_names_that_all_of_a_module_brings_are_out_of_sight(text: str, opaque: str) -> None:
    assert symbols(text)[1].opaque == opaque
