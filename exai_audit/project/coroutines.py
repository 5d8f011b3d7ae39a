"""Coroutine functions of the whole project, by all names that modules may call them."""

from __future__ import annotations

from exai_audit.project.calls import exported_names
from exai_audit.project.definitions import shadowed
from exai_audit.project.project import Project

_MOST_EXPORTS = 5


class Coroutines:
    """The coroutine functions that the project's files define."""

    def __init__(self, project: Project) -> None:
        hidden = shadowed(project.files)
        known = (facts for facts in project.files if facts.path not in hidden)
        self._known = {name for facts in known for name in facts.coroutines}
        self._exported = exported_names(project.files)

    def are_named(self, name: str) -> bool:
        """Tell whether a dotted name is that of one, also where a package hands it on."""
        for _ in range(_MOST_EXPORTS):
            if name in self._known:
                return True
            owner, _, last = name.rpartition(".")
            if name in self._exported:
                name = self._exported[name]
            elif owner in self._exported:
                name = f"{self._exported[owner]}.{last}"
            else:
                return False
        return False
