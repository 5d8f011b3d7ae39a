"""Calls without a limit whose library shows by other signs: a stub, a method's name, siblings."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from msgspec.structs import replace

from exai_audit.collectors.timeouts.handlers import is_of_requests
from exai_audit.facts.timeouts import OF_A_SESSION, Category, UnlimitedFact
from exai_audit.knowledge.calls import Call, Timeout
from exai_audit.knowledge.table import configuration, table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, dotted, is_none, last_name, receiver, text_of

_STUB = re.compile(r"(?:^|\.)\w+_pb2_grpc\.(\w*Stub\.\w+)$")
STUB_WORD = re.compile(r"_pb2_grpc\Z")
_INTERCEPTS = frozenset({"intercept_channel"})
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request"})
_HTTP_ARGUMENTS = frozenset({
    "headers", "params", "json", "data", "auth", "stream", "allow_redirects", "verify", "cookies",
    "files", "proxies", "cert",
})  # fmt: skip
_HAVE_DEFAULTS = frozenset({"aiohttp", "httpx"})
_BLOCKING = "blocking_timeout"
_LOCKS = frozenset({"lock", "Lock", "acquire"})
INTERCEPTED = "an interceptor of its channel may set a limit"


def is_distinct(row: Call) -> bool:
    """Tell whether a row's last name is that of no other library's method, or of none in use."""
    return row.timeout is not None and (row.timeout.distinct or row.timeout.imported)


def distinct_names() -> frozenset[str]:
    """Return the last names of the distinct rows."""
    return frozenset(_distinct(configuration()))


@lru_cache(maxsize=4)
def _distinct(own: object) -> dict[str, Call]:
    rows = (row for row in table().calls.values() if is_distinct(row))
    return {row.name.rpartition(".")[2]: row for row in rows}


def untyped(tree: ModuleTree) -> Iterator[tuple[ast.Call, UnlimitedFact]]:
    """Yield the calls with what there is to say of them; limits around them are not looked for."""
    yield from _of_stubs(tree)
    yield from _of_distinct_names(tree)
    yield from _of_siblings(tree)
    yield from _of_locks(tree)


# Stubs that gRPC generates: every method takes a timeout, and waits for ever without


def _of_stubs(tree: ModuleTree) -> Iterator[tuple[ast.Call, UnlimitedFact]]:
    if not any(STUB_WORD.search(word) for word in tree.words):
        return
    intercepted = not _INTERCEPTS.isdisjoint(tree.words) or "interceptors" in tree.words
    for call in tree.all(ast.Call):
        method = _STUB.search(tree.qualified(call.func) or "") if _may_be_one(call) else None
        if method is None or _is_given(call, "timeout", 1):
            continue
        streams = isinstance(tree.parent(call), (ast.For, ast.AsyncFor, ast.comprehension))
        doubt = INTERCEPTED if intercepted else "a stream may last" if streams else ""
        yield call, _fact(call, method[1], "timeout", Category.HTTP_API, doubt, tree, sure=True)


def _may_be_one(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr[:1].isupper()


def _is_given(call: ast.Call, name: str, position: int | None) -> bool:
    unpacks = any(keyword.arg is None for keyword in call.keywords)
    starred = any(isinstance(given, ast.Starred) for given in call.args)
    return unpacks or starred or argument(call, name, position) is not None


# Methods of a name that one library has alone


def _of_distinct_names(tree: ModuleTree) -> Iterator[tuple[ast.Call, UnlimitedFact]]:
    rows = _distinct(configuration())
    if tree.words.isdisjoint(rows):
        return
    for call in tree.calls(frozenset(rows)):
        row = rows.get(last_name(call.func))
        owner = receiver(call.func)
        if row is None or row.timeout is None or owner is None or not _is_unknown(owner, tree):
            continue
        limit = row.timeout
        if limit.imported and not _is_of_imported(row, limit, tree):
            continue
        if not _is_given(call, limit.argument, limit.position):
            category = Category(row.category) if row.category else Category.OTHER
            yield call, _fact(call, row.name, limit.argument, category, "", tree)


def _is_of_imported(row: Call, limit: Timeout, tree: ModuleTree) -> bool:
    """Tell whether the file imports the library of a row, and says its limit nowhere.

    Where it makes the object itself, that is where the limit is missing.
    """
    *_, owner, _method = row.name.split(".")
    told = not tree.words.isdisjoint({limit.argument, owner})
    return row.name.partition(".")[0] in tree.roots and not told


# Locks of another machine that are told to wait for ever


def _of_locks(tree: ModuleTree) -> Iterator[tuple[ast.Call, UnlimitedFact]]:
    if _BLOCKING not in tree.words:
        return
    for call in tree.calls(_LOCKS):
        given = argument(call, _BLOCKING)
        if given is not None and is_none(given.value):
            name = dotted(call.func) or last_name(call.func)
            fact = _fact(call, name, _BLOCKING, Category.LOCK_OR_QUEUE, "", tree)
            yield call, replace(fact, given=True)


# Calls beside others of the same session that give a limit, or whose errors are those of requests


def _of_siblings(tree: ModuleTree) -> Iterator[tuple[ast.Call, UnlimitedFact]]:
    if "requests" not in tree.roots or _HAVE_DEFAULTS & tree.roots:
        return
    families: dict[tuple[ast.AST | None, str], list[ast.Call]] = defaultdict(list)
    for call in tree.calls(_VERBS):
        owner = receiver(call.func)
        said = dotted(owner) if owner is not None else ""
        if not said or owner is None or not _may_be_session(owner, call, tree):
            continue
        of_http = _is_http(call) and _is_unknown(owner, tree)
        if of_http or (call.args and is_of_requests(call, owner, tree)):
            around = tree.class_of(call) if said.startswith("self.") else tree.function_of(call)
            families[around, said].append(call)
    for calls in families.values():
        limited = [call for call in calls if _limits_itself(call)]
        for call in calls:
            told = limited or is_of_requests(call, call.func.value, tree)  # type: ignore[attr-defined]
            if told and not _is_given(call, "timeout", None):
                operation = f"{dotted(call.func)}{OF_A_SESSION}"
                yield call, _fact(call, operation, "timeout", Category.HTTP_API, "", tree)


def _may_be_session(owner: ast.expr, call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether no library is known whose object has the method that is called."""
    if _is_unknown(owner, tree):
        return True
    name = tree.qualified(call.func) or ""
    is_attribute = isinstance(owner, ast.Attribute)
    return is_attribute and table().call(name) is None and not _is_of_known_root(name)


