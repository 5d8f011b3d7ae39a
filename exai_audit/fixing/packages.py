"""Top packages: where a file's limits may go, and how that place is imported."""

from __future__ import annotations

import ast
from collections import Counter

from msgspec import Struct

from exai_audit.fixing.bench import Bench
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.numbers import is_numeric_literal

_STEM = "timeouts"


class Home(Struct, frozen=True):
    """The module that holds a top package's limits: its path, package and name.

    ``is_new`` tells that it is not there yet; ``package`` is dotted, as the package's own files
    name it.
    """

    path: str
    package: str
    name: str
    is_new: bool


def home_of(path: str, bench: Bench) -> Home:
    """Return the module that is to hold the limits of the file ``path``.

    Raises:
        RefusedError: the file is in no package.
    """
    folder = top_package(path, bench)
    made = bench.made(f"home in {folder}", lambda: _home_in(folder, bench))
    assert isinstance(made, Home)
    return made


def _home_in(folder: str, bench: Bench) -> Home:
    existing = _existing(folder, bench)
    if existing:
        package = bench.dotted(f"{existing.rpartition('/')[0]}/__init__.py")
        return Home(existing, package, _stem(existing), False)
    name = _new_name(folder, bench)
    return Home(f"{folder}/{name}.py", bench.dotted(f"{folder}/__init__.py"), name, True)


def top_package(path: str, bench: Bench) -> str:
    """Return the folder of the topmost package that a file is in.

    A namespace package that the settings name is one only where no other is below it; one that the
    project's own files import through is one where it holds several parts of the project.

    Raises:
        RefusedError: there is none.
    """
    own = path.rpartition("/")[0]
    around = _packages_around(own, bench)
    top = around[-1] if around else ""
    if top and not top.rpartition("/")[0] and bench.exists("__init__.py"):
        raise RefusedError("the scanned root is itself a package: run from the folder above it")
    if not top and own in bench.choices.namespaces:
        top = own
    while top and top != own and _is_for_the_name(top, bench):
        top = f"{top}/{own.removeprefix(f'{top}/').partition('/')[0]}"
    if not top:
        raise RefusedError("the file is in no package (see the setting namespace-packages)")
    return top


def _packages_around(folder: str, bench: Bench) -> list[str]:
    """Return the packages around a file, and namespaces that are used; the innermost first."""
    found = []
    while folder and (bench.exists(f"{folder}/__init__.py") or bench.is_namespace(folder)):
        found.append(folder)
        folder = folder.rpartition("/")[0]
    return found


def _is_for_the_name(top: str, bench: Bench) -> bool:
    """Tell whether a package is there for the name alone, or is none but a place of the path."""
    if bench.exists(f"{top}/__init__.py"):
        return bench.is_searched(top) or _holds_one_package(top, bench)
    return top in bench.choices.namespaces or len(bench.inside(top)) < 2


def _holds_one_package(folder: str, bench: Bench) -> bool:
    """Tell whether a package is there for the name alone: all its modules lie in one other."""
    inside = (
        path.removeprefix(f"{folder}/") for path in bench.facts if path.startswith(f"{folder}/")
    )
    parts = {path.partition("/")[0] for path in inside} - {"__init__.py"}
    return len(parts) == 1 and not any(part.endswith(".py") for part in parts)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _existing(folder: str, bench: Bench) -> str:
    """Return the package's own module of limits, of constants and without own imports."""
    found = [
        path
        for path in sorted(bench.central)
        if path.startswith(f"{folder}/") and "timeout" in _stem(path).lower()
    ]
    fit = [path for path in found if _is_fit(path, folder, bench)]
    return min(fit, key=lambda path: (path.count("/"), path), default="")


def _is_fit(path: str, folder: str, bench: Bench) -> bool:
    facts = bench.facts[path]
    root = bench.dotted(f"{folder}/__init__.py").partition(".")[0]
    inner = path.rpartition("/")[0]
    while inner != folder and bench.exists(f"{inner}/__init__.py"):
        inner = inner.rpartition("/")[0]
    imports_own = any(name.partition(".")[0] == root for name in facts.imports)
    is_plain = facts.failure is None and not facts.generated and path.endswith(".py")
    return inner == folder and is_plain and not imports_own and bool(constants_in(path, bench))


def constants_in(path: str, bench: Bench) -> dict[str, str]:
    """Return the numbers that a module names, as they are written."""
    try:
        tree = bench.tree(path)
    except RefusedError:
        return {}
    return {
        node.targets[0].id: tree.text(_number(node.value))
        for node in tree.module.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and is_numeric_literal(_number(node.value))
    }


def _number(node: ast.expr) -> ast.expr:
    """Return what a constant is by default: the last argument of a call that may override it."""
    return node.args[-1] if isinstance(node, ast.Call) and node.args else node


def _new_name(folder: str, bench: Bench) -> str:
    """Return a name that is free; private where the package's other modules are."""
    inside = (path for path in bench.facts if path.startswith(f"{folder}/"))
    parts = {path.removeprefix(f"{folder}/").partition("/")[0] for path in inside}
    private = Counter(part.startswith("_") for part in parts if not part.startswith("__"))
    mark = "_" if private[True] > private[False] else ""
    for name in (f"{mark}{_STEM}", f"{mark}timeout_settings", f"{mark}timeout_constants"):
        is_taken = bench.exists(f"{folder}/{name}.py") or bench.exists(
            f"{folder}/{name}/__init__.py"
        )
        if not is_taken:
            return name
    raise RefusedError(f"{folder}/{_STEM}.py is there, and is no module of plain constants")
