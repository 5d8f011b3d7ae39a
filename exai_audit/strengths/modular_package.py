"""A package whose facade is small and leads to modules that are all small.

The package's ``__init__.py`` is within the limit for modules and imports from three modules of
the package or more, none of them oversized, and a file outside of the package imports it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.file import FileFacts
from exai_audit.finding import Strength
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms

_FEWEST_MODULES = 3


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength, at the package with the most modules behind its facade."""
    modules = {facts.module: facts for facts in project.judged_files()}
    packages = [
        (behind, facts)
        for facts in modules.values()
        if facts.path.endswith("__init__.py")
        and (behind := _behind(facts, modules))
        and _is_modular(project, facts, behind, terms.max_module_lines)
    ]
    if not packages:
        return
    behind, best = max(packages, key=lambda pair: (len(pair[0]), pair[1].path))
    longest = max(facts.lines.physical for facts in behind)
    others = len(packages) - 1
    like = "1 more package is" if others == 1 else f"{others} more packages are"
    more = f"; {like} like it" if others else ""
    message = (
        f"{best.module} has a facade of {best.lines.physical} lines over {len(behind)} modules, "
        f"the longest of {longest} lines{more}"
    )
    yield Strength(PRACTICE.name, best.path, 1, message)


def _behind(package: FileFacts, modules: dict[str, FileFacts]) -> tuple[FileFacts, ...]:
    """Return the modules of the package that its facade takes names from."""
    inside = f"{package.module}."
    names = [name for name in package.imports if name.startswith(inside)]
    homes = {_home(name, modules) for name in names} - {package.module, ""}
    return tuple(modules[home] for home in sorted(homes))


def _home(name: str, modules: dict[str, FileFacts]) -> str:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def _is_modular(
    project: Project, package: FileFacts, behind: tuple[FileFacts, ...], limit: int
) -> bool:
    if len(behind) < _FEWEST_MODULES:
        return False
    if any(facts.lines.physical > limit for facts in (package, *behind)):
        return False
    folder = package.path.rpartition("/")[0] + "/"
    return any(not path.startswith(folder) for path in project.users_of(package.module))


PRACTICE = Practice("modular-package", "a small facade over small modules, in use", check)
