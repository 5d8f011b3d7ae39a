"""What the functions of a module are: entry points, request handlers, or called by those alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from exai_audit.collectors.timeout_values import last_name, text_of
from exai_audit.collectors.timeout_words import words
from exai_audit.collectors.tree import ModuleTree

Function = cst.FunctionDef | cst.Lambda
_MAIN = frozenset({"main", "async", "a", "run", "cli", "sync", "amain"})
_SCRIPTS = frozenset({"cli", "commands", "scripts", "bin", "console"})
_COMMANDS = frozenset({"command", "group"})
_ROUTES = frozenset({
    "get", "post", "put", "patch", "delete", "head", "options", "route", "api_route", "websocket",
    "websocket_route", "view", "api_view",
})  # fmt: skip
_REGISTERS = frozenset({
    "Route", "WebSocketRoute", "add_route", "add_url_rule", "add_api_route", "add_get", "add_post",
    "add_put", "add_patch", "add_delete", "add_view", "path", "re_path",
})  # fmt: skip
_VIEW_METHODS = frozenset({
    "get", "post", "put", "patch", "delete", "head", "options", "dispatch", "list", "retrieve",
    "create", "update", "destroy",
})  # fmt: skip
_VIEW_ENDINGS = ("View", "ViewSet", "Endpoint", "RequestHandler", "Resource")
_REQUESTS = frozenset({
    "django.http.HttpRequest", "django.http.request.HttpRequest", "aiohttp.web.Request",
    "starlette.requests.Request", "fastapi.Request", "rest_framework.request.Request",
})  # fmt: skip


class Functions:
    """The functions of one module, who calls them, and which are entry points."""

    def __init__(
        self, tree: ModuleTree, functions: Iterable[cst.FunctionDef], calls: Iterable[cst.Call]
    ) -> None:
        self._tree = tree
        self._named = {self.name(function): function for function in functions}
        self._callers: dict[cst.FunctionDef, list[cst.Call]] = {}
        for call in calls:
            called = self.called(call.func)
            if called is not None:
                self._callers.setdefault(called, []).append(call)

    def name(self, function: cst.FunctionDef) -> str:
        """Return the dotted name of a function."""
        return ".".join(part for part in (self._tree.dotted, self._tree.symbol(function)) if part)

    def called(self, expression: cst.BaseExpression) -> cst.FunctionDef | None:
        """Return the function of this module that an expression denotes."""
        return self._named.get(self._tree.qualified(expression) or "")

    def callers(self, function: Function) -> list[cst.Call]:
        """Return the calls of the module to a function of it."""
        return self._callers.get(function, []) if isinstance(function, cst.FunctionDef) else []

    def tops(self, function: Function) -> set[Function]:
        """Return the functions through which the module itself calls ``function``.

        They are not called in the module, or it is the function itself.
        """
        tops: set[Function] = set()
        seen: set[Function] = {function}
        pending = [function]
        while pending:
            current = pending.pop()
            around = [self._tree.function_of(call) for call in self.callers(current)]
            callers = [caller for caller in around if caller is not None]
            if not callers and current is not function:
                tops.add(current)
            pending.extend(caller for caller in callers if caller not in seen)
            seen.update(callers)
        return tops

    def is_entry(self, function: Function | None) -> bool:
        """Tell whether a function starts the program, or only what does so calls it."""
        return self._is_entry(function, set())

    def _is_entry(self, function: Function | None, seen: set[cst.CSTNode]) -> bool:
        if function is None:
            return True
        if function in seen:
            return False
        seen.add(function)
        around = self._tree.function_of(function)
        if around is not None and self._is_entry(around, seen):
            return True
        if isinstance(function, cst.FunctionDef) and _starts(function, self._tree):
            return True
        callers = self.callers(function)
        return bool(callers) and all(
            self._is_entry(self._tree.function_of(call), seen) for call in callers
        )


def _starts(function: cst.FunctionDef, tree: ModuleTree) -> bool:
    parts = set(words(function.name.value))
    if {"main", "amain"} & parts and parts <= _MAIN:
        return True
    if _SCRIPTS & {part.lstrip("_") for part in tree.dotted.split(".")}:
        return True
    if tree.source.path.rsplit("/", 1)[-1] == "__main__.py":
        return True
    decorated = {last_name(decorator.decorator) for decorator in function.decorators}
    if decorated & _COMMANDS:
        return True
    owner = tree.class_of(function)
    bases = [last_name(base.value) for base in owner.bases] if owner is not None else []
    return any(base.endswith("Command") for base in bases)


def is_handler(function: Function | None, tree: ModuleTree, calls: Iterable[cst.Call]) -> bool:
    """Tell whether a web framework calls ``function`` for each request.

    Args:
        calls: the calls of the module; some register handlers.
    """
    if not isinstance(function, cst.FunctionDef):
        return False
    if any(is_route(decorator.decorator) for decorator in function.decorators):
        return True
    owner = tree.class_of(function)
    if owner is not None:
        named = function.name.value in _VIEW_METHODS
        return named and any(last_name(b.value).endswith(_VIEW_ENDINGS) for b in owner.bases)
    if _takes_a_request(function, tree):
        return True
    return any(
        last_name(call.func) in _REGISTERS and function.name.value in _names_given(call)
        for call in calls
    )


def is_route(decorator: cst.BaseExpression) -> bool:
    """Tell whether a decorator routes a path to a function: ``@app.get("/users")``."""
    if not isinstance(decorator, cst.Call) or last_name(decorator.func) not in _ROUTES:
        return False
    path = text_of(decorator.args[0].value) if decorator.args else None
    return path is not None and path.startswith("/")


def _takes_a_request(function: cst.FunctionDef, tree: ModuleTree) -> bool:
    first = next(iter((*function.params.posonly_params, *function.params.params)), None)
    if first is None:
        return False
    if first.annotation is not None:
        ref = tree.resolve(first.annotation.annotation)
        return ref is not None and ref.name in _REQUESTS
    in_views = "views" in tree.dotted.split(".")
    return in_views and first.name.value == "request"


def _names_given(call: cst.Call) -> Iterator[str]:
    for arg in call.args:
        if isinstance(arg.value, cst.Name):
            yield arg.value.value


def is_runner(call: cst.Call, function: Function | None) -> bool:
    """Tell whether a function is there to run something in a new loop, as ``call`` does in it.

    Its name says so, or it is called ``run`` and is given what it runs.
    """
    if not isinstance(function, cst.FunctionDef):
        return False
    if {"new", "loop"} <= set(words(function.name.value)):
        return True
    given = {parameter.name.value for parameter in function.params.params}
    work = call.args[0].value if call.args else None
    parts = [arg.value for arg in work.args] if isinstance(work, cst.Call) else [work]
    takes = any(isinstance(part, cst.Name) and part.value in given for part in parts)
    return function.name.value == "run" and takes
