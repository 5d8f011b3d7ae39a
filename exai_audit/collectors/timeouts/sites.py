"""Where a file supplies or names a limit: each form of site, before overlapping ones are merged."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.collectors.timeouts.candidates import Candidates
from exai_audit.collectors.timeouts.carriers import function_called, is_carrier
from exai_audit.collectors.timeouts.central import is_constant_of_limits
from exai_audit.collectors.timeouts.forms import MAPPINGS, form_at, form_of_target
from exai_audit.collectors.timeouts.getters import key_asked_for
from exai_audit.collectors.timeouts.limit_values import NONE, Value
from exai_audit.collectors.timeouts.lookalikes import (
    gives_lifetime,
    is_lifetime,
    is_the_longest,
    keeps_entries,
    names_no_limit,
    says_only,
)
from exai_audit.collectors.timeouts.shapes import (
    HEARTBEATS,
    OPTION_MAKERS,
    OPTIONS,
    annotates_an_option,
    is_plain,
    is_setter,
    key_of,
    options_of,
    targets_of,
)
from exai_audit.collectors.timeouts.values import ValueReader
from exai_audit.facts.timeouts import Category, TimeoutForm, ValueKind
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import (
    is_plural,
    is_timeout_key,
    is_timeout_like,
    stated_scale,
    unit_scale,
)
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    Argument,
    Function,
    Parameter,
    argument,
    last_name,
    parameters,
    text_of,
)
from exai_audit.syntax.numbers import is_numeric_literal

_WEBSOCKETS = frozenset({"ws_connect", "WebSocketResponse"})


class Site(Struct, frozen=True):
    """One place that gives a limit. ``at`` is where it stands, ``covers`` what it speaks for.

    Of an entry of a mapping these are the key and the value.
    """

    at: ast.AST
    form: TimeoutForm
    value: Value
    name: str
    covers: ast.AST
    call: ast.Call | None = None
    row: Call | None = None
    scale: float | None = None


class SiteFinder:
    """Finds the sites of one module."""

    def __init__(self, tree: ModuleTree, candidates: Candidates) -> None:
        self._tree = tree
        self._candidates = candidates
        self._reader = ValueReader(tree)

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

    @cached_property
    def _functions(self) -> dict[str, Function]:
        tree = self._tree
        return {f"{tree.dotted}.{tree.symbol(f)}": f for f in self._candidates.functions}

    # Definitions

    def _assigned(self, node: ast.Assign | ast.AnnAssign) -> Iterator[Site]:
        if node.value is None:
            return
        for target in targets_of(node):
            form, name = form_of_target(target, self._tree)
            is_named = is_timeout_like(name) or is_constant_of_limits(node, self._tree)
            if form is None or not is_named or names_no_limit(name, target):
                continue
            if is_lifetime(name, target, self._tree) or is_the_longest(target, self._tree):
                continue
            value = self._reader.default_of_field(node.value) or self._reader.read(node.value)
            if value is not None and _can_be_limit(value, name):
                if form is TimeoutForm.LOCAL and value.kind is not ValueKind.LITERAL:
                    continue
                call = node.value if isinstance(node.value, ast.Call) else None
                yield Site(target, form, value, name, node.value, call=call)

    def _defaults(self, function: Function) -> Iterator[Site]:
        if any(last_name(decorator) == "overload" for decorator in function.decorator_list):
            return
        for param in parameters(function):
            name, default = param.name, param.default
            if default is None or not is_timeout_like(name):
                continue
            if is_lifetime(name, param.node, self._tree):
                continue
            option = self._option_default(param)
            value = option or self._reader.default_of_field(default) or self._reader.read(default)
            if value is not None and _can_be_limit(value, name):
                form = TimeoutForm.COMMAND_OPTION if option else TimeoutForm.PARAMETER_DEFAULT
                yield Site(default, form, value, name, default)

    def _option_default(self, param: Parameter) -> Value | None:
        """Return the default of an option as typer writes it: ``Option(5)``, ``Annotated``."""
        default = param.default
        if isinstance(default, ast.Call) and last_name(default.func) in OPTION_MAKERS:
            return self._reader.default_of_field(default)
        is_option = param.annotation is not None and annotates_an_option(param.annotation)
        return self._reader.read(default) if default is not None and is_option else None

    # Calls

    def _called(self, call: ast.Call) -> Iterator[Site]:
        if says_only(call, self._tree):
            return
        name = self._tree.qualified(function_called(call, self._tree))
        row = table().call(name) if name else None
        if row is not None and row.timeout is not None and row.timeout.waits == "lifetime":
            return
        if gives_lifetime(call, self._tree):
            return
        if last_name(call.func) in OPTIONS:
            yield from self._command_option(call)
            return
        known = self._known_argument(call, row)
        if known is not None:
            yield from self._given(call, known, row)
        elif is_setter(call):
            value = self._reader.read(call.args[0])
            if value is not None:
                name_set = last_name(call.func)
                yield Site(call.args[0], TimeoutForm.KNOWN_API, value, name_set, call.args[0], call)
        yield from self._keywords(call, known, row, name)
        fallback = self._reader.fallback(call)
        if fallback is not None and not is_lifetime(fallback[1].key, call, self._tree):
            literal, value = fallback
            form = form_at(call, TimeoutForm.FALLBACK, self._tree)
            yield Site(literal, form, value, value.key, call, call)
        if not is_carrier(call, self._tree):
            yield from self._project_call(call, name)

    def _known_argument(self, call: ast.Call, row: Call | None) -> Argument | None:
        if row is None or row.timeout is None:
            return None
        position = None if is_carrier(call, self._tree) else row.timeout.position
        return argument(call, row.timeout.argument, position)

    def _given(self, call: ast.Call, given: Argument, row: Call | None) -> Iterator[Site]:
        assert row is not None and row.timeout is not None
        form = TimeoutForm.CALL_KEYWORD if is_timeout_like(given.name) else TimeoutForm.KNOWN_API
        covers: ast.AST = given.node
        if row.timeout.waits == "limit":
            value = self._reader.phases(call)
            covers, form = call, form_at(call, form, self._tree)
        else:
            value = self._reader.read(given.value)
        scale = unit_scale(row.timeout.unit)
        site = Site(given.node, form, NONE, row.timeout.argument, covers, call, row, scale)
        if value is not None:
            yield replace(site, value=value)
        else:
            yield from self._through_local(given.value, site)

    def _keywords(
        self, call: ast.Call, known: Argument | None, row: Call | None, name: str | None
    ) -> Iterator[Site]:
        is_mapping = name in MAPPINGS
        form = TimeoutForm.CALL_KEYWORD
        if is_mapping:
            form = form_at(call, TimeoutForm.MAPPING_ENTRY, self._tree)
        beats = HEARTBEATS if _is_websocket(call, row) else frozenset()
        for given in call.keywords:
            argument_name = given.arg or ""
            if known is not None and given is known.node:
                continue
            if not (is_timeout_like(argument_name) or argument_name in beats):
                continue
            value = self._reader.read(given.value)
            limited = None if is_mapping else call
            unit = _unit_beside(argument_name, row)
            site = Site(given, form, NONE, argument_name, given, limited, row, unit)
            if value is not None and _can_be_limit(value, argument_name):
                yield replace(site, value=value)
            elif value is None and not is_mapping:
                yield from self._through_local(given.value, site)

    def _through_local(self, node: ast.expr, site: Site) -> Iterator[Site]:
        """Yield the literal local that is handed on, under whatever name, as a limit here."""
        literal = self._reader.literal_local(node)
        value = self._reader.read(literal) if literal is not None else None
        if value is not None and value.kind is ValueKind.LITERAL:
            yield replace(site, at=literal, form=TimeoutForm.LOCAL, value=value, covers=literal)

    def _project_call(self, call: ast.Call, name: str | None) -> Iterator[Site]:
        """Yield literals given by position to a function of this file that calls them a limit."""
        function = self._functions.get(name or "")
        if function is None:
            return
        names = [param.name for param in parameters(function) if not (param.star or param.by_name)]
        if names[:1] in (["self"], ["cls"]):
            names = names[1:]
        for given, name_given in zip(call.args, names, strict=False):
            if isinstance(given, ast.Starred):
                return
            if is_timeout_like(name_given) and is_numeric_literal(given):
                value = self._reader.read(given)
                if value is not None:
                    yield Site(given, TimeoutForm.PROJECT_CALL, value, name_given, given, call)

    def _command_option(self, call: ast.Call) -> Iterator[Site]:
        names = [text for text in map(text_of, call.args) if text and is_timeout_key(text)]
        default = argument(call, "default")
        value = self._reader.read(default.value, strings=True) if default and names else None
        if default is not None and value is not None:
            form, name = TimeoutForm.COMMAND_OPTION, names[0].lstrip("-")
            yield Site(default.node, form, value, name, call)

    # Entries and choices

    def _mapped(self, mapping: ast.Dict) -> Iterator[Site]:
        if keeps_entries(mapping):
            return
        for key, given in zip(mapping.keys, mapping.values, strict=True):
            name = text_of(key)
            if key is None or name is None or not is_timeout_key(name):
                continue
            value = self._reader.read(given)
            if value is not None and _can_be_limit(value, name):
                form = form_at(mapping, TimeoutForm.MAPPING_ENTRY, self._tree)
                yield Site(key, form, value, name, given)

    def _chosen(self, node: ast.BoolOp | ast.IfExp) -> Iterator[Site]:
        asked, literal = options_of(node)
        name = key_of(asked) or last_name(asked)
        key = key_asked_for(asked) if isinstance(asked, ast.Call) else ""
        if not key and (isinstance(asked, ast.Call) or not is_timeout_like(name)):
            return
        if is_lifetime(name, node, self._tree):
            return
        value = self._reader.read(literal, strings=bool(key)) if is_plain(literal) else None
        if value is not None and value.kind is ValueKind.LITERAL:
            value = replace(value, fallback=True, key=key)
            form = form_at(node, TimeoutForm.FALLBACK, self._tree)
            yield Site(literal, form, value, key or name, node)


def _unit_beside(name: str, row: Call | None) -> float | None:
    """Return the unit of another limit of a known call, which is that of the one it is known by."""
    stated = stated_scale(name)
    if stated is not None or row is None or row.timeout is None:
        return stated
    return unit_scale(row.timeout.unit)


def _is_websocket(call: ast.Call, row: Call | None) -> bool:
    if row is not None and row.category is not None:
        return row.category == Category.WEBSOCKET.value
    return last_name(call.func) in _WEBSOCKETS


def _can_be_limit(value: Value, name: str) -> bool:
    """Tell whether a value fits its name: a plain number under a plural is a count."""
    is_number = value.kind is ValueKind.LITERAL and not value.compound
    return not (is_number and is_plural(name))
