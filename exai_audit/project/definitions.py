"""Where the project defines what a dotted name says: modules, functions, classes, variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from exai_audit.facts.calls import ClassFact, FunctionFact
from exai_audit.facts.file import FileFacts
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.knowledge.table import table


class Module(Struct, frozen=True, eq=False):
    """One file with what it defines, by the names in the module."""

    facts: FileFacts
    functions: dict[str, FunctionFact] = field(default_factory=dict)
    classes: dict[str, ClassFact] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the dotted name of the module."""
        return self.facts.module

    def imported(self, name: str) -> str:
        """Return what an import of the module gives a name to, as far as its targets show."""
        ending = f".{name}"
        return next((one for one in self.facts.imports if one.endswith(ending)), "")


class Definitions:
    """The modules of a project by their dotted names, and by what these end with.

    Where several files have one name, that is meant which shares most of its path with the file
    that asks; a module beside a package of its name is none. Where the folder of a package is
    itself the root, its name is missing from those of the modules: a first part that no file has,
    and below which most imports name modules, is left out.
    """

    def __init__(self, files: Sequence[FileFacts]) -> None:
        hidden = shadowed(files)
        self.modules = tuple(_module(file) for file in files if file.path not in hidden)
        self._by_name: dict[str, list[Module]] = {}
        self._by_ending: dict[str, list[Module]] = {}
        for module in self.modules:
            self._by_name.setdefault(module.name, []).append(module)
            tail = _dotted(module.facts.path)
            while tail:
                self._by_ending.setdefault(tail, []).append(module)
                tail = tail.partition(".")[2]
        self._libraries = table().roots | STANDARD_LIBRARY
        self._missing = self._missing_roots()

    def module(self, name: str, asking: Module | None = None) -> Module | None:
        """Return the module of a dotted name, or the nearest whose path ends like that.

        A name of one part is only that of a module in the same folder, unless it is a package.
        """
        root = name.partition(".")[0]
        known = [one for one in self._by_name.get(name, ()) if self._may_mean(one, root, asking)]
        if known:
            return _nearest(known, asking)
        if asking is None or root in self._libraries:
            return None
        near = [one for one in self._by_ending.get(name, ()) if _is_near(one, name, asking)]
        if not near and root in self._missing:
            return self._below_root(name)
        return _nearest(near, asking) if near else None

    def _missing_roots(self) -> frozenset[str]:
        """Return the names by which the files of the root's own folder import each other."""
        folders = {part for one in self._by_ending for part in one.split(".")[:-1]}
        own = folders | {name.partition(".")[0] for name in self._by_name} | self._libraries
        hits: dict[str, int] = {}
        for name in {name for module in self.modules for name in module.facts.imports}:
            root, _, rest = name.partition(".")
            if rest and root not in own:
                hits[root] = hits.get(root, 0) + (1 if self._is_below_root(name) else -1)
        return frozenset(root for root, more in hits.items() if more > 0)

    def _is_below_root(self, name: str) -> bool:
        """Tell whether a module, or the one that holds what is named, lies below the root."""
        owner = name.rpartition(".")[0]
        return any(self._below_root(one) is not None for one in (name, owner))

    def _below_root(self, name: str) -> Module | None:
        """Return the module that a name denotes without its first part."""
        rest = name.partition(".")[2]
        found = [one for one in self._by_ending.get(rest, ()) if _dotted(one.facts.path) == rest]
        return found[0] if len(found) == 1 else None

    def _may_mean(self, module: Module, root: str, asking: Module | None) -> bool:
        """Tell whether a file of a library's name may be meant: not where it is a loose one."""
        if root not in self._libraries or "." in module.name or _is_package(module):
            return True
        return asking is not None and _folder(module) == _folder(asking)

    def locate(self, parts: Sequence[str], asking: Module | None) -> tuple[Module, int] | None:
        """Return the module that the longest beginning of a name denotes, and how long that is."""
        for length in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:length]), asking)
            if module is not None:
                return module, length
        return None


def shadowed(files: Iterable[FileFacts]) -> frozenset[str]:
    """Return the paths of modules beside a package of their name, which imports take instead."""
    packages = {
        file.path.removesuffix("/__init__.py")
        for file in files
        if file.path.endswith("/__init__.py")
    }
    return frozenset(file.path for file in files if file.path.removesuffix(".py") in packages)


def _module(facts: FileFacts) -> Module:
    found = facts.definitions
    functions: dict[str, FunctionFact] = {}
    for function in found.functions:  # of several of one name the last that does something counts
        if function.name not in functions or function.blocks or function.calls:
            functions[function.name] = function
    classes = {one.name: one for one in found.classes}
    return Module(facts, functions, classes, dict(found.variables))


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _folder(module: Module) -> str:
    return module.facts.path.rpartition("/")[0]


def _is_package(module: Module) -> bool:
    return module.facts.path.endswith("__init__.py")


def _is_near(module: Module, name: str, asking: Module) -> bool:
    """Tell whether a file may import another by the end of its path."""
    if "." not in name and not _is_package(module):
        return _folder(module) == _folder(asking)
    return _common(module, asking) > 0 or "/" not in asking.facts.path


def _nearest(modules: Sequence[Module], asking: Module | None) -> Module:
    if asking is None or len(modules) == 1:
        return modules[0]
    return max(modules, key=lambda module: _common(module, asking))


def _common(module: Module, asking: Module) -> int:
    """Return how many folders the paths of two modules begin with together."""
    count = 0
    for one, other in zip(module.facts.path.split("/"), asking.facts.path.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
