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
        yield from ("", "", "def _live(module: ModuleType, name: str) -> property:")
        yield '    """Return what reads, sets and deletes a name where it is assigned anew."""'
        yield "    return property("
        yield "        lambda facade: getattr(module, name),"
        yield "        lambda facade, value: setattr(module, name, value),"
        yield "        lambda facade: delattr(module, name),"
        yield "    )"
    yield from ("", "", "class _Facade(ModuleType):")
    yield '    """Sets a name in each module that uses it, as those who replace it expect."""'
    yield ""
    if live:
        yield from (f'    {name} = _live({home}, "{name}")' for name, home in sorted(live.items()))
        yield ""
    yield "    def __setattr__(self, name: str, value: object) -> None:"
    yield "        for module in _PARTS:"
    yield "            if name in vars(module):"
    yield "                setattr(module, name, value)"
    yield "        super().__setattr__(name, value)"
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
