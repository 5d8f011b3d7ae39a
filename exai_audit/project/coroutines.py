"""Coroutine functions of the whole project, by all names that modules may call them."""

from __future__ import annotations

from exai_audit.facts.concurrency import BY_OBJECT
from exai_audit.knowledge.limit_names import words
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
        self._by_last: dict[str, list[str]] = {}
        for name in self._known:
            self._by_last.setdefault(name.rpartition(".")[2], []).append(name)

    def are_named(self, name: str) -> bool:
        """Tell whether a dotted name is that of one, also where a package hands it on.

        Of ``?.object.method`` that is so where a class of the object's name has it. Below a folder
        that is no package, names of modules are longer than where they are imported.
        """
        if name.startswith(BY_OBJECT):
            return self._is_of_object(*name.removeprefix(BY_OBJECT).split("."))
        if name.count(".") > 1 and self._end_with(f".{name}"):
            return True
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

    def _end_with(self, ending: str) -> bool:
        found = [
            one for one in self._by_last.get(ending.rpartition(".")[2], ()) if one.endswith(ending)
        ]
        return len(found) == 1

    def _is_of_object(self, held: str, method: str) -> bool:
        """Tell whether an object's name ends like that of a class whose method is a coroutine.

        One word says too little: many things are a pipeline or a session.
        """
        said = words(held)
        for name in self._by_last.get(method, ()):
            owner = name.rpartition(".")[0].rpartition(".")[2]
            of_class = words(owner) if owner[:1].isupper() else ()
            most = min(len(said), len(of_class))
            if most > 1 and said[-most:] == of_class[-most:]:
                return True
        return False
