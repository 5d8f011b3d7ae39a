"""Why a number near a wait is no policy: a tick, an end, a lease, a setting, a person's pace."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.own_settings import SETTINGS, is_a_default, stands_in_once
from exai_audit.collectors.timeouts.shapes import name_of_target, targets_of
from exai_audit.collectors.timeouts.sites import Site
from exai_audit.collectors.timeouts.ticks import is_tick
from exai_audit.facts.timeouts import TimeoutForm
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    arguments,
    dotted,
    last_name,
    receiver,
    text_of,
)

_ENDS = frozenset({
    "join", "close", "aclose", "communicate", "wait", "shutdown", "stop", "quit", "disconnect",
    "drain", "gather", "cancel", "terminate", "kill", "wait_closed", "wait_for", "result",
})  # fmt: skip
_CLOSES = frozenset({"close", "aclose", "wait_closed", "disconnect", "shutdown"})
_ENDED = frozenset({"terminate", "kill", "cancel", "send_signal", "killpg"})
_ENDING = frozenset({
    "stop", "close", "shutdown", "teardown", "cleanup", "exit", "aexit", "del", "kill", "terminate",
    "disconnect", "dispose", "aclose", "destroy", "unload", "quit", "cancel",
})  # fmt: skip
_LEASES = frozenset({
    "lease", "lifetime", "ttl", "expiry", "session", "idle", "keepalive", "visibility", "lock",
    "ban", "mute", "grace", "cooldown", "inactivity", "expiration", "keep",
})  # fmt: skip
_LOCKS = frozenset({"lock", "Lock", "Redlock", "RedisLock"})
_NAMED = (
    ("tick", frozenset({"poll", "polling", "tick"})),
    ("teardown", frozenset({"cleanup", "shutdown", "teardown"})),
)
_SETTINGS = SETTINGS | {"policy"}
_DECLARES = frozenset({"register", "define", "declare", "add", "default", "defaults"})
_PEOPLE = frozenset({
    "prompt", "confirm", "confirmation", "approval", "approve", "menu", "dialog", "modal",
    "view", "input", "reaction", "interaction", "button", "human", "paginate", "paginator",
})  # fmt: skip
_DONE_BY_PEOPLE = frozenset({
    "message", "reaction_add", "reaction_remove", "button_click", "interaction", "raw_reaction_add",
    "member_join",
})  # fmt: skip
_PLAIN = frozenset({"TIMEOUT", "DEADLINE"})
_CALLED = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)


def role_of(site: Site, operation: str, tree: ModuleTree) -> str:
    """Return the role of a site as `TimeoutFact` says it, empty for a policy."""
    if site.form is TimeoutForm.PARAMETER_DEFAULT:
        return "mirror" if _is_handed_on(site, tree) else ""
    if _is_override(site, tree):
        return "override"
    named = next((role for role, said in _NAMED if said & set(words(site.name))), "")
    if named:
        return named
    if _LEASES & set(words(site.name)) or _LOCKS & {operation.rpartition(".")[2]}:
        return "lease"
    if site.form is TimeoutForm.MAPPING_ENTRY and _is_of_defaults(site.at, tree):
        return "defaults"
    if stands_in_once(site, tree) or is_a_default(site, tree):
        return "fallback"
    if _is_constant(site):
        return "defaults"
    is_call = site.call is not None and site.form in _CALLED
    return _role_of_call(site, site.call, operation, tree) if is_call and site.call else ""


def _is_constant(site: Site) -> bool:
    """Tell whether a name in capitals, of a function or an object, holds the limit."""
    named = isinstance(site.at, (ast.Name, ast.Attribute))
    return named and site.name.isupper() and site.name not in _PLAIN


def _role_of_call(site: Site, call: ast.Call, operation: str, tree: ModuleTree) -> str:
    if _declares(call):
        return "defaults"
    if _waits_for_a_person(call, operation):
        return "person"
    if is_tick(site, operation, tree):
        return "tick"
    if _is_teardown(site, operation, tree):
        return "teardown"
    made = last_name(call.func)
    is_class = made.lstrip("_")[:1].isupper() and site.row is None
    return "setting" if is_class and _SETTINGS & set(words(made)) else ""


def _is_handed_on(site: Site, tree: ModuleTree) -> bool:
    """Tell whether a function hands its limit on under the same name, as a facade does."""
    function = _function(site.at, tree)
    if function is None:
        return False
    return any(
        keyword.arg == site.name and last_name(keyword.value) == site.name
        for call in _calls(function)
        for keyword in call.keywords
    )


def _function(node: ast.AST, tree: ModuleTree) -> Function | None:
    return next((one for one in tree.ancestors(node) if isinstance(one, FUNCTIONS)), None)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))


def _is_override(site: Site, tree: ModuleTree) -> bool:
    """Tell whether settings of another module, or the environment, are given another value."""
    target = site.at
    if isinstance(target, ast.Subscript):
        return tree.qualified(target.value) == "os.environ"
    if not isinstance(target, ast.Attribute) or not _SETTINGS & set(words(last_name(target.value))):
        return False
    root = dotted(target.value).partition(".")[0]
    return root not in ("", "self", "cls")


def _is_of_defaults(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a mapping is kept as settings or defaults, or given to a class of them."""
    for around in tree.ancestors(node):
        if isinstance(around, ast.Call) and last_name(around.func)[:1].isupper():
            return bool(_SETTINGS & set(words(last_name(around.func))))
        if isinstance(around, (ast.Assign, ast.AnnAssign)):
            named = words(name_of_target(targets_of(around)[0]))
            return bool({"default", "defaults"} & set(named))
        if isinstance(around, (ast.stmt, ast.Lambda)):
            return False
    return False


