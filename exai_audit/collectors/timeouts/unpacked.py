"""What ``**options`` hands to a call, where the module shows all the keys of the mapping."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.carriers import hands_on_the_rest
from exai_audit.collectors.timeouts.shapes import is_target
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, dotted, last_name, text_of
from exai_audit.syntax.scopes import BindingKind, Scope

_Around = frozenset[tuple[ast.AST, str]]
"""The functions and their names that are being looked into: each is entered once."""
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_PROPERTIES = frozenset({"property", "cached_property"})
_READS = frozenset({"get", "items", "keys", "values", "copy", "pop"})
_WRITES = frozenset({"update", "setdefault"})


def unpacked_keys(call: ast.Call, tree: ModuleTree) -> frozenset[str] | None:
    """Return the keys of all mappings that a call unpacks, None where one may hold others too."""
    keys: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is None:
            found = _keys_of(keyword.value, tree, frozenset())
            if found is None:
                return None
            keys |= found
    return frozenset(keys)


def handing_on(call: ast.Call, tree: ModuleTree) -> str:
    """Return the function, by its name in the module, whose other keywords a call is handed.

    Empty where it is handed none of these.
    """
    function = hands_on_the_rest(call, tree)
    if function is None or function.args.kwarg is None:
        return ""
    bound = tree.scopes.inside(function).names.get(function.args.kwarg.arg, ())
    return tree.symbol(call) if len(bound) == 1 else ""


def keys_besides(call: ast.Call, tree: ModuleTree) -> frozenset[str] | None:
    """Return the keys that a call is handed besides those of its function's callers.

    None where there may be others.
    """
    function = tree.function_of(call)
    rest = function.args.kwarg.arg if function is not None and function.args.kwarg else ""
    scope = tree.scopes.of(call)
    found = (
        _keys_used(k.value, scope, tree, frozenset())
        if isinstance(k.value, ast.Name) and k.value.id == rest
        else _keys_of(k.value, tree, frozenset())
        for k in call.keywords
        if k.arg is None
    )
    keys = _all(found)
    return None if keys is None else frozenset(keys)


def _is_later(node: ast.AST, than: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a node runs after another in one function, outside of any loop."""
    if tree.span(node).line <= tree.span(than).end_line:
        return False
    return not any(isinstance(one, _LOOPS) for one in tree.ancestors(than))


def _keys_of(node: ast.expr, tree: ModuleTree, around: _Around) -> set[str] | None:
    if isinstance(node, ast.Dict):
        return _all(
            _key(key, value, tree, around)
            for key, value in zip(node.keys, node.values, strict=True)
        )
    if isinstance(node, ast.Call) and tree.qualified(node.func) == "builtins.dict":
        keywords = (({k.arg} if k.arg else _keys_of(k.value, tree, around)) for k in node.keywords)
        return None if node.args else _all(keywords)
    if isinstance(node, ast.Call):
        return _keys_returned(node, tree, around)
    if isinstance(node, ast.IfExp):
        return _all((_keys_of(node.body, tree, around), _keys_of(node.orelse, tree, around)))
    if isinstance(node, ast.Attribute):
        return _keys_of_property(node, tree, around)
    return _keys_of_name(node, tree, around) if isinstance(node, ast.Name) else None


