"""What the cache rules say to do must work with what is there, and be worth doing."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.finding import Confidence, Finding


def found(
    folder: Path, text: str, code: str = "EXA301", others: dict[str, str] | None = None
) -> list[Finding]:
    (folder / ".git").mkdir()
    for name, content in {"module.py": text, **(others or {})}.items():
        (folder / name).write_text(textwrap.dedent(content))
    settings, _ = load(folder, None, False)
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    return [finding for finding in audited.findings if finding.code == code]


def remedy(folder: Path, text: str, code: str = "EXA301") -> str:
    (finding,) = found(folder, text, code)
    return finding.remedy


@pytest.mark.parametrize("parameter", ["request", "request: HttpRequest"])
def test_what_is_kept_for_a_request_goes_onto_it(parameter: str, tmp_path: Path) -> None:
    text = f"""
        from functools import cache
        from shop.web import HttpRequest

        @cache
        def customer({parameter}):
            return find(request.path)
        """
    said = remedy(tmp_path, text)
    assert "request._customer = ..." in said
    assert "lru_cache" not in said


def test_a_session_among_the_arguments_is_left_out_of_the_keys(tmp_path: Path) -> None:
    text = """
        from functools import lru_cache

        @lru_cache(maxsize=None)
        def customer(db, number):
            return db.find(number)
        """
    assert "keep each db alive" in remedy(tmp_path, text)


def test_a_text_that_names_a_session_is_a_plain_key(tmp_path: Path) -> None:
    text = """
        from functools import cache

        @cache
        def shown(session: str):
            return session.upper()
        """
    assert "@lru_cache(maxsize=1024)" in remedy(tmp_path, text)


def test_large_results_get_no_number(tmp_path: Path) -> None:
    text = """
        from functools import cache
        import numpy as np

        @cache
        def plan(house_id: int) -> np.ndarray:
            return measure(house_id)
        """
    assert "as fit in memory" in remedy(tmp_path, text)


def test_a_set_has_no_oldest_entry(tmp_path: Path) -> None:
    text = """
        _known_cache = set()

        def known(user_id):
            if user_id in _known_cache:
                return True
            if ask(user_id):
                _known_cache.add(user_id)
            return False
        """
    said = remedy(tmp_path, text)
    assert "_known_cache.clear()" in said
    assert "next(iter" not in said


@pytest.mark.parametrize(
    ("store", "says", "never"),
    [
        ("def page(url):\n    VALUE = render(url)", "@lru_cache(maxsize=1024) on page", "TTL"),
        ("def page(url, width):\n    VALUE = render(url)", "next(iter(_pages))", "lru_cache"),
        ("async def page(url):\n    VALUE = render(url)", "next(iter(_pages))", "lru_cache"),
        ("async def page(url):\n    VALUE = await fetch(url)", "TTLCache(maxsize=", "lru_cache"),
        ("def page(url):\n    VALUE = requests.get(url, timeout=5)", "TTLCache(", "lru_cache"),
    ],
)
def test_a_dictionary_becomes_a_cached_function_only_where_one_can_be(
    store: str, says: str, never: str, tmp_path: Path
) -> None:
    head, _, value = store.partition("\n")
    text = (
        "import requests\n_pages = {}\n\n"
        f"{head}\n    if url not in _pages:\n    {value.replace('VALUE', '_pages[url]')}\n"
        "    return _pages[url]\n"
    )
    said = remedy(tmp_path, text)
    assert says in said
    assert never not in said


def test_a_key_made_of_identities_is_no_argument(tmp_path: Path) -> None:
    text = """
        _contracts_cache = {}

        def contract(address, abi):
            key = (address, id(abi))
            if key not in _contracts_cache:
                _contracts_cache[key] = make(address, abi)
            return _contracts_cache[key]
        """
    assert "lru_cache" not in remedy(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "key", "says"),
    [
        ("_completed", "job_id", "Decide how long an entry of _completed"),
        ("_running", "job_id", "when the work has ended"),
        ("_attempts", "ip", "when nothing has come from the address"),
        ("_views", "session_id", "when the session ends"),
    ],
)
def test_a_registry_is_emptied_when_what_it_is_for_ends(
    name: str, key: str, says: str, tmp_path: Path
) -> None:
    text = f"""
        {name} = {{}}

        def add({key}, value):
            {name}[{key}] = (value, 1)

        def of({key}):
            return {name}.get({key})
        """
    said = remedy(tmp_path, text)
    assert says in said
    assert "weakref" not in said


def test_the_container_of_an_object_is_named_as_the_code_names_it(tmp_path: Path) -> None:
    text = """
        class PageServer:
            def __init__(self):
                self._page_cache = {}

            def page(self, url):
                if url not in self._page_cache:
                    self._page_cache[url] = self.render(url)
                return self._page_cache[url]
        """
    assert "len(self._page_cache) >= 1024" in remedy(tmp_path, text)


def method(decorators: str, parameters: str = "self, size") -> str:
    return f"""
        from functools import cache, lru_cache
        from shop.tools import copied

        class Shop:
            {decorators}
            def total({parameters}):
                return self.prices
        """


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (method("@lru_cache(maxsize=2)"), "lru_cache(maxsize=2)(self._compute_total)"),
        (method("@lru_cache"), "lru_cache(maxsize=128)(self._compute_total)"),
        (method("@lru_cache").replace("total", "__getitem__"), "(self._compute_getitem)"),
        (method("@copied\n            @lru_cache(maxsize=2)"), "a dictionary of its own with"),
        (method("@property\n            @cache", "self"), "in place of both decorators"),
        (method("@cache", "self"), "if all callers of total drop the ()"),
    ],
)
def test_a_method_keeps_its_size_its_name_and_its_callers(
    text: str, says: str, tmp_path: Path
) -> None:
    assert says in remedy(tmp_path, text, "EXA302")


@pytest.mark.parametrize(("size", "told"), [(2, True), (1, False), (128, False)])
def test_few_entries_for_all_objects_are_told(size: int, told: bool, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, method(f"@lru_cache(maxsize={size})"), "EXA302")
    assert ("push one another out" in finding.message) is told


@pytest.mark.parametrize(
    ("made", "says", "never"),
    [
        ("list", ".get(user_id, [])", "WeakValue"),
        ("asyncio.Lock", "weakref.WeakValueDictionary", ".get("),
        ("Basket", "Ask first whether user_id is in _kept", ".get("),
    ],
)
def test_a_default_dictionary_is_read_as_its_entries_allow(
    made: str, says: str, never: str, tmp_path: Path
) -> None:
    text = f"""
        import asyncio
        from collections import defaultdict
        from shop.baskets import Basket

        _kept = defaultdict({made})

        def of(user_id):
            return _kept[user_id]
        """
    said = remedy(tmp_path, text, "EXA308")
    assert says in said
    assert never not in said


@pytest.mark.parametrize(("key", "count"), [("user_id", 1), ("address", 0)])
def test_locks_of_what_is_worked_on_are_meant_to_stay(key: str, count: int, tmp_path: Path) -> None:
    text = f"""
        from collections import defaultdict
        from threading import Lock

        _locks = defaultdict(Lock)

        def work({key}):
            with _locks[{key}]:
                return {key}
        """
    sure = [f for f in found(tmp_path, text, "EXA308") if f.confidence.value != "low"]
    assert len(sure) == count


def test_two_threads_make_a_lock_in_one_step(tmp_path: Path) -> None:
    text = """
        import threading

        _locks = {}

        def lock_of(kind):
            if kind not in _locks:
                _locks[kind] = threading.Lock()
            return _locks[kind]

        def start(kind):
            threading.Thread(target=lock_of, args=(kind,)).start()
        """
    assert "_locks.setdefault(kind, threading.Lock())" in remedy(tmp_path, text, "EXA307")


@pytest.mark.parametrize(
    ("key", "confidence"),
    [
        ("digest[:5]", Confidence.LOW),
        ("digest[:12]", Confidence.MEDIUM),
        ("message[:5]", Confidence.HIGH),
        ("(width, height)", Confidence.LOW),
        ("(url, width)", Confidence.MEDIUM),
    ],
)
def test_few_digits_and_sizes_are_few_keys(
    key: str, confidence: Confidence, tmp_path: Path
) -> None:
    text = f"""
        _shown = {{}}

        def shown(digest, message, url, width, height):
            short = {key}
            if short not in _shown:
                _shown[short] = draw(short)
            return _shown[short]
        """
    (finding,) = found(tmp_path, text)
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("base", "confidence"), [("Enum", Confidence.LOW), ("Model", Confidence.HIGH)]
)
@pytest.mark.parametrize(
    "made", ["_words: dict[Order, str] = {}", "_words: dict[tuple[Order, Order], str] = {}"]
)
def test_members_of_an_enumeration_of_another_file_are_few(
    made: str, base: str, confidence: Confidence, tmp_path: Path
) -> None:
    text = f"""
        from orders import Order

        {made}

        def words(order):
            if order not in _words:
                _words[order] = order.spoken()
            return _words[order]
        """
    orders = f"from enum import Enum\nfrom shop import Model\n\nclass Order({base}):\n    pass\n"
    (finding,) = found(tmp_path, text, others={"orders.py": orders})
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("used", "confidence"),
    [
        ("from module import by_mail", Confidence.LOW),
        ("from module import by_mail, by_number", Confidence.HIGH),
        ("import module", Confidence.HIGH),
        ("import shop", Confidence.HIGH),
    ],
)
def test_what_nobody_fills_does_not_grow(used: str, confidence: Confidence, tmp_path: Path) -> None:
    text = """
        _users = {}

        def by_mail(mail):
            return mail

        def by_number(user_id):
            if user_id not in _users:
                _users[user_id] = find(user_id)
            return _users[user_id]
        """
    (finding,) = found(tmp_path, text, others={"views.py": f"{used}\n"})
    assert finding.confidence is confidence


def test_rows_that_are_kept_for_good_are_called_out_of_date(tmp_path: Path) -> None:
    text = """
        from shop.models import User

        _users = {}

        def by_number(user_id):
            if user_id not in _users:
                _users[user_id] = User.objects.get(pk=user_id)
            return _users[user_id]
        """
    (finding,) = found(tmp_path, text)
    assert "what User.objects.get said first is never asked again" in finding.message
    assert "TTLCache(maxsize=1024, ttl=...)" in finding.remedy


def test_the_others_of_a_pattern_are_named(tmp_path: Path) -> None:
    text = """
        _names = {}
        _prices = {}

        def name_of(user_id):
            return _names.setdefault(user_id, load(user_id))

        def price_of(order_id):
            return _prices.setdefault(order_id, load(order_id))
        """
    (finding,) = found(tmp_path, text)
    assert "1 more that is kept the same way" in finding.message
    assert [(one.line, one.message) for one in finding.related] == [(3, "_prices only grows, too")]


def test_from_what_size_on_a_bound_is_none_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "exai-audit.toml").write_text("no-bound-from = 50\n")
    text = """
        from functools import lru_cache

        @lru_cache(maxsize=50)
        def price(article_id):
            return article_id.price()
        """
    (finding,) = found(tmp_path, text)
    assert "may hold 50 entries: that is no bound" in finding.message


def test_one_entry_for_each_object_that_is_there_is_few(tmp_path: Path) -> None:
    text = """
        _scripts = {}

        def script(client, text):
            client_id = id(client)
            if client_id not in _scripts:
                _scripts[client_id] = {}
            _scripts[client_id][text] = client.register(text)
            return _scripts.get(client_id)
        """
    assert all(one.confidence is Confidence.LOW for one in found(tmp_path, text))


def test_a_late_store_leaves_what_another_function_set(tmp_path: Path) -> None:
    text = """
        class LocaleManager:
            def __init__(self, config):
                self._config = config
                self._locales = {}

            async def locale(self, room_id):
                if room_id in self._locales:
                    return self._locales[room_id]
                found = await self._config.locale(room_id)
                self._locales[room_id] = found
                return found

            async def set_locale(self, room_id, locale):
                self._locales[room_id] = locale
        """
    assert "self._locales.setdefault(room_id, ...)" in remedy(tmp_path, text, "EXA307")


def test_rows_kept_side_by_side_are_one_finding(tmp_path: Path) -> None:
    text = """
        from shop.models import User

        _by_number = {}
        _by_mail = {}

        def by_number(kind):
            if len(_by_number) > 9:
                _by_number.popitem()
            return _by_number.setdefault(kind, User.objects.get(kind=kind))

        def by_mail(sort):
            if len(_by_mail) > 9:
                _by_mail.popitem()
            return _by_mail.setdefault(sort, User.objects.get(sort=sort))
        """
    (finding,) = found(tmp_path, text, "EXA304")
    assert [one.line for one in finding.related] == [5]


def test_what_is_kept_for_a_tenant_does_not_go_because_somebody_is_idle(tmp_path: Path) -> None:
    text = """
        class Directory:
            _databases: dict[str, dict[str, int]] = {}

            def add(self, tenant):
                self._databases[tenant] = {}

            def of(self, tenant):
                return self._databases[tenant]
        """
    said = remedy(tmp_path, text)
    assert "tenant" in said
    assert "idle" not in said


VERSIONS = """
    import threading

    _versions = {}

    def version_of(target):
        if target in _versions:
            kept = _versions[target]
            if kept.fresh:
                return kept
        found = make(target)
        BETWEEN
        _versions[target] = found
        return found

    def forget(target):
        _versions.pop(target, None)

    def start(target):
        threading.Thread(target=version_of, args=(target,)).start()
    """


def test_no_lock_is_held_around_all_that_lies_between_a_look_up_and_a_far_store(
    tmp_path: Path,
) -> None:
    far = VERSIONS.replace("BETWEEN", "\n        ".join(["found.check()"] * 30))
    said = remedy(tmp_path, far, "EXA307")
    assert "Read it once, _versions.get(target)" in said


def test_a_lock_is_held_around_a_look_up_and_the_store_beside_it(tmp_path: Path) -> None:
    said = remedy(tmp_path, VERSIONS.replace("BETWEEN", "found.check()"), "EXA307")
    assert "Hold one threading.Lock() around the look-up of target" in said


def test_a_far_store_of_an_object_has_the_lock_by_itself(tmp_path: Path) -> None:
    far = VERSIONS.replace("BETWEEN", "\n        ".join(["found.check()"] * 30))
    said = remedy(tmp_path, far.replace("make(target)", "Version(target)"), "EXA307")
    assert "and again around the store" in said
