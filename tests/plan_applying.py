"""A decomposition plan carried out on a copy, to see that the code still runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from exai_audit.audit.contents import Sources
from exai_audit.audit.engine import audit
from exai_audit.collectors import symbols_of
from exai_audit.config import Settings
from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.files.source import decode
from exai_audit.planning.decomposition import plan_of
from exai_audit.planning.decomposition.scene import Scene
from exai_audit.results.plans import Plan
from exai_audit.splitting.carry_out import texts_of


def plan_and_symbols(folder: Path, path: str, limit: int) -> tuple[Plan, ModuleSymbols]:
    """Return the plan of a module of the project in ``folder``, and its symbols."""
    settings = Settings(rule_options=(("max-module-lines", limit),))
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    facts = next(facts for facts in audited.project.files if facts.path == path)
    read = Sources(audited.discovery.files).get
    source = read(path)
    assert source is not None
    symbols = symbols_of(source)
    assert symbols is not None
    return plan_of(facts, Scene(audited.project, read, lambda path: limit)), symbols


def split(plan: Plan, symbols: ModuleSymbols, folder: Path, *, modules: int = 0) -> None:
    """Split the module in ``folder`` as the plan says, only the first ``modules``, all when 0.

    Also where the command refuses: the result is to run all the same.
    """
    source = decode(plan.path, (folder / plan.path).read_bytes())
    dotted = plan.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    texts = texts_of(plan, symbols, source, dotted=dotted, own=frozenset(), steps=modules)
    for path, text in texts.items():
        place = folder / path
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")


def missing_names(folder: Path, module: str, names: Sequence[str]) -> list[str]:
    """Import a module in a process of its own and return those of ``names`` that it lacks."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import {module} as found\n"
        f"print(*[name for name in {list(names)!r} if not hasattr(found, name)])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def public_names(symbols: ModuleSymbols) -> list[str]:
    """Return the public names that a module defines on every platform when it is imported."""
    defined = (s for s in symbols.symbols if s.kind is not SymbolKind.MAIN)
    names = (name for symbol in defined for name in symbol.names if name not in symbol.maybe)
    return [name for name in names if not name.startswith("_")]
