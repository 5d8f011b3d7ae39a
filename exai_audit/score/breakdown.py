"""The score of parts: of each package, top folder or owner, as if there were no other files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from exai_audit.files.nearest import common_folder
from exai_audit.finding import Finding
from exai_audit.results.result import AuditResult, Breakdown, PartScore
from exai_audit.results.tables import By, ModuleSize
from exai_audit.score.formula import score

NOBODY = "(no owner)"
_NEARLY_ALL = 0.8


def broken_down(result: AuditResult, by: By) -> AuditResult:
    """Return a whole result with the scores of its parts."""
    return replace(result, breakdown=Breakdown(by, tuple(part for part, _ in parts(result, by))))


def parts(result: AuditResult, by: By) -> tuple[tuple[PartScore, tuple[Finding, ...]], ...]:
    """Return the parts, the worst first, each with its findings and what these cost it.

    What speaks of the whole project belongs to the part that holds the file where it is shown.
    """
    modules: dict[str, list[ModuleSize]] = {}
    names = _names(result, by)
    for module in result.modules:
        for name in names(module):
            modules.setdefault(name, []).append(module)
    found = [_part(name, files, result) for name, files in modules.items()]
    return tuple(sorted(found, key=lambda pair: (_shown(pair[0]), pair[0].name)))


def _shown(part: PartScore) -> float:
    return 101.0 if part.score.shown is None else part.score.shown


def _part(
    name: str, modules: list[ModuleSize], result: AuditResult
) -> tuple[PartScore, tuple[Finding, ...]]:
    paths = {module.path for module in modules}
    lines = sum(module.lines for module in modules)
    points = {c.name: c.points for c in result.score.categories if c.judged}
    findings = [finding for finding in result.findings if finding.path in paths]
    scored = score(findings, lines, tuple(points), result.target.min_confidence, points)
    return PartScore(name, len(modules), lines, len(findings), scored.score), scored.findings


def _names(result: AuditResult, by: By) -> Callable[[ModuleSize], tuple[str, ...]]:
    """Return what tells of which parts a module is."""
    if by is By.PACKAGE:
        return lambda module: (module.package or result.target.project or ".",)
    if by is By.OWNER:
        return lambda module: module.owners or (NOBODY,)
    folders = _folders(result.modules)

    def top_folder(module: ModuleSize) -> tuple[str, ...]:
        own = module.path.split("/")[:-1]
        above = ("/".join(own[:end]) for end in range(len(own), 0, -1))
        return (next((folder for folder in above if folder in folders), "."),)

    return top_folder


def _folders(modules: Sequence[ModuleSize]) -> frozenset[str]:
    """Return the folders that part the files: the first level at which there are several.

    A folder that holds nearly all lines parts nothing: then those below it count, too.
    """
    found: frozenset[str] = frozenset()
    prefix, inside = common_folder([module.path for module in modules]), list(modules)
    total = sum(module.lines for module in modules)
    while True:
        lines: Counter[str] = Counter()
        for module in inside:
            folder, below, _ = module.path[len(prefix) :].partition("/")
            lines[prefix + folder if below else prefix.rstrip("/")] += module.lines
        found |= {folder for folder in lines if folder}
        largest, most = max(lines.items(), key=lambda pair: pair[1], default=("", 0))
        if f"{largest}/" == prefix or not largest or most <= _NEARLY_ALL * total:
            return found
        prefix = f"{largest}/"
        inside = [module for module in inside if module.path.startswith(prefix)]
