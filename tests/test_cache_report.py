"""The cache table and the cache strategy: made, rendered, and never obeyed as markup."""

from __future__ import annotations

import json
import re
from pathlib import Path

from msgspec.structs import replace

from exai_audit.audit.assemble import assemble
from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.report import render
from exai_audit.results.result import AuditResult, CacheRow, CacheStrategy, SharedStore

FRAGMENTED = {
    "prices.py": """
import cachetools
import requests

_price_cache = {}
_offer_cache = {}


def price(article):
    if article not in _price_cache:
        if len(_price_cache) > 100:
            _price_cache.clear()
        _price_cache[article] = requests.get(article, timeout=5)
    return _price_cache[article]


def offer(article):
    if article not in _offer_cache:
        _offer_cache[article] = requests.get(article, timeout=5)
    return _offer_cache[article]
""",
    "stock.py": """
class StockCache:
    def __init__(self):
        self._counts = {}

    def get(self, article):
        return self._counts.get(article)

    def put(self, article, count):
        self._counts[article] = count
""",
    "users.py": """
from async_lru import alru_cache


@alru_cache(maxsize=10)
async def user(client, name):
    return await client.fetch(name)


_similarity_cache = {}


async def alike(client, text):
    if text not in _similarity_cache:
        _similarity_cache[text] = await client.fetch(text)
    return _similarity_cache[text]
""",
}


def audited(folder: Path, files: dict[str, str]) -> AuditResult:
    (folder / ".git").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    settings, _ = load(folder, None, False)
    found = audit([folder], folder, settings, 1, lambda done, total: None)
    return assemble(found, settings, ["scan"], [folder], folder, with_facts=False)


def test_every_cache_is_a_row_with_its_verdict(tmp_path: Path) -> None:
    rows = audited(tmp_path, FRAGMENTED).cache_table
    assert [(row.name, row.keys, row.verdict) for row in rows] == [
        ("_price_cache", "article", "EXA304"),
        ("_offer_cache", "article", "EXA301, EXA304"),
        ("StockCache", "article", "EXA301"),
        ("user", "client, name", "EXA304"),
        ("_similarity_cache", "text", "EXA301, EXA304, EXA307"),
    ]
    assert rows[0].bound == "length check"
    assert rows[3].bound == "maxsize=10"


def test_the_strategy_names_what_the_code_imports_first(tmp_path: Path) -> None:
    strategy = audited(tmp_path, FRAGMENTED).cache_strategy
    assert strategy is not None
    stores = {store.library: store for store in strategy.stores}
    assert sorted(stores) == ["async-lru", "cachetools"]
    assert all(store.imported for store in stores.values())
    assert stores["cachetools"].caches == 3
    assert [text.partition(" ")[0] for text in stores["cachetools"].bounds] == [
        "_offer_cache",
        "StockCache",
    ]
    assert strategy.apart == (
        "_similarity_cache (users.py:10): found by likeness, not by an equal key",
    )


def test_there_is_no_strategy_where_caches_are_few(tmp_path: Path) -> None:
    few = {"prices.py": FRAGMENTED["prices.py"]}
    assert audited(tmp_path, few).cache_strategy is None


def test_markdown_shows_table_and_strategy(tmp_path: Path) -> None:
    text = render(audited(tmp_path, FRAGMENTED), "markdown")
    assert "5 caches, 0 without a finding: 3 container, 1 class, 1 decorator" in text
    assert "Recommended: one strategy for 5 caches in 3 files" in text
    assert re.search(r"- \\?_offer\\?_cache \(prices.py:6\): how many distinct article", text)


def test_what_the_code_says_is_no_markup(tmp_path: Path) -> None:
    evil = "x|`<script>alert(1)</script>\n@team #1"
    row = CacheRow(evil, 1, evil, evil, evil, "class", "in-memory", evil, evil, evil, True, "ok")
    store = SharedStore(("in-memory",), evil, evil, False, 1, "one", (evil,), (evil,))
    result = replace(
        audited(tmp_path, FRAGMENTED),
        cache_table=(row,),
        cache_strategy=CacheStrategy(1, 1, (store,), (evil,)),
    )
    text = render(result, "markdown", top=None)
    assert "<script>" not in text
    assert "@team" not in text
    line = next(line for line in text.splitlines() if line.startswith("| <code>x"))
    assert len(re.findall(r"(?<!\\)\|", line)) == 10
    assert json.loads(render(result, "json"))["cache_table"][0]["name"] == evil


def test_size_limits_shorten_the_table(tmp_path: Path) -> None:
    result = audited(tmp_path, FRAGMENTED)
    many = replace(result, cache_table=result.cache_table * 200)
    text = render(many, "markdown", max_size=30_000)
    assert len(text.encode()) <= 30_000
    assert "more caches, listed in the JSON report" in text or "1,000 caches" in text
