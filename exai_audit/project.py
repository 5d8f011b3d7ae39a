"""The facts of all files together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.file import FileFacts
from exai_audit.finding import Scope


@dataclass(frozen=True, slots=True)
class Project:
    """Read-only facts of the whole project, files in discovery order.

    ``scope_of`` knows every file's scope by path; ``judged`` names the files that rules may
    speak about.
    """

    files: tuple[FileFacts, ...]
    scope_of: dict[str, Scope]
    judged: frozenset[str]

    def judged_files(self) -> Iterator[FileFacts]:
        """Yield the files to judge: parsed, in a judged scope, neither generated nor stubs."""
        for facts in self.files:
            counted_only = facts.generated or facts.path.endswith(".pyi")
            if facts.path in self.judged and facts.failure is None and not counted_only:
                yield facts
