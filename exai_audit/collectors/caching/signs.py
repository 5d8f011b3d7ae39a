"""By which names the functions are known that have to do with a cache."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.collectors.outline import Outline, Unit
from exai_audit.knowledge.table import table

WORD = re.compile(r"(?i:cache)|[Mm]emo(?!r)|MEMO(?!RY|RI)")
"""Is found in every identifier that is the name of a cache, and in some that are not."""
_MAKERS = frozenset({
    "dict", "OrderedDict", "defaultdict", "WeakKeyDictionary", "WeakValueDictionary",
})  # fmt: skip
_MADE = re.compile(r"(\.?)\b(\w+)\s*(?::[^=\n]+)?=\s*(?:\{\s*\}|(?:\w+\.)*(\w+))")
_MAY_MAKE = re.compile(r"\{\s*\}|[dD]ict|factory")
_STORES = re.compile(
    r"\]\s*(?::[^=\n]*)?=(?!=)"
    r"|\.(?:setdefault|__setitem__|set|aset|put|setex|psetex|store|add|append)\b"
)
_THREADS = (
    "Thread", "Lock", "RLock", "Timer", "Condition", "Semaphore", "BoundedSemaphore", "Pool",
    "ThreadPoolExecutor", "ThreadPool", "allocate_lock", "start_new_thread", "to_thread",
    "run_sync", "run_in_executor",
)  # fmt: skip


def names_around(outline: Outline) -> Iterator[str]:
    """Yield the names that stores are kept under, and those that show threads."""
    yield from _THREADS
    rows = (row.name.rpartition(".")[2] for row in table().calls.values() if row.cache)
    makers = "|".join(["[Cc]ache", "[Mm]emo", *sorted(set(rows))])
    kept = re.compile(rf"(\w+)\s*(?::[^=\n]*)?=[^=\n]*(?:{makers})")
    for text in (outline.outside, *(unit.text for unit in outline.units)):
        yield from kept.findall(text)


def container_names(outline: Outline) -> Iterator[str]:
    """Yield the names of the methods of cache classes, and of dictionaries that may be caches.

    A dictionary not called a cache is one only if some function looks a key up, stores under it
    and returns.
    """
    yield from _methods_of_caches(outline)
    makers = _MAKERS | {other for name, other in outline.renamed if name in _MAKERS}
    names = set(_made_in(outline.outside, makers))
    names |= {f".{name}" for name in names}  # of a class, or of the module
    for unit in outline.units:
        made = set(_made_in(unit.text, makers))
        names |= made if _may_outlive(unit) else {n for n in made if n.startswith(".")}
        names.update(_defaults(unit))
    for name in names:
        if any(name.lstrip(".") in u.words and _may_remember(u, name) for u in outline.units):
            yield name


def _methods_of_caches(outline: Outline) -> Iterator[str]:
    for statement in outline.statements:
        if isinstance(statement, ast.ClassDef) and WORD.search(statement.name):
            for node in ast.walk(statement):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield node.name


def _made_in(text: str, makers: frozenset[str]) -> Iterator[str]:
    """Yield what is given an empty dictionary, attributes with a dot in front."""
    if not _MAY_MAKE.search(text):
        return
    for dot, name, maker in _MADE.findall(text):
        if not maker or maker in makers:
            yield dot + name
    if "factory" in text:
        yield from re.findall(r"(\w+)\s*(?::[^=\n]+)?=[^=\n]*factory\s*=", text)


def _may_outlive(unit: Unit) -> bool:
    """Tell whether a name of a function may outlive its call: in another, or as a global."""
    return bool({"lambda", "class", "global"} & unit.words) or unit.text.count("def ") > 1


def _defaults(unit: Unit) -> Iterator[str]:
    arguments = unit.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    given = arguments.defaults
    pairs = [
        *zip(positional[len(positional) - len(given) :], given, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        if isinstance(default, (ast.Dict, ast.Call)):
            yield argument.arg


def _may_remember(unit: Unit, name: str) -> bool:
    if "return" not in unit.words or _STORES.search(unit.text) is None:
        return False
    before = re.findall(rf"(=?)\s*(?:\w+\.)*{_mention(name)}", unit.text)
    return len(before) > 1 or "=" in before or "setdefault" in unit.words


def _mention(name: str) -> str:
    return rf"(?<=\.){name[1:]}\b" if name.startswith(".") else rf"\b{name}\b"
