"""What keys a cache, and whether there can only be so many keys."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import (
    Function,
    identifiers,
    is_called,
    is_literal,
    last_name,
    method_class,
    name_of,
    shown,
)
from exai_audit.collectors.caches.growth import entries_grow
from exai_audit.collectors.caches.key_words import (
    are_paths_alone,
    has_few_values,
    has_many_values,
    is_asked_for,
    names_digest,
)
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import Use
from exai_audit.collectors.caches.vocabulary import registers
from exai_audit.facts.caches import Openness
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Parameter, arguments, first_parameter, parameters
from exai_audit.syntax.scopes import BindingKind
from exai_audit.syntax.walk import descendants

_FEW = frozenset({
    "type", "Type", "Callable", "ModuleType", "FunctionType", "bool", "Literal", "Enum", "IntEnum",
    "StrEnum", "Flag", "IntFlag",
})  # fmt: skip
_LONGEST_PREFIX = 5
_FEW_NAMES = frozenset({
    "__class__", "cls", "klass", "func", "fn", "function", "type_", "typ", "tp", "module",
})  # fmt: skip
_LANGUAGES = frozenset({"lang", "language", "languages", "locale"})
_PASSWORDS = frozenset({"password", "passwd", "secret"})
_LONGEST = 60
_DEEPEST = 3


def shown_key(tree: ModuleTree, stored: list[Use]) -> str:
    """Return the key of the first store that gives one, as the code says it."""
    key = next((use.key for use in stored if use.key is not None), None)
    if key is None:
        return ""
    text = shown(tree, key)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def is_keyed_by_file(stored: Iterable[Use]) -> bool:
    """Tell whether the keys are the paths of files, and no time of change is part of them."""
    names = {name for use in stored if use.key is not None for name, _ in identifiers(use.key)}
    return are_paths_alone(names)


def has_few_keys(tree: ModuleTree, held: Container, stored: list[Use]) -> bool:
    """Tell whether there are only so many keys: classes, functions, backends, languages."""
    by_annotation = _is_keyed_by_classes(held.target.node, tree)
    of_many = is_asked_for(held.target.name)
    return by_annotation or all(
        _has_fixed_key(use, tree) and not (of_many and _is_plain_name(use)) for use in stored
    )


def _is_plain_name(use: Use) -> bool:
    """Tell whether a key is only a ``name``: of what, the container's name says."""
    return use.key is not None and last_name(use.key) in ("name", "names")


def openness(tree: ModuleTree, stored: list[Use], held: Container | None = None) -> Openness:
    """Return what the code shows of the number of keys: users, addresses, texts have no end.

    What a container is called says it where the keys do not (``_user_cache``), and so does an
    entry that itself grows.
    """
    names = {
        name
        for use in stored
        if use.key is not None
        for name in _open_names(use.key, use.function, tree, _DEEPEST)
    }
    found = _openness(names)
    if found is not Openness.UNSAID or held is None:
        return found
    many = is_asked_for(held.target.name) or entries_grow(held, tree)
    return Openness.OPEN if many else found


def says_which_server(stored: Iterable[Use], tree: ModuleTree) -> bool:
    """Tell whether keys are what clients log in with: the configuration says how many there are."""
    keys = ((use.key, use.function) for use in stored if use.key is not None)
    said = {word for key, function in keys for word in _all_words(key, function, tree)}
    return {"host", "port"} <= said or bool(said & _PASSWORDS)


def _all_words(key: ast.expr, function: Function | None, tree: ModuleTree) -> Iterator[str]:
    """Yield the words of the names in a key, and in what a local key is made of."""
    for name, _ in identifiers(key):
        yield from words(name)
        bindings = tree.scopes.inside(function).names.get(name, []) if function else []
        made = [one.value for one in bindings if isinstance(one.value, ast.Tuple)]
        for part, _ in identifiers(made[0]) if len(bindings) == len(made) == 1 else ():
            yield from words(part)


def openness_of(taken: Iterable[Parameter]) -> Openness:
    """Return what a function's parameters show; one that takes all there are has no end."""
    every = list(taken)
    names = {param.name for param in every}
    texts = {"domain"} if not names.isdisjoint(_LANGUAGES) else set()  # those of gettext
    params = [param for param in every if not is_fixed(param) and param.name not in texts]
    found = _openness(param.name for param in params if has_many_values(param.name))
    takes_all = any(param.star for param in params)
    return Openness.OPEN if found is Openness.UNSAID and takes_all else found


def _openness(names: Iterable[str]) -> Openness:
    known = set(names)
    if any(map(is_asked_for, known)):
        return Openness.ASKED
    return Openness.OPEN if known else Openness.UNSAID


def _open_names(
    key: ast.expr, function: Function | None, tree: ModuleTree, depth: int
) -> Iterator[str]:
    """Yield the names in a key, and in what they were assigned, whose values have no end."""
    for name, node in identifiers(key):
        if is_called(node, tree):
            continue
        if has_many_values(name):
            yield name
        bindings = tree.scopes.inside(function).names.get(name, []) if function else []
        for binding in bindings if len(bindings) == 1 and depth > 0 else ():
            if binding.kind is BindingKind.VALUE and binding.value is not None:
                yield from _open_names(binding.value, function, tree, depth - 1)


