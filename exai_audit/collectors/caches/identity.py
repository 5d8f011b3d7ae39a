"""What an object stands for: itself, a value that others equal, or a member of an enumeration."""

from __future__ import annotations

import ast

from exai_audit.collectors.caches.accesses import Named, argument, last_name, last_names
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments
from exai_audit.syntax.scopes import unstarred
from exai_audit.syntax.walk import descendants


def base_names(owner: ast.ClassDef) -> set[str]:
    return last_names(map(unstarred, owner.bases))


def is_value(owner: ast.ClassDef) -> bool:
    """Tell whether equal objects of a class are as good as one another: keys, not identities."""
    return (
        "NamedTuple" in base_names(owner)
        or any(map(_freezes, owner.decorator_list))
        or any(isinstance(part, FUNCTIONS) and _hashes_value(part) for part in owner.body)
    )


def _hashes_value(method: Named) -> bool:
    """Tell whether a method makes a hash of what an object holds, not of which one it is."""
    if method.name != "__hash__":
        return False
    calls = [node for node in descendants(method) if isinstance(node, ast.Call)]
    return not any(last_name(c.func) in ("id", "__hash__") and _of_self(c) for c in calls)


def _of_self(call: ast.Call) -> bool:
    """Tell whether ``id(self)``, ``object.__hash__(self)`` or ``super().__hash__()`` is called."""
    handed = [given.value for given in arguments(call)]
    of_base = isinstance(call.func, ast.Attribute) and last_name(call.func.value) == "super"
    return of_base or any(isinstance(one, ast.Name) and one.id == "self" for one in handed)


def _freezes(decorator: ast.expr) -> bool:
    frozen = argument(decorator, "frozen", None) if isinstance(decorator, ast.Call) else None
    said = isinstance(frozen, ast.Constant) and frozen.value is True
    return said or last_name(decorator) == "frozen"


def is_enum(owner: ast.ClassDef | None, tree: ModuleTree) -> bool:
    """Tell whether the class is an enumeration: its instances live for ever anyway."""
    bases = [] if owner is None else [unstarred(base) for base in owner.bases]
    names = [tree.qualified(base) or last_name(base) for base in bases]
    return any(n.endswith(("Enum", "Flag")) for n in names)