def _is_of_known_root(name: str) -> bool:
    return name.partition(".")[0] in _HAVE_DEFAULTS


def _is_unknown(owner: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether the file does not show what an object is: a parameter, one kept on self."""
    ref = tree.resolve(owner)
    kept = isinstance(owner, ast.Attribute) and ref is not None and not ref.instance
    return ref is None or (kept and ref.name.startswith(f"{tree.dotted}."))


def _is_http(call: ast.Call) -> bool:
    if not call.args and not call.keywords:
        return False
    if any(keyword.arg in _HTTP_ARGUMENTS for keyword in call.keywords) or _limits_itself(call):
        return True
    first = call.args[0] if call.args else None
    if isinstance(first, ast.JoinedStr) and first.values:
        first = first.values[0]
    return (text_of(first) or "").startswith(("http://", "https://", "/"))


def _limits_itself(call: ast.Call) -> bool:
    given = argument(call, "timeout")
    return given is not None and not is_none(given.value)


def _fact(
    call: ast.Call,
    operation: str,
    limit: str,
    category: Category,
    doubt: str,
    tree: ModuleTree,
    *,
    sure: bool = False,
) -> UnlimitedFact:
    return UnlimitedFact(
        place=tree.place(call),
        operation=operation,
        argument=limit,
        category=category,
        waits="network",
        doubt=doubt,
        elsewhere=not sure,
    )
