"""What one file, and then the whole project, says about its caches."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.collectors import collect
from exai_audit.config import load
from exai_audit.errors import SettingsError
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime, Origin

ONE_FUNCTION = """
    def look(key):
        if key not in {name}:
            {name}[key] = {value}
        return {name}[key]
"""


def caches(text: str, path: str = "module.py") -> list[CacheFact]:
    facts = collect(path, textwrap.dedent(text).encode(), "module")
    assert facts.failure is None
    return list(facts.caches.found)


def only(text: str, path: str = "module.py") -> CacheFact:
    (found,) = caches(text, path)
    return found


def memo(name: str = "_known", definition: str = "{}", value: str = "load(key)") -> str:
    function = textwrap.dedent(ONE_FUNCTION).format(name=name, value=value)
    return (
        f"import threading, weakref\nfrom collections import *\n{name} = {definition}\n{function}"
    )


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("from functools import cache\n@cache\ndef f(a): return a", CacheForm.DECORATOR),
        ("from shop import memoize\n@memoize\ndef f(a): return a", CacheForm.DECORATOR),
        (memo("_price_cache"), CacheForm.CONTAINER),
        (memo("_known"), CacheForm.MEMO_IDIOM),
        (memo("_known", value="threading.Lock()"), CacheForm.REGISTRY),
        ("from cachetools import TTLCache\nc = TTLCache(9, 60)", CacheForm.LIBRARY_STORE),
        (
            "from cachetools import TTLCache\nc = TTLCache(9, 60) if ON else None",
            CacheForm.LIBRARY_STORE,
        ),
        ("c = OurCache(max_entries=9)", CacheForm.LIBRARY_STORE),
        ("class PageCache(dict):\n  def set(self, k, v):\n    self[k] = v", CacheForm.CLASS),
        (
            "from functools import cached_property\nclass A:\n  @cached_property\n  def f(self): 1",
            CacheForm.CACHED_PROPERTY,
        ),
    ],
)
def test_each_form_is_one_fact(text: str, form: CacheForm) -> None:
    assert only(text).form is form


@pytest.mark.parametrize(
    "text",
    [
        "_cache = None\ndef f():\n  global _cache\n  _cache = _cache or load()\n  return _cache",
        "def f(keys):\n  cache = {}\n  for k in keys:\n    if k not in cache: cache[k] = g(k)\n",
        "handlers = {}\ndef register(name, f):\n  handlers[name] = f\n  return f",
        "class CacheSettings:\n  def set(self, name, value): self.x = value",
        "class PriceCache(Protocol):\n  def get(self, k): ...\n  def set(self, k, v): ...",
        "config = CacheConfig(max_size=9)",
        "_cache = {}\n_cache['name'] = 1\ndef f(): return _cache['name']",
    ],
)
def test_what_is_no_cache(text: str) -> None:
    assert caches(text) == []


@pytest.mark.parametrize(
    ("definition", "bound"),
    [("{}", None), ("weakref.WeakValueDictionary()", "weak references")],
)
def test_bound_by_kind(definition: str, bound: str | None) -> None:
    assert only(memo(definition=definition)).bound == bound


def test_two_branches_are_one_cache() -> None:
    text = """
        try:
            from cachetools import LRUCache
            _known = LRUCache(maxsize=10)
        except ImportError:
            _known = {}
        """
    found = only(textwrap.dedent(text) + textwrap.dedent(ONE_FUNCTION).format(
        name="_known", value="load(key)"
    ))  # fmt: skip
    assert (found.form, found.bound) == (CacheForm.LIBRARY_STORE, "maxsize=10")


def test_a_class_owns_its_container() -> None:
    text = """
        class PriceCache:
            def __init__(self):
                self._entries = {}

            def put(self, article, price):
                self._entries[article] = price

            def get(self, article):
                return self._entries.get(article)

        prices = PriceCache(max_size=10)
        """
    facts = caches(text)
    owner = facts[0]
    assert owner.form is CacheForm.CLASS
    assert owner.place.span.line == 2
    assert owner.grows is not None
    assert owner.grows.span.line == 4
    assert owner.keys == "article"


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("key.upper()", None),
        ("__import__('requests').get(key)", None),
        ("requests.get(key)", Origin.NETWORK),
        ("open(key).read()", Origin.FILE),
        ("os.environ[key]", Origin.ENVIRONMENT),
        ("subprocess.run(key)", Origin.PROCESS),
        ("helper(key)", Origin.NETWORK),
    ],
)
def test_where_results_come_from(value: str, origin: Origin | None) -> None:
    helper = "import os, requests, subprocess\ndef helper(k): return requests.get(k)\n"
    found = only(helper + memo(value=value))
    assert (found.origin, found.pure) == (origin, origin is None)


def test_closure_that_is_returned_outlives_the_call() -> None:
    text = """
        def remember(function):
            known = {}

            def wrapper(key):
                if key not in known:
                    known[key] = function(key)
                return known[key]

            return wrapper
        """
    assert only(text).lifetime is Lifetime.CLOSURE
    assert caches(text.replace("return wrapper", "return wrapper(1)")) == []


@pytest.mark.parametrize(
    ("name", "path", "layer"),
    [
        ("_known", "module.py", Layer.IN_MEMORY),
        ("_embedding_cache", "module.py", Layer.SEMANTIC),
        ("_known", "router.py", Layer.ROUTING),
        ("_chat_cache", "router.py", Layer.CONVERSATION),
        ("response_cache", "module.py", Layer.REQUEST),
    ],
)
def test_layers_by_words(name: str, path: str, layer: Layer) -> None:
    assert only(memo(name), path).layer is layer


def project(folder: Path, **files: str) -> dict[str, list[CacheFact]]:
    (folder / ".git").mkdir()
    for name, text in files.items():
        suffix = ".toml" if name == "pyproject" else ".py"
        (folder / f"{name}{suffix}").write_text(textwrap.dedent(text))
    settings, _ = load(folder, None, False)
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    return {facts.path: list(facts.caches.found) for facts in audited.project.files}


def test_own_words_sort_into_layers_first(tmp_path: Path) -> None:
    settings = '[tool.exai-audit.cache-layers]\nsemantic = ["Price"]\n'
    found = project(tmp_path, pyproject=settings, a=memo("_price_cache"), b=memo("_chat_cache"))
    assert found["a.py"][0].layer is Layer.SEMANTIC
    assert found["b.py"][0].layer is Layer.CONVERSATION


def test_unknown_layer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"semantics.*did you mean 'semantic'"):
        project(tmp_path, pyproject='[tool.exai-audit.cache-layers]\nsemantics = ["x"]\n')


def test_an_object_of_a_cache_class_is_a_reference(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        store="class PageCache(dict):\n  def set(self, k, v):\n    self[k] = v\n",
        use="from store import PageCache\npages = PageCache(max_entries=9)\n",
    )
    assert [fact.form for fact in found["store.py"]] == [CacheForm.CLASS]
    assert found["use.py"] == []


def test_a_configured_cache_is_one_however_many_files_use_it(tmp_path: Path) -> None:
    use = "from django.core.cache import cache\ndef f(key):\n  cache.set(key, load(key), 60)\n"
    found = project(tmp_path, a=use, b=use)
    assert [len(caches) for caches in found.values()] == [1, 0]
