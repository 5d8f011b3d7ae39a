"""Whether somebody relies on the number that a parameter has by default."""

from __future__ import annotations

import ast
import re

from exai_audit.facts.timeouts import TimeoutForm
from exai_audit.files.side_files import side_texts
from exai_audit.finding import Scope
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.refusal import RefusedError
from exai_audit.fixing.sites import Site
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS

_PAGES = (".md", ".rst", ".txt")


def check_signature(node: ast.expr, site: Site, tree: ModuleTree, bench: Bench) -> None:
    """Raise an error where a default is a part of what a function promises.

    Raises:
        RefusedError: its documentation names the number, a test reads its signature, or a class
            that inherits it has another number.
    """
    function = next((one for one in tree.ancestors(node) if isinstance(one, FUNCTIONS)), None)
    if function is None:
        return
    told = ast.get_docstring(function, clean=False)
    if told and re.search(rf"(?<![\w.]){re.escape(site.number)}(?![\w.]\w)", told):
        raise RefusedError("the function's documentation names the number")
    page = _page_with(function.name, site, bench)
    if page:
        raise RefusedError(f"{page} names the number")
    if _is_read_by_tests(function.name, bench):
        raise RefusedError("a test reads the function's signature")
    other = _overriding(site, bench)
    if other:
        raise RefusedError(f"{other} has another default for it")


def _page_with(function: str, site: Site, bench: Bench) -> str:
    """Return the page of documentation that shows a function with a default, empty for none."""
    name, number = map(re.escape, (site.fact.name, site.number))
    shows = re.compile(
        rf"\b{re.escape(function)}\([^)\n]*\b{name}\s*(?::[^,)=\n]*)?=\s*{number}(?![\w.])"
    )
    pages = bench.made(
        "pages", lambda: side_texts(bench.choices.root) if bench.choices.root else {}
    )
    assert isinstance(pages, dict)
    found = (path for path, text in pages.items() if path.endswith(_PAGES) and shows.search(text))
    return min(found, default="")


def _is_read_by_tests(function: str, bench: Bench) -> bool:
    reads = re.compile(rf"\bsignature\([^)\n]*\b{re.escape(function)}\b")
    tests = (path for path, scope in bench.project.scope_of.items() if scope is Scope.TESTS)
    sources = map(bench.read, tests)
    return any(source is not None and bool(reads.search(source.text)) for source in sources)


def _overriding(site: Site, bench: Bench) -> str:
    """Return the method that overrides a method, or is overridden by it, with another default."""
    owner, _, method = site.fact.place.symbol.rpartition(".")
    kin = _kin(owner.rpartition(".")[2], bench) if owner else set()
    for facts in bench.project.files if kin else ():
        for fact in facts.timeouts:
            of, _, named = fact.place.symbol.rpartition(".")
            is_same = named == method and fact.name == site.fact.name
            is_default = fact.form is TimeoutForm.PARAMETER_DEFAULT
            is_other = is_same and is_default and fact.amount != site.fact.amount
            if is_other and of.rpartition(".")[2] in kin:
                return f"{of}.{named}"
    return ""


def _kin(name: str, bench: Bench) -> set[str]:
    """Return the last names of the classes that a class inherits from, and that inherit from it."""
    bases: dict[str, set[str]] = {}
    for facts in bench.project.files:
        for one in facts.definitions.classes:
            below = bases.setdefault(one.name.rpartition(".")[2], set())
            below |= {base.rpartition(".")[2] for base in one.bases}
    found = {name}
    while True:
        more = {base for one in found for base in bases.get(one, ())}
        more |= {one for one, its in bases.items() if its & found}
        if more <= found:
            return found - {""}
        found |= more
