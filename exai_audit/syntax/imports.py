"""Which modules a file imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable


def imported_modules(
    statements: Iterable[ast.Import | ast.ImportFrom], package: str
) -> tuple[str, ...]:
    """Return the dotted names that a file imports, sorted, relative ones made absolute.

    ``from a import b`` is ``a.b``; ``from a import *`` is ``a``.
    """
    found: set[str] = set()
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update({alias.name, alias.name.partition(".")[0]})
        else:
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