def _keys_of_property(node: ast.Attribute, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keys of the mappings that a property of the same class returns."""
    owner = tree.class_of(node)
    if owner is None or dotted(node) != f"self.{node.attr}" or (owner, node.attr) in around:
        return None
    bindings = tree.scopes.inside(owner).names.get(node.attr, [])
    made = bindings[0].node if len(bindings) == 1 else None
    if not isinstance(made, ast.FunctionDef) or not made.decorator_list:
        return None
    if {last_name(one) for one in made.decorator_list} - _PROPERTIES:
        return None
    returns = tree.scopes.inside(made).returns
    within = around | {(owner, node.attr)}
    return _all(_keys_of(one, tree, within) for one in returns) if returns else None


def _key(
    key: ast.expr | None, value: ast.expr, tree: ModuleTree, around: _Around
) -> set[str] | None:
    if key is None:
        return _keys_of(value, tree, around)
    text = text_of(key)
    return {text} if text is not None else None


def _all(found: Iterator[set[str] | None] | tuple[set[str] | None, ...]) -> set[str] | None:
    keys: set[str] = set()
    for one in found:
        if one is None:
            return None
        keys |= one
    return keys


def _keys_of_name(node: ast.Name, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keys of a mapping that one function makes and keeps to itself."""
    scope = tree.scopes.owner(node.id, tree.scopes.of(node))
    if scope is None or scope is not tree.scopes.of(node) or isinstance(scope.node, ast.Module):
        return None
    bindings = scope.names[node.id]
    taker = scope.node
    if (taker, node.id) in around:
        return set()
    around |= {(taker, node.id)}
    if len(bindings) == 1 and isinstance(taker, FUNCTIONS) and _takes_the_rest(taker, node.id):
        handed = _keys_handed(taker, tree, around)
        return None if handed is None else _all((handed, _keys_used(node, scope, tree, around)))
    if any(b.kind is not BindingKind.VALUE or not _is_made_here(b.value) for b in bindings):
        return None
    made = _all(_keys_of(b.value, tree, around) for b in bindings if b.value is not None)
    return None if made is None else _all((made, _keys_used(node, scope, tree, around)))


def _keys_used(node: ast.Name, scope: Scope, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keys that a function adds to a mapping before it unpacks it at ``node``."""
    uses = (one for one in tree.named(node.id) if not is_target(one, tree))
    return _all(
        _keys_of_use(one, tree, around)
        for one in uses
        if tree.scopes.of(one) is scope and not _is_later(one, node, tree)
    )


def _takes_the_rest(function: Function, name: str) -> bool:
    """Tell whether a private function takes all other keywords under a name."""
    rest = function.args.kwarg
    private = function.name.startswith("_") and not function.name.endswith("__")
    return private and rest is not None and rest.arg == name


def _keys_handed(function: Function, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keywords that the calls of a function in this module give it, None without any.

    A function that hands its own on to itself adds none to them.
    """
    calls = list(tree.calls(frozenset({function.name})))
    given = (
        ({k.arg} if k.arg else _keys_of(k.value, tree, around)) for c in calls for k in c.keywords
    )
    return _all(given) if calls else None


def _keys_returned(call: ast.Call, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keys of the mappings that a function of this module makes and returns."""
    name = tree.qualified(call.func) or ""
    own = (f for f in tree.functions if f"{tree.dotted}.{tree.symbol(f)}".strip(".") == name)
    function = next(own, None)
    if function is None or (function, "") in around:
        return None
    within = around | {(function, "")}
    returns = tree.scopes.inside(function).returns
    return _all(_keys_of(one, tree, within) for one in returns) if returns else None


def _is_made_here(value: ast.expr | None) -> bool:
    return isinstance(value, (ast.Dict, ast.Call))


def _keys_of_use(node: ast.Name, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keys that one use of a mapping adds to it, None where that cannot be seen."""
    holder = tree.parent(node)
    if isinstance(holder, ast.Subscript) and holder.value is node:
        key = text_of(holder.slice)
        if key is not None:
            return {key}
        return None if is_target(holder, tree) else set()
    if isinstance(holder, (ast.keyword, ast.Dict)):
        is_copied = isinstance(holder, ast.Dict) or holder.arg is None
        return set() if is_copied else None
    if isinstance(holder, (ast.Compare, ast.FormattedValue, ast.If, ast.BoolOp, ast.UnaryOp)):
        return set()
    outer = tree.parent(holder) if isinstance(holder, ast.Attribute) else None
    if not isinstance(holder, ast.Attribute) or not isinstance(outer, ast.Call):
        return None
    if holder.attr in _READS:
        return set()
    return _added(outer, tree, around) if holder.attr in _WRITES else None


def _added(call: ast.Call, tree: ModuleTree, around: _Around) -> set[str] | None:
    """Return the keys that ``options.update(…)`` or ``options.setdefault(…)`` adds."""
    if dotted(call.func).endswith(".setdefault"):
        key = text_of(call.args[0]) if call.args else None
        return {key} if key is not None else None
    keywords = (({k.arg} if k.arg else _keys_of(k.value, tree, around)) for k in call.keywords)
    given = (_keys_of(one, tree, around) for one in call.args)
    return _all(found for part in (keywords, given) for found in part)
