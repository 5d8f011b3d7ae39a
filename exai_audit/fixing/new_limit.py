"""A limit for a call that has none: the one that the project gives most often to its like."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from exai_audit.edits.edit import Edit
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.limits import Constant, held, table
from exai_audit.fixing.moved import defined, used
from exai_audit.fixing.naming import purposes
from exai_audit.fixing.packages import Home, home_of
from exai_audit.fixing.refusal import RefusedError
from exai_audit.fixing.surroundings import check_file
from exai_audit.fixing.wrapping import given
from exai_audit.location import Place
from exai_audit.project.central_timeouts import is_literal_limit
from exai_audit.syntax.module import ModuleTree

_DECIDE = "  # decide"
_FEWEST, _A_MINUTE = 2, 60
_KINDS = {
    Category.HTTP_API: "HTTP_REQUEST",
    Category.DATABASE: "DATABASE_CALL",
    Category.LOCK_OR_QUEUE: "QUEUE_WAIT",
    Category.GENERAL_ASYNC: "COROUTINE_RESULT",
}
_ABOUT = frozenset({"timeout", "socket", "request", "total", "seconds", "sec", "s", "in"})


def limited(
    call: ast.Call,
    argument: str,
    operation: str,
    categories: Sequence[Category],
    place: Place,
    tree: ModuleTree,
    bench: Bench,
) -> tuple[str, tuple[Edit, ...]]:
    """Return the name of the limit that a call is given, and the edits that give it.

    Raises:
        RefusedError: the project has no limit of its kind to go by, or the place forbids it.
    """
    number = _usual(operation, categories, bench)
    path = tree.source.path
    check_file(path, tree, bench)
    fact = TimeoutFact(
        place, TimeoutForm.CALL_KEYWORD, ValueKind.LITERAL, 1.0, argument, operation,
        categories[0], False,
    )  # fmt: skip
    constant = _constant(fact, number, path, bench)
    name, imports = used(constant, tree, call, bench)
    definition = [
        Edit(edit.path, edit.span, edit.text.replace("\n", f"{_DECIDE}\n"))
        if edit.text.startswith(constant.name)
        else edit
        for edit in defined(constant, bench)
    ]
    edits = given(call, f"{argument}={name}", tree, bench)
    return f"{constant.home.name}.{constant.name}", (*edits, *imports, *definition)


def _usual(operation: str, categories: Sequence[Category], bench: Bench) -> str:
    """Return the number of seconds that the project gives most often, as it is written.

    To calls of the category, else of the same library. A second is no limit to go by, nor are
    minutes of another library: they are of a place at hand, or of a job of its own.
    """
    library = operation.partition(".")[0]
    for category in categories:
        alike = [fact for fact in _known(bench) if fact.category is category]
        own = [f.literal for f in alike if library and f.operation.partition(".")[0] == library]
        numbers = Counter(f.literal for f in alike if (f.seconds or 0) <= _A_MINUTE) or Counter(own)
        if numbers:
            return min(numbers, key=lambda number: (-numbers[number], -float(number)))
    raise RefusedError("the project has no limit of its kind to go by: decide on one")


def _known(bench: Bench) -> tuple[TimeoutFact, ...]:
    made = bench.made(
        "usual limits",
        lambda: tuple(
            fact
            for facts in bench.project.judged_files()
            for fact in facts.timeouts
            if _is_usual(fact)
        ),
    )
    assert isinstance(made, tuple)
    return made


def _is_usual(fact: TimeoutFact) -> bool:
    """Tell whether a limit is a policy in seconds, of two or more, written as one number."""
    is_number = fact.literal.replace(".", "", 1).isdecimal()
    in_seconds = fact.scale == 1.0 and fact.seconds is not None and fact.seconds >= _FEWEST
    return is_number and in_seconds and not fact.role and is_literal_limit(fact)


def _constant(fact: TimeoutFact, number: str, path: str, bench: Bench) -> Constant:
    """Return the constant for a call: those of a kind share one, for its number is a first guess.

    Where its name has another number, the call has one of its own.
    """
    home = home_of(path, bench)
    taken = held(home, bench) | _planned(home, bench)
    owners = bench.made("new limits", dict)
    assert isinstance(owners, dict)
    kind = _kind(fact)
    for purpose in (kind, *purposes(fact, path)):
        middle = "" if "timeout" in home.name.lower() else "TIMEOUT_"
        name, owner = f"{purpose}_{middle}SECONDS", kind if purpose == kind else path
        said = owner, number
        is_free = taken.get(name, number) == number
        if is_free and owners.setdefault((home.path, name), said) == said:
            return Constant(home, name, number, (), name not in taken)
    raise RefusedError("no name tells its limit from others")


def _planned(home: Home, bench: Bench) -> dict[str, str]:
    """Return the constants that scattered limits become, with their numbers as written."""
    known = table(bench).constants.values()
    made = bench.made(
        f"planned in {home.path}",
        lambda: {one.name: one.literal for one in known if one.home == home},
    )
    assert isinstance(made, dict)
    return made


def _kind(fact: TimeoutFact) -> str:
    """Return what kind of wait it is: its category, else its library, and the argument's words."""
    library = fact.operation.partition(".")[0].removesuffix("lib").upper()
    said = [word for word in fact.name.lower().split("_") if word not in _ABOUT]
    kind = _KINDS.get(fact.category, library or "WAIT")
    return "_".join([kind.partition("_")[0] if said else kind, *map(str.upper, said)])
