"""Each object gets a cache of its own, made in ``__init__``, that goes when it goes."""

from __future__ import annotations

import ast

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import inserted
from exai_audit.fixing.decorators import (
    Decorated,
    asks_for_cache,
    decorated_at,
    size_of,
    without_line,
)
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.imports import import_member
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, first_parameter, last_name, parameters

_NO_ATTRIBUTES = frozenset({"NamedTuple", "Enum", "IntEnum", "StrEnum", "Flag", "Protocol"})
_MAKE_INIT = frozenset({"dataclass", "define", "frozen", "s", "attrs"})


def fix(finding: Finding, bench: Bench) -> Fix:
    """Move the cache into ``__init__``; a property becomes a cached one."""
    tree = bench.tree(finding.path)
    found = decorated_at(finding, tree)
    owner = tree.class_of(found.function)
    if owner is None or tree.parent(found.function) is not owner:
        raise RefusedError("it is no method of a class in sight")
    _check_class(owner)
    if asks_for_cache(found.function.name, bench):
        raise RefusedError("the code looks into the cache, or clears it")
    others = [one for one in found.function.decorator_list if one is not found.decorator]
    if [last_name(one) for one in others] == ["property"]:
        return _cached_property(found, others[0], tree)
    if others:
        raise RefusedError("another decorator stands around it")
    if len(parameters(found.function)) < 2:
        raise RefusedError("it takes self alone: as a cached_property its callers change")
    _check_overrides(owner, found.function.name, bench)
    edits = (_made_in(owner, found, tree), without_line(found.decorator, tree))
    return Fix(Applicability.UNSAFE, "make the cache in __init__, one for each object", edits)


def _cached_property(found: Decorated, other: ast.expr, tree: ModuleTree) -> Fix:
    imported = import_member("functools", "cached_property", tree, _anywhere(tree), "functools")
    edit = Edit(tree.source.path, tree.span(other), imported.name)
    edits = (edit, without_line(found.decorator, tree), *imported.edits)
    return Fix(Applicability.UNSAFE, "make it a cached_property", edits)


def _anywhere(tree: ModuleTree) -> int:
    return len(tree.source.lines) + 1


def _made_in(owner: ast.ClassDef, found: Decorated, tree: ModuleTree) -> Edit:
    """Return the edit that makes the cache at the end of ``__init__``.

    Raises:
        RefusedError: there is none, or it may end before.
    """
    made = [n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    if not made:
        raise RefusedError("the class has no __init__ of its own")
    init = made[0]
    if any(isinstance(node, ast.Return) for node in ast.walk(init)):
        raise RefusedError("__init__ may end before")
    me, name = first_parameter(init), found.function.name
    last = init.body[-1]
    line = tree.source.line(last.lineno)
    indent = line[: tree.span(last).column - 1]
    if indent.strip():
        raise RefusedError("__init__ stands on one line")
    cache = tree.text(found.called)
    bound = "" if found.name == "functools.cache" else f"(maxsize={size_of(found, tree)})"
    text = f"{indent}{me}.{name} = {cache}{bound}({me}.{name})\n"
    end = last.end_lineno or last.lineno
    if end == len(tree.source.lines) and not tree.source.text.endswith("\n"):
        raise RefusedError("the file ends without a newline")
    return inserted(tree.source.path, end + 1, 1, text)


def _check_class(owner: ast.ClassDef) -> None:
    assigned = [t for n in owner.body if isinstance(n, ast.Assign) for t in n.targets]
    has_slots = "__slots__" in map(last_name, assigned)
    if has_slots or not _NO_ATTRIBUTES.isdisjoint(map(last_name, owner.bases)):
        raise RefusedError("objects of the class take no attributes")
    if not _MAKE_INIT.isdisjoint(map(last_name, owner.decorator_list)):
        raise RefusedError("a decorator makes __init__")


def _check_overrides(owner: ast.ClassDef, name: str, bench: Bench) -> None:
    for facts in bench.project.files:
        source = bench.read(facts.path)
        if source is None or owner.name not in source.text or f"def {name}" not in source.text:
            continue
        for node in bench.tree(facts.path).all(ast.ClassDef):
            inherits = owner.name in map(last_name, node.bases)
            own: list[Function] = [n for n in node.body if isinstance(n, FUNCTIONS)]
            if inherits and any(method.name == name for method in own):
                raise RefusedError(f"{node.name} overrides it")


FIXER = Fixer("EXA302", Applicability.UNSAFE, fix)
