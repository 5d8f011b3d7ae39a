"""Facts of file versions: each is parsed once, whatever the number of commits that have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from msgspec import Struct, field

from exai_audit.audit.collecting import Named, Progress, collect_all, collect_one
from exai_audit.audit.discover import Discovered
from exai_audit.audit.engine import dotted_name, limit_of
from exai_audit.audit.scopes import scope_of
from exai_audit.config import Settings
from exai_audit.facts.file import FileFacts
from exai_audit.git.repository import contents
from exai_audit.trend.memory import Memory

Version = tuple[str, str]
"""A path and an object id."""
_AT_ONCE = 400


class Versions(Struct):
    """The facts of the versions of files that a repository's objects hold.

    ``root`` is the folder that paths count from, ``memory`` what is known already.
    """

    root: Path
    settings: Settings
    memory: Memory
    _at_hand: dict[Version, FileFacts] = field(default_factory=dict)

    def collect(self, trees: Iterable[Mapping[str, str]], jobs: int, progress: Progress) -> None:
        """Read all versions in ``trees`` (path → object id) of which nothing is remembered.

        Args:
            jobs: how many processes; the result does not depend on it.
            progress: called with versions read and versions in all.

        Raises:
            GitError: an object is missing, as in partial clones.
        """
        missing = self._missing(trees)
        waiting, done = iter(missing.items()), 0
        while batch := dict(islice(waiting, _AT_ONCE)):
            held = contents(self.root, {blob for _, blob in batch})
            work = [
                (version, self._named(version, module, held[version[1]]))
                for version, module in batch.items()
                if self._is_small(held[version[1]])
            ]
            found = collect_all([named for _, named in work], jobs, lambda done, total: None)
            for (version, _), (facts, _) in zip(work, found, strict=True):
                self.memory.remember_facts(*version, facts)
            done += len(batch)
            progress(done, len(missing))

    def facts(self, tree: Mapping[str, str]) -> list[FileFacts]:
        """Return what the files of one tree say, in its order; too large ones are left out.

        Raises:
            GitError: an object is missing, as in partial clones.
        """
        packages = _packages(tree)
        found = (self._facts((path, tree[path]), dotted_name(path, packages)) for path in tree)
        at_hand = {version: facts for version, facts in found if facts is not None}
        self._at_hand = at_hand
        return list(at_hand.values())

    def _facts(self, version: Version, module: str) -> tuple[Version, FileFacts | None]:
        known = self._at_hand.get(version)
        if known is None or known.module != module:
            known = self.memory.facts(*version, module) or self._collected(version, module)
        return version, known

    def _collected(self, version: Version, module: str) -> FileFacts | None:
        """Return what a version says that is not remembered, or as another module."""
        path, blob = version
        data = contents(self.root, [blob])[blob]
        if not self._is_small(data):
            return None
        limit, work = limit_of(scope_of(path), self.settings), self.settings.max_file_work
        facts, _ = collect_one(path, data, module, limit, work)
        self.memory.remember_facts(path, blob, facts)
        return facts

    def _missing(self, trees: Iterable[Mapping[str, str]]) -> dict[Version, str]:
        """Return the versions that are not remembered, with the names of their modules."""
        asked: dict[Version, str] = {}
        for tree in trees:
            packages = _packages(tree)
            for version in tree.items():
                if version not in asked:
                    asked[version] = dotted_name(version[0], packages)
        return {v: m for v, m in asked.items() if not self.memory.knows_facts(*v)}

    def _named(self, version: Version, module: str, data: bytes) -> Named:
        path, _ = version
        scope = scope_of(path)
        place = str(self.root / path)
        work = self.settings.max_file_work
        file = Discovered(path, place, scope, len(data), 0, data, most_work=work)
        return file, module, limit_of(scope, self.settings)

    def _is_small(self, data: bytes) -> bool:
        return len(data) <= self.settings.max_file_size


def _packages(tree: Iterable[str]) -> set[str]:
    return {path.rpartition("/")[0] for path in tree if path.endswith("/__init__.py")}
