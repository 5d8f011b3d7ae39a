"""What makes limits in several places one: a setting, a constant's name, a function's argument.

Each key is empty where a limit is not to be compared with others.
"""

from __future__ import annotations

from exai_audit.facts.timeouts import TimeoutFact, TimeoutForm
from exai_audit.knowledge.table import table
from exai_audit.project.constant_names import names_a_purpose

Key = tuple[str, ...]
# What waits for whatever it is given: how long is for each caller to say.
_WAITS = frozenset({
    "wait", "await", "get", "put", "join", "result", "poll", "acquire", "recv", "receive", "next",
    "close", "shutdown", "stop", "flush", "drain", "kill", "terminate",
})  # fmt: skip
_SETTINGS = frozenset({"config", "conf", "cfg", "settings", "options", "environ", "env", "getenv"})


def setting_key(fact: TimeoutFact) -> Key:
    """Return what names one setting for the whole project: a plain word is any mapping's key."""
    if not fact.key:
        return ()
    if fact.key.isupper() and (names_a_purpose(fact.key) or "env" in fact.operation):
        return (fact.key,)
    source = {word for part in fact.operation.split(".")[:-1] for word in part.lower().split("_")}
    is_setting = bool(source & _SETTINGS) and names_a_purpose(fact.key)
    return (fact.key,) if is_setting or "." in fact.key else ()


def constant_key(fact: TimeoutFact) -> Key:
    """Return the name of a module's constant that holds a number of its own."""
    is_constant = fact.form is TimeoutForm.MODULE_CONSTANT and not fact.place.symbol
    return (fact.name,) if is_constant and fact.name.isupper() and not fact.key else ()


def argument_key(fact: TimeoutFact) -> Key:
    """Return the function that is given a limit, under which name, and its first argument."""
    last = fact.operation.rpartition(".")[2].strip("_")
    if not last or last[:1].isupper() or last == "init":
        return ()
    if not fact.first and last.partition("_")[0] in _WAITS:
        return ()
    return (fact.operation, fact.name, fact.first)


def is_defined_in(operation: str, modules: set[str]) -> bool:
    """Tell whether a function is defined in one of the project's modules."""
    if table().call(operation) is not None:  # a folder may be named as a library is
        return False
    head = operation
    while head:
        head = head.rpartition(".")[0]
        if head in modules:
            return True
    return False
