"""A coroutine sleeps by ``await asyncio.sleep``, and calls what blocks in a thread."""

from __future__ import annotations

import ast
import sys

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import (
    around,
    binds_tighter,
    calls_at,
    inserted,
    is_patched,
    opening,
)
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.imports import import_module
from exai_audit.fixing.offloading import offloadable
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name

_SLEEP = "time.sleep"
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_IN_A_THREAD = frozenset(
    {f"{library}.{verb}" for library in ("requests", "httpx") for verb in _VERBS}
    | {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output")}
    | {"subprocess.getoutput", "subprocess.getstatusoutput", "os.system"}
    | {"urllib.request.urlopen", "urllib.request.urlretrieve", "socket.create_connection"}
    | {f"socket.{name}" for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getfqdn")}
    | {"socket.getnameinfo", "socket.gethostbyname_ex", "ssl.get_server_certificate"}
)
_OTHER_LOOPS = frozenset({"trio", "anyio", "twisted", "curio", "gevent", "tornado", "eventlet"})
_HARMLESS = frozenset({"open", "suppress", "nullcontext"})
_NEW = (3, 9)


def fix(finding: Finding, bench: Bench) -> Fix:
    """Let the coroutine wait without the loop; what else runs meanwhile is another question."""
    if finding.project_wide:
        raise RefusedError("it stands for many calls of a client: replace the client")
    tree = bench.tree(finding.path)
    found = [(call, tree.qualified(call.func) or "") for call in calls_at(finding, tree)]
    known = [(call, name) for call, name in found if name == _SLEEP or name in _IN_A_THREAD]
    helpers = ((call, offloadable(call, tree, bench)) for call, _ in found)
    known = known or [(call, name) for call, name in helpers if name]
    if not known:
        raise RefusedError(
            f"it blocks in a way for which no thread is sure to do: {finding.remedy}"
        )
    call, name = known[-1]
    _check_place(call, tree)
    _check_file(name, tree, bench)
    asyncio = import_module("asyncio", tree, sys.maxsize)
    if name == _SLEEP:
        return _awaited_sleep(call, tree, asyncio.name, asyncio.edits)
    return _in_a_thread(call, name, tree, bench, asyncio.name, asyncio.edits)


def _awaited_sleep(
    call: ast.Call, tree: ModuleTree, asyncio: str, imports: tuple[Edit, ...]
) -> Fix:
    if not isinstance(tree.parent(call), ast.Expr):
        raise RefusedError("the call is no statement of its own")
    edit = Edit(tree.source.path, tree.span(call.func), f"await {asyncio}.sleep")
    return Fix(Applicability.UNSAFE, "await asyncio.sleep", (edit, *imports))


def _in_a_thread(
    call: ast.Call,
    name: str,
    tree: ModuleTree,
    bench: Bench,
    asyncio: str,
    imports: tuple[Edit, ...],
) -> Fix:
    if bench.choices.python is not None and bench.choices.python < _NEW:
        raise RefusedError("asyncio.to_thread needs Python 3.9")
    is_stream = name == "urllib.request.urlopen" or any(k.arg == "stream" for k in call.keywords)
    if is_stream and isinstance(tree.parent(call), ast.Attribute):
        raise RefusedError("what it returns is read, which blocks as well")
    bracket = opening(call, tree)
    if bracket is None:
        raise RefusedError("its brackets stand apart from its name")
    path, span = tree.source.path, tree.span(call)
    start, end = ("(", ")") if binds_tighter(call, tree) else ("", "")
    rest = tree.source.line(bracket.line)[bracket.end_column - 1 :]
    is_open = not rest.strip()
    comma = "," if is_open or rest.lstrip().startswith("#") else ", "
    below = tree.source.line(bracket.line + 1)
    gap = "\n" + below[: len(below) - len(below.lstrip())] if is_open else ""
    edits = [
        inserted(path, span.line, span.column, f"{start}await {asyncio}.to_thread({gap}"),
        Edit(path, bracket, comma if call.args or call.keywords else ""),
    ]
    if end:
        edits.append(inserted(path, span.end_line, span.end_column, end))
    message = f"await asyncio.to_thread({ast.unparse(call.func)}, ...)"
    return Fix(Applicability.UNSAFE, message, (*edits, *imports))


def _check_place(call: ast.Call, tree: ModuleTree) -> None:
    """Raise an error where a coroutine must not, or cannot, be left in the middle."""
    function = tree.function_of(call)
    if not isinstance(function, ast.AsyncFunctionDef):
        raise RefusedError("it stands in a function that is no coroutine")
    if function.name == "__aexit__":
        raise RefusedError("it stands in __aexit__, which a cancelled task may not leave")
    for parent, child in around(call, tree):
        if isinstance(parent, ast.GeneratorExp):
            raise RefusedError("it stands in a generator expression")
        if isinstance(parent, (ast.With, ast.withitem)):
            _check_with(parent, child)
        if isinstance(parent, ast.ExceptHandler):
            raise RefusedError("it stands in except, where a cancelled task may be")
        if isinstance(parent, ast.Try) and child in parent.finalbody:
            raise RefusedError("it stands in finally, where a cancelled task may be")


def _check_with(parent: ast.With | ast.withitem, child: ast.AST) -> None:
    if isinstance(parent, ast.withitem):
        raise RefusedError("it is the context manager of a with")
    names = {last_name(item.context_expr) for item in parent.items}
    if not names <= _HARMLESS:
        raise RefusedError("a with around it may hold a lock over the wait")


def _check_file(name: str, tree: ModuleTree, bench: Bench) -> None:
    others = sorted(_OTHER_LOOPS & tree.roots)
    if others:
        raise RefusedError(f"the file uses {others[0]}, which has words of its own")
    if is_patched(name, tree, bench):
        raise RefusedError(f"a test patches {name} for this module: it would no longer bite")


FIXER = Fixer("EXA405", Applicability.UNSAFE, fix)