def _declares(call: ast.Call) -> bool:
    """Tell whether a call tells settings their defaults: ``config.register_guild(timeout=5)``."""
    source = receiver(call.func)
    verb = next(iter(words(last_name(call.func))), "")
    return (
        source is not None and verb in _DECLARES and bool(_SETTINGS & set(words(last_name(source))))
    )


def _waits_for_a_person(call: ast.Call, operation: str) -> bool:
    last = operation.rpartition(".")[2] or last_name(call.func)
    if _PEOPLE & set(words(last)):
        return True
    first = text_of(next((given.value for given in arguments(call)), None))
    if last != "wait_for":
        return False
    return first in _DONE_BY_PEOPLE or any(keyword.arg == "check" for keyword in call.keywords)


# The end of things


def _only_awaited(call: ast.Call, tree: ModuleTree) -> str:
    """Return what a block awaits that has nothing else, under a limit like ``timeout(2)``."""
    item = tree.parent(call)
    block = tree.parent(item) if isinstance(item, ast.withitem) else None
    if not isinstance(block, ast.AsyncWith) or len(block.body) != 1:
        return ""
    only = block.body[0]
    awaited = only.value if isinstance(only, ast.Expr) else None
    done = awaited.value if isinstance(awaited, ast.Await) else None
    return last_name(done.func) if isinstance(done, ast.Call) else ""


def _is_teardown(site: Site, operation: str, tree: ModuleTree) -> bool:
    """Tell whether a wait is for something that is being ended."""
    call = site.call
    assert call is not None
    if {operation.rpartition(".")[2], _only_awaited(call, tree)} & _CLOSES:
        return True
    if not {last_name(call.func), operation.rpartition(".")[2]} & _ENDS:
        return False
    child: ast.AST = call
    for around in tree.ancestors(call):
        if isinstance(around, ast.Try) and child in around.finalbody:
            return True
        if isinstance(around, FUNCTIONS):
            named = set(words(around.name)) & _ENDING
            return bool(named) or any(last_name(one.func) in _ENDED for one in _calls(around))
        child = around
    return False
