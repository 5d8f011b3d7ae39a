"""What an expression denotes as far as other files decide it: as a term, see `facts.calls`."""

from __future__ import annotations

import ast

from exai_audit.syntax.nodes import FUNCTIONS, Function, arguments, is_none, parameters
from exai_audit.syntax.resolver import Ref, Resolver
from exai_audit.syntax.scopes import Binding, BindingKind, Scope

CALLED, AWAITED, ENTERED, PROVIDED = "()", "(await)", "(with)", "(depends)"
_PROVIDES = frozenset({
    "fastapi.Depends", "fastapi.params.Depends", "fastapi.Security",
    "fastapi.param_functions.Depends", "fast_depends.Depends", "taskiq.TaskiqDepends",
})  # fmt: skip
_LONGEST = 160
_NAMED = (BindingKind.IMPORT, BindingKind.DEFINITION)


class Terms(Resolver):
    """Resolves like `Resolver`, and where that must end at another file's function, goes on."""

    def term(self, expression: ast.expr) -> str:
        """Return the term of an expression, empty where nothing is known of it."""
        return term_of(self.resolve(expression))

    def returned(self, function: Function) -> str:
        """Return the term of what a function returns, or yields."""
        inside = self._scopes.inside(function)
        return term_of(self._yielded(function) if inside.yields else self._returned(function))

    def attribute(self, owner: ast.ClassDef, name: str) -> str:
        """Return the term of what a class holds in an attribute."""
        bound = self._attribute_bindings(owner, name)
        return term_of(self._bound(bound, self._scopes.inside(owner))) if bound else ""

    def module_variable(self, name: str) -> str:
        """Return the term of what the module holds under a name, empty for what it defines there.

        An annotation under a name (``Db = Annotated[Session, Depends(db)]``) is its class.
        """
        scope = self._scopes.module
        bound = scope.names[name]
        values = [b.value for b in bound if b.kind is BindingKind.VALUE and b.value is not None]
        if not values or any(b.kind in _NAMED for b in bound):
            return ""
        made = self._bound(bound, scope)
        is_object = made is not None and made.instance
        if not is_object and len(bound) == 1 and isinstance(values[0], ast.Subscript):
            ref = self._annotation(values[0], scope)
            return ref.name if ref is not None and "." in ref.name else ""
        return term_of(made)

    def parameter(self, function: Function, name: str) -> str:
        """Return the term that stands for an argument."""
        return f"{self._register(function)}.<{name}>"

    def _external_call(self, name: str, node: ast.Call, scope: Scope) -> Ref | None:
        if name in _PROVIDES:
            return self._provided(node, scope)
        if name == "functools.partial":
            return self._resolve(node.args[0], scope) if node.args else None
        found = super()._external_call(name, node, scope)
        if found is not None or name.startswith("builtins."):
            return found
        if len(name) > _LONGEST:
            return None
        return Ref(f"{name}{CALLED}", True)

    def _call(self, node: ast.Call, scope: Scope, awaited: bool) -> Ref | None:
        callee = self._resolve(node.func, scope)
        found = super()._call(node, scope, awaited)
        if callee is None or callee.name in self._local:
            return found
        if found is None and callee.instance and len(callee.name) <= _LONGEST:
            return Ref(f"{term_of(callee)}{CALLED}", True)
        is_open = found is not None and found.name == f"{callee.name}{CALLED}"
        return _marked(found, AWAITED) if awaited and is_open else found

    def _parameter(self, binding: Binding, owner: Scope) -> Ref | None:
        found = super()._parameter(binding, owner)
        if found is not None or not isinstance(owner.node, FUNCTIONS):
            return found
        if binding.annotation is not None and not is_none(binding.value):
            return None
        assert isinstance(binding.node, ast.arg)
        return Ref(self.parameter(owner.node, binding.node.arg), True)

    def _entered(self, manager: ast.expr, scope: Scope) -> Ref | None:
        return _marked(super()._entered(manager, scope), ENTERED)

    def _next(self, node: ast.Call, scope: Scope) -> Ref | None:
        found = super()._next(node, scope)
        if found is not None or not node.args:
            return found
        made = self._resolve(node.args[0], scope)
        return _marked(made, PROVIDED) if made is not None and made.name.endswith(CALLED) else None

    def _provided(self, node: ast.Call, scope: Scope) -> Ref | None:
        given = arguments(node)
        maker = self._resolve(given[0].value, scope) if given else None
        return Ref(f"{maker.name}{PROVIDED}", True) if maker and not maker.instance else None


def term_of(ref: Ref | None) -> str:
    """Return what is resolved as a term."""
    if ref is None or ref.name.startswith("builtins."):
        return ""
    if not ref.instance or ref.name.endswith((")", ">")):
        return ref.name
    return ref.name + CALLED


def unannotated(function: Function) -> frozenset[str]:
    """Return the parameters of a function of which nothing but an argument tells what they are."""
    return frozenset(
        one.name
        for one in parameters(function)
        if one.annotation is None and not one.star and (one.default is None or is_none(one.default))
    )


def _marked(ref: Ref | None, mark: str) -> Ref | None:
    """Replace the mark of a plain call at the end of a term."""
    if ref is not None and ref.instance and ref.name.endswith(CALLED):
        return Ref(ref.name[: -len(CALLED)] + mark, True)
    return ref
