"""The part of a facade by which what tests replace on it is replaced where it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

FORWARDING_IMPORTS = ("import sys", "from types import ModuleType")


def forwarding(modules: Sequence[str], live: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a module class that sets a name in every new module that has it.

    Args:
        modules: names of the new modules.
        live: names that are assigned anew at run time, which their new module alone holds.
    """
    comma = "," if len(modules) == 1 else ""
    yield f"_PARTS = ({', '.join(modules)}{comma})"
    if live:
        homes = ", ".join(f'"{name}": {module}' for name, module in sorted(live.items()))
        yield f"_LIVE = {{{homes}}}"
    yield from ("", "", "class _Facade(ModuleType):")
    yield '    """Sets a name in each module that uses it, as those who replace it expect."""'
    yield ""
    yield "    def __setattr__(self, name: str, value: object) -> None:"
    if live:
        yield "        if name in _LIVE:"
        yield "            setattr(_LIVE[name], name, value)"
        yield "            return"
    yield "        for module in _PARTS:"
    yield "            if name in vars(module):"
    yield "                setattr(module, name, value)"
    yield "        super().__setattr__(name, value)"
    if live:
        yield ""
        yield "    def __delattr__(self, name: str) -> None:"
        yield "        if name in _LIVE:"
        yield "            delattr(_LIVE[name], name)"
        yield "        else:"
        yield "            super().__delattr__(name)"
    yield from ("", "", "sys.modules[__name__].__class__ = _Facade")


def lookup(rebound: Mapping[str, str]) -> Iterator[str]:
    """Yield a module ``__getattr__`` for the names that are assigned anew at run time."""
    yield ""
    yield "def __getattr__(name):"
    yield f"    homes = {dict(sorted(rebound.items()))!r}"
    yield "    if name in homes:"
    yield "        from importlib import import_module"
    yield ""
    yield '        return getattr(import_module("." + homes[name], __name__), name)'
    yield '    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")'
