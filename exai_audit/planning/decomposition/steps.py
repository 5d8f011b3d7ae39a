"""In which order to move what, so that the code runs after every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exai_audit.planning.decomposition.layout import MAIN, Home, Split, handle_of
from exai_audit.results.plans import Importer, PlanModule

_MOST_NAMED = 6
_MOST_LINES = 12


def steps_of(
    split: Split,
    exported: Mapping[str, Sequence[str]],
    facade_lines: int,
    importers: Sequence[Importer],
    modules: Sequence[PlanModule],
) -> tuple[str, ...]:
    """Return the steps; each leaves the code runnable and can be a commit of its own."""
    return (
        *_to_package(split),
        *(_move(split, home) for home in split.homes),
        *_main(split),
        *_licence(split),
        f"What is left of `{split.facade}` is the facade, about {facade_lines} lines. No importer"
        " has to change.",
        *_point(split, importers),
        *_next(split, modules),
    )


def _to_package(split: Split) -> Iterator[str]:
    if split.is_package:
        return
    text = (
        f"Make the module a package: create `{split.folder}/`, then"
        f" `git mv {split.facts.path} {split.facade}`."
    )
    relative = [fact.lines.first for fact in split.module.imports if fact.level]
    deeper = sorted({*relative, *split.module.relative})
    if deeper:
        shown = ", ".join(map(str, deeper[:_MOST_LINES]))
        more = len(deeper) - _MOST_LINES
        shown += f" and {more} more" if more > 0 else ""
        text += f" Its relative imports get one more dot (lines {shown})."
    yield text


def _move(split: Split, home: Home) -> str:
    symbols = split.module.symbols
    names = [name for number in home.symbols for name in symbols[number].names]
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    shown += f" and {more} more" if more > 0 else ""
    lines = sum(symbols[number].lines for number in home.symbols)
    needs = ", ".join(f"`{name}`" for name in sorted({*home.needs, *home.reaches}))
    after = f" It needs {needs}, moved before." if needs else " It needs none of the others."
    for name, reached in home.reaches.items():
        listed = ", ".join(f"`{one}`" for one in reached[:_MOST_NAMED])
        more = len(reached) - _MOST_NAMED
        listed += f" and {more} more" if more > 0 else ""
        after += (
            f" Write `{handle_of(name)}.` before {listed} in it, and drop their `global`"
            " statements."
        )
    after += _late(home)
    path = f"{split.folder}/{home.name}.py" if split.folder else f"{home.name}.py"
    return (
        f"Move {shown} ({lines:,} lines) to `{path}` and import what the rest uses from"
        f" there.{after}"
    )


def _late(home: Home) -> str:
    """Return which functions import late, so that the modules make no circle."""
    if not home.late:
        return ""
    found = sorted({(one.function, one.origin) for one in home.late})
    shown = ", ".join(f"`{name}` from `{origin}`" for name, origin in found[:_MOST_NAMED])
    more = len(found) - _MOST_NAMED
    shown += f" and {more} more" if more > 0 else ""
    return f" To avoid a circle these functions import what they need when they run: {shown}."


def _licence(split: Split) -> Iterator[str]:
    found = split.module.licence
    if found is not None:
        lines = f"{found.first}-{found.last}" if found.last > found.first else str(found.first)
        noun = "Lines" if found.last > found.first else "Line"
        yield f"{noun} {lines} (what is said of the file) go on top of every new file, too."


def _next(split: Split, modules: Sequence[PlanModule]) -> Iterator[str]:
    """Yield how to part what is still long, once the rest is done."""
    for module in modules:
        if module.then:
            parts = " | ".join(_some(group) for group in module.then)
            yield (
                f"`{module.name}` still has about {module.lines:,} lines. As a second step it"
                f" falls into {len(module.then)} parts: {parts}."
            )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _main(split: Split) -> Iterator[str]:
    if split.main:
        lines = ", ".join(str(split.module.symbols[number].line) for number in split.main)
        yield (
            f"Move the script part (line {lines}) to `{split.folder}/{MAIN}.py`:"
            f" `python -m {split.facts.module}` runs it, `python {split.facts.path}` no longer"
            " does."
        )


def _point(split: Split, importers: Sequence[Importer]) -> Iterator[str]:
    home = split.home_of()
    private = sorted({n for one in importers for n in one.names if n.startswith("_") and n in home})
    if private:
        shown = ", ".join(f"`{name}`" for name in private[:_MOST_NAMED])
        yield f"Later, import {shown} from the new modules: the facade passes them on until then."
