"""The plan of one module or class of an audited project."""

from __future__ import annotations

from exai_audit.audit.assemble import module_limits
from exai_audit.audit.contents import Sources
from exai_audit.errors import UsageError
from exai_audit.facts.file import FileFacts
from exai_audit.planning.decomposition import plan_of
from exai_audit.planning.decomposition.scene import Scene
from exai_audit.results.plans import ClassPlan, Plan
from exai_audit.session.run import Run


def planned(run: Run, path: str, of_class: str | None = None) -> Plan | ClassPlan:
    """Return how to split the module at ``path``, or to divide a class of it.

    Args:
        path: relative to the root.

    Raises:
        UsageError: it was not read, cannot be parsed, or has no such class; the message says why.
    """
    facts, scene = facts_of(run, path), scene_of(run)
    if of_class is None:
        return plan_of(facts, scene)
    source = scene.read(path)
    found = None if source is None else scene.division(facts, source, of_class)
    if found is None:
        raise UsageError(f"{path}: no class {of_class} at the top of the module")
    return found


def scene_of(run: Run) -> Scene:
    """Return what plans of the project are made of."""
    read = Sources(run.audited.discovery.files).get
    return Scene(run.audited.project, read, module_limits(run.settings))


def facts_of(run: Run, path: str) -> FileFacts:
    """Return what the file at ``path`` says.

    Raises:
        UsageError: it was not read, or cannot be parsed; the message says why.
    """
    facts = next((facts for facts in run.audited.project.files if facts.path == path), None)
    if facts is None:
        left_out = {skipped.path: skipped.reason for skipped in run.audited.discovery.skipped}
        raise UsageError(f"{path}: no plan: {left_out.get(path, 'it was not read')}")
    if facts.failure is not None:
        raise UsageError(f"{path}:{facts.failure.line}: no plan: {facts.failure.reason}")
    return facts
