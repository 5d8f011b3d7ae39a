"""Which files are steps of a database's history: generated or written once, never changed again."""

from __future__ import annotations

from exai_audit.facts.file import FileFacts

_FOLDERS = frozenset({"migrations", "migration"})
_STEPS = frozenset({"Migration", "upgrade", "downgrade", "forwards", "backwards", "up", "down"})


def is_migration(facts: FileFacts) -> bool:
    """Tell whether a file is one migration: by its folder, and by its name or what it defines.

    Django keeps numbered files with a class ``Migration`` in ``migrations``, Alembic files with
    ``upgrade`` in ``versions`` below its own folder. The code that runs migrations is none.
    """
    *folders, name = facts.path.split("/")
    below = [folder.lower() for folder in folders]
    if below[-1:] == ["versions"] and any("alembic" in f or "migrat" in f for f in below[:-1]):
        return True
    if not _FOLDERS & set(below[-1:]):
        return False
    defined = {found.name for found in facts.size.classes}
    defined |= {found.name for found in facts.size.functions}
    return name[0].isdigit() or bool(defined & _STEPS)
