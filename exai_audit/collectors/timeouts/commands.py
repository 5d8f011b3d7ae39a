"""Commands that wait for another machine: ``subprocess.run(["ssh", host])``."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, last_name, text_of

_ALWAYS = frozenset({"ssh", "scp", "sftp", "rsync", "curl", "wget", "kubectl", "helm", "telnet"})
# Installers that give up by themselves (pip, yarn, pnpm) are not among them.
_WITH_VERB = {
    "git": frozenset({"clone", "fetch", "pull", "push", "ls-remote"}),
    "docker": frozenset({
        "pull", "push", "login", "run", "exec", "build", "compose", "stop", "start", "ps", "info",
        "inspect", "logs", "rm", "images", "image", "container", "network", "volume", "cp",
    }),
    "npm": frozenset({"install", "ci", "i", "view", "publish", "update", "audit"}),
    "apt-get": frozenset({"install", "update"}),
}  # fmt: skip
_LIMITS = re.compile(
    r"-m\d*\Z|--max-time|--timeout|-T\d*\Z|timeout\Z|--request-timeout|--wait-time"
)
_PARTLY = re.compile(r"ConnectTimeout|--connect-timeout|ServerAliveInterval")
_ASKS_OF_ITSELF = frozenset({"--version", "-V", "version", "--help"})
_SHELL = re.compile(r"[\s;&|]+")


def remote_command(call: ast.Call, tree: ModuleTree) -> tuple[str, bool] | None:
    """Return the program that a call runs and that waits for another machine, None for others.

    The second value tells that the command itself limits a part of its wait. A command that has a
    limit of its own counts as none.
    """
    given = argument(call, "args", 0)
    parts = _parts(given.value, tree) if given is not None else []
    if not parts or not parts[0]:
        return None
    program = parts[0].rpartition("/")[2]
    said = [part for part in parts[1:] if part]
    if any(map(_LIMITS.match, said)) or any(map(_LIMITS.match, parts[:1])):
        return None
    if program in _ALWAYS or _WITH_VERB.get(program, frozenset()) & set(said):
        if _ASKS_OF_ITSELF & set(said):
            return None
        return program, any(map(_PARTLY.search, said))
    return None


def _parts(node: ast.expr, tree: ModuleTree) -> list[str]:
    """Return the words of a command, empty for those that are not written out."""
    if isinstance(node, ast.Name):
        values = tree.bindings(node.id, node)
        is_one = len(values) == 1 and not isinstance(values[0], ast.Name)
        return _parts(values[0], tree) if is_one else []
    if isinstance(node, (ast.List, ast.Tuple)):
        return [text_of(element) or "" for element in node.elts]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_parts(node.left, tree), *_parts(node.right, tree)]
    if isinstance(node, ast.Call) and last_name(node.func) == "split":
        inner: Sequence[ast.expr] = node.args
        if not inner and isinstance(node.func, ast.Attribute):
            inner = [node.func.value]
        return _parts(inner[0], tree) if inner else []
    return _words(node)


def _words(node: ast.expr) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        text = "".join(text_of(value) or "\0" for value in node.values)
    else:
        text = text_of(node) or ""
    return [word if "\0" not in word else "" for word in _SHELL.split(text.strip())]
