"""Transport adapters of requests that a file mounts, and whether one of them may set a limit."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree

_MOUNT = frozenset({"mount"})


def mounts_a_limit(tree: ModuleTree) -> bool:
    """Tell whether a file mounts an adapter that may set a limit: none of requests' own."""
    adapters = (call.args[1] for call in tree.calls(_MOUNT) if len(call.args) > 1)
    return any(not _is_plain(adapter, tree) for adapter in adapters)


def _is_plain(adapter: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an adapter is known to set no limit."""
    ref = tree.resolve(adapter)
    if ref is None:
        return False
    if ref.name.endswith(".adapters.HTTPAdapter"):
        return True
    own = (c for c in tree.all(ast.ClassDef) if ref.name.endswith(f".{c.name}"))
    body = next(own, None)
    return body is not None and not any("timeout" in _identifier(node) for node in ast.walk(body))


def _identifier(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else ""
    names = (getattr(node, name, None) for name in ("id", "attr", "arg"))
    return next((name for name in names if isinstance(name, str)), "")
