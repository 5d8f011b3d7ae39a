"""How sure the cache rules are: sure where the code shows it, unsure where it says nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.collectors import collect
from exai_audit.config import load
from exai_audit.finding import Confidence, Finding, Severity


def found(folder: Path, text: str, code: str, path: str = "module.py") -> list[Finding]:
    (folder / ".git").mkdir()
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(textwrap.dedent(text))
    settings, _ = load(folder, None, False)
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    return [finding for finding in audited.findings if finding.code == code]


def decorated(parameters: str, body: str = "return 1") -> str:
    return f"from functools import cache\n@cache\ndef f({parameters}):\n    {body}\n"


def memo(key: str, parameters: str = "x") -> str:
    return f"""
        _known = {{}}

        def f({parameters}):
            key = {key}
            if key not in _known:
                _known[key] = compute(x)
            return _known[key]
        """


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (decorated("user_id"), Confidence.HIGH),
        (decorated("*args"), Confidence.MEDIUM),
        (decorated("url: str"), Confidence.MEDIUM),
        (decorated("path: str"), Confidence.LOW),
        (decorated("job_id"), Confidence.HIGH),
        (decorated("job_name"), Confidence.LOW),
        (decorated("user_name"), Confidence.HIGH),
        (decorated("jwks_url"), Confidence.LOW),
        (decorated("kind, text"), Confidence.MEDIUM),
        (decorated("language"), Confidence.LOW),
        (decorated("cls: type"), Confidence.LOW),
        (decorated("backend_name: str, strict=False"), Confidence.LOW),
        (decorated("n", "return f(n - 1)"), Confidence.LOW),
        (decorated("n"), Confidence.LOW),
        (memo("(x.url, x.method)"), Confidence.MEDIUM),
        (memo("hash(x.body)"), Confidence.HIGH),
        (memo("type(x)"), Confidence.LOW),
        (memo("settings.hash_key()"), Confidence.LOW),
        (memo("(x.locale, bool_)", "x, bool_=True"), Confidence.LOW),
        (memo("x"), Confidence.LOW),
        ("# 24 x 60 entries: no need to limit it\n" + decorated("time"), Confidence.LOW),
    ],
)
def test_growth_is_sure_where_keys_are_open_ended(
    text: str, confidence: Confidence, tmp_path: Path
) -> None:
    if text.startswith("#"):
        comment, imported, rest = text.split("\n", 2)
        text = f"{imported}\n{comment}\n{rest}"
    (finding,) = found(tmp_path, text, "EXA301")
    assert finding.confidence is confidence


OBJECT = """
    {before}
    class {name}:
        def __init__(self):
            self._page_cache = {{}}

        def page(self, url):
            if url not in self._page_cache:
                self._page_cache[url] = load(url)
            return self._page_cache[url]
    {after}
    """


@pytest.mark.parametrize(
    ("name", "after", "confidence"),
    [
        ("PageClient", "", Confidence.MEDIUM),
        ("Reader", "reader = Reader()", Confidence.MEDIUM),
        ("Reader", "", Confidence.LOW),
        ("Reader", "def read():\n        return Reader()", Confidence.LOW),
        ("Reader", "def main():\n        serve_forever(Reader())", Confidence.MEDIUM),
        ("Reader", "def main():\n        print(Reader())", Confidence.LOW),
    ],
)
def test_growth_on_an_object_needs_a_long_life(
    name: str, after: str, confidence: Confidence, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, OBJECT.format(name=name, before="", after=after), "EXA301")
    assert finding.confidence is confidence
    assert finding.severity is Severity.LOW


@pytest.mark.parametrize("path", ["cli/show.py", "app/commands/show.py"])
def test_a_command_has_no_time_to_grow(path: str, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, decorated("url"), "EXA301", path)
    assert finding.confidence is Confidence.LOW


def test_remedies_speak_of_the_values_at_hand(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, decorated("url, day"), "EXA301")
    assert "@lru_cache(maxsize=1024)" in finding.remedy
    assert "url, day" in finding.remedy


def test_the_suggested_size_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "exai-audit.toml").write_text("suggested-cache-size = 64\n")
    (finding,) = found(tmp_path, decorated("url"), "EXA301")
    assert "maxsize=64" in finding.remedy


def test_classes_with_a_common_base_are_one_implementation(tmp_path: Path) -> None:
    body = """
        import cachetools

        class BaseCache:
            pass

        class {0}Cache(BaseCache):
            def __init__(self):
                self._entries = {{}}

            def get(self, key):
                return self._entries.get(key)

            def put(self, key, value):
                self._entries[key] = value

        pages = cachetools.TTLCache(10, 60)
        """
    for name in ("First", "Second", "Third"):
        (tmp_path / f"{name.lower()}.py").write_text(textwrap.dedent(body.format(name)))
    assert found(tmp_path, "", "EXA305") == []


@pytest.mark.parametrize(
    ("head", "confidence"),
    [
        ("class Price:", Confidence.HIGH),
        ("class Price(NamedTuple):", Confidence.LOW),
        ("@dataclass(frozen=True)\nclass Price:", Confidence.LOW),
        ("@dataclass\nclass Price:", Confidence.HIGH),
        ("class Price:\n    def __hash__(self): return 1\n", Confidence.LOW),
    ],
)
def test_a_cache_on_values_is_no_leak_for_sure(
    head: str, confidence: Confidence, tmp_path: Path
) -> None:
    method = "    @lru_cache(maxsize=9)\n    def rounded(self, digits): return 1\n"
    text = f"from functools import lru_cache\nfrom typing import NamedTuple\n{head}\n{method}"
    (finding,) = found(tmp_path, text, "EXA302")
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("key", "confidence"),
    [("x.user_id", [Confidence.HIGH]), ("x.database_url", []), ("x.kind", [Confidence.LOW])],
)
def test_registries_are_judged_by_what_keys_them(
    key: str, confidence: list[Confidence], tmp_path: Path
) -> None:
    text = memo(key).replace("compute(x)", "Lock()")
    assert [finding.confidence for finding in found(tmp_path, text, "EXA301")] == confidence


def test_a_client_that_is_only_made_asks_nothing(tmp_path: Path) -> None:
    text = """
        from functools import lru_cache
        import boto3

        @lru_cache(maxsize=9)
        def client(region):
            return boto3.client("s3", region)
        """
    assert found(tmp_path, text, "EXA304") == []


THREAD_ELSEWHERE = """
    import threading

    class Timers:
        _found = {}

        def start(self):
            threading.Thread(target=self.warm).start()

        def warm(self):
            return 1

        def timer(self, kind):
            if kind not in self._found:
                self._found[kind] = kind.timer()
            return self._found[kind]
    """
SETTINGS_READ = """
    import asyncio

    class PrefixService:
        def __init__(self, config):
            self._config = config
            self._lock = asyncio.Lock()
            self._prefix_cache = {}

        async def prefix(self, kind):
            if kind not in self._prefix_cache:
                self._prefix_cache[kind] = await self._config.guild(kind).VERB()
            return self._prefix_cache[kind]

        def forget(self):
            self._prefix_cache.clear()
    """


def test_a_thread_that_does_not_come_there_shows_nothing(tmp_path: Path) -> None:
    (graver,) = found(tmp_path, THREAD_ELSEWHERE, "EXA301")
    assert graver.confidence is Confidence.LOW
    assert graver.related == ()


@pytest.mark.parametrize(
    ("verb", "confidence"), [("prefix", Confidence.LOW), ("create", Confidence.MEDIUM)]
)
def test_settings_read_twice_do_no_harm(tmp_path: Path, verb: str, confidence: Confidence) -> None:
    (hit,) = found(tmp_path, SETTINGS_READ.replace("VERB", verb), "EXA307")
    assert hit.confidence is confidence


@pytest.mark.parametrize(
    ("key", "confidence"),
    [
        ("(x.host, x.port, x.user_id)", None),
        ("(x.username, x.password)", None),
        ("x.user_id", Confidence.HIGH),
    ],
)
def test_what_clients_log_in_with_is_configured(
    tmp_path: Path, key: str, confidence: Confidence | None
) -> None:
    text = memo(key).replace("_known", "_clients")
    assert [hit.confidence for hit in found(tmp_path, text, "EXA301")] == (
        [confidence] if confidence else []
    )


@pytest.mark.parametrize(
    ("name", "confidence"), [("ReportManager", Confidence.LOW), ("ReportServer", Confidence.MEDIUM)]
)
def test_a_manager_may_live_for_one_task(tmp_path: Path, name: str, confidence: Confidence) -> None:
    text = f"""
        from collections import defaultdict

        class {name}:
            def __init__(self):
                self.seen = defaultdict(set)

            def of(self, user_id):
                return self.seen[user_id]
        """
    (hit,) = found(tmp_path, text, "EXA308")
    assert hit.confidence is confidence


def test_a_cleaner_that_a_method_starts_is_called(tmp_path: Path) -> None:
    text = """
        import threading

        class JobCache:
            def __init__(self):
                self.kept = {}

            def _start_clean(self):
                threading.Thread(target=self._sweep).start()

            def _sweep(self):
                for kept in self.kept.values():
                    kept.sort()

            def get(self, job_id):
                self._start_clean()
                return self.kept.get(job_id)

            def set(self, job_id, value):
                self.kept[job_id] = value
        """
    assert found(tmp_path, text, "EXA301") == []


@pytest.mark.parametrize(
    ("above", "docstring", "confidence"),
    [
        ("", "Return the owner: immutable.", Confidence.LOW),
        ("", "Return the owner; it needs no expiry.", Confidence.LOW),
        ("# Kept for the lifetime of the process.", "Return the owner.", Confidence.LOW),
        ("", "Return the owner, who is not immutable.", Confidence.HIGH),
        ("", "Return the owner.", Confidence.HIGH),
    ],
)
def test_results_that_are_said_to_hold_for_good_are_stale_with_low_confidence(
    tmp_path: Path, above: str, docstring: str, confidence: Confidence
) -> None:
    text = f"""
        import requests
        from functools import lru_cache

        {above}
        @lru_cache(maxsize=64)
        def owner_of(shelf):
            \"\"\"{docstring}\"\"\"
            return requests.get(shelf, timeout=5).text
        """
    (finding,) = found(tmp_path, text, "EXA304")
    assert finding.confidence is confidence


def test_a_clock_read_beside_a_cache_is_no_expiry_of_it(tmp_path: Path) -> None:
    text = """
        import time

        _prices_cache = {}

        async def price(session, user_id):
            started = time.monotonic()
            if user_id not in _prices_cache:
                _prices_cache[user_id] = await session.fetch(user_id)
            return _prices_cache[user_id], time.monotonic() - started
        """
    (finding,) = found(tmp_path, text, "EXA301")
    assert "expired" not in finding.message


def test_a_cache_with_room_for_one_is_doubted(tmp_path: Path) -> None:
    text = """
        from functools import lru_cache
        import requests

        @lru_cache(maxsize=1)
        def version(package):
            return requests.get(f"https://index.example/{package}", timeout=5).text
        """
    (finding,) = found(tmp_path, text, "EXA304")
    assert finding.confidence is Confidence.LOW


KEPT_UP = """
    _mode_cache = {}

    def mode(db, KEY):
        if KEY not in _mode_cache:
            _mode_cache[KEY] = db.find(KEY)
        return _mode_cache[KEY]

    def set_mode(db, KEY, mode):
        _mode_cache[KEY] = mode
        db.update(KEY, mode)
    """


@pytest.mark.parametrize(
    ("key", "confidence"), [("chat_id", Confidence.LOW), ("user_id", Confidence.HIGH)]
)
def test_settings_of_chats_that_are_kept_up_to_date_are_doubted(
    key: str, confidence: Confidence, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, KEPT_UP.replace("KEY", key), "EXA301")
    assert finding.confidence is confidence


PICTURES = """
    from functools import lru_cache
    from PIL import Image

    @lru_cache(maxsize=64)
    def small(number):
        picture = Image.open(number)
        picture.save(number)
        return picture
    """


def test_work_in_the_process_does_not_go_stale(tmp_path: Path) -> None:
    assert found(tmp_path, PICTURES, "EXA304") == []


@pytest.mark.parametrize(
    ("parameters", "confidence"),
    [("domain, language", Confidence.LOW), ("domain, number", Confidence.MEDIUM)],
)
def test_domains_of_translations_are_few(
    parameters: str, confidence: Confidence, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, decorated(parameters), "EXA301")
    assert finding.confidence is confidence


def test_times_that_decide_nothing_are_no_expiry() -> None:
    folder = Path(__file__).parent.parent / "fixtures" / "EXA306" / "firing"
    facts = collect("by_size.py", (folder / "by_size.py").read_bytes(), "by_size")
    (cache,) = facts.caches.found
    assert (cache.bookkeeping, cache.expiry) == ("oldest-first", None)


STORED_SETTINGS = """
    _mode_cache = {}

    async def mode(chat_id):
        if chat_id not in _mode_cache:
            _mode_cache[chat_id] = await modes_db.VERB(chat_id)
        return _mode_cache[chat_id]

    def forget(chat_id):
        _mode_cache.pop(chat_id, None)
    """


@pytest.mark.parametrize(
    ("verb", "confidence"), [("find_one", Confidence.LOW), ("insert_one", Confidence.MEDIUM)]
)
def test_what_a_database_is_asked_twice_does_no_harm(
    verb: str, confidence: Confidence, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, STORED_SETTINGS.replace("VERB", verb), "EXA307")
    assert finding.confidence is confidence


OF_MEETINGS = """
    _last = {}

    def told(message, chat_id, text):
        _last[KEY] = text

    def last(message, chat_id):
        return _last.get(KEY)
    """


@pytest.mark.parametrize(
    ("key", "confidence"),
    [
        ("chat_id", Confidence.LOW),
        ("message.chat.id", Confidence.LOW),
        ("message.id", Confidence.MEDIUM),
    ],
)
def test_one_value_for_each_chat_is_doubted(
    key: str, confidence: Confidence, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, OF_MEETINGS.replace("KEY", key), "EXA301")
    assert finding.confidence is confidence


BY_DIGEST = """
    import requests

    _picture_cache = {}

    def picture(url, IT):
        key = (IT, 64)
        if key not in _picture_cache:
            if len(_picture_cache) > 100:
                _picture_cache.popitem()
            _picture_cache[key] = requests.get(url, timeout=5).content
        return _picture_cache[key]
    """


@pytest.mark.parametrize(
    ("it", "confidence"), [("sha256", Confidence.LOW), ("name", Confidence.HIGH)]
)
def test_what_is_kept_by_its_digest_hardly_goes_stale(
    it: str, confidence: Confidence, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, BY_DIGEST.replace("IT", it), "EXA304")
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("made", "confidence"), [("PageCache", Confidence.LOW), ("Page", Confidence.HIGH)]
)
def test_caches_that_a_cache_keeps_are_few(
    made: str, confidence: Confidence, tmp_path: Path
) -> None:
    text = f"""
        from pages import {made}

        _partition_cache = {{}}

        def partition(partition_id):
            if partition_id not in _partition_cache:
                _partition_cache[partition_id] = {made}(partition_id)
            return _partition_cache[partition_id]
        """
    (finding,) = found(tmp_path, text, "EXA301")
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("base", "confidence"), [("MiddlewareMixin", Confidence.LOW), ("Prefixes", Confidence.HIGH)]
)
def test_a_framework_makes_one_object_of_what_is_plugged_in(
    base: str, confidence: Confidence, tmp_path: Path
) -> None:
    text = f"""
        from functools import lru_cache
        from plugs import {base}

        class Prefix({base}):
            @lru_cache
            def of(self, place):
                return self.prefixes[place]
        """
    (finding,) = found(tmp_path, text, "EXA302")
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("asyncio.Lock()", "WeakValueDictionary"),
        ("asyncio.Event()", "where its wait ends (finally: _page_cache.pop(url, None))"),
        ("asyncio.create_task(read(url))", "when its work is done"),
        ("make_client(url)", "must close what it drops"),
        ("Event(url)", "Put @lru_cache(maxsize=1024) on page"),
    ],
)
def test_what_lives_is_not_said_to_be_dropped_at_a_bound(
    made: str, said: str, tmp_path: Path
) -> None:
    body = f"""
        import asyncio
        from shop.net import Event, make_client, read

        _page_cache = {{}}


        def page(url):
            if url not in _page_cache:
                found = {made}
                _page_cache[url] = found
            return _page_cache[url]
    """
    (finding,) = found(tmp_path, body, "EXA301")
    assert said in finding.remedy
