"""What keys a cache, and whether there can only be so many keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from exai_audit.collectors.caching.held import Held
from exai_audit.collectors.caching.syntax import (
    Function,
    Gathered,
    descendants,
    is_literal,
    last_name,
    method_class,
    name_of,
)
from exai_audit.collectors.caching.uses import Use
from exai_audit.collectors.caching.words import (
    argues_growth,
    has_few_values,
    has_many_values,
    is_asked_for,
    is_long_lived,
    registers,
)
from exai_audit.collectors.scopes import How, first_parameter
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import Openness

_FEW = frozenset({"type", "Type", "Callable", "ModuleType", "FunctionType", "bool", "Literal"})
_FEW_NAMES = frozenset({
    "__class__", "cls", "klass", "func", "fn", "function", "type_", "typ", "tp", "module",
})  # fmt: skip
_LONGEST = 60
_DEEPEST = 3


def shown_key(tree: ModuleTree, stored: list[Use]) -> str:
    """Return the key of the first store that gives one, as the code says it."""
    key = next((use.key for use in stored if use.key is not None), None)
    if key is None:
        return ""
    text = " ".join(tree.module.code_for_node(key).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def has_few_keys(tree: ModuleTree, held: Held, stored: list[Use]) -> bool:
    """Tell whether there are only so many keys: classes, functions, backends, languages."""
    by_annotation = _is_keyed_by_classes(held.target.node, tree)
    return by_annotation or all(_has_fixed_key(use, tree) for use in stored)


def openness(tree: ModuleTree, stored: list[Use]) -> Openness:
    """Return what the code shows of the number of keys: users, addresses, texts have no end."""
    names = {
        name
        for use in stored
        if use.key is not None
        for name in _open_names(use.key, use.function, tree, _DEEPEST)
    }
    return _openness(names)


def openness_of(parameters: Iterable[cst.Param]) -> Openness:
    """Return what a function's parameters show; one that takes all there are has no end."""
    params = [param for param in parameters if not is_fixed(param)]
    found = _openness(p.name.value for p in params if has_many_values(p.name.value))
    takes_all = any(param.star in ("*", "**") for param in params)
    return Openness.OPEN if found is Openness.UNSAID and takes_all else found


def _openness(names: Iterable[str]) -> Openness:
    known = set(names)
    if any(map(is_asked_for, known)):
        return Openness.ASKED
    return Openness.OPEN if known else Openness.UNSAID


def _open_names(
    key: cst.BaseExpression, function: Function | None, tree: ModuleTree, depth: int
) -> Iterator[str]:
    """Yield the names in a key, and in what they were assigned, whose values have no end."""
    for node in descendants(key):
        if not isinstance(node, cst.Name) or _is_called(node, tree):
            continue
        if has_many_values(node.value):
            yield node.value
        bindings = tree.scopes.inside(function).names.get(node.value, []) if function else []
        for binding in bindings if len(bindings) == 1 and depth > 0 else ():
            if binding.how is How.VALUE and binding.value is not None:
                yield from _open_names(binding.value, function, tree, depth - 1)


def _is_called(name: cst.Name, tree: ModuleTree) -> bool:
    """Tell whether a name is that of a function which is called: it says nothing of the values."""
    parent = tree.parent(name)
    func = parent if isinstance(parent, cst.Attribute) and parent.attr is name else name
    call = tree.parent(func)
    return isinstance(call, cst.Call) and call.func is func


def is_argued(tree: ModuleTree, node: cst.CSTNode) -> bool:
    """Tell whether a comment on the line, or right above it, speaks of the cache's growth."""
    number = tree.span(node).line
    lines = [tree.source.line(number)]
    while number > 1 and tree.source.line(number - 1).lstrip().startswith("#"):
        number -= 1
        lines.append(tree.source.line(number))
    return any(argues_growth(line.partition("#")[2]) for line in lines)


def is_long_lived_object(tree: ModuleTree, gathered: Gathered, owner: cst.CSTNode) -> bool:
    """Tell whether something shows that an object of a class lives as long as the process.

    Its name says so, the module makes one itself, or it holds a lock.
    """
    if not isinstance(owner, cst.ClassDef):
        return False
    name = owner.name.value
    if is_long_lived(name):
        return True
    for assignment in gathered.assignments:
        call = assignment.value
        makes_one = isinstance(call, cst.Call) and last_name(call.func) == name
        if makes_one and isinstance(tree.scopes.of(assignment).node, cst.Module):
            return True
    return any(
        tree.class_of(call) is owner and last_name(call.func) in ("Lock", "RLock", "Condition")
        for call in gathered.calls
    )


