"""What stands for all that the facts of a project depend on besides its files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exai_audit.audit.cache import facts_fingerprint
from exai_audit.config import Settings


def makers_of(settings: Settings, own: Sequence[Path]) -> str:
    """Return what stands for all that facts depend on besides the files.

    Args:
        own: the user's own knowledge files.
    """
    scopes = sorted(scope.value for scope in settings.of_all("scopes"))
    limits = (f"{folder}:{own.max_file_work}" for folder, own in (("", settings), *settings.parts))
    symbols = (str(settings.module_limit), *scopes, *limits)
    return facts_fingerprint(own, settings.of_all("bridge_functions"), symbols)
