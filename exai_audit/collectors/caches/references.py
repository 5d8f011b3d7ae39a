"""Where a module names one container: itself, on objects, as a parameter, by another name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.accesses import Named, Target, scope_of
from exai_audit.collectors.caches.index import CacheIndex, lineage
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, parameters
from exai_audit.syntax.scopes import BindingKind

Reference = ast.Name | ast.Attribute


def references(tree: ModuleTree, index: CacheIndex, target: Target) -> list[Reference]:
    """Return every place of the module that names the container, local aliases included."""
    found: list[Reference] = []
    names = index.names(target.name)
    if isinstance(target.node, ast.Attribute) and isinstance(target.owner, FUNCTIONS):
        found.extend(_of_function(index, target.name, target.owner))
    elif isinstance(target.owner, ast.ClassDef):
        found.extend(_members(tree, index, target.name, target.owner))
        found.extend(n for n in names if _in_body(tree, n, target.owner))
        found.sort(key=_end)
    else:
        scope = tree.scopes.inside(target.owner)  # type: ignore[arg-type]
        own = [n for n in names if scope_of(tree, n) is scope]
        found.extend(n for n in own if _stands_for(tree, n))
        found.extend(alias for n in own for alias in _as_parameter(tree, index, n))
    known: set[Reference] = set(found)
    for reference in tuple(found):
        found.extend(a for a in _aliases(tree, index, reference) if a not in known)
    return found


def _of_function(index: CacheIndex, name: str, owner: Named) -> Iterator[ast.Attribute]:
    """Yield ``function.name``: an attribute of the function itself."""
    for node in index.attributes(name):
        if isinstance(node.value, ast.Name) and node.value.id == owner.name:
            yield node


def _as_parameter(tree: ModuleTree, index: CacheIndex, name: ast.Name) -> Iterator[Reference]:
    """Yield the uses of a parameter whose default it is: ``def f(key, known=_known)``."""
    given = tree.parent(name)
    function = tree.parent(given) if isinstance(given, ast.arguments) else None
    if not isinstance(function, FUNCTIONS):
        return
    inside = tree.scopes.inside(function)
    for param in parameters(function):
        if param.default is name:
            for found in index.names(param.name):
                if scope_of(tree, found) is inside:
                    yield found
                    yield from _kept(tree, index, found)


def _kept(tree: ModuleTree, index: CacheIndex, name: ast.Name) -> Iterator[ast.Attribute]:
    """Yield the uses of the attribute to which a method gives a name: ``self._cache = cache``."""
    assignment = tree.parent(name)
    target = assignment.targets[0] if isinstance(assignment, ast.Assign) else None
    owner = tree.class_of(name)
    if not isinstance(target, ast.Attribute) or owner is None:
        return
    if isinstance(target.value, ast.Name) and target.value.id == "self":
        yield from (one for one in _members(tree, index, target.attr, owner) if one is not target)


def _end(node: Reference) -> tuple[int, int]:
    """Return where the identifier of a name or attribute ends."""
    return node.end_lineno or 0, node.end_col_offset or 0


def _stands_for(tree: ModuleTree, name: ast.Name) -> bool:
    """Tell whether a name is no default: that is told from where the parameter is used."""
    return not isinstance(tree.parent(name), ast.arguments)


def _members(
    tree: ModuleTree, index: CacheIndex, name: str, owner: ast.ClassDef
) -> Iterator[ast.Attribute]:
    """Yield ``self.name`` and the like; in an unrelated class ``self`` has its own."""
    family: set[ast.ClassDef] = set()
    for node in index.attributes(name):
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            family = family or lineage(index, owner)
            around = tree.class_of(node)
            if around is None or around in family:
                yield node
        else:
            yield node


def _in_body(tree: ModuleTree, name: ast.Name, owner: ast.ClassDef) -> bool:
    return tree.scopes.of(name).node is owner and _stands_for(tree, name)


def _aliases(tree: ModuleTree, index: CacheIndex, reference: Reference) -> Iterator[ast.Name]:
    """Yield the uses of ``cache = self._cache`` in a function, if that is its only meaning."""
    alias = _alias(tree.parent(reference), reference)
    if not isinstance(alias, ast.Name):
        return
    scope = scope_of(tree, alias)
    if scope is None or isinstance(scope.node, (ast.Module, ast.ClassDef)):
        return
    if len([b for b in scope.names[alias.id] if b.kind is not BindingKind.ANNOTATION]) != 1:
        return
    for name in index.names(alias.id):
        if name is not alias and _stands_for(tree, name) and scope_of(tree, name) is scope:
            yield name


def _alias(assignment: ast.AST | None, reference: Reference) -> ast.expr | None:
    """Return what is given the container too: by its name, or by ``self._cache = cache = {}``."""
    if isinstance(assignment, ast.NamedExpr):
        return assignment.target if assignment.value is reference else None
    if not isinstance(assignment, ast.Assign):
        return None
    targets = assignment.targets
    if assignment.value is reference:
        return targets[0] if len(targets) == 1 else None
    if len(targets) != 2:
        return None
    return next((target for target in targets if target is not reference), None)
