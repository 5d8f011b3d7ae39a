"""Caches: decorators, containers used as caches, and library stores, each counted once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.caching.containers import containers
from exai_audit.collectors.caching.decorators import cleared, decorated
from exai_audit.collectors.caching.syntax import Gathered, argument, target_of
from exai_audit.collectors.caching.words import layer_of
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import CacheFact, CacheFacts, CacheForm, Lifetime
from exai_audit.knowledge.table import Call, table

TRIGGERS = re.compile(
    rb"(?im)cache|memo"
    rb"|^ {0,8}\w+[^=\n(]*=\s*(?:\{\}|(?:\w+\.)?(?:(?:Ordered|default)?dict|Weak\w+)\()"
)


class CacheCollector(cst.CSTVisitor):
    """Gathers what may make or use a cache."""

    def __init__(self) -> None:
        super().__init__()
        self._found = Gathered()

    def visit_Assign(self, node: cst.Assign) -> None:
        self._found.assignments.append(node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._found.assignments.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._found.functions.append(node)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._found.classes.append(node)

    def visit_Call(self, node: cst.Call) -> None:
        self._found.calls.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._found.names.setdefault(node.value, []).append(node)

    def facts(self, tree: ModuleTree) -> CacheFacts:
        """Return the caches in source order, and the names of functions whose caches it clears."""
        found = [
            *decorated(tree, self._found),
            *containers(tree, self._found),
            *_stores(tree, self._found),
        ]
        found.sort(key=lambda fact: (fact.place.span, fact.name))
        return CacheFacts(tuple(found), tuple(sorted(cleared(self._found))))


def _stores(tree: ModuleTree, gathered: Gathered) -> Iterator[CacheFact]:
    """Yield the library stores that something outliving the call holds."""
    for assignment in gathered.assignments:
        call = assignment.value
        name = tree.qualified(call.func) if isinstance(call, cst.Call) else None
        row = table().call(name) if name else None
        if row is None or row.cache is None or row.cache.kind != "store":
            continue
        assert isinstance(call, cst.Call)
        targets = [assignment.target] if isinstance(assignment, cst.AnnAssign) else [
            target.target for target in assignment.targets
        ]  # fmt: skip
        target = target_of(tree, targets[0])
        if target is not None and target.lifetime is not None:
            yield _store(call, row, target.name, target.lifetime, tree)


def _store(call: cst.Call, row: Call, name: str, lifetime: Lifetime, tree: ModuleTree) -> CacheFact:
    cache = row.cache
    assert cache is not None
    bound = argument(call, cache.bound, cache.bound_position) if cache.bound else None
    expiry = argument(call, cache.expiry, cache.expiry_position) if cache.expiry else None
    default = None if cache.default_bound == "none" else f"{cache.bound}={cache.default_bound}"
    code = tree.module.code_for_node
    return CacheFact(
        place=tree.place(call),
        form=CacheForm.LIBRARY_STORE,
        name=name,
        callable=row.name,
        layer=layer_of([row.name, name]),
        lifetime=lifetime,
        bound=f"{cache.bound}={code(bound)}" if bound is not None else default,
        expiry=f"{cache.expiry}={code(expiry)}" if expiry is not None else None,
        invalidation=None,
        lock=False,
        pure=True,
    )
