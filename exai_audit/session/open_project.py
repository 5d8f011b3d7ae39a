"""A project held in memory: after a change only that file is read, and everything judged again.

What editors have open and not saved yet stands in for what is on disk.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.cache import CACHE_FOLDER, REVISION, FactsCache
from exai_audit.audit.collecting import Progress
from exai_audit.audit.discover import Discovered, Discovery, discover, with_content
from exai_audit.audit.engine import Audit, judged, named
from exai_audit.audit.makers import makers_of
from exai_audit.config import (
    NestedSettings,
    Settings,
    find_root,
    knowledge_files,
    lexically_absolute,
    load_for,
)
from exai_audit.facts.file import FileFacts
from exai_audit.files.presence import is_there
from exai_audit.files.source import encoded
from exai_audit.files.timestamps import changed_ns
from exai_audit.knowledge.table import use
from exai_audit.results.result import AuditResult
from exai_audit.session.memory import Memory
from exai_audit.session.run import Run
from exai_audit.session.verdict import with_verdicts

_BESIDE = frozenset({".txt", ".toml", ".lock", ".cfg", ".json"})
_ONE_AT_A_TIME = Lock()  # what is known of libraries is one table for the whole process


def _as_they_are(settings: Settings) -> Settings:
    return settings


class Request(Struct, frozen=True):
    """Which project is held, and how it is read: the options of ``scan`` of these names.

    ``laid_over`` lays other options over all settings.
    """

    paths: tuple[Path, ...]
    config: Path | None = None
    isolated: bool = False
    jobs: int = 1
    no_cache: bool = False
    cache_dir: Path | None = None
    laid_over: Callable[[Settings], Settings] = _as_they_are


class State(Struct, frozen=True):
    """A project as it was judged at one moment; ``number`` tells the moments apart."""

    number: int
    run: Run
    result: AuditResult
    facts: tuple[FileFacts, ...]


class _Seen(Struct, frozen=True):
    """Everything but the facts that a verdict depends on."""

    settings: Settings
    settings_file: Path | None
    root: Path
    own: tuple[Path, ...]
    makers: str
    besides: Discovery
    beside: tuple[tuple[str, int, int], ...]
    today: date


class OpenProject:
    """A project that is asked again and again; any thread may ask.

    Args:
        today: the clock.
        tell: is given what the user should know besides, once.
    """

    def __init__(
        self, request: Request, today: Callable[[], date], tell: Callable[[str], None]
    ) -> None:
        self.request = request
        self._today = today
        self._tell = tell
        self._texts: dict[Path, bytes] = {}
        self._memory: tuple[str, Memory] = ("", Memory(None, 1))
        self._seen: _Seen | None = None
        self._last: State | None = None

    @property
    def last(self) -> State | None:
        """The project as it was judged last."""
        return self._last

    def set_text(self, path: Path, text: str | None) -> None:
        """Let a file say what an editor shows, or again what is on disk when None."""
        place = lexically_absolute(path)
        if text is None:
            self._texts.pop(place, None)
        else:
            self._texts[place] = encoded(text)

    def current(self, progress: Progress = lambda done, total: None) -> State:
        """Return the project as it is now: the same state as long as nothing changes.

        Args:
            progress: called with files done and files in all; what it raises ends the work, and
                what was read until then need not be read again.

        Raises:
            UsageError: a path does not exist any more.
            SettingsError: the settings are invalid.
        """
        with _ONE_AT_A_TIME:
            return self._current(progress)

    def close(self) -> None:
        """Let later processes know what this one read."""
        with _ONE_AT_A_TIME:
            self._memory[1].save()

    def _current(self, progress: Progress) -> State:
        seen, discovery = self._look()
        use(seen.own, seen.settings.of_all("bridge_functions"))
        facts = self._remembering(seen).facts_of(named(discovery.files, seen.settings), progress)
        last = self._last
        if last is not None and seen == self._seen and _are_same(facts, last.facts):
            return last
        audited = judged(discovery, facts, seen.root, seen.settings, seen.today)
        progress(len(facts), len(facts))
        run = self._run(seen, audited)
        number = 1 if last is None else last.number + 1
        self._last = State(number, run, with_verdicts(run, self._tell), facts)
        self._seen = seen
        if last is None:
            gc.freeze()  # most of it stays: nothing to collect
        return self._last

    def _look(self) -> tuple[_Seen, Discovery]:
        """Find the settings in force and the files as they are."""
        asked = self.request
        settings, file = load_for(asked.paths, asked.config, asked.isolated)
        settings = asked.laid_over(settings)
        root = find_root(asked.paths, file)
        follows = asked.config is None and not asked.isolated
        nested = NestedSettings(root, asked.laid_over) if follows else None
        discovery = discover(asked.paths, root, settings.files, nested)
        if nested is not None:
            settings = replace(settings, parts=nested.found())
        discovery = self._laid_over(discovery, root, settings)
        own = tuple(knowledge_files(settings, file, root))
        makers = makers_of(settings, own)
        beside = tuple(_beside(root, settings))
        besides = replace(discovery, files=())
        seen = _Seen(settings, file, root, own, makers, besides, beside, self._today())
        return seen, discovery

    def _laid_over(self, discovery: Discovery, root: Path, settings: Settings) -> Discovery:
        """Let the open files say what editors show; those that were left out stay so."""
        texts = dict(self._texts)
        known = {file.place for file in discovery.files}
        new = {
            path: text
            for path, text in texts.items()
            if str(path) not in known and not is_there(path) and self._is_below(path)
        }
        new = {path: text for path, text in new.items() if len(text) <= settings.max_file_size}
        files = (_with_text(file, texts) for file in discovery.files)
        fitting = tuple(file for file in files if file.size <= file.limit)
        discovery = replace(discovery, files=fitting)
        choice = replace(settings.files, force_exclude=True)
        return with_content(discovery, new, root, choice) if new else discovery

    def _is_below(self, path: Path) -> bool:
        return any(path.is_relative_to(lexically_absolute(top)) for top in self.request.paths)

    def _remembering(self, seen: _Seen) -> Memory:
        """Return what is remembered by the same collectors and the same knowledge."""
        if self._memory[0] != seen.makers:
            cache = None
            if not self.request.no_cache:
                cache = FactsCache(self._folder(seen.root), seen.makers, seen.root)
            self._memory = seen.makers, Memory(cache, self.request.jobs)
        return self._memory[1]

    def _run(self, seen: _Seen, audited: Audit) -> Run:
        past = None
        if not self.request.no_cache:
            past = FactsCache(self._folder(seen.root), seen.makers, seen.root, REVISION)
        return Run(
            self.request.paths, seen.root, seen.settings, seen.settings_file, audited, past=past
        )

    def _folder(self, root: Path) -> Path:
        return self.request.cache_dir or root / CACHE_FOLDER


def _with_text(file: Discovered, texts: dict[Path, bytes]) -> Discovered:
    text = texts.get(file.absolute) if texts else None
    return file if text is None else replace(file, content=text, size=len(text), changed=0)


def _are_same(facts: tuple[FileFacts, ...], former: tuple[FileFacts, ...]) -> bool:
    pairs = zip(facts, former, strict=False)
    return len(facts) == len(former) and all(one is other for one, other in pairs)


def _beside(root: Path, settings: Settings) -> Iterator[tuple[str, int, int]]:
    """Yield when the files changed that say which libraries are used, what is accepted and which
    commit this is.
    """
    places = [root / ".git" / "HEAD", root / ".git" / "logs" / "HEAD"]
    places += [root / settings.baseline] if settings.baseline else []
    for folder in (root, root / "requirements"):
        with suppress(OSError):
            places += [path for path in sorted(folder.iterdir()) if path.suffix in _BESIDE]
    for place in places:
        with suppress(OSError):
            status = place.stat()
            yield str(place), status.st_size, changed_ns(status)
