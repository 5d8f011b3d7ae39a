"""What a command is about: the project around what it names, with its settings, and its audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.discover import discover
from exai_audit.cli.running import run_audit
from exai_audit.config import NestedSettings, Settings, find_root, lexically_absolute, load_for
from exai_audit.files.presence import is_file, is_there
from exai_audit.session.run import Run


class Subject(Struct, frozen=True):
    """The ``paths`` to audit below ``root``; ``has_parts`` when folders may have own settings."""

    settings: Settings
    settings_file: Path | None
    root: Path
    paths: tuple[Path, ...]
    has_parts: bool

    def with_parts(self) -> Settings:
        """Return the settings with those that folders have of their own."""
        if not self.has_parts:
            return self.settings
        nested = NestedSettings(self.root, lambda own: own)
        discover(self.paths, self.root, self.settings.files, nested)
        return replace(self.settings, parts=nested.found())

    def audited(self, jobs: str, *, no_cache: bool, cache_dir: Path | None) -> Run:
        """Audit it; see `exai_audit.cli.running.run_audit`."""
        return run_audit(
            self.paths,
            self.settings,
            self.settings_file,
            jobs=jobs,
            no_cache=no_cache,
            cache_dir=cache_dir,
            root=self.root,
            laid_over=(lambda own: own) if self.has_parts else None,
        )


def subject(targets: Sequence[Path], config: Path | None, isolated: bool) -> Subject:
    """Return what a command is about that is given targets, and these alone.

    Raises:
        SettingsError: the settings are invalid.
    """
    settings, file = load_for(targets, config, isolated)
    root = find_root(targets, file)
    return Subject(settings, file, root, tuple(targets), not (config or isolated))


def whole_project(targets: Sequence[Path], config: Path | None, isolated: bool) -> Subject:
    """Return the whole project around targets, for what they are depends on others.

    Without settings and outside of git that are the packages around them.

    Raises:
        SettingsError: the settings are invalid.
    """
    found = subject(targets, config, isolated)
    if found.settings_file is not None or is_there(found.root / ".git"):
        return replace(found, paths=(found.root, *targets))
    packages = tuple(_package(lexically_absolute(target)) for target in targets)
    above = [p.parent if is_file(p / "__init__.py") else p for p in packages]
    return replace(found, root=find_root(above, found.settings_file), paths=packages)


def _package(target: Path) -> Path:
    """Return the topmost package around a file or folder, else itself."""
    folder = target if target.is_dir() else target.parent
    while is_file(folder / "__init__.py"):
        target, folder = folder, folder.parent
    return target
