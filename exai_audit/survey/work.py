"""One repository of a survey, audited by itself: what any worker does, wherever it runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.assemble import assemble
from exai_audit.audit.discover import discover
from exai_audit.audit.engine import Collect, audit_files
from exai_audit.audit.makers import makers_of
from exai_audit.config import NestedSettings, Settings, find_root, knowledge_files, load
from exai_audit.errors import AuditError
from exai_audit.report.json import render
from exai_audit.results.result import AuditResult
from exai_audit.survey.manifest import Repository
from exai_audit.survey.shared_facts import shared_facts
from exai_audit.survey.sources import Checkout, checked_out


class Work(Struct, frozen=True):
    """A repository to audit; all that a worker needs to know.

    ``policy`` is the settings file of the organisation, used instead of the repository's own;
    ``caches`` the folder that facts are remembered in. ``today`` decides which suppressions hold.
    """

    repository: Repository
    today: date
    protocols: tuple[str, ...]
    policy: str | None = None
    caches: str | None = None


class Outcome(Struct, frozen=True):
    """What came of a repository: its JSON report, or the reason why there is none."""

    name: str
    report: bytes = b""
    reason: str = ""


def audited(work: Work, collect: Collect | None = None) -> Outcome:
    """Audit one repository; whatever stops that is the reason, never an error.

    Args:
        collect: reads the files, by default this process does.
    """
    name = work.repository.name
    try:
        with checked_out(work.repository, work.protocols) as checkout:
            result = _audit(work, checkout, collect)
    except (AuditError, OSError, RecursionError, MemoryError) as error:
        return Outcome(name, reason=f"{error}" or type(error).__name__)
    return Outcome(name, render(result).encode("utf-8", "backslashreplace"))


def _audit(work: Work, checkout: Checkout, collect: Collect | None) -> AuditResult:
    top = checkout.top
    targets = [top / path for path in work.repository.paths] or [top]
    given = work.policy or work.repository.config
    settings, file = load(targets[0], Path(given) if given else None, isolated=False)
    root = find_root(targets, file) if checkout.revision is None else top
    nested = None if given else NestedSettings(root, _as_it_is)
    discovery = discover(targets, root, settings.files, nested)
    if nested is not None:
        settings = replace(settings, parts=nested.found())
    own = knowledge_files(settings, file, root)
    caches = None if work.caches is None else Path(work.caches)
    with shared_facts(caches, makers_of(settings, own), work.today) as known:
        done = audit_files(
            discovery, root, settings, 1, _untold, known, own, work.today, collect=collect
        )
    words: tuple[str | Path, ...] = ("scan", *targets)
    result = assemble(done, settings, words, targets, root, with_facts=False, most_plans=0)
    if checkout.revision is None:
        return result
    found = checkout.revision
    target = replace(result.target, revision=found.commit, date=result.target.date or found.date)
    return replace(result, target=target)


def _as_it_is(settings: Settings) -> Settings:
    """Lay nothing over the settings of a folder: a survey has no options for rules."""
    return settings


def _untold(done: int, total: int) -> None:
    """Tell nobody how far an audit is: many run at once."""
