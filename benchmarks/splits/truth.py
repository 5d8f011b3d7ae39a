"""Where the symbols of a module went: an old release against a newer one.

Only names are compared. A symbol is placed when the old release defines it in this module alone
and the new one in one module alone; one that ended up alone in a module outside the old one's
folder says nothing (a name can come again by chance) and is left out.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FEWEST_PLACED = 12
_FEWEST_LINES = 300
_FEWEST_MODULES = 3
_LARGEST_SHARE = 0.8
_SHARE_PLACED = 0.5
_EXCLUDED = frozenset({"tests", "test", "testing", "site-packages", "idlelib", "lib2to3", "vendor"})


@dataclass(frozen=True, slots=True)
class Split:
    """One module of an old release, and the new module that each placed symbol went to."""

    module: str
    lines: int
    symbols: int
    placed: dict[str, str]

    def modules(self) -> Counter[str]:
        """Return how many symbols each new module got."""
        return Counter(self.placed.values())

    def is_real(self) -> bool:
        """Tell whether this is a split into three or more modules, each of two or more symbols."""
        sizes = self.modules()
        enough = len(self.placed) >= max(_FEWEST_PLACED, _SHARE_PLACED * self.symbols)
        shared = sum(size >= 2 for size in sizes.values()) >= _FEWEST_MODULES
        even = max(sizes.values(), default=0) <= _LARGEST_SHARE * len(self.placed)
        return self.lines > _FEWEST_LINES and enough and shared and even


def definitions(text: str) -> set[str] | None:
    """Return the functions, classes and constants at the top of a module, None if unreadable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return None
    return {name for node in _top_level(tree) for name in _names(node) if not _is_usual(name)}


def _is_usual(name: str) -> bool:
    return name.startswith("__") or name.lower() in {"log", "logger", "_log", "_logger"}


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    stack: list[ast.stmt] = list(tree.body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            stack.extend([*node.body, *node.orelse])
        if isinstance(node, ast.Try):
            stack.extend(statement for handler in node.handlers for statement in handler.body)


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def release(folder: Path) -> dict[str, set[str]]:
    """Return the definitions of every module of a release by path."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        if _EXCLUDED.isdisjoint(name.split("/")) or name.startswith("test/support"):
            names = definitions(path.read_text(encoding="utf-8", errors="replace"))
            if names is not None:
                found[name] = names
    return found


def split_of(module: str, text: str, old: dict[str, set[str]], new: dict[str, set[str]]) -> Split:
    """Return where the symbols of ``module`` of the release ``old`` are in ``new``."""
    return Split(module, text.count("\n"), len(old[module]), placed_in(module, old, new))


def placed_in(module: str, old: dict[str, set[str]], new: dict[str, set[str]]) -> dict[str, str]:
    """Return the module of ``new`` that each symbol of ``module`` of ``old`` is in, if in one."""
    before = Counter(name for names in old.values() for name in names)
    homes: dict[str, list[str]] = {}
    for path, names in new.items():
        for name in names:
            homes.setdefault(name, []).append(path)
    own = {name for name in old[module] if before[name] == 1}
    placed = {name: homes[name][0] for name in sorted(own) if len(homes.get(name, ())) == 1}
    sizes = Counter(placed.values())
    return {name: at for name, at in placed.items() if sizes[at] > 1 or _is_near(module, at)}


def _is_near(module: str, target: str) -> bool:
    folder = module.rpartition("/")[0]
    package = module.removesuffix("/__init__.py").removesuffix(".py")
    return target.rpartition("/")[0] == folder or target.startswith(package)
