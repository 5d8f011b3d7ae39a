"""Of which scope a file is: by its path, by what it holds, by who imports it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from exai_audit.facts.file import FileFacts
from exai_audit.finding import Scope
from exai_audit.knowledge.script_folders import SCRIPTS, WORKSHOPS

_TEST_FOLDER = re.compile(
    r"tests?|doctests|.*[_-]tests?|(?:.*[_-])?e2e(?:[_-].*)?|cypress|(?:__)?mocks(?:__)?"
    r"|test[_-]?cases?|test[_-](?:support|utils|helpers|data|doubles)"
)
_TEST_FILE = re.compile(r"test_.*|.*_test|conftest")
_EXAMPLE_FOLDER = re.compile(
    r"\..+|examples?|demos?|docs|docs_src|samples?|benchmarks?|benches|evals|notebooks|cookbooks?"
    r"|_?vendor|vendored|third_?party"
)
_SOURCE_FOLDERS = frozenset({"src", "lib"})
_COMMANDS = ("management", "commands")


def scope_of(path: str) -> Scope:
    """Return the scope of a file by its path below the root alone."""
    *folders, name = path.split("/")
    stem = name.rsplit(".", 1)[0]
    if _TEST_FILE.fullmatch(stem) or any(map(_TEST_FOLDER.fullmatch, folders)):
        return Scope.TESTS
    if _is_pytest_plugin(folders):
        return Scope.TESTS
    if any(map(_EXAMPLE_FOLDER.fullmatch, (f for f in folders if f != ".."))):
        return Scope.EXAMPLES
    if _script_folder(folders) is not None:
        return Scope.SCRIPTS
    return Scope.PRODUCTION


def may_be_judged(scope: Scope, judged: Collection[Scope]) -> bool:
    """Tell whether a file of this scope, by its path, may turn out to be of a judged one."""
    return any(possible in judged for possible in _POSSIBLE[scope])


_POSSIBLE = {
    Scope.PRODUCTION: (Scope.PRODUCTION, Scope.TESTS),
    Scope.SCRIPTS: (Scope.SCRIPTS, Scope.PRODUCTION, Scope.TESTS),
    Scope.TESTS: (Scope.TESTS,),
    Scope.EXAMPLES: (Scope.EXAMPLES,),
}


def scopes_of(files: Sequence[FileFacts], by_path: Mapping[str, Scope]) -> dict[str, Scope]:
    """Return the scope of each file of ``by_path``, by what the files hold and import too.

    What holds fixtures or test cases supports tests, wherever it lies. A file in a folder of
    scripts is production where production imports it, or the package that it is part of.
    """
    found = dict(by_path)
    for facts in files:
        if facts.supports_tests and found[facts.path] in (Scope.PRODUCTION, Scope.SCRIPTS):
            found[facts.path] = Scope.TESTS
    scripts = [facts for facts in files if found[facts.path] is Scope.SCRIPTS]
    if scripts:
        packages = _packages(files)
        in_package = [f for f in scripts if _is_part_of_a_package(f.path, packages)]
        found.update((facts.path, Scope.PRODUCTION) for facts in in_package)
        _take_imported(found, files, [f for f in scripts if f not in in_package])
    return found


def _take_imported(
    found: dict[str, Scope], files: Sequence[FileFacts], scripts: Sequence[FileFacts]
) -> None:
    """Make production of the scripts that production imports, and what those import in turn."""
    by_name = {name: facts for facts in scripts for name in _names(facts)}
    pending = [facts for facts in files if found[facts.path] is Scope.PRODUCTION]
    while pending:
        for name in _imported(pending.pop()):
            facts = by_name.get(name)
            if facts is not None and found[facts.path] is Scope.SCRIPTS:
                found[facts.path] = Scope.PRODUCTION
                pending.append(facts)
                if facts.path.endswith("/__init__.py"):
                    below = f"{facts.module}."
                    parts = [one for one in scripts if one.module.startswith(below)]
                    found.update((one.path, Scope.PRODUCTION) for one in parts)
                    pending.extend(parts)


def _names(facts: FileFacts) -> Iterator[str]:
    """Yield by which names a script is imported: from its root, from beside its folder."""
    yield facts.module
    folders = facts.path.split("/")[:-1]
    index = _script_folder(folders)
    inner = facts.module.split(".")[-len(folders[index:]) - 1 :]
    if not facts.path.endswith("/__init__.py"):
        yield ".".join(inner)


def _imported(facts: FileFacts) -> Iterator[str]:
    """Yield the modules that a file may import: each name, and what holds it."""
    for name in facts.imports:
        yield name
        yield name.rpartition(".")[0]


def _packages(files: Sequence[FileFacts]) -> frozenset[str]:
    inits = (facts.path.rpartition("/") for facts in files)
    return frozenset(folder for folder, _, name in inits if name == "__init__.py")


def _is_part_of_a_package(path: str, packages: Collection[str]) -> bool:
    """Tell whether the folder of scripts is a package's: ``tools`` of an agent are no scripts."""
    folders = path.split("/")[:-1]
    index = _script_folder(folders)
    if index is None or folders[index] not in WORKSHOPS:
        return False
    return "/".join(folders[: index + 1]) in packages or "/".join(folders[:index]) in packages


def _script_folder(folders: Sequence[str]) -> int | None:
    """Return which of the folders is one of scripts, None where none is."""
    if _COMMANDS in pairwise(folders):
        return None
    every = SCRIPTS | WORKSHOPS
    return next((index for index, folder in enumerate(folders) if folder in every), None)


def _is_pytest_plugin(folders: Sequence[str]) -> bool:
    """Tell whether a file lies in the folder ``pytest`` of a package."""
    return any(
        inner == "pytest" and outer not in _SOURCE_FOLDERS for outer, inner in pairwise(folders)
    )
