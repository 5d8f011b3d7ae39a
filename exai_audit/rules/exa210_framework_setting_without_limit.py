"""A framework that waits for ever because its setting for the limit is not given.

*Why.* The call that waits stands in the framework, where nobody looks for it. A mail server that
accepts the connection and says nothing holds the request, or the worker, for good.

*Bad*

```python
# file: settings.py
EMAIL_HOST = "mail.example.org"
# file: mail.py
from django.core.mail import send_mail


def tell(to):
    send_mail("Ready", "It is ready.", None, [to])
```

*Good*

```python
# file: settings.py
EMAIL_HOST = "mail.example.org"
EMAIL_TIMEOUT = 10
# file: mail.py
from django.core.mail import send_mail


def tell(to):
    send_mail("Ready", "It is ready.", None, [to])
```

*Known false alarms.* A setting that is put in from outside the project; a backend that does not use
SMTP, chosen by a variable. A backend chosen in plain text that is none of SMTP is no finding. Where
the project makes the connections itself, their own limit counts: low confidence.

*References.* Django documentation: ``EMAIL_TIMEOUT`` is None by default, and SMTP then blocks.
Where nothing in the project sends mail the confidence is low.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.waits import FrameworkSettingFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.knowledge.script_folders import is_for_development
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield one hit for each setting that the whole project does not give."""
    given = {f.setting for facts in project.files for f in facts.framework_settings if f.given}
    for facts in project.judged_files():
        if is_for_development(facts.path):
            continue
        for fact in facts.framework_settings:
            if not fact.given and fact.setting not in given:
                given.add(fact.setting)
                yield _hit(facts.path, fact, _is_used(fact, project))


def _is_used(fact: FrameworkSettingFact, project: Project) -> bool:
    """Tell whether the setting decides: what makes connections of its own gives them a limit."""
    names = {name for facts in project.files for name in facts.imports}
    used = {name for name in names if f"{name}.".startswith(f"{fact.used_by}.")}
    return bool(used) and not any(name.startswith(f"{fact.used_by}.backends.") for name in used)


def _hit(path: str, fact: FrameworkSettingFact, is_used: bool) -> Hit:
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH if is_used else Confidence.LOW,
        message=f"{fact.used_by} may wait for ever: {fact.setting} is not set, its default is None",
        remedy=f"Set {fact.setting} to a number of seconds beside these settings.",
    )


RULE = Rule(
    code="EXA210",
    name="framework-setting-without-limit",
    family=Family.TIMEOUTS,
    summary="a framework's limit on waiting that is left at none",
    severity="medium",
    options=Options,
    check=check,
)