def is_fixed(param: cst.Param) -> bool:
    """Tell whether a parameter's values come from a fixed set, by annotation, default or name."""
    if param.name.value in _FEW_NAMES or has_few_values(param.name.value):
        return True
    if param.default is not None and _is_switch(param.default):
        return True
    return param.annotation is not None and _names_few(param.annotation.annotation)


def _is_switch(default: cst.BaseExpression) -> bool:
    if isinstance(default, cst.Integer):
        return default.value in ("0", "1")
    return isinstance(default, cst.Name) and default.value in ("True", "False")


def _names_few(annotation: cst.BaseExpression) -> bool:
    base = annotation.value if isinstance(annotation, cst.Subscript) else annotation
    return last_name(base) in _FEW


def _is_keyed_by_classes(target: cst.BaseExpression, tree: ModuleTree) -> bool:
    """Tell whether the annotation says so: ``dict[type, str]``."""
    definition = tree.parent(target)
    if not isinstance(definition, cst.AnnAssign):
        return False
    annotation = definition.annotation.annotation
    if not isinstance(annotation, cst.Subscript):
        return False
    key = annotation.slice[0].slice
    return isinstance(key, cst.Index) and _names_few(key.value)


def _has_fixed_key(use: Use, tree: ModuleTree) -> bool:
    """Tell whether the keys of a store come from a fixed set.

    What ``__new__``, or the ``__call__`` of a metaclass, keeps are the objects made once each; what
    is registered is what the program is made of, and so are modules that are imported.
    """
    function = use.function
    if isinstance(function, cst.FunctionDef) and _makes_objects(function, tree):
        return True
    if registers(name_of(function)) or (function is not None and _imports(function)):
        return True
    return use.key is not None and _is_fixed_key(use.key, function, tree)


def _imports(function: Function) -> bool:
    calls = (node for node in descendants(function) if isinstance(node, cst.Call))
    return any(last_name(call.func) in ("import_module", "__import__") for call in calls)


def _is_fixed_key(key: cst.BaseExpression, function: Function | None, tree: ModuleTree) -> bool:
    if isinstance(key, (cst.Tuple, cst.List)):
        return bool(key.elements) and all(
            _is_fixed_key(element.value, function, tree) for element in key.elements
        )
    if isinstance(key, cst.IfExp):
        return all(_is_fixed_key(side, function, tree) for side in (key.body, key.orelse))
    if isinstance(key, cst.Call):
        return _is_fixed_call(key, function, tree)
    if not isinstance(key, (cst.Name, cst.Attribute)):
        return is_literal(key)
    if is_literal(key) or last_name(key) in _FEW_NAMES or _names_few_things(key):
        return True
    if not isinstance(key, cst.Name) or function is None:
        return False
    return _is_fixed_local(key.value, function, tree)


def _is_fixed_call(key: cst.Call, function: Function | None, tree: ModuleTree) -> bool:
    """Tell whether a call makes a key of what is fixed: ``type(x)``, ``settings.hash_key()``."""
    if last_name(key.func) == "type":
        return True
    if key.args:
        return all(_is_fixed_key(arg.value, function, tree) for arg in key.args)
    return isinstance(key.func, cst.Attribute) and _names_few_things(key.func.value)


def _names_few_things(node: cst.BaseExpression) -> bool:
    """Tell whether a part of ``settings.cache.hash_key`` names a fixed set; the last says most."""
    names = [n.value for n in descendants(node) if isinstance(n, cst.Name)]
    return any(map(has_few_values, names)) and not has_many_values(names[-1])


def _is_fixed_local(name: str, function: Function, tree: ModuleTree) -> bool:
    """Tell whether a parameter, or what a local name was assigned once, is of a fixed set."""
    bindings = tree.scopes.inside(function).names.get(name, [])
    if len(bindings) != 1:
        return False
    (binding,) = bindings
    if isinstance(binding.node, cst.Param):
        return not _is_self(function, name, tree) and is_fixed(binding.node)
    is_plain = binding.how is How.VALUE and binding.value is not None
    return is_plain and _is_fixed_key(binding.value, function, tree)  # type: ignore[arg-type]


def _is_self(function: Function, name: str, tree: ModuleTree) -> bool:
    if not isinstance(function, cst.FunctionDef) or first_parameter(function) != name:
        return False
    return method_class(tree, function) is not None and name != "cls"


def _makes_objects(function: cst.FunctionDef, tree: ModuleTree) -> bool:
    name = function.name.value
    if name == "__new__":
        return True
    owner = method_class(tree, function)
    return (
        name == "__call__"
        and owner is not None
        and any(last_name(base.value).endswith(("type", "Meta")) for base in owner.bases)
    )
