"""The audit of each state of a history, by the rules and settings of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import TypeVar

from msgspec import Struct

from exai_audit.audit.collecting import START_METHOD, Progress, may_start_workers
from exai_audit.git.history import State
from exai_audit.trend.judging import Dossier, Verdicts, verdicts
from exai_audit.trend.point import Point, Snapshot
from exai_audit.trend.versions import Versions

_FEWEST_STATES, _MOST_STATES = 4, 16
_Tree = Mapping[str, str]
_T = TypeVar("_T")


class Revisions(Struct):
    """The audits of the states of one history.

    ``wanted`` tells of a path whether it is asked for; ``judging`` stands for all that a snapshot
    depends on besides the files.
    """

    versions: Versions
    wanted: Callable[[str], bool]
    judging: str

    def points(self, states: Sequence[State], jobs: int, progress: Progress) -> tuple[Point, ...]:
        """Return what is known of the project at each state; see `Versions.collect`.

        Raises:
            GitError: a file of the past is missing, as in partial clones.
        """
        memory = self.versions.memory
        trees = [self._tree(state) for state in states]
        keys = [self._key(state, tree) for state, tree in zip(states, trees, strict=True)]
        recalled = ((key, memory.snapshot(key)) for key in keys)
        found = {key: snapshot for key, snapshot in recalled if snapshot is not None}
        waiting = {
            key: (state.commit.day, tree)
            for state, tree, key in zip(states, trees, keys, strict=True)
            if key not in found  # two commits may have the same files
        }
        self.versions.collect([tree for _, tree in waiting.values()], jobs, progress)
        found.update(self._judged(waiting, jobs, progress))
        memory.save()
        return tuple(
            Point(state.commit, found[key], dict(state.renamed), _changed(state, tree))
            for state, tree, key in zip(states, trees, keys, strict=True)
        )

    def _judged(
        self, waiting: Mapping[str, tuple[date, _Tree]], jobs: int, progress: Progress
    ) -> Iterator[tuple[str, Snapshot]]:
        """Yield the snapshots of states by their keys, and remember them.

        States that follow each other have most files in common, and are judged together.
        """
        memory, keys = self.versions.memory, iter(waiting)
        size = min(_MOST_STATES, max(_FEWEST_STATES, -(-len(waiting) // jobs)))
        dossiers = [
            Dossier(
                self.versions.root,
                self.versions.settings,
                tuple(part),
                memory.packed(version for _, tree in part for version in tree.items()),
            )
            for part in _parts(list(waiting.values()), size)
        ]
        done = 0
        for told in _told(dossiers, jobs):
            memory.take(told.facts)
            for snapshot in told.snapshots:
                key = next(keys)
                memory.remember_snapshot(key, snapshot)
                yield key, snapshot
            done += len(told.snapshots)
            progress(done, len(waiting))

    def _tree(self, state: State) -> dict[str, str]:
        return {path: blob for path, blob in sorted(state.files.items()) if self.wanted(path)}

    def _key(self, state: State, tree: Mapping[str, str]) -> str:
        files = (f"{blob} {path}" for path, blob in tree.items())
        text = "\n".join((self.judging, state.commit.date, *files))
        return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _changed(state: State, tree: _Tree) -> dict[str, int]:
    return {path: n for path, n in sorted(state.changed.items()) if path in tree}


def _told(dossiers: Sequence[Dossier], jobs: int) -> Iterable[Verdicts]:
    workers = min(jobs, len(dossiers)) - 1
    if workers < 1 or not may_start_workers():
        return map(verdicts, dossiers)
    from exai_audit.audit.workers import shared  # slow to load, and one more commit needs none

    return shared(verdicts, dossiers, Verdicts, workers, START_METHOD)


def _parts(whole: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
