"""One place for the limits on waiting, which the code uses.

The project has a central timeout module (known by its name, by a settings class in it, or by
the setting ``central-timeout-modules``), it defines two limits or more, and two other files or
more import it. A module of that name which only implements timeouts defines none.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.timeouts import TimeoutForm
from exai_audit.finding import Strength
from exai_audit.project.central_timeouts import central_modules
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms

_FEWEST_LIMITS = 2
_FEWEST_USERS = 2
_DEFINITIONS = (
    TimeoutForm.MODULE_CONSTANT,
    TimeoutForm.CLASS_FIELD,
    TimeoutForm.INSTANCE_ATTRIBUTE,
)


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength for each central module that is used."""
    central = central_modules(project, terms.central_timeout_modules)
    for facts in project.judged_files():
        limits = [f for f in facts.timeouts if f.form in _DEFINITIONS and f.amount is not None]
        users = project.users_of(facts.module)
        enough = len(limits) >= _FEWEST_LIMITS and len(users) >= _FEWEST_USERS
        if facts.path in central and enough:
            message = f"{len(limits)} limits stand in one module that {len(users)} files use"
            yield Strength(PRACTICE.name, facts.path, limits[0].place.span.line, message)


PRACTICE = Practice("central-timeouts", "one module for the limits on waiting, in use", check)
