"""The short cuts change nothing: each topic looks where it must, and libcst reads the same."""

from __future__ import annotations

import argparse
import asyncio.base_events
import concurrent.futures.thread
import functools
import http.client
import imaplib
import logging.handlers
import multiprocessing.pool
import smtplib
import ssl
import subprocess
import threading
import typing
import urllib.request
from pathlib import Path
from types import ModuleType

import pytest

from exai_audit.collectors import collect

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(FIXTURES.rglob("*.py"))
MODULES = [
    argparse, asyncio.base_events, concurrent.futures.thread, functools, http.client, imaplib,
    logging.handlers, multiprocessing.pool, smtplib, ssl, subprocess, threading, typing,
    urllib.request,
]  # fmt: skip


def assert_same(path: str, data: bytes, dotted: str) -> None:
    assert collect(path, data, dotted) == collect(path, data, dotted, exhaustive=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_fixtures_say_the_same(path: Path) -> None:
    name = path.relative_to(FIXTURES).as_posix()
    assert_same(name, path.read_bytes(), path.stem)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_standard_library_says_the_same(module: ModuleType) -> None:
    assert module.__file__ is not None
    path = Path(module.__file__)
    assert_same(path.name, path.read_bytes(), module.__name__)


CASES = {
    "an attribute set in a method without a sign": """
        import requests

        class Shop:
            def __init__(self, depth):
                self.session = requests.Session()
                self.depth = depth

            def article(self, name):
                return self.session.get(name)
        """,
    "what another function returns": """
        import httpx

        def client():
            made = httpx.Client()
            return made

        def article(name):
            shop = client()
            return shop.post(name, timeout=None)
        """,
    "a function under another name": """
        from time import sleep as nap
        import time

        pause = time.sleep

        async def first():
            nap(1)

        async def second():
            pause(1)
        """,
    "a function kept on an object": """
        import time

        class Clock:
            def __init__(self):
                self._tick = time.sleep

            async def run(self):
                self._tick(2)
        """,
    "a blocking call one call away": """
        import time

        def work():
            time.sleep(1)

        async def serve():
            work()
        """,
    "a global that a function makes": """
        _found = None

        def reset():
            global _found
            _found = {}

        def find(key):
            if key not in _found:
                _found[key] = compute(key)
            return _found[key]
        """,
    "a cache by use alone": """
        _table = {}

        def plain():
            return len(_table)

        def find(key):
            table = _table
            if key in table:
                return table[key]
            table[key] = value = compute(key)
            return value
        """,
    "a limit by position": """
        def wait(seconds, timeout):
            return seconds

        def serve():
            wait(1, 30)
        """,
    "a pool by its base, inside a function": """
        import concurrent.futures

        def serve():
            class Workers(concurrent.futures.ThreadPoolExecutor):
                pass

            workers = Workers()
            workers.submit(print)
        """,
    "a class chosen by a function": """
        import httpx

        def kind() -> type[httpx.Client]:
            return httpx.Client

        def serve(name):
            made = kind()()
            return made.get(name, timeout=3)
        """,
    "bodies on the line of their header": """
        import requests

        class Shop:
            def one(self): return 1
            def two(self): return requests.get("x"); x = 1

            @property
            def three(self):
                '''Give three.'''

                # of all
                return 3

            def four(self): \\
                return 4

        def tail():
            pass  # the last
        """,
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_part_depends_on_is_seen(name: str) -> None:
    lines = CASES[name].split("\n")
    source = "\n".join(line.removeprefix("        ") for line in lines)
    assert_same("shop/module.py", source.encode(), "shop.module")
