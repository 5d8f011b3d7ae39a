"""What files become when the plan of a module is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path

from msgspec import Struct

from exai_audit.collectors import symbols_of
from exai_audit.edits.apply import changes
from exai_audit.edits.edit import Edit, FileChange
from exai_audit.errors import UsageError
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.files.presence import is_there
from exai_audit.files.side_files import side_texts
from exai_audit.files.source import SourceFile, UnreadableSourceError, decode, read_bytes
from exai_audit.finding import Scope
from exai_audit.planning.decomposition import plan_of
from exai_audit.planning.decomposition.scene import Scene
from exai_audit.results.plans import Plan
from exai_audit.session.plan import facts_of, scene_of
from exai_audit.session.run import Run
from exai_audit.splitting.carry_out import carry_out
from exai_audit.splitting.importers import edits_of_importer, homes_of
from exai_audit.splitting.mentions import mentions
from exai_audit.splitting.patches import edits_of_patches, users_of

_BOM = b"\xef\xbb\xbf"


class Patches(str, Enum):
    """How what tests replace is found: the facade forwards it, or the tests name a new module."""

    FORWARD = "forward"
    REWRITE = "rewrite"


class Wanted(Struct, frozen=True):
    """What is carried out of a plan: ``steps`` new modules, all when 0.

    ``importers`` are to import from the new modules, but tests, which keep to the public path.
    ``keeps_names`` when what moves is to name the old module as its own.
    """

    steps: int = 0
    importers: bool = False
    patches: Patches = Patches.FORWARD
    keeps_names: bool = False


class SplitUp(Struct, frozen=True):
    """What files become, and the lines that a person has to look at."""

    changes: tuple[FileChange, ...]
    to_look_at: tuple[str, ...]


def split_up(run: Run, path: str, wanted: Wanted) -> SplitUp:
    """Return what files become when the plan of the module at ``path`` is carried out.

    Args:
        path: relative to the root.

    Raises:
        AuditError: a new file is there already, the module is not UTF-8 or mixes newlines, or what
            it does would change.
    """
    scene = scene_of(run)
    facts = facts_of(run, path)
    plan = plan_of(facts, scene, forwards=wanted.patches is Patches.FORWARD)
    _check(plan, wanted)
    data = _read(run.root, path)
    source, module = _module(path, data)
    own = frozenset(Path(one).parts[0].removesuffix(".py") for one in _paths(run))
    texts = carry_out(
        plan,
        module,
        source,
        dotted=facts.module,
        own=own,
        steps=wanted.steps,
        keeps_names=wanted.keeps_names,
    )
    found = [*_others(run, scene, plan, module, wanted)]
    edits = [one for one in found if isinstance(one, Edit)]
    elsewhere = changes(edits, lambda name: _read(run.root, name))
    named = mentions(
        facts.module, path, side_texts(run.root), becomes_package=plan.facade_path != path
    )
    return SplitUp(
        (*_changes(texts, data, run.root, path), *elsewhere),
        (
            *(one for one in found if isinstance(one, str)),
            *(f"{one.path}:{one.line}: {one.what}" for one in named),
        ),
    )


def _check(plan: Plan, wanted: Wanted) -> None:
    if plan.modules and not 0 <= wanted.steps <= len(plan.modules):
        raise UsageError(f"--step {wanted.steps}: the plan has {len(plan.modules)} modules")
    rewrites = wanted.importers or wanted.patches is Patches.REWRITE
    if wanted.steps and (rewrites or wanted.keeps_names):
        raise UsageError("--step: importers, patched and module names are set when all has moved")


def _module(path: str, data: bytes) -> tuple[SourceFile, ModuleSymbols]:
    try:
        data.decode()
        source = decode(path, data)
    except (UnicodeDecodeError, UnreadableSourceError) as error:
        raise UsageError(f"{path}: not split: it is not UTF-8: {error}") from error
    module = symbols_of(source)
    if module is None:
        raise UsageError(f"{path}: not split: it cannot be read")
    return source, module


def _others(
    run: Run, scene: Scene, plan: Plan, module: ModuleSymbols, wanted: Wanted
) -> Iterator[Edit | str]:
    """Yield edits of other files, and what in them needs a person."""
    project = run.audited.project
    facts = facts_of(run, plan.path)
    homes, users = homes_of(plan), users_of(plan, module)
    for file in project.files if plan.modules else ():
        source = scene.read(file.path) if file.path != plan.path else None
        if source is None:
            continue
        if wanted.importers and project.scope_of.get(file.path) is not Scope.TESTS:
            yield from edits_of_importer(source, file.module, facts.module, homes)
        if wanted.patches is Patches.REWRITE:
            for one in edits_of_patches(source, facts.module, users):
                yield one if isinstance(one, Edit) else f"{file.path}:{one[0]}: {one[1]}"


def _paths(run: Run) -> list[str]:
    return [facts.path.removeprefix("src/") for facts in run.audited.project.files]


def _read(root: Path, path: str) -> bytes:
    try:
        return read_bytes(root / path)
    except UnreadableSourceError as error:
        raise UsageError(f"{path}: not split: {error}") from error


def _changes(
    texts: Mapping[str, str | None], data: bytes, root: Path, path: str
) -> Iterable[FileChange]:
    newline = _newline(data, path)
    mark = _BOM if data.startswith(_BOM) else b""
    for name, text in sorted(texts.items()):
        after = None if text is None else mark + text.replace("\n", newline).encode()
        before = data if name == path else None
        if before is None and is_there(root / name):
            raise UsageError(f"{name}: not split: the plan would write it, and it is there already")
        yield FileChange(name, before, after)


def _newline(data: bytes, path: str) -> str:
    windows, unix = data.count(b"\r\n"), data.count(b"\n")
    if data.count(b"\r") != windows or windows not in (0, unix):
        raise UsageError(f"{path}: not split: it mixes newlines: give it one kind, then try again")
    return "\r\n" if windows else "\n"
