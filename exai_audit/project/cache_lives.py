"""How long the objects live that hold caches, and which threads run them, by all files together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime
from exai_audit.facts.concurrency import RunsIn
from exai_audit.facts.file import FileFacts
from exai_audit.project.calls import exported_names

_CONTAINERS = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM, CacheForm.REGISTRY})
_DEEPEST = 3
_Makers = Mapping[str, list[FileFacts]]


class Surroundings:
    """What the files of a project, its tests left out, do with the classes of each other."""

    def __init__(self, files: Sequence[FileFacts]) -> None:
        self._files = files
        self._exported = exported_names(files)
        self._imported = frozenset(name for file in files for name in file.imports)
        self._used_of = {name.rpartition(".")[0] for name in self._imported}
        self._enums = frozenset(name for file in files for name in file.caches.enums)
        self._once = _makers((f, f.caches.makings.once) for f in files)
        self._passing = _makers((f, f.caches.makings.passing) for f in files)
        self._parts: dict[str, list[tuple[FileFacts, str]]] = defaultdict(list)
        self._threaded: dict[str, str] = {}
        self._imports: dict[str, frozenset[str]] = {}
        self._frameworks: dict[str, str] = {}
        self._served = [f for f in files if f.caches.served]
        for file in files:
            for owner, part in file.caches.makings.parts:
                self._parts[part].append((file, owner))
            for name in (*file.caches.threaded, *_offloaded(file)):
                self._threaded[self.real(name)] = file.path

    def completed(self, fact: CacheFact, file: FileFacts, *, used: bool = False) -> CacheFact:
        """Return a fact with how long its object lives, and what runs it in threads.

        Args:
            used: what other files do with it is known.
        """
        once, part, passes = fact.made_once, False, False
        if fact.owner:
            name = fact.owner.rpartition(".")[2]
            once = once or self._is_made_once(file.module, name)
            passes = not once and self._passes(file.module, name)
            part = not (once or passes) and self._is_part(file.module, name)
        return replace(
            fact,
            made_once=once,
            long_lived=once or (fact.long_lived and not passes),
            shared=not used and (fact.shared or self._is_imported(fact, file)),
            part=part,
            idle=self._is_idle(fact, file),
            fixed_keys=fact.fixed_keys or self._are_members(fact.makeup.key_types),
            run_by=self._run_by(fact, file),
        )

    def _is_idle(self, fact: CacheFact, file: FileFacts) -> bool:
        """Tell whether nobody calls what fills a cache, though others use functions beside it."""
        fillers = {f"{file.module}.{name}" for name in fact.makeup.filled_in}
        known = file.module in self._used_of and file.module not in self._imported
        return fact.makeup.unused and known and fillers.isdisjoint(self._imported)

    def _are_members(self, types: Sequence[str]) -> bool:
        """Tell whether all of some classes are enumerations of the project."""
        return bool(types) and all(self.real(name) in self._enums for name in types)

    def _is_imported(self, fact: CacheFact, file: FileFacts) -> bool:
        """Tell whether another file imports a container by its name, and may empty it."""
        if fact.lifetime is not Lifetime.MODULE or fact.form not in _CONTAINERS:
            return False
        name = f"{file.module}.{fact.name}"
        return name in self._imported and any(
            name in other.imports for other in self._files if other.path != file.path
        )

    def _is_made_once(self, module: str, name: str) -> bool:
        makers = self._once.get(name, ())
        return any(self._knows(file, module, name) for file in makers)

    def live_on(self, module: str, name: str, deepest: int = _DEEPEST) -> bool:
        """Tell whether all objects of a class are made once, for the life of the process.

        Those that an object of another class keeps live as long as that.
        """
        if deepest == 0 or self._passes(module, name):
            return False
        owners = [(f, o) for f, o in self._parts.get(name, ()) if self._knows(f, module, name)]
        if not owners and not self._is_made_once(module, name):
            return False
        return all(self.live_on(file.module, owner, deepest - 1) for file, owner in owners)

    def _passes(self, module: str, name: str) -> bool:
        """Tell whether an object of a class is made in the course of a call."""
        return any(self._knows(file, module, name) for file in self._passing.get(name, ()))

    def _is_part(self, module: str, name: str) -> bool:
        """Tell whether objects of a class are made only for others that keep them.

        None of these is itself made in the course of a call.
        """
        owners = [o for file, o in self._parts.get(name, ()) if self._knows(file, module, name)]
        return bool(owners) and not any(owner in self._passing for owner in owners)

    def _knows(self, file: FileFacts, module: str, name: str) -> bool:
        """Tell whether a file has the class ``name`` of ``module``, or the module, in its names."""
        if file.module == module:
            return True
        if file.path not in self._imports:
            self._imports[file.path] = frozenset(map(self.real, file.imports))
        return not self._imports[file.path].isdisjoint((module, f"{module}.{name}"))

    def real(self, name: str) -> str:
        """Return a name where it is defined, not where a package exports it."""
        if name in self._exported:
            return self._exported[name]
        owner, _, member = name.rpartition(".")
        return f"{self._exported[owner]}.{member}" if owner in self._exported else name

    def _run_by(self, fact: CacheFact, file: FileFacts) -> str:
        inside = f"{file.module}.{fact.owner}." if fact.owner else ""
        plain = {f"{file.module}.{name}" for name in (fact.unlocked_in, fact.name)}
        for name, path in self._threaded.items():
            if name in plain or (inside and name.startswith(inside)):
                return f"threads that {path} starts"
        if file.path not in self._frameworks:
            self._frameworks[file.path] = self._framework(file)
        framework = self._frameworks[file.path]
        return f"the threads in which {framework} serves requests" if framework else ""

    def _framework(self, file: FileFacts) -> str:
        """Return what serves requests in threads that run the code of a file, empty without."""
        users = (file, *(f for f in self._served if self._uses(f, file)))
        return next((f.caches.served for f in users if f.caches.served), "")

    def _uses(self, other: FileFacts, file: FileFacts) -> bool:
        known = self._knows(other, file.module, "")
        return known or any(one.startswith(f"{file.module}.") for one in self._imports[other.path])


def _makers(made: Iterable[tuple[FileFacts, Sequence[str]]]) -> _Makers:
    found: dict[str, list[FileFacts]] = defaultdict(list)
    for file, names in made:
        for name in names:
            found[name].append(file)
    return found


def _offloaded(file: FileFacts) -> Iterable[str]:
    return (
        fact.function for fact in file.offloaded_functions if fact.runs_in is not RunsIn.PROCESS
    )
