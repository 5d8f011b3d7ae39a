"""Which modules a file imports, from the interpreter's own tree."""

from __future__ import annotations

import ast


def imported_modules(syntax: ast.Module, package: str) -> tuple[str, ...]:
    """Return the dotted names that a file imports, sorted, relative ones made absolute.

    ``from a import b`` is ``a.b``; ``from a import *`` is ``a``.
    """
    found: set[str] = set()
    for node in ast.walk(syntax):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update({alias.name, alias.name.partition(".")[0]})
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, package)
            names = (alias.name for alias in node.names)
            found.update(origin if n == "*" else f"{origin}.{n}".strip(".") for n in names)
    return tuple(sorted(found))


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (node.level - 1)]
    return ".".join([*kept, node.module] if node.module else kept)
