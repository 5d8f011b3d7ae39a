"""What each file said when it was read last: only what changed since then is read again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.cache import FactsCache
from exai_audit.audit.collecting import Collected, Named, Progress, collecting
from exai_audit.audit.discover import Discovered
from exai_audit.audit.engine import recalled
from exai_audit.facts.file import FileFacts
from exai_audit.files.source import UnreadableSourceError
from exai_audit.files.timestamps import was_at_rest
from exai_audit.git.blobs import blob_hash

_WORTH_SAVING = 50


class _Held(Struct, frozen=True):
    """What a file said: ``looked`` is when (ns), ``blob`` git's hash of it, empty if not known."""

    named: Named
    looked: int
    blob: bytes
    facts: FileFacts


class Memory:
    """The facts of a project's files, for as long as a process runs.

    Args:
        cache: what an earlier process remembered; it is told what this one reads.
        jobs: how many processes read many files.
    """

    def __init__(self, cache: FactsCache | None, jobs: int) -> None:
        self._cache = cache
        self._jobs = jobs
        self._held: dict[str, _Held] = {}

    def facts_of(self, files: Sequence[Named], progress: Progress) -> tuple[FileFacts, ...]:
        """Return the facts of all files in order; those of a file that says the same are the same.

        Args:
            progress: called with files done and files in all; what it raises ends the reading, and
                what was read until then is kept.
        """
        looked = time.time_ns()
        unknown = [named for named in files if not self._knows(named, looked)]
        self._read(unknown, looked, len(files), progress)
        self._held = {file.path: self._held[file.path] for file, _, _ in files}
        return tuple(held.facts for held in self._held.values())

    def save(self) -> None:
        """Let later processes know what this one read."""
        if self._cache is not None:
            self._cache.save()

    def _knows(self, named: Named, looked: int) -> bool:
        """Tell whether a file says what it said, as far as can be told without parsing it."""
        held = self._held.get(named[0].path)
        if held is None:
            return self._recalls(named, looked)
        if held.named[1:] != named[1:]:
            return False
        file, former = named[0], held.named[0]
        if file.content is not None:
            is_same = file.content == former.content or blob_hash(file.content) == held.blob
        elif former.content is None and _is_untouched(file, former, held.looked):
            return True
        else:
            is_same = bool(held.blob) and _blob(file) == held.blob
        if is_same:
            self._held[file.path] = replace(held, named=named, looked=looked)
        return is_same

    def _recalls(self, named: Named, looked: int) -> bool:
        file, module, _ = named
        facts = recalled(file, module, self._cache) if self._cache is not None else None
        if facts is None or self._cache is None:
            return False
        blob = self._cache.blob(file.path) or b""
        self._held[file.path] = _Held(named, looked, blob, facts)
        return True

    def _read(self, files: Sequence[Named], looked: int, total: int, progress: Progress) -> None:
        waiting = iter(files)
        done = total - len(files)
        progress(done, total)
        with closing(collecting(files, self._jobs, method="spawn")) as parts:
            for part in parts:
                for one, named in zip(part, waiting, strict=False):
                    self._keep(named, looked, one)
                done += len(part)
                progress(done, total)
        if len(files) >= _WORTH_SAVING:
            self.save()

    def _keep(self, named: Named, looked: int, collected: Collected) -> None:
        facts, blob = collected
        file = named[0]
        self._held[file.path] = _Held(named, looked, blob, facts)
        if blob and file.content is None and self._cache is not None:
            self._cache.remember(file.path, file.changed, file.size, blob, facts)


def _is_untouched(file: Discovered, former: Discovered, looked: int) -> bool:
    is_same = (file.changed, file.size) == (former.changed, former.size)
    return is_same and was_at_rest(file.changed, looked)


def _blob(file: Discovered) -> bytes:
    try:
        return blob_hash(file.read())
    except UnreadableSourceError:
        return b""
