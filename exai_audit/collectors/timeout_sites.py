"""Where a file supplies or names a limit: each form of site, before overlapping ones are merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import libcst as cst

from exai_audit.collectors.scopes import How, dotted
from exai_audit.collectors.timeout_lookalikes import (
    gives_lifetime,
    is_lifetime,
    names_no_limit,
    says_only,
)
from exai_audit.collectors.timeout_values import (
    CASTS,
    Value,
    ValueReader,
    argument,
    is_literal,
    last_name,
    text_of,
)
from exai_audit.collectors.timeout_words import (
    is_plural,
    is_timeout_key,
    is_timeout_like,
    unit_scale,
    words,
)
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.timeouts import Category, TimeoutForm, ValueKind
from exai_audit.knowledge.table import Call, table

_OPTIONS = frozenset({"add_argument", "add_option", "option", "Option"})
_MAPPINGS = frozenset({"builtins.dict", "collections.OrderedDict"})
_HEARTBEATS = frozenset({"ping_interval", "heartbeat"})
_WEBSOCKETS = frozenset({"ws_connect", "WebSocketResponse"})
_OPTION_MAKERS = frozenset({"Option", "Argument"})
_WRAPPERS = frozenset({"shield", "create_task", "ensure_future"})


@dataclass(frozen=True, slots=True)
class Site:
    """One place that gives a limit. ``at`` is where it stands, ``covers`` what it speaks for."""

    at: cst.CSTNode
    form: TimeoutForm
    value: Value
    name: str
    covers: cst.CSTNode
    call: cst.Call | None = None
    row: Call | None = None
    scale: float | None = None


@dataclass(slots=True)
class Candidates:
    """The nodes of one module that may give a limit, in source order."""

    calls: list[cst.Call] = field(default_factory=list)
    functions: list[cst.FunctionDef] = field(default_factory=list)
    assignments: list[cst.Assign | cst.AnnAssign] = field(default_factory=list)
    mappings: list[cst.Dict] = field(default_factory=list)
    choices: list[cst.BooleanOperation | cst.IfExp] = field(default_factory=list)


class SiteFinder:
    """Finds the sites of one module."""

    def __init__(self, tree: ModuleTree, candidates: Candidates) -> None:
        self._tree = tree
        self._candidates = candidates
        self._reader = ValueReader(tree)
        self._functions = {f"{tree.dotted}.{tree.symbol(f)}": f for f in candidates.functions}

    def sites(self) -> Iterator[Site]:
        """Yield all sites, outer ones and the ones inside them alike."""
        for assignment in self._candidates.assignments:
            yield from self._assigned(assignment)
        for function in self._candidates.functions:
            yield from self._defaults(function)
        for call in self._candidates.calls:
            yield from self._called(call)
        for mapping in self._candidates.mappings:
            yield from self._mapped(mapping)
        for choice in self._candidates.choices:
            yield from self._chosen(choice)

    # Definitions

    def _assigned(self, node: cst.Assign | cst.AnnAssign) -> Iterator[Site]:
        if node.value is None:
            return
        targets = [node.target] if isinstance(node, cst.AnnAssign) else [
            target.target for target in node.targets
        ]  # fmt: skip
        for target in targets:
            form, name = self._definition(target)
            if form is None or not is_timeout_like(name) or names_no_limit(name, target):
                continue
            if is_lifetime(name, target, self._tree):
                continue
            value = self._reader.default_of_field(node.value) or self._reader.read(node.value)
            if value is not None and _can_be_limit(value, name):
                if form is TimeoutForm.LOCAL and value.kind is not ValueKind.LITERAL:
                    continue
                call = node.value if isinstance(node.value, cst.Call) else None
                yield Site(target, form, value, name, node.value, call=call)

    def _definition(self, target: cst.BaseExpression) -> tuple[TimeoutForm | None, str]:
        if isinstance(target, cst.Attribute):
            return TimeoutForm.INSTANCE_ATTRIBUTE, target.attr.value
        if isinstance(target, cst.Subscript):
            key = _key_of(target)
            return (TimeoutForm.MAPPING_ENTRY, key) if is_timeout_key(key) else (None, "")
        if not isinstance(target, cst.Name):
            return None, ""
        owner = self._tree.scopes.owner(target.value, self._tree.scopes.of(target))
        forms = {
            cst.Module: TimeoutForm.MODULE_CONSTANT,
            cst.ClassDef: TimeoutForm.CLASS_FIELD,
        }
        kind = type(owner.node) if owner is not None else cst.Module
        return forms.get(kind, TimeoutForm.LOCAL), target.value

    def _defaults(self, function: cst.FunctionDef) -> Iterator[Site]:
        if any(last_name(d.decorator) == "overload" for d in function.decorators):
            return
        params = function.params
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            name = param.name.value
            if param.default is None or not is_timeout_like(name):
                continue
            if is_lifetime(name, param, self._tree):
                continue
            option = self._option_default(param)
            value = option or self._reader.default_of_field(param.default)
            value = value or self._reader.read(param.default)
            if value is not None and _can_be_limit(value, name):
                form = TimeoutForm.COMMAND_OPTION if option else TimeoutForm.PARAMETER_DEFAULT
                yield Site(param.default, form, value, name, param.default)

    def _option_default(self, param: cst.Param) -> Value | None:
        """Return the default of an option as typer writes it: ``Option(5)``, ``Annotated``."""
        default = param.default
        if isinstance(default, cst.Call) and last_name(default.func) in _OPTION_MAKERS:
            return self._reader.default_of_field(default)
        is_option = param.annotation is not None and _annotates_an_option(param.annotation)
        return self._reader.read(default) if default is not None and is_option else None

    # Calls

    def _called(self, call: cst.Call) -> Iterator[Site]:
        if says_only(call, self._tree):
            return
        name = self._tree.qualified(call.func)
        row = table().call(name) if name else None
        if row is not None and row.timeout is not None and row.timeout.waits == "lifetime":
            return
        if gives_lifetime(call):
            return
        if last_name(call.func) in _OPTIONS:
            yield from self._command_option(call)
            return
        known = self._known_argument(call, row)
        if known is not None:
            yield from self._given(call, known, row)
        elif _is_setter(call):
            value = self._reader.read(call.args[0].value)
            if value is not None:
                name_set = last_name(call.func)
                yield Site(call.args[0], TimeoutForm.KNOWN_API, value, name_set, call.args[0], call)
        yield from self._keywords(call, known, row, name)
        fallback = self._reader.fallback(call)
        if fallback is not None and not is_lifetime(fallback[1].key, call, self._tree):
            literal, value = fallback
            form = self._form_at(call, TimeoutForm.FALLBACK)
            yield Site(literal, form, value, value.key, call, call)
        yield from self._project_call(call, name)

    def _known_argument(self, call: cst.Call, row: Call | None) -> cst.Arg | None:
        if row is None or row.timeout is None:
            return None
        return argument(call, row.timeout.argument, row.timeout.position)

    def _given(self, call: cst.Call, arg: cst.Arg, row: Call | None) -> Iterator[Site]:
        assert row is not None and row.timeout is not None
        if row.timeout.waits == "limit":
            value = self._reader.phases(call)
            covers: cst.CSTNode = call
        else:
            value, covers = self._reader.read(arg.value), arg
        by_name = arg.keyword is not None and is_timeout_like(arg.keyword.value)
        form = TimeoutForm.CALL_KEYWORD if by_name else TimeoutForm.KNOWN_API
        scale = unit_scale(row.timeout.unit)
        if row.timeout.waits == "limit":
            form = self._form_at(call, form)
        site = Site(arg, form, _NOTHING, row.timeout.argument, covers, call, row, scale)
        if value is not None:
            yield replace(site, value=value)
        else:
            yield from self._through_local(arg.value, site)

    def _keywords(
        self, call: cst.Call, known: cst.Arg | None, row: Call | None, name: str | None
    ) -> Iterator[Site]:
        is_mapping = name in _MAPPINGS
        form = TimeoutForm.CALL_KEYWORD
        if is_mapping:
            form = self._form_at(call, TimeoutForm.MAPPING_ENTRY)
        beats = _HEARTBEATS if _is_websocket(call, row) else frozenset()
        for arg in call.args:
            given = arg.keyword.value if arg.keyword is not None else ""
            if arg is known or not (is_timeout_like(given) or given in beats):
                continue
            value = self._reader.read(arg.value)
            site = Site(arg, form, _NOTHING, given, arg, None if is_mapping else call, row)
            if value is not None and _can_be_limit(value, given):
                yield replace(site, value=value)
            elif value is None and not is_mapping:
                yield from self._through_local(arg.value, site)

    def _through_local(self, node: cst.BaseExpression, site: Site) -> Iterator[Site]:
        """Yield the literal local that is handed on, under whatever name, as a limit here."""
        if not isinstance(node, cst.Name) or is_timeout_like(node.value):
            return
        owner = self._tree.scopes.owner(node.value, self._tree.scopes.of(node))
        if owner is None or not isinstance(owner.node, cst.FunctionDef):
            return
        bindings = owner.names[node.value]
        if len(bindings) != 1 or bindings[0].how is not How.VALUE or bindings[0].value is None:
            return
        literal = bindings[0].value
        value = self._reader.read(literal) if is_literal(literal) else None
        if value is not None and value.kind is ValueKind.LITERAL:
            yield replace(site, at=literal, form=TimeoutForm.LOCAL, value=value, covers=literal)

    def _project_call(self, call: cst.Call, name: str | None) -> Iterator[Site]:
        """Yield literals given by position to a function of this file that calls them a limit."""
        function = self._functions.get(name or "")
        if function is None:
            return
        params = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
        if params[:1] in (["self"], ["cls"]):
            params = params[1:]
        for arg, given in zip(call.args, params, strict=False):
            if arg.star or arg.keyword is not None:
                return
            if is_timeout_like(given) and is_literal(arg.value):
                value = self._reader.read(arg.value)
                if value is not None:
                    yield Site(arg, TimeoutForm.PROJECT_CALL, value, given, arg, call)

    def _command_option(self, call: cst.Call) -> Iterator[Site]:
        texts = [text_of(arg.value) for arg in call.args if arg.keyword is None]
        names = [text for text in texts if text and is_timeout_key(text)]
        default = argument(call, "default")
        value = self._reader.read(default.value, strings=True) if default and names else None
        if default is not None and value is not None:
            yield Site(default, TimeoutForm.COMMAND_OPTION, value, names[0].lstrip("-"), call)

    # Entries and choices

    def _mapped(self, mapping: cst.Dict) -> Iterator[Site]:
        for element in mapping.elements:
            if not isinstance(element, cst.DictElement):
                continue
            key = text_of(element.key)
            if key is None or not is_timeout_key(key):
                continue
            value = self._reader.read(element.value)
            if value is not None and _can_be_limit(value, key):
                form = self._form_at(mapping, TimeoutForm.MAPPING_ENTRY)
                yield Site(element.key, form, value, key, element)

    def _form_at(self, node: cst.CSTNode, otherwise: TimeoutForm) -> TimeoutForm:
        """Return the form of what a module or class defines with: an own table, a constant.

        What is handed to a call there is part of a definition only if that makes a constant.
        """
        if self._tree.function_of(node) is not None:
            return otherwise
        is_handed = False
        for around in self._tree.ancestors(node):
            is_handed |= isinstance(around, cst.Call) and not self._keeps(around)
            if isinstance(around, (cst.Assign, cst.AnnAssign)):
                if is_handed and not _target_name(around).isupper():
                    break
                is_class = self._tree.class_of(node) is not None
                return TimeoutForm.CLASS_FIELD if is_class else TimeoutForm.MODULE_CONSTANT
        return otherwise

    def _keeps(self, call: cst.Call) -> bool:
        """Tell whether a call gives back what it is given, as a number or a mapping."""
        return self._tree.qualified(call.func) in CASTS | _MAPPINGS

    def _chosen(self, node: cst.BooleanOperation | cst.IfExp) -> Iterator[Site]:
        if isinstance(node, cst.BooleanOperation):
            asked, literal = node.left, node.right
        else:
            asked, literal = (
                (node.body, node.orelse) if is_literal(node.orelse) else (node.orelse, node.body)
            )
        name = _key_of(asked) or last_name(asked)
        key = self._reader.key_of(asked) if isinstance(asked, cst.Call) else ""
        if not key and (isinstance(asked, cst.Call) or not is_timeout_like(name)):
            return
        if is_lifetime(name, node, self._tree):
            return
        value = self._reader.read(literal, strings=bool(key)) if _is_plain(literal) else None
        if value is not None and value.kind is ValueKind.LITERAL:
            value = replace(value, fallback=True, key=key)
            form = self._form_at(node, TimeoutForm.FALLBACK)
            yield Site(literal, form, value, key or name, node)

    def operation(self, site: Site) -> str:
        """Return what the limit bounds: the callee, for a limiter what is awaited in it."""
        call = site.call
        if call is None:
            return ""
        name = self._callee(call)
        limit = site.row.timeout if site.row is not None else None
        awaits = limit is not None and limit.waits == "around" and limit.position
        awaited = _through_tasks(call.args[0].value) if awaits and call.args else None
        if isinstance(awaited, cst.Call):
            return self._callee(awaited) or name
        if limit is not None and limit.waits == "limit":
            outer = self._tree.parent(self._tree.parent(call) or call)
            if isinstance(outer, cst.Call):
                return self._callee(outer)
        return name

    def _callee(self, call: cst.Call) -> str:
        name = self._tree.qualified(call.func)
        if name:
            return table().canonical(name)
        return dotted(call.func) if isinstance(call.func, (cst.Name, cst.Attribute)) else ""


_NOTHING = Value(ValueKind.NONE)


def _target_name(node: cst.Assign | cst.AnnAssign) -> str:
    target = node.target if isinstance(node, cst.AnnAssign) else node.targets[0].target
    return target.value if isinstance(target, cst.Name) else ""


def _is_websocket(call: cst.Call, row: Call | None) -> bool:
    if row is not None and row.category is not None:
        return row.category == Category.WEBSOCKET.value
    return last_name(call.func) in _WEBSOCKETS


def _is_setter(call: cst.Call) -> bool:
    """Tell whether a method is called that by its name sets a limit: ``settimeout(5)``."""
    parts = words(last_name(call.func).replace("settimeout", "set_timeout"))
    if parts[:1] != ("set",) or parts[-1:] != ("timeout",) or len(call.args) != 1:
        return False
    is_method = isinstance(call.func, cst.Attribute)
    return is_method and call.args[0].keyword is None and is_literal(call.args[0].value)


def _through_tasks(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return what a task or a shield is made of."""
    while isinstance(node, cst.Call) and last_name(node.func) in _WRAPPERS and node.args:
        node = node.args[0].value
    return node


def _annotates_an_option(annotation: cst.Annotation) -> bool:
    """Tell whether an annotation is ``Annotated[float, Option(…)]``."""
    node = annotation.annotation
    if not isinstance(node, cst.Subscript) or last_name(node.value) != "Annotated":
        return False
    indexes = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
    return any(isinstance(i, cst.Call) and last_name(i.func) in _OPTION_MAKERS for i in indexes)


def _is_plain(node: cst.BaseExpression) -> bool:
    """Tell whether a value is written out: a number, or a number as text."""
    return is_literal(node) or text_of(node) is not None


def _can_be_limit(value: Value, name: str) -> bool:
    """Tell whether a value fits its name: a plain number under a plural is a count."""
    is_plain = value.kind is ValueKind.LITERAL and not value.compound
    return not (is_plain and is_plural(name))


def _key_of(node: cst.BaseExpression) -> str:
    """Return the string key of a subscript, empty for anything else."""
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1:
        return ""
    index = node.slice[0].slice
    return (text_of(index.value) or "") if isinstance(index, cst.Index) else ""
