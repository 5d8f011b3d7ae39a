"""A task that is started and that nothing keeps.

*Why.* The event loop refers to tasks weakly only. A task that nobody else refers to may be thrown
away by the garbage collector in the middle of its work, and an exception in it is told to nobody
until then.

*Bad*

```python
import asyncio


async def register(user, mailer):
    asyncio.create_task(mailer.welcome(user))
```

*Good*

```python
import asyncio

BACKGROUND = set()


async def register(user, mailer):
    task = asyncio.create_task(mailer.welcome(user))
    BACKGROUND.add(task)
    task.add_done_callback(BACKGROUND.discard)
```

*Known false alarms.* Work that must not fail the caller and may be lost: suppress with that
reason. What a task group or a manager of the project's own starts is kept by it, and is silent:
where a class of the project has a method ``create_task``, a name alone makes nothing a loop. A
function of the project that starts a task and only gives it back keeps nothing: its callers must.

*References.* Python documentation, ``asyncio.create_task``: "Save a reference to the result of
this function, to avoid a task disappearing mid-execution." Low confidence: a task with a callback
for its end, one that only sends or deletes a message or a reaction to one, and a line that says
``noqa: RUF006``. Of what ``asyncio.run_coroutine_threadsafe`` hands to another thread's loop, the
errors stay in the future: not even the loop tells of them (low severity).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import DroppedTaskFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.calls import exported_names, spellings
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_MESSAGES = frozenset({
    "send", "delete", "add_reaction", "remove_reaction", "clear_reaction", "clear_reactions",
})  # fmt: skip


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each task that is started and that nothing keeps."""
    has_own = any(facts.starts_tasks for facts in project.files)
    starters = {name for facts in project.files for name in facts.task_starters}
    exported = exported_names(project.files) if starters else {}
    for facts in project.importable_files():
        for fact in facts.dropped_tasks:
            if fact.starter and starters.isdisjoint(spellings(fact.starter, exported)):
                continue
            if fact.elsewhere:
                if not fact.catches:
                    yield _hit_elsewhere(facts.path, fact)
            elif not (fact.by_name and has_own):
                yield _hit(facts.path, fact)


def _may_be_meant(fact: DroppedTaskFact) -> bool:
    """Tell whether the task is looked after in another way, or may be lost."""
    is_message = fact.work in _MESSAGES or fact.work.startswith("send_")
    return fact.watched or fact.excused or is_message


def _hit(path: str, fact: DroppedTaskFact) -> Hit:
    work = f" that runs {fact.work}" if fact.work else ""
    errors = "" if fact.catches else ", and its errors are lost"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW if _may_be_meant(fact) else Confidence.HIGH,
        message=f"nothing keeps the task{work}: it may end in the middle{errors}",
        remedy=(
            f"Keep it: task = {fact.operation}(...); background.add(task);"
            " task.add_done_callback(background.discard), with a set that lives as long as the"
            " service; or start it in an asyncio.TaskGroup."
        ),
    )


def _hit_elsewhere(path: str, fact: DroppedTaskFact) -> Hit:
    work = fact.work or "a coroutine"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.LOW if _may_be_meant(fact) else Confidence.MEDIUM,
        message=f"nothing looks at the future of {work}: its errors are told to nobody",
        remedy=(
            f"Keep it: future = {fact.operation}(...); future.add_done_callback(report), with a"
            " function that logs future.exception()."
        ),
    )


RULE = Rule(
    code="EXA412",
    name="dropped-task",
    family=Family.CONCURRENCY,
    summary="a task that is started and that nothing keeps",
    severity="medium; low where only errors are lost",
    options=Options,
    check=check,
)
