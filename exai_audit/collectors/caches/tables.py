"""Tables of a module's constants, and names that only get past them if they are keys of one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.uses import Act, uses
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, is_none, last_name, receiver
from exai_audit.syntax.scopes import Binding, BindingKind

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_READS = frozenset({Act.LOOK_UP, Act.GO_OVER, Act.MEASURE})
_TABLES = (ast.Dict, ast.DictComp, ast.Set, ast.List, ast.Tuple)
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_Ending = ast.If | ast.ExceptHandler


def is_key_of_a_table(name: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether code is only reached if a name is a key of a table of the module.

    It was read from the table, which raises for any other, or asked for in it, and the function was
    left where it was not there.
    """
    child: ast.AST = name
    for around in tree.ancestors(name):
        if isinstance(child, ast.stmt):
            block, index = tree.place_in_block(child)
            if any(_checks(one, name.id, tree) for one in block[:index]):
                return True
            if isinstance(around, ast.If) and _lets_in(around, child, name.id, tree):
                return True
        if isinstance(around, (*FUNCTIONS, ast.Lambda)):
            return False
        child = around
    return False


def goes_over_a_table(name: str, binding: Binding, tree: ModuleTree) -> bool:
    """Tell whether a name stands for one key of a table of the module after the other."""
    loop = binding.node
    if not isinstance(loop, _LOOPS):
        return False
    if not isinstance(loop.iter, ast.Call):
        return _is_table(loop.iter, tree)
    method = last_name(loop.iter.func)
    elements = loop.target.elts if isinstance(loop.target, ast.Tuple) else (loop.target,)
    is_key = isinstance(elements[0], ast.Name) and elements[0].id == name
    is_view = method == "keys" or (method == "items" and len(elements) > 1)
    return is_key and is_view and _is_table(receiver(loop.iter.func), tree)


def _is_table(node: ast.expr | None, tree: ModuleTree) -> bool:
    """Tell whether an expression names a table: constants of the module that nothing adds to."""
    if not isinstance(node, ast.Name):
        return False
    scope = tree.scopes.owner(node.id, tree.scopes.of(node))
    bound = scope.names.get(node.id, []) if scope is not None else []
    if len(bound) != 1:
        return False
    if bound[0].kind is BindingKind.IMPORT:
        return node.id.isupper()
    made = bound[0].value
    is_made = isinstance(made, _TABLES) and not _is_empty(made)
    if scope is not tree.scopes.module or not is_made:
        return False
    named = [one for one in tree.named(node.id) if tree.parent(one) is not bound[0].node]
    return all(use.act in _READS for use in uses(tree, named))


def _is_empty(made: ast.expr) -> bool:
    parts = made.keys if isinstance(made, ast.Dict) else getattr(made, "elts", (made,))
    return not parts


def _lets_in(branch: ast.If, inside: ast.AST, name: str, tree: ModuleTree) -> bool:
    return inside in branch.body and _asks(branch.test, name, ast.In, tree)


def _checks(statement: ast.AST, name: str, tree: ModuleTree) -> bool:
    """Tell whether a statement is only got past if a name is a key of a table."""
    if isinstance(statement, ast.If):
        return _leaves(statement) and _is_missed(statement, name, tree)
    if isinstance(statement, ast.Try):
        read = any(_checks(one, name, tree) for one in statement.body)
        return read and all(map(_leaves, statement.handlers))
    if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)) or not statement.value:
        return False
    parts = ast.walk(statement.value)
    return any(isinstance(one, ast.Subscript) and _is_entry(one, name, tree) for one in parts)


def _is_missed(branch: ast.If, name: str, tree: ModuleTree) -> bool:
    """Tell whether a branch is taken whenever a name is no key of a table."""
    if any(_asks(test, name, ast.NotIn, tree) for test in _alternatives(branch.test)):
        return True
    block, index = tree.place_in_block(branch)
    got = block[index - 1] if index else None
    if not isinstance(got, ast.Assign) or not _is_got(got.value, name, tree):
        return False
    target = got.targets[0]
    return isinstance(target, ast.Name) and any(
        _is_nothing(test, target.id) for test in _alternatives(branch.test)
    )


def _alternatives(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the conditions each of which alone makes a test true."""
    is_choice = isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or)
    yield from test.values if is_choice else (test,)  # type: ignore[attr-defined]


def _leaves(branch: _Ending) -> bool:
    return isinstance(branch.body[-1], _LEAVES)


def _asks(test: ast.expr, name: str, how: type[ast.cmpop], tree: ModuleTree) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        other = ast.In if how is ast.NotIn else ast.NotIn
        return _asks(test.operand, name, other, tree)
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], how):
        return False
    is_name = isinstance(test.left, ast.Name) and test.left.id == name
    return is_name and _is_table(test.comparators[0], tree)


def _is_nothing(test: ast.expr, name: str) -> bool:
    """Tell whether a test asks whether a name stands for nothing."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name) and test.operand.id == name
    is_compared = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is)
    if not is_compared or not isinstance(test, ast.Compare) or not is_none(test.comparators[0]):
        return False
    return isinstance(test.left, ast.Name) and test.left.id == name


def _is_entry(entry: ast.Subscript, name: str, tree: ModuleTree) -> bool:
    key = entry.slice
    return isinstance(key, ast.Name) and key.id == name and _is_table(entry.value, tree)


def _is_got(value: ast.expr, name: str, tree: ModuleTree) -> bool:
    """Tell whether a value is ``TABLE.get(name)``: nothing for what is no key."""
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return False
    key, table = value.args[0], receiver(value.func)
    is_get = isinstance(value.func, ast.Attribute) and value.func.attr == "get"
    return is_get and isinstance(key, ast.Name) and key.id == name and _is_table(table, tree)
