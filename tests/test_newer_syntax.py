"""Syntax that only a newer Python reads is read all the same: no score depends on who runs it."""

from __future__ import annotations

import pytest

from exai_audit.facts.file import Failure
from exai_audit.files.source import decode
from exai_audit.syntax.parse import parse_module

NEWER = {
    "PEP 646": "def call(*args: *Ts) -> None:\n    return args[*Ts]\n",
    "PEP 654": "try:\n    call()\nexcept* ValueError:\n    pass\n",
    "PEP 695": "type Pair[T] = tuple[T, T]\n\n\nclass Box[T]:\n    def get[U](self) -> U: ...\n",
    "PEP 696": "class Box[T = int]: ...\n",
    "PEP 701": "print(f'{'a'} {f'{1}'} {\n1}')\n",
    "PEP 750": "print(t'hello {name}')\n",
    "PEP 758": "try:\n    call()\nexcept ValueError, TypeError:\n    pass\n",
    "PEP 765": "def call():\n    try:\n        pass\n    finally:\n        return 1\n",
}


@pytest.mark.parametrize("pep", NEWER)
def test_newer_syntax_is_no_broken_file(pep: str) -> None:
    assert not isinstance(parse_module(decode("a.py", NEWER[pep].encode())), Failure)


@pytest.mark.parametrize("text", ["def call(:\n", "print 'x'\n", "class A(\n", "x = = 1\n"])
def test_a_broken_file_is_one(text: str) -> None:
    assert isinstance(parse_module(decode("a.py", text.encode())), Failure)
