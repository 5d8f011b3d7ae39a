"""What makes a session of requests, in whatever module, and whether it may give it a limit."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.calls import ClassFact, FunctionFact
from exai_audit.facts.timeouts import TimeoutForm, ValueKind
from exai_audit.location import Span
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.definitions import Module

_ADAPTERS = "requests.adapters"
_SENDS = frozenset({"request", "send"})
_GIVES = frozenset({TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.MAPPING_ENTRY})
_FARTHEST = 5


def may_be_limited(term: str, asking: Module, graph: CallGraph) -> bool:
    """Tell whether a session may have a limit of its own: an adapter, a wrapped method, a class.

    Args:
        term: what is called on it, as the module ``asking`` says it.
    """
    return any(_limits(*step, graph) for step in _ways(term, asking, graph, _FARTHEST))


_Step = tuple[Module, "FunctionFact | ClassFact | None"]


def _ways(term: str, asking: Module, graph: CallGraph, left: int) -> Iterator[_Step]:
    """Yield the modules, functions and classes by which a term comes to what it denotes."""
    parts = term.replace("()", "").replace("(with)", "").split(".")
    found = graph.definitions.locate(parts, asking) if left else None
    if found is None or "<" in term or "(" in "".join(parts):
        return
    module, length = found
    yield module, None
    rest = parts[length:]
    if not rest:
        return
    name, members = rest[0], rest[1:]
    if name in module.variables:
        yield from _ways(module.variables[name], module, graph, left - 1)
    elif name in module.functions:
        made = module.functions[name]
        yield module, made
        yield from _ways(made.returns, module, graph, left - 1)
    elif name in module.classes:
        yield from _of_class(module, module.classes[name], members, graph, left)
    elif (imported := module.imported(name)) and imported != f"{module.name}.{name}":
        yield from _ways(".".join([imported, *members]), module, graph, left - 1)


def _of_class(
    module: Module, owner: ClassFact, members: list[str], graph: CallGraph, left: int
) -> Iterator[_Step]:
    yield module, owner
    for name, term in owner.attributes:
        if members and name == members[0]:
            yield from _ways(term, module, graph, left - 1)
    for member in members[:1]:
        method = module.functions.get(f"{owner.name}.{member}")
        if method is not None:
            yield module, method
            yield from _ways(method.returns, module, graph, left - 1)
    for base in owner.bases:
        yield from _ways(".".join([base, *members]), module, graph, left - 1)


def _limits(module: Module, by: FunctionFact | ClassFact | None, graph: CallGraph) -> bool:
    if isinstance(by, ClassFact):
        return "requests.Session" in by.bases and not _SENDS.isdisjoint(by.methods)
    if by is not None:
        return _gives_a_limit(module, by)
    names = module.facts.imports
    if any(name.startswith((_ADAPTERS, "urllib3")) for name in names):
        return True
    imported = (_class_named(name, module, graph) for name in names)
    own = (*module.facts.definitions.classes, *imported)
    return any(owner is not None and _is_own_adapter(owner) for owner in own)


def _class_named(name: str, asking: Module, graph: CallGraph) -> ClassFact | None:
    owner, _, last = name.rpartition(".")
    module = graph.definitions.module(owner, asking) if last[:1].isupper() else None
    return module.classes.get(last) if module is not None else None


def _is_own_adapter(owner: ClassFact) -> bool:
    """Tell whether a class of adapters sends in its own way."""
    bases = (base.rpartition(".")[2] for base in owner.bases)
    return "send" in owner.methods and "HTTPAdapter" in bases


def _gives_a_limit(module: Module, function: FunctionFact) -> bool:
    """Tell whether a function gives a limit to something else than a request that it sends."""
    sent = {line for one in function.blocks for line in _lines(one.place.span)}
    return any(
        fact.form in _GIVES
        and fact.value is not ValueKind.NONE
        and f"{fact.place.symbol}.".startswith(f"{function.name}.")
        and fact.place.span.line not in sent
        for fact in module.facts.timeouts
    )


def _lines(span: Span) -> range:
    return range(span.line, span.end_line + 1)