def is_fixed(param: Parameter) -> bool:
    """Tell whether a parameter's values come from a fixed set, by annotation, default or name."""
    if param.name in _FEW_NAMES or has_few_values(param.name):
        return True
    if param.default is not None and _is_switch(param.default):
        return True
    return param.annotation is not None and _names_few(param.annotation)


def _is_switch(default: ast.expr) -> bool:
    return isinstance(default, ast.Constant) and (
        isinstance(default.value, int) and default.value in (0, 1)
    )


def _names_few(annotation: ast.expr) -> bool:
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return last_name(base) in _FEW


def _is_keyed_by_classes(target: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether the annotation says so: ``dict[type, str]``."""
    definition = tree.parent(target)
    annotation = definition.annotation if isinstance(definition, ast.AnnAssign) else None
    if not isinstance(annotation, ast.Subscript):
        return False
    key = annotation.slice
    return _names_few(key.elts[0] if isinstance(key, ast.Tuple) and key.elts else key)


def _has_fixed_key(use: Use, tree: ModuleTree) -> bool:
    """Tell whether the keys of a store come from a fixed set.

    What ``__new__``, or the ``__call__`` of a metaclass, keeps are the objects made once each; what
    is registered is what the program is made of, and so are modules that are imported.
    """
    function = use.function
    if function is not None and _makes_objects(function, tree):
        return True
    around = () if function is None else (function, *tree.ancestors(function))
    if any(isinstance(one, FUNCTIONS) and registers(one.name) for one in around):
        return True
    if function is not None and _imports(function):
        return True
    return use.key is not None and _is_fixed_key(use.key, function, tree)


def _imports(function: Function) -> bool:
    calls = (node for node in descendants(function) if isinstance(node, ast.Call))
    return any(last_name(call.func) in ("import_module", "__import__") for call in calls)


def _is_fixed_key(key: ast.expr, function: Function | None, tree: ModuleTree) -> bool:
    if isinstance(key, (ast.Tuple, ast.List)):
        return bool(key.elts) and all(_is_fixed_key(part, function, tree) for part in key.elts)
    if isinstance(key, ast.Starred):
        return _is_fixed_key(key.value, function, tree)
    if isinstance(key, ast.IfExp):
        return all(_is_fixed_key(side, function, tree) for side in (key.body, key.orelse))
    if isinstance(key, ast.Call):
        return _is_fixed_call(key, function, tree)
    if is_literal(key) or _is_digest_prefix(key):
        return True
    if not isinstance(key, (ast.Name, ast.Attribute)):
        return False
    if last_name(key) in _FEW_NAMES or _names_few_things(key):
        return True
    if not isinstance(key, ast.Name) or function is None:
        return False
    return _is_fixed_local(key.id, function, tree)


def _is_digest_prefix(key: ast.expr) -> bool:
    """Tell whether a key is the first few digits of a digest: ``digest[:4]``."""
    if not isinstance(key, ast.Subscript) or not isinstance(key.slice, ast.Slice):
        return False
    upper, lower = key.slice.upper, key.slice.lower
    short = isinstance(upper, ast.Constant) and upper.value in range(1, _LONGEST_PREFIX + 1)
    return lower is None and short and names_digest(last_name(key.value))


def _is_fixed_call(key: ast.Call, function: Function | None, tree: ModuleTree) -> bool:
    """Tell whether a call makes a key of what is fixed: ``type(x)``, ``settings.hash_key()``."""
    if last_name(key.func) == "type":
        return True
    handed = arguments(key)
    if handed:
        return all(_is_fixed_key(one.value, function, tree) for one in handed)
    return isinstance(key.func, ast.Attribute) and _names_few_things(key.func.value)


def _names_few_things(node: ast.expr) -> bool:
    """Tell whether a part of ``settings.cache.hash_key`` names a fixed set; the last says most."""
    names = [name for name, _ in identifiers(node)]
    return any(map(has_few_values, names)) and not has_many_values(names[-1])


def _is_fixed_local(name: str, function: Function, tree: ModuleTree) -> bool:
    """Tell whether a parameter, or what a local name was assigned once, is of a fixed set."""
    bindings = tree.scopes.inside(function).names.get(name, [])
    if len(bindings) != 1:
        return False
    (binding,) = bindings
    if isinstance(binding.node, ast.arg):
        taken = next(one for one in parameters(function) if one.node is binding.node)
        return not _is_self(function, name, tree) and is_fixed(taken)
    if binding.kind is BindingKind.ITERATED and binding.value is not None:
        return last_name(binding.value).isupper()  # one of a constant's
    is_plain = binding.kind is BindingKind.VALUE and binding.value is not None
    return is_plain and _is_fixed_key(binding.value, function, tree)  # type: ignore[arg-type]


def _is_self(function: Function, name: str, tree: ModuleTree) -> bool:
    if isinstance(function, ast.Lambda) or first_parameter(function) != name:
        return False
    return method_class(tree, function) is not None and name != "cls"


def _makes_objects(function: Function, tree: ModuleTree) -> bool:
    name = name_of(function)
    if name == "__new__":
        return True
    owner = method_class(tree, function) if name == "__call__" else None
    return owner is not None and any(
        last_name(base).endswith(("type", "Meta")) for base in owner.bases
    )
