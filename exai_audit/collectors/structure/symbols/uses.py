"""Which names of its module a statement needs, and when."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Set
from keyword import iskeyword
from typing import Any

from msgspec import Struct, field

from exai_audit.syntax.walk import children

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_MUTATORS = frozenset({
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem",
    "popleft", "remove", "setdefault", "update",
})  # fmt: skip
_NOTHING: frozenset[str] = frozenset()


class Uses(Struct):
    """Names of the module: needed at import, later, by annotations only, assigned, changed.

    ``relative`` are the lines of relative imports.
    """

    eager: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    mutates: set[str] = field(default_factory=set)
    relative: list[int] = field(default_factory=list)


def uses_of(statements: Iterable[ast.stmt], annotations_run: bool) -> Uses:
    """Return what ``statements`` at the top of a module need of it.

    Args:
        annotations_run: False where ``from __future__ import annotations`` is in force.
    """
    found = Uses()
    module = _Scope(_Needs(found.eager, found.typed, found.mutates))
    _Reader(found, annotations_run).read(statements, module, found.eager)
    return found


class _Needs(Struct):
    """Names that are looked up outside of a scope: when it runs, by annotations, to be changed."""

    run: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def add(self, other: _Needs, without: Set[str]) -> None:
        """Take over the needs of a scope inside."""
        self.run |= other.run - without
        if other.typed:
            self.typed |= other.typed - without
        if other.changed:
            self.changed |= other.changed - without

    def only(self, names: set[str]) -> _Needs:
        return _Needs(self.run & names, self.typed & names, self.changed & names)


class _Scope(Struct):
    """The module, or a scope inside it.

    A function binds its names in all of it, so that it is known at its end only what it needs. In
    a module, a class and a comprehension what is bound already is no need: they share their
    ``needs`` with what is around them. ``deferred`` is what does not run at import.
    """

    needs: _Needs
    bound: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    around: _Scope | None = None
    deferred: bool = False
    is_function: bool = False
    is_comprehension: bool = False

    @property
    def in_order(self) -> bool:
        """Whether it matters for what is looked up what has been bound before."""
        return not (self.is_function or (self.is_comprehension and self.deferred))

    def of_inner(self) -> Set[str]:
        """Return the names that the scopes inside a comprehension see in it."""
        return self.bound if self.is_comprehension and self.deferred else _NOTHING


class _Reader:
    def __init__(self, found: Uses, annotations_run: bool) -> None:
        self._found = found
        self._of_module = _Needs(found.deferred, found.typed, found.mutates)
        self._annotations_run = annotations_run

    def read(self, nodes: Iterable[ast.AST], scope: _Scope, names: set[str]) -> None:
        """Read nodes of a scope, and all below them.

        Args:
            names: takes what is looked up: those of annotations or the others.
        """
        if scope.in_order:
            self._read_in_order(nodes, scope, names)
            return
        own = _NOTHING if scope.is_function else scope.bound
        visits = _VISITS
        waiting: list[Any] = [*nodes]
        for node in waiting:  # which grows on the way
            kind = type(node)
            while kind in _OF_ONE_VALUE:
                node = node.value
                kind = type(node)
            if kind is ast.Name:
                if type(node.ctx) is not ast.Load:
                    self._bind(node.id, scope)
                elif node.id not in own:
                    names.add(node.id)
            elif kind is ast.Call:  # the two commonest, so without a call of another function
                function = node.func
                if type(function) is ast.Attribute and function.attr in _MUTATORS:
                    self._changed(function, scope)
                elif type(function) is ast.Name and function.id in _TAKE_TYPES:
                    self.types_in(node, scope)
                waiting.append(function)
                waiting += node.args
                if node.keywords:
                    waiting += [given.value for given in node.keywords]
            elif kind is ast.Assign:
                waiting.append(node.value)
                for target in node.targets:
                    if type(target) is ast.Name:
                        scope.bound.add(target.id)
                    else:
                        self._changed(target, scope)
                        waiting.append(target)
            elif kind in visits:
                waiting += visits[kind](self, node, scope, names)
            elif kind not in _NAMELESS:
                waiting += children(node)

    def _read_in_order(self, nodes: Iterable[ast.AST], scope: _Scope, names: set[str]) -> None:
        stack = [*nodes]
        stack.reverse()
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                self._named(node, scope, names, scope.bound)
            elif not isinstance(node, ast.Constant):
                visit = _VISITS.get(type(node))
                found = visit(self, node, scope, names) if visit else children(node)
                found.reverse()
                stack += found

    def _named(self, node: ast.Name, scope: _Scope, names: set[str], own: Set[str]) -> None:
        if type(node.ctx) is not ast.Load:
            self._bind(node.id, scope)
        elif node.id not in own:
            names.add(node.id)

    def _bind(self, name: str, scope: _Scope) -> None:
        if scope.is_function:
            scope.bound.add(name)
        elif scope.is_comprehension:
            self._bind_around(name, scope)
        elif name in scope.declared:
            self._found.rebinds.add(name)
        elif scope.around is not None:
            scope.bound.add(name)

    def _bind_around(self, name: str, scope: _Scope) -> None:
        """Bind ``name := …`` in a comprehension, in the function that this stands in."""
        if not scope.deferred:
            scope.bound.add(name)
        outer: _Scope | None = scope
        while outer is not None and outer.is_comprehension:
            outer = outer.around
        if outer is not None:
            outer.hidden.add(name)

    def _changed(self, target: ast.expr, scope: _Scope) -> None:
        if isinstance(target, (ast.Subscript, ast.Attribute)):
            owner = target.value
            if isinstance(owner, ast.Name) and (scope.is_function or owner.id not in scope.bound):
                scope.needs.changed.add(owner.id)

    # Scopes

    def _function(self, node: _Function, scope: _Scope, names: set[str]) -> list[ast.AST]:
        if node.decorator_list:
            self.read(node.decorator_list, scope, names)
        taken = _all_arguments(node.args)
        self._signature(node.args, taken, scope, names)
        if node.returns is not None:
            self._annotation(node.returns, scope, names)
        self._bind(node.name, scope)
        bound = {argument.arg for argument in taken} | _type_parameters(node)
        self._inside(node.body, bound, scope, names)
        return []

    def _lambda(self, node: ast.Lambda, scope: _Scope, names: set[str]) -> list[ast.AST]:
        taken = _all_arguments(node.args)
        self._signature(node.args, taken, scope, names)
        self._inside((node.body,), {argument.arg for argument in taken}, scope, names)
        return []

    def _inside(
        self, body: Iterable[ast.AST], bound: set[str], scope: _Scope, names: set[str]
    ) -> None:
        inner = _Scope(_Needs(), bound, around=scope, deferred=True, is_function=True)
        needs = inner.needs
        self.read(body, inner, needs.typed if names is scope.needs.typed else needs.run)
        self._leave(inner, bound | inner.hidden if inner.hidden else bound)

    def _leave(self, inner: _Scope, own: set[str]) -> None:
        """Hand on what a scope needs, but for its own names, to the one around it."""
        scope, found, needs = inner.around, self._found, inner.needs
        assert scope is not None
        if inner.declared:
            found.rebinds |= inner.bound & inner.declared
            self._of_module.add(needs.only(inner.declared), _NOTHING)
            own = own | inner.declared
        if scope.deferred:
            scope.needs.add(needs, own | scope.of_inner())
        else:
            self._of_module.add(needs, own)

    def _class(self, node: ast.ClassDef, scope: _Scope, names: set[str]) -> list[ast.AST]:
        before = [*node.decorator_list, *node.bases, *(given.value for given in node.keywords)]
        if before:
            self.read(before, scope, names)
        declared = _declared_global(node.body)
        is_apart = bool(declared) and scope.deferred
        needs = _Needs() if is_apart else scope.needs
        bound = _type_parameters(node)
        inner = _Scope(needs, bound, declared=declared, around=scope, deferred=scope.deferred)
        self.read(node.body, inner, needs.run)
        if is_apart:
            self._leave(inner, set())
        self._bind(node.name, scope)
        return []

    def _comprehension(self, node: _Comprehension, scope: _Scope, names: set[str]) -> list[ast.AST]:
        """Read a comprehension as part of what is around it: it runs then and there."""
        self.read((node.generators[0].iter,), scope, names)
        bound = {name for clause in node.generators for name in _names_in(clause.target)}
        bound.update(scope.of_inner())
        inner = _Scope(
            scope.needs, bound, around=scope, deferred=scope.deferred, is_comprehension=True
        )
        self.read(_run_inside(node), inner, names)
        return []

    # Annotations

    def _signature(
        self, given: ast.arguments, taken: list[ast.arg], scope: _Scope, names: set[str]
    ) -> None:
        if given.defaults or given.kw_defaults:
            defaults = [*given.defaults, *(default for default in given.kw_defaults if default)]
            self.read(defaults, scope, names)
        for argument in taken:
            if argument.annotation is not None:
                self._annotation(argument.annotation, scope, names)

    def _annotated(self, node: ast.AnnAssign, scope: _Scope, names: set[str]) -> list[ast.AST]:
        if node.value is not None:
            self.read((node.value,), scope, names)
        self._annotation(node.annotation, scope, names)
        return [node.target]

    def _annotation(self, node: ast.expr, scope: _Scope, names: set[str]) -> None:
        typed = scope.needs.typed
        names = names if self._annotations_run else typed
        if isinstance(node, ast.Name):
            self._named(node, scope, names, _NOTHING if scope.is_function else scope.bound)
            return
        self.read((node,), scope, names)
        for text in _strings(node):
            self.read(_expression(text), scope, typed)

    def types_in(self, node: ast.Call, scope: _Scope) -> None:
        """Read the types that a call such as ``cast("Name", value)`` takes in quotes."""
        given = node.args[last_name(node.func) in _NAMED_FIRST :]
        for value in (*given, *(keyword.value for keyword in node.keywords)):
            for text in _strings(value):
                self.read(_expression(text), scope, scope.needs.typed)

    # What binds, and what is changed

    def _imported(
        self, node: ast.Import | ast.ImportFrom, scope: _Scope, names: set[str]
    ) -> list[ast.AST]:
        if isinstance(node, ast.ImportFrom) and node.level:
            self._found.relative.append(node.lineno)
        for name in names_bound(node):
            self._bind(name, scope)
        return []

    def _global(self, node: ast.Global, scope: _Scope, names: set[str]) -> list[ast.AST]:
        self._found.deferred.update(node.names)
        if scope.is_function:
            scope.declared.update(node.names)
        return []

    def _binding(self, node: ast.AST, scope: _Scope, names: set[str]) -> list[ast.AST]:
        """Read what binds a name beside those in it: a handler, a pattern, ``nonlocal``."""
        scope.hidden.update(names_bound(node))
        return children(node)

    def _assigned(self, node: ast.Assign, scope: _Scope, names: set[str]) -> list[ast.AST]:
        self.read((node.value,), scope, names)
        for target in node.targets:
            self._changed(target, scope)
            self.read((target,), scope, names)
        return []

    def _augmented(self, node: ast.AugAssign, scope: _Scope, names: set[str]) -> list[ast.AST]:
        self.read((node.value,), scope, names)
        self._again(node.target, scope, names)
        return []

    def _deleted(self, node: ast.Delete, scope: _Scope, names: set[str]) -> list[ast.AST]:
        for target in node.targets:
            self._again(target, scope, names)
        return []

    def _again(self, target: ast.expr, scope: _Scope, names: set[str]) -> None:
        """Read a target that is looked up before it is bound anew, or deleted."""
        self._changed(target, scope)
        if isinstance(target, ast.Name):
            self.read((ast.Name(target.id, ast.Load()),), scope, names)
        self.read((target,), scope, names)


_NAMED_FIRST = frozenset({"TypeVar", "NewType"})
_GENERIC = frozenset({"dict", "frozenset", "list", "set", "tuple", "type"})
_TAKE_TYPES = _NAMED_FIRST | {"cast", "ForwardRef"}


def _call(reader: _Reader, node: ast.Call, scope: _Scope, names: set[str]) -> list[ast.AST]:
    function = node.func
    if type(function) is ast.Attribute and function.attr in _MUTATORS:
        reader._changed(function, scope)
    if last_name(function) in _TAKE_TYPES:
        reader.types_in(node, scope)
    if node.keywords:
        return [function, *node.args, *[given.value for given in node.keywords]]
    return [function, *node.args]


def _subscript(
    reader: _Reader, node: ast.Subscript, scope: _Scope, names: set[str]
) -> list[ast.AST]:
    """Read ``Union["Name", None]``: what stands in quotes in a type is a type."""
    name = last_name(node.value)
    if name[:1].isupper() or name in _GENERIC:
        for text in _strings(node):
            reader.read(_expression(text), scope, scope.needs.typed)
    return [node.value, node.slice]


def _choice(reader: _Reader, node: ast.IfExp, scope: _Scope, names: set[str]) -> list[ast.AST]:
    return [node.test, node.body, node.orelse]  # as they run: the test may bind a name


_VISITS: dict[type[ast.AST], Callable[[_Reader, Any, _Scope, set[str]], list[ast.AST]]] = {
    ast.Call: _call, ast.FunctionDef: _Reader._function, ast.AsyncFunctionDef: _Reader._function,
    ast.Lambda: _Reader._lambda, ast.ClassDef: _Reader._class,
    ast.ListComp: _Reader._comprehension, ast.SetComp: _Reader._comprehension,
    ast.DictComp: _Reader._comprehension, ast.GeneratorExp: _Reader._comprehension,
    ast.AnnAssign: _Reader._annotated, ast.Import: _Reader._imported,
    ast.ImportFrom: _Reader._imported, ast.Global: _Reader._global,
    ast.Nonlocal: _Reader._binding, ast.ExceptHandler: _Reader._binding,
    ast.MatchAs: _Reader._binding, ast.MatchStar: _Reader._binding,
    ast.MatchMapping: _Reader._binding, ast.Assign: _Reader._assigned,
    ast.AugAssign: _Reader._augmented, ast.Delete: _Reader._deleted, ast.IfExp: _choice,
    ast.Subscript: _subscript,
}  # fmt: skip
_OF_ONE_VALUE = frozenset({ast.Attribute, ast.Expr, ast.Return, ast.Starred, ast.Await})
_NAMELESS = frozenset({ast.Constant, ast.Pass, ast.Break, ast.Continue, type(None)})


def _run_inside(node: _Comprehension) -> list[ast.AST]:
    """Return what a comprehension runs in its own scope: all but its first iterable."""
    found: list[ast.AST] = []
    for number, clause in enumerate(node.generators):
        if number:
            found.append(clause.iter)
        found += clause.ifs
    if isinstance(node, ast.DictComp):
        return [*found, node.key, node.value]
    return [*found, node.elt]


def _names_in(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    else:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if arguments.vararg is not None:
        found.append(arguments.vararg)
    if arguments.kwarg is not None:
        found.append(arguments.kwarg)
    return found


def _strings(node: ast.expr) -> list[str]:
    """Return the strings of an annotation: forward references, but for a ``Literal``'s values."""
    found: list[str] = []
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Constant):
            if isinstance(part.value, str):
                found.append(part.value)
        elif not isinstance(part, ast.Name) and not (
            isinstance(part, ast.Subscript) and last_name(part.value) == "Literal"
        ):
            stack.extend(children(part))
    return found


def _expression(text: str) -> list[ast.expr]:
    """Return the expression that a text is, none where it is no expression."""
    plain = text.strip()
    if plain.isascii() and plain.isidentifier() and not iskeyword(plain):
        return [ast.Name(plain, ast.Load())]
    try:
        return [ast.parse(plain, mode="eval").body]
    except (SyntaxError, ValueError):
        return []


def last_name(node: ast.expr) -> str:
    """Return the identifier that a name or an attribute ends with, empty for all else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def names_bound(node: ast.AST) -> Iterable[str]:
    """Return the names that a node itself binds in the scope it stands in."""
    if isinstance(node, ast.Name):
        return (node.id,) if not isinstance(node.ctx, ast.Load) else ()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [a.asname or a.name.partition(".")[0] for a in node.names if a.name != "*"]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    if isinstance(node, ast.Nonlocal):
        return node.names
    return ()


def _type_parameters(node: ast.AST) -> set[str]:
    return {parameter.name for parameter in getattr(node, "type_params", ())}


def _declared_global(body: Iterable[ast.stmt]) -> set[str]:
    return {name for node in body if isinstance(node, ast.Global) for name in node.names}
