"""One audit as it was asked for, and what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from exai_audit.audit.cache import MAKERS, FactsCache, facts_fingerprint
from exai_audit.audit.engine import Audit
from exai_audit.audit.memo import Memo
from exai_audit.config import Settings

if TYPE_CHECKING:
    from exai_audit.results.result import AuditResult

_OF_PLANS = (*MAKERS, "finding.py", "planning", "project", "results")
Words = tuple[str | Path, ...]
"""The words of a command line, paths as paths."""


class Run(Struct, frozen=True):
    """What was asked for, and what came of it.

    ``cache`` remembers what the files say, ``past`` what they said earlier.
    """

    targets: tuple[Path, ...]
    root: Path
    settings: Settings
    settings_file: Path | None
    audited: Audit
    cache: FactsCache | None = None
    past: FactsCache | None = None

    def result(
        self, command: Words = (), *, with_facts: bool = False, most_plans: int | None = 0
    ) -> AuditResult:
        """Return the result of the audit, which ``command`` repeats, by default a plain scan.

        Args:
            most_plans: how many plans are made, those of the worst modules and classes; all when
                None.
        """
        from exai_audit.audit.assemble import assemble  # loaded while workers collect

        memo = self._memo() if most_plans != 0 else None
        result = assemble(
            self.audited,
            self.settings,
            command or ("scan", *self.targets),
            self.targets,
            self.root,
            with_facts=with_facts,
            most_plans=most_plans,
            remember=memo,
        )
        if memo is not None:
            memo.save()
        return result

    def _memo(self) -> Memo | None:
        """Return what is remembered of plans, None where nothing is to be remembered."""
        if self.cache is None or self.cache.refusal:
            return None
        return Memo(self.cache.folder, facts_fingerprint(makers=_OF_PLANS))

    def shown(self, path: Path) -> str:
        """Return a path as reports show it: relative to the root."""
        return Path(os.path.relpath(path.absolute(), self.root)).as_posix()
