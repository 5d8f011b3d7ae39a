"""A limit in the code gets a name in the package's module of limits."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.limits import Constant, table
from exai_audit.fixing.moved import moved
from exai_audit.fixing.policies import is_detail
from exai_audit.fixing.refusal import RefusedError
from exai_audit.fixing.sites import Site
from exai_audit.project.central_timeouts import by_operation, repeated_defaults


def fix(finding: Finding, bench: Bench) -> Fix:
    """Move all limits of the finding; what they are and what unit they have stays."""
    sites, constants = _sites(finding, bench), table(bench)
    found = [(site, constants.at(site.path, site.fact)) for site in sites]
    if not bench.choices.details and all(_is_detail(*one, bench) for one in found):
        raise RefusedError("few places write it: --min-confidence low names it, too")
    edits = [edit for site, constant in found for edit in moved(site, constant, bench)]
    names = ", ".join(dict.fromkeys(f"{c.home.name}.{c.name}" for _, c in found))
    return Fix(Applicability.SAFE, f"name it {names}", tuple(dict.fromkeys(edits)))


def _is_detail(site: Site, constant: Constant, bench: Bench) -> bool:
    return constant.is_new and is_detail(site, bench)


def _sites(finding: Finding, bench: Bench) -> list[Site]:
    """Return the limits that a finding speaks of.

    Raises:
        RefusedError: it is about defaults of parameters, and these were not asked for.
    """
    for sites, is_default in _groups(bench):
        first = sites[0]
        span = first.fact.place.span
        if (first.path, span.line, span.column) == (finding.path, finding.line, finding.column):
            if is_default and not bench.choices.defaults:
                raise RefusedError("a default shows in the signature: --defaults names it, too")
            return sites
    raise RefusedError("another finding speaks at the place")


def _groups(bench: Bench) -> Iterator[tuple[list[Site], bool]]:
    central = bench.central
    for path, facts in by_operation(bench.project, central):
        yield [Site(path, fact) for fact in facts], False
    for defaults in repeated_defaults(bench.project, central):
        yield [Site(path, fact) for path, fact in defaults], True


FIXER = Fixer("EXA201", Applicability.SAFE, fix)
