"""A plan carried out: what each file says afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from exai_audit.collectors import symbols_of
from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.files.source import SourceFile, split_lines
from exai_audit.results.plans import Plan, PlanModule
from exai_audit.splitting.facade import facade_text, half_done_text, old_module_names
from exai_audit.splitting.handles import with_handles
from exai_audit.splitting.own_place import said_from_below
from exai_audit.splitting.refusal import RefusedSplitError, refuse
from exai_audit.splitting.texts import deeper, module_text, with_late_imports
from exai_audit.splitting.tokens import comments

_SIBLING = re.compile(r"(?m)^(\s*from )\.(\w+)( import )")
Texts = Mapping[str, str | None]
"""What files say afterwards by path, None for one that is gone."""


def carry_out(
    plan: Plan,
    module: ModuleSymbols,
    source: SourceFile,
    *,
    dotted: str,
    own: frozenset[str],
    steps: int = 0,
    keeps_names: bool = False,
) -> Texts:
    """Return the files that a plan makes of a module.

    Args:
        dotted: the module's name.
        own: the top names of the project's own modules.
        steps: how many of the new modules are made, all when 0.
        keeps_names: whether what moves names the old module as its own, once all has moved.

    Raises:
        RefusedSplitError: what the module does would change; the message names the line.
    """
    refuse(plan, module, source, dotted)
    return texts_of(
        plan, module, source, dotted=dotted, own=own, steps=steps, keeps_names=keeps_names
    )


def texts_of(
    plan: Plan,
    module: ModuleSymbols,
    source: SourceFile,
    *,
    dotted: str,
    own: frozenset[str],
    steps: int = 0,
    keeps_names: bool = False,
) -> Texts:
    """Return the files that a plan makes, whether or not the module does the same afterwards.

    Raises:
        RefusedSplitError: a new file cannot be parsed, or lacks a name.
    """
    made = plan.modules[:steps] if steps else plan.modules
    is_whole = len(made) == len(plan.modules)
    if not is_whole:
        made = tuple(_through_the_rest(part, made) for part in made)
    source = said_from_below(source, dotted, made, module)
    reached = with_handles(made, _rebound(module), source, in_rest=not is_whole)
    lines = list(reached.lines)
    if plan.path != plan.facade_path:
        lines = deeper([s for part in made for s in part.symbols], lines)
        lines = deeper(plan.kept, lines) if is_whole else lines
    lines = with_late_imports(made, lines)
    with_shared_loggers = _with_shared_loggers(lines, module)
    folder = plan.facade_path.rpartition("/")[0]
    texts: dict[str, str | None] = {} if plan.path == plan.facade_path else {plan.path: None}
    for part in made:
        path = f"{folder}/{part.name}.py" if folder else f"{part.name}.py"
        texts[path] = module_text(part, with_shared_loggers, plan.licence, own)
    named = old_module_names(made, module, source.lines) if keeps_names else ""
    rest = (
        facade_text(plan, lines, named) if is_whole else half_done_text(plan, made, module, reached)
    )
    texts[plan.facade_path] = _with_comments(rest, source, texts)
    _prove(plan, module, texts)
    return texts


def _with_shared_loggers(lines: Sequence[str], module: ModuleSymbols) -> list[str]:
    """Return lines where loggers keep the name of the old module, now that of the package."""
    found = list(lines)
    for symbol in module.symbols:
        for place in symbol.ranges if symbol.kind is SymbolKind.LOGGER else ():
            for line in range(place.first - 1, place.last):
                found[line] = re.sub(r"\b__name__\b", "__package__", found[line])
    return found


def _rebound(module: ModuleSymbols) -> list[str]:
    numbers = {target for symbol in module.symbols for target in symbol.rebinds}
    return [name for number in numbers for name in module.symbols[number].names]


def _through_the_rest(part: PlanModule, made: Sequence[PlanModule]) -> PlanModule:
    """Let a new module import from what is left what has not moved yet."""
    there = {other.name for other in made}

    def origin(found: re.Match[str]) -> str:
        name = found[2] if found[2] in there else ""
        return f"{found[1]}.{name}{found[3]}"

    return replace(
        part,
        imports=tuple(_SIBLING.sub(origin, text) for text in part.imports),
        late=tuple(
            replace(late, statement=_SIBLING.sub(origin, late.statement)) for late in part.late
        ),
    )


def _with_comments(text: str, source: SourceFile, texts: Texts) -> str:
    """Return the facade's text with the comments that no other file has at its end."""
    left = comments(source.text)
    for one in (text, *texts.values()):
        left -= comments(one or "")
    missing = [comment for comment, count in left.items() for _ in range(count)]
    return text + "".join(f"{comment}\n" for comment in ["", *missing] if missing)


def _prove(plan: Plan, module: ModuleSymbols, texts: Texts) -> None:
    """Read the new files as the old one was read.

    Raises:
        RefusedSplitError: one cannot be parsed, or uses a name that nothing in it binds.
    """
    for path, text in sorted(texts.items()):
        if text is None:
            continue
        found = symbols_of(SourceFile(path, text, tuple(split_lines(text))))
        if found is None:
            raise RefusedSplitError(f"{plan.path}: not split: {path} could not be parsed")
        for name in sorted({*found.unknown} - {*module.unknown}):
            raise RefusedSplitError(
                f"{plan.path}:{_line_of(name, module)}: not split: `{name}` would be missing in"
                f" {path}"
            )


def _line_of(name: str, module: ModuleSymbols) -> int:
    return next(_lines_of(name, module), 1)


def _lines_of(name: str, module: ModuleSymbols) -> Iterator[int]:
    yield from (symbol.line for symbol in module.symbols if name in symbol.names)
    yield from (fact.lines.first for fact in module.imports if name in fact.names)
