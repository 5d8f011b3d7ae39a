"""What one scan is asked for. Loads no parser of command lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from exai_audit.config import Settings, with_options
from exai_audit.finding import Confidence, Scope, Severity
from exai_audit.session.run import Words

if TYPE_CHECKING:
    from exai_audit.results.tables import By


class ScanOptions(Struct, frozen=True):
    """The arguments of ``exai-audit scan``, as `exai_audit.cli.options` describes them.

    ``again`` are the words that repeat the scan but for its paths; ``True`` marks one as a path.
    """

    again: Sequence[tuple[str, bool]] = ()
    paths: list[Path] | None = None
    select: list[str] | None = None
    ignore: list[str] | None = None
    extend_select: list[str] | None = None
    min_confidence: Confidence | None = None
    show_only: list[str] | None = None
    only: list[str] | None = None
    exclude: list[str] | None = None
    extend_exclude: list[str] | None = None
    force_exclude: bool = False
    no_respect_gitignore: bool = False
    scope: list[Scope] | None = None
    config: Path | None = None
    isolated: bool = False
    output_format: list[str] | None = None
    output: Path | None = None
    color: str = "auto"
    ascii_only: bool = False
    top: int | None = None
    max_size: int | None = None
    quiet: bool = False
    verbose: bool = False
    statistics: bool = False
    show_files: bool = False
    show_suppressed: bool = False
    facts: bool = False
    fixes: bool = False
    explain_score: bool = False
    by: By | None = None
    fail_under: str | None = None
    fail_on: Severity | None = None
    baseline: Path | None = None
    no_baseline: bool = False
    since: str | None = None
    fail_on_new: bool = False
    max_drop: float | None = None
    exit_zero: bool = False
    jobs: str = "auto"
    no_cache: bool = False
    cache_dir: Path | None = None
    stdin_filename: Path | None = None
    watch: bool = False

    def words(self, targets: Sequence[Path]) -> Words:
        """Return the words that repeat the scan, paths as paths."""
        return ("scan", *(Path(w) if is_path else w for w, is_path in self.again), *sorted(targets))

    def laid_over(self, settings: Settings) -> Settings:
        """Return settings with what the command line says of them."""
        return with_options(
            settings,
            select=self.select,
            ignore=self.ignore,
            extend_select=self.extend_select,
            exclude=self.exclude,
            extend_exclude=self.extend_exclude,
            scope=self.scope or None,
            min_confidence=self.min_confidence,
            fail_under=self.fail_under,
            fail_on=self.fail_on,
            fail_on_new=self.fail_on_new or None,
            max_drop=self.max_drop,
            force_exclude=self.force_exclude or None,
            respect_gitignore=False if self.no_respect_gitignore else None,
        )
