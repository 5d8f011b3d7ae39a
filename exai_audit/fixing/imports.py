"""Imports that a fix needs: where the file's own style puts them, or under the name it has.

An import is never put before the docstring or ``__future__``, nor into a block: one that stands
under ``TYPE_CHECKING``, in a ``try`` or a function is that block's own affair.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import Struct

from exai_audit.edits.edit import Edit
from exai_audit.fixing.bindings import is_free
from exai_audit.fixing.import_lines import (
    Import,
    after,
    begins_its_line,
    body_of,
    first,
    inserted_line,
    section,
)
from exai_audit.fixing.refusal import RefusedError
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.scopes import BindingKind

_Key = tuple[object, ...]


class Imported(Struct, frozen=True):
    """What a file calls the thing that it needs, and the edits that import it."""

    name: str
    edits: tuple[Edit, ...] = ()


def import_module(module: str, tree: ModuleTree, before: int) -> Imported:
    """Import a module of the standard library.

    Args:
        before: the first line that needs it.

    Raises:
        RefusedError: its name means something else.
    """
    known = _known_as(module, tree, before)
    if known:
        return Imported(known)
    if not is_free(module, tree, module):
        raise RefusedError(f"the name {module} means something else in the file")
    return Imported(module, (_plain(module, tree, before),))


def import_member(
    package: str,
    member: str,
    tree: ModuleTree,
    before: int,
    spelled: str,
    beside: Collection[str] = (),
) -> Imported:
    """Import ``member`` of the project's own ``package``, which the file spells ``spelled``.

    Args:
        before: the first line that needs it.
        beside: top names of packages whose imports this one stands among, if not its own.

    Raises:
        RefusedError: its name means something else.
    """
    target = f"{package}.{member}"
    known = _known_as(target, tree, before)
    if known:
        return Imported(known)
    whole = _known_as(package, tree, before) if package in STANDARD_LIBRARY else ""
    if whole:
        return Imported(f"{whole}.{member}")
    if not is_free(member, tree, target):
        raise RefusedError(f"the name {member} means something else in the file")
    held = [node for node in _leading(tree, before) if isinstance(node, ast.ImportFrom)]
    same = [node for node in held if _spelled(node) == spelled and _takes_more(node, tree)]
    if same and not _is_one_each(held):
        return Imported(member, (_extended(same[0], member, tree),))
    return Imported(member, (_among_own(spelled, member, held, tree, before, beside),))


def spelling(package: str, tree: ModuleTree) -> str:
    """Return how a file writes its own project's package: relative where its imports are so."""
    root = package.partition(".")[0]
    nodes = [node for node in tree.module.body if isinstance(node, ast.ImportFrom)]
    absolute = any(
        (node.module or "").partition(".")[0] == root and not node.level for node in nodes
    )
    if absolute or not any(node.level for node in nodes):
        return package
    return _relative(package, tree.package) or package


def _relative(package: str, own: str) -> str:
    here, there = own.split("."), package.split(".")
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    if not common:
        return ""
    return "." * (len(here) - common + 1) + ".".join(there[common:])


def _known_as(target: str, tree: ModuleTree, before: int) -> str:
    """Return the name that the module itself imports something under, above ``before``."""
    for name, bindings in tree.scopes.module.names.items():
        nodes = [binding.node for binding in bindings]
        if (
            all(b.kind is BindingKind.IMPORT and b.target == target for b in bindings)
            and any(node in tree.module.body and _line(node) < before for node in nodes)
            and is_free(name, tree, target)
        ):
            return name
    return ""


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _leading(tree: ModuleTree, before: int) -> list[Import]:
    """Return the imports at the head of the module, or the first ones where none lead it."""
    found: list[Import] = []
    for node in body_of(tree):
        if node.lineno >= before or isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            break
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append(node)
        elif found and not isinstance(node, (ast.If, ast.Try)):
            break
    return found


