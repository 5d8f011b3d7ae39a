"""What the functions of a module are: entry points, request handlers, or called by those alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.script_folders import are_run_by_people
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    arguments,
    last_name,
    parameters,
    text_of,
)

AnyFunction = Function | ast.Lambda
_MAIN = frozenset({"main", "async", "a", "run", "cli", "sync", "amain"})
_AT_EXIT = frozenset({"register"})
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


class FunctionRoles:
    """The functions of one module, who calls them, and which are entry points."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._callers: dict[AnyFunction, list[ast.Call]] = {}

    @cached_property
    def _named(self) -> dict[str, Function]:
        return {self.name(function): function for function in self._tree.functions}

    def name(self, function: Function) -> str:
        """Return the dotted name of a function."""
        return ".".join(part for part in (self._tree.dotted, self._tree.symbol(function)) if part)

    def called(self, expression: ast.expr) -> Function | None:
        """Return the function of this module that an expression denotes."""
        return self._named.get(self._tree.qualified(expression) or "")

    def calls(self) -> Iterator[ast.Call]:
        """Yield the calls that may be of a function of this module, in source order."""
        return self._tree.calls(self._names)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(function.name for function in self._tree.functions)

    def callers(self, function: AnyFunction) -> list[ast.Call]:
        """Return the calls of the module to a function of it."""
        if function not in self._callers:
            self._callers[function] = self._find_callers(function)
        return self._callers[function]

    def _find_callers(self, function: AnyFunction) -> list[ast.Call]:
        if isinstance(function, ast.Lambda):
            return []
        calls = self._tree.calls(frozenset({function.name}))
        return [call for call in calls if self.called(call.func) is function]

    def tops(self, function: AnyFunction) -> set[AnyFunction]:
        """Return the functions through which the module itself calls ``function``.

        They are not called in the module, or it is the function itself.
        """
        tops: set[AnyFunction] = set()
        seen: set[AnyFunction] = {function}
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

    def is_entry(self, function: AnyFunction | None) -> bool:
        """Tell whether a function starts the program, or only what does so calls it."""
        return self._is_entry(function, set())

    @cached_property
    def _at_exit(self) -> frozenset[Function | None]:
        """The functions that run once, when the program ends."""
        registered = (
            call
            for call in self._tree.calls(_AT_EXIT)
            if self._tree.qualified(call.func) == "atexit.register"
        )
        given = (next(iter(arguments(call)), None) for call in registered)
        return frozenset(self._meant(one.value) for one in given if one is not None)

    def _meant(self, given: ast.expr) -> Function | None:
        """Return the function of this module that is given, a method of its own object, too."""
        own = self.called(given)
        if own is not None or not isinstance(given, ast.Attribute):
            return own
        return next((one for one in self._tree.functions if one.name == given.attr), None)

    def _is_entry(self, function: AnyFunction | None, seen: set[AnyFunction]) -> bool:
        if function is None:
            return True
        if function in seen:
            return False
        seen.add(function)
        around = self._tree.function_of(function)
        if around is not None and self._is_entry(around, seen):
            return True
        if function in self._at_exit:
            return True
        if isinstance(function, FUNCTIONS) and _starts(function, self._tree):
            return True
        callers = self.callers(function)
        return bool(callers) and all(
            self._is_entry(self._tree.function_of(call), seen) for call in callers
        )


def _starts(function: Function, tree: ModuleTree) -> bool:
    parts = set(words(function.name))
    if {"main", "amain"} & parts and parts <= _MAIN:
        return True
    if are_run_by_people(part.lstrip("_") for part in tree.dotted.split(".")):
        return True
    if tree.source.path.rsplit("/", 1)[-1] == "__main__.py" or _is_migration(tree):
        return True
    decorated = {last_name(decorator) for decorator in function.decorator_list}
    if decorated & _COMMANDS:
        return True
    owner = tree.class_of(function)
    bases = [last_name(base) for base in owner.bases] if owner is not None else []
    return any(base.endswith("Command") for base in bases)


def _is_migration(tree: ModuleTree) -> bool:
    """Tell whether a module is a step of a database's migration, run once by its tool."""
    return any(
        isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value is not name
        for name in tree.named("down_revision")
        for parent in (tree.parent(name),)
    )


def is_handler(function: AnyFunction | None, tree: ModuleTree) -> bool:
    """Tell whether a web framework calls ``function`` for each request."""
    if not isinstance(function, FUNCTIONS):
        return False
    if any(is_route(decorator) for decorator in function.decorator_list):
        return True
    owner = tree.class_of(function)
    if owner is not None:
        named = function.name in _VIEW_METHODS
        return named and any(last_name(b).endswith(_VIEW_ENDINGS) for b in owner.bases)
    if _takes_a_request(function, tree):
        return True
    return any(_is_given(function.name, call) for call in tree.calls_named(_REGISTERS))


def is_route(decorator: ast.expr) -> bool:
    """Tell whether a decorator routes a path to a function: ``@app.get("/users")``."""
    if not isinstance(decorator, ast.Call) or last_name(decorator.func) not in _ROUTES:
        return False
    given = arguments(decorator)
    path = text_of(given[0].value) if given else None
    return path is not None and path.startswith("/")


def _takes_a_request(function: Function, tree: ModuleTree) -> bool:
    first = next(iter(parameters(function)), None)
    if first is None or first.star or first.by_name:
        return False
    if first.annotation is not None:
        ref = tree.resolve(first.annotation)
        return ref is not None and ref.name in _REQUESTS
    in_views = "views" in tree.dotted.split(".")
    return in_views and first.name == "request"


def _is_given(name: str, call: ast.Call) -> bool:
    values = (given.value for given in arguments(call))
    return any(isinstance(value, ast.Name) and value.id == name for value in values)


def is_runner(call: ast.Call, function: AnyFunction | None) -> bool:
    """Tell whether a function is there to run something in a new loop, as ``call`` does in it.

    Its name says so, or it is called ``run`` and is given what it runs.
    """
    if not isinstance(function, FUNCTIONS):
        return False
    if {"new", "loop"} <= set(words(function.name)):
        return True
    taken = {parameter.arg for parameter in function.args.args}
    work = next((given.value for given in arguments(call)), None)
    parts = [given.value for given in arguments(work)] if isinstance(work, ast.Call) else [work]
    takes = any(isinstance(part, ast.Name) and part.id in taken for part in parts)
    return function.name == "run" and takes
