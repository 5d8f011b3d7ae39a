"""Transport adapters of requests that a file mounts, and whether one of them may set a limit."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import dotted
from exai_audit.syntax.scopes import Scope

_MOUNT = frozenset({"mount"})


def mounts_a_limit(request: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the session of a request may have an adapter that sets a limit.

    That is any but requests' own. Where the function, or class, is seen to make the session itself,
    only what is mounted on that counts, else whatever the file mounts.
    """
    mounts = [call for call in tree.calls(_MOUNT) if len(call.args) > 1]
    if not mounts:
        return False
    owner = request.func.value if isinstance(request.func, ast.Attribute) else None
    own = owner if owner is not None and _is_made_here(owner, tree) else None
    if own is not None:
        mounts = [one for one in mounts if _is_on(own, one, tree) and _is_sure(one, request, tree)]
    return any(not _is_plain(call.args[1], tree) for call in mounts)


def _is_made_here(owner: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether all that a name, or an attribute of the object, is given are new sessions."""
    made = _made(owner, tree)
    return bool(made) and all(
        isinstance(one, ast.Call) and tree.qualified(one.func) == "requests.Session" for one in made
    )


def _made(owner: ast.expr, tree: ModuleTree) -> list[ast.expr]:
    if isinstance(owner, ast.Name):
        return tree.bindings(owner.id, owner)
    around = tree.class_of(owner)
    is_own = isinstance(owner, ast.Attribute) and dotted(owner) == f"self.{owner.attr}"
    if not is_own or around is None or not isinstance(owner, ast.Attribute):
        return []
    return tree.self_bindings(around, owner.attr)


def _is_on(session: ast.expr, mount: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call mounts on a session, or on something out of which nothing is known."""
    on = mount.func.value if isinstance(mount.func, ast.Attribute) else None
    if on is None or not _is_made_here(on, tree):
        return True
    same = isinstance(on, ast.Name) and isinstance(session, ast.Name)
    if same and _scope(on, tree) is not _scope(session, tree):
        return False
    return dotted(on) == dotted(session)


def _is_sure(mount: ast.Call, request: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether whatever comes to a request has mounted before, or no condition says when."""
    around = set(tree.ancestors(request))
    conditions = (one for one in tree.ancestors(mount) if isinstance(one, ast.If))
    same = tree.function_of(mount) is tree.function_of(request)
    return not same or all(one in around for one in conditions)


def _scope(name: ast.expr, tree: ModuleTree) -> Scope | None:
    return tree.scopes.owner(dotted(name), tree.scopes.of(name))


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