def _spelled(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _takes_more(node: ast.ImportFrom, tree: ModuleTree) -> bool:
    """Tell whether a name can be added: no star, alias or comment that speaks of the others."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    is_plain = node.names[0].name != "*" and not any(alias.asname for alias in node.names)
    return is_plain and not any("#" in tree.source.line(line) for line in lines)


def _is_one_each(held: Iterable[ast.ImportFrom]) -> bool:
    """Tell whether a file gives each name that it imports a line of its own."""
    names = Counter(_spelled(node) for node in held)
    return any(n > 1 for n in names.values()) and all(len(node.names) == 1 for node in held)


def _extended(node: ast.ImportFrom, member: str, tree: ModuleTree) -> Edit:
    """Add a name to an import, in order; a line of its own where the others have one."""
    keys = [member_key(alias.name) for alias in node.names]
    is_sorted = keys == sorted(keys) or [key[1] for key in keys] == sorted(key[1] for key in keys)
    after = [a for a in node.names if not is_sorted or member_key(a.name) < member_key(member)]
    following = node.names[len(after)] if len(after) < len(node.names) else None
    many_lines = node.names[0].lineno != node.names[-1].lineno or (
        node.lineno != node.names[0].lineno and len(node.names) == 1
    )
    if following is not None:
        span = tree.span(following)
        indent = "\n" + " " * (span.column - 1) if many_lines else " "
        return inserted_line(tree, span.line, span.column, f"{member},{indent}")
    span = tree.span(node.names[-1])
    indent = "\n" + " " * (span.column - 1) if many_lines else " "
    return inserted_line(tree, span.end_line, span.end_column, f",{indent}{member}")


def member_key(name: str) -> tuple[int, str]:
    """Sort as isort does: constants, classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _among_own(
    spelled: str,
    member: str,
    held: Sequence[ast.ImportFrom],
    tree: ModuleTree,
    before: int,
    beside: Collection[str],
) -> Edit:
    root = spelled.partition(".")[0]
    own = [node for node in held if _is_own(node, root)]
    own = own or [node for node in held if any(_is_own(node, other) for other in beside)]
    text = f"from {spelled} import {member}\n"
    if own:
        return _sorted_in(text, _from_key(spelled), own, _key_of, tree)
    leading = _leading(tree, before)
    if root in STANDARD_LIBRARY and leading:
        return _of_standard_library(text, leading, tree)
    if leading:
        blank = "" if section(leading[-1]) == 2 else "\n"
        return after(leading[-1], blank + text, tree)
    return first(text, tree)


def _of_standard_library(text: str, leading: Sequence[Import], tree: ModuleTree) -> Edit:
    """Put an import below those of the standard library, above all others where it has none."""
    own = [node for node in leading if not section(node)]
    if own:
        return after(own[-1], text, tree)
    if not begins_its_line(leading[0], tree):
        return after(leading[-1], text, tree)
    return inserted_line(tree, leading[0].lineno, 1, f"{text}\n")


def _is_own(node: ast.ImportFrom, root: str) -> bool:
    return (
        bool(node.level)
        if not root
        else (not node.level and (node.module or "").partition(".")[0] == root)
    )


def _key_of(node: Import) -> _Key:
    return _from_key(_spelled(node)) if isinstance(node, ast.ImportFrom) else (node.names[0].name,)


def _from_key(spelled: str) -> _Key:
    """Sort as isort and ruff do: from the furthest to the closest, then by name."""
    dots = len(spelled) - len(spelled.lstrip("."))
    return -dots, spelled.lstrip(".").lower()


def _sorted_in(
    text: str,
    key: _Key,
    group: Sequence[Import],
    key_of: Callable[[Import], _Key],
    tree: ModuleTree,
) -> Edit:
    following = next((node for node in group if key_of(node) > key), None)
    if following is not None and begins_its_line(following, tree):
        return inserted_line(tree, following.lineno, 1, text)
    return after(group[-1], text, tree)


def _plain(module: str, tree: ModuleTree, before: int) -> Edit:
    """Put ``import x`` among those of the standard library, at their head where it has none."""
    text = f"import {module}\n"
    leading = _leading(tree, before)
    plain = [node for node in leading if isinstance(node, ast.Import) and not section(node)]
    if plain:
        return _sorted_in(text, (module,), plain, _key_of, tree)
    if not leading:
        return first(text, tree)
    head = leading[0]
    if not begins_its_line(head, tree):
        return after(leading[-1], text, tree)
    return inserted_line(tree, head.lineno, 1, text if not section(head) else f"{text}\n")
