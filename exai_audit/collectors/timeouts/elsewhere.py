"""Limits that a file sets beside the calls that these limit: on sockets, sessions, as defaults."""

from __future__ import annotations

import ast
from functools import cached_property

from exai_audit.collectors.timeouts.adapters import mounts_a_limit
from exai_audit.knowledge.calls import Call
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, last_name

RUNS = frozenset({
    "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
})  # fmt: skip
_LAST_OF_RUNS = frozenset(name.rpartition(".")[2] for name in RUNS)
_SENDS = frozenset({"request", "send", "get_adapter"})
# What names the options by which these are given their limit once they are made.
_SET_LATER = {
    "pycurl": frozenset({"TIMEOUT", "TIMEOUT_MS", "LOW_SPEED_TIME"}),
    "ldap": frozenset({"OPT_NETWORK_TIMEOUT", "OPT_TIMEOUT", "network_timeout", "timeout"}),
}
_SESSIONS = frozenset({"Session", "session"})


class Elsewhere:
    """What else of one module limits its calls."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def limits(self, call: ast.Call, row: Call) -> bool:
        """Tell whether the file sets a limit in another way for calls of a row's kind."""
        if row.timeout is None or row.timeout.waits != "network":
            return False
        if self.sets_the_default:
            return True
        root = row.name.partition(".")[0]
        if root in _SET_LATER:
            return not _SET_LATER[root].isdisjoint(self._tree.words)
        if root == "socket" or row.name == "paramiko.SSHClient.exec_command":
            return "settimeout" in self._called
        if root == "imaplib":
            return self._limits_its_socket
        if row.name.startswith("requests.Session."):
            limited = mounts_a_limit(call, self._tree)
            return limited or self._replaces or _own_class(call, self._tree)
        if root in ("smtplib", "ftplib"):
            calls = self._tree.all(ast.Call)
            return any(last_name(c.func) == "connect" and _limits(c) for c in calls)
        return False

    @cached_property
    def limits_commands(self) -> bool:
        """Whether the file limits the commands that it runs, and more than it leaves without."""
        runs = [
            call
            for call in self._tree.calls(_LAST_OF_RUNS)
            if self._tree.qualified(call.func) in RUNS
        ]
        limited = sum(argument(call, "timeout") is not None for call in runs)
        return limited > 1 and limited > len(runs) - limited

    @cached_property
    def _called(self) -> frozenset[str]:
        return frozenset(last_name(call.func) for call in self._tree.all(ast.Call))

    @cached_property
    def _limits_its_socket(self) -> bool:
        """Whether the file limits the socket of a client: ``box.socket().settimeout(5)``."""
        calls = self._tree.calls(frozenset({"settimeout"}))
        owners = (call.func.value for call in calls if isinstance(call.func, ast.Attribute))
        return any(isinstance(o, ast.Call) and last_name(o.func) == "socket" for o in owners)

    @cached_property
    def sets_the_default(self) -> bool:
        """Whether the file gives all sockets a limit: ``socket.setdefaulttimeout(5)``."""
        setters = self._tree.calls(frozenset({"setdefaulttimeout"}))
        return any(self._tree.qualified(c.func) == "socket.setdefaulttimeout" for c in setters)

    @cached_property
    def makes_sessions(self) -> bool:
        """Whether the file makes a session of requests itself."""
        makers = self._tree.calls(_SESSIONS)
        return any(self._tree.qualified(c.func) == "requests.Session" for c in makers)

    @cached_property
    def _replaces(self) -> bool:
        """Whether the file puts its own function in the place of one that sends requests."""
        targets = (t for assign in self._tree.all(ast.Assign) for t in assign.targets)
        return any(isinstance(t, ast.Attribute) and t.attr in _SENDS for t in targets)


def _limits(call: ast.Call) -> bool:
    if any(keyword.arg == "timeout" for keyword in call.keywords):
        return True
    return len(call.args) + sum(keyword.arg is None for keyword in call.keywords) > 2


def _own_class(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the receiver is of a class of this file, which may set its own limit."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    known = tree.resolve(owner) if owner is not None else None
    if known is not None and known.name.startswith(f"{tree.dotted}."):
        return True
    is_self = isinstance(owner, ast.Name) and owner.id in ("self", "cls")
    return is_self and tree.class_of(call) is not None
