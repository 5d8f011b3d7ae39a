"""How to divide one class: groups of methods, and what could become of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from exai_audit.collectors import members_of
from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ClassMembers, SymbolFact
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.condensing import condensed, crowding
from exai_audit.planning.decomposition.linkage import Groups, cut, with_small_joined
from exai_audit.planning.decomposition.matrices import Matrix
from exai_audit.planning.decomposition.naming import names_of, summary
from exai_audit.planning.decomposition.outside import Outside
from exai_audit.planning.decomposition.partition import among, clarity, described
from exai_audit.planning.decomposition.similarity import OF_CLASSES, profiles
from exai_audit.results.advice import Impact
from exai_audit.results.plans import ClassGroup, ClassPlan, PlanSymbol

_FEWEST_LINES = 20
_FEWEST_GROUPS = 2
_MOST = 14
_LONG = 5
_OWN, _LOOSE = 2, 0.3
_NAMED = 5


def class_plan(facts: FileFacts, source: SourceFile, name: str) -> ClassPlan | None:
    """Return how to divide the class ``name`` (``Outer.Inner``), None where there is none.

    It follows from the file alone; what tests replace comes with `with_patched`.
    """
    members = members_of(source, name)
    return None if members is None else _Division(facts.path, members).plan()


def with_patched(plan: ClassPlan, outside: Outside) -> ClassPlan:
    """Add to the risks what the project's tests replace by name."""
    return replace(plan, risks=(*plan.risks, *_patched(plan, outside))) if plan.groups else plan


class _Division:
    def __init__(self, path: str, members: ClassMembers) -> None:
        self._path, self._members = path, members
        self._chosen = [n for n, m in enumerate(members.methods) if not _is_special(m.names[0])]
        self._methods = among(members.methods, self._chosen)

    def plan(self) -> ClassPlan:
        members, methods = self._members, self._methods
        made: tuple[ClassGroup, ...] = ()
        clear = 0.0
        if len(methods) >= 2 * _FEWEST_GROUPS:
            groups, clear = self._grouped()
            made = tuple(self._groups(groups)) if len(groups) >= _FEWEST_GROUPS else ()
        return ClassPlan(
            path=self._path,
            name=members.name,
            line=members.lines.first,
            lines=members.lines.lines,
            clarity=clear,
            groups=made,
            steps=tuple(self._steps(made)),
            risks=tuple(self._risks(made)) if made else (),
            verdict=self._verdict(made, clear),
            figures=self._figures(made),
        )

    def _grouped(self) -> tuple[Groups, float]:
        """Return groups of methods, and how clear they are; what could be functions is a group."""
        methods, inside = condensed(self._methods)
        alike = profiles(methods, OF_CLASSES)
        functions = [n for n, own in enumerate(inside) if all(map(self._could_be_function, own))]
        if len(functions) < 2:
            functions = []
        rest = [n for n in range(len(methods)) if n not in functions]
        near = [[alike[one][other] for other in rest] for one in rest]
        most = min(_MOST, max(3, int(len(rest) ** 0.5 + 0.5)))
        parts = cut(near, lambda groups: len(groups) <= most) if rest else []
        parts = _joined(parts, near, [methods[n] for n in rest])
        groups = [[rest[n] for n in part] for part in parts]
        groups += [functions] if functions else []
        clear = clarity(alike, groups)
        return sorted(sorted(one for n in group for one in inside[n]) for group in groups), clear

    def _could_be_function(self, number: int) -> bool:
        """Tell whether a method does not use the object, nor stands there to be overridden."""
        method = self._methods[number]
        if self._chosen[number] not in self._members.plain:
            return False
        is_static = method.registers == ("staticmethod",)
        is_own = not (method.registers or self._members.bases) and method.lines >= _LONG
        return is_static or is_own

    def _verdict(self, groups: Sequence[ClassGroup], clear: float) -> str:
        if not groups:
            return f"`{self._members.name}` has no groups of methods that could go."
        crowded = crowding(len(self._methods), "methods")
        found = f"{len(groups)} groups of methods, {described(clear)} (clarity {clear:.2f})."
        return found + crowded

    # The groups

    def _groups(self, groups: Groups) -> Iterator[ClassGroup]:
        methods = self._methods
        taken = {method.names[0] for method in methods}
        stem = self._members.name.rpartition(".")[2]
        names = names_of(methods, groups, stem, taken)
        for name, group in zip(names, groups, strict=True):
            own, crossing = self._own_attributes(group), self._crossing(group)
            yield ClassGroup(
                name=name,
                way=self._way(group, own, crossing),
                lines=sum(methods[number].lines for number in group),
                responsibility=summary(methods, group),
                methods=tuple(
                    PlanSymbol(methods[number].names[0], lines.first, lines.last)
                    for number in group
                    for lines in methods[number].ranges
                ),
                attributes=own,
                crossing=round(crossing, 2),
            )

    def _way(self, group: Sequence[int], own: Sequence[str], crossing: float) -> str:
        if all(self._chosen[number] in self._members.plain for number in group):
            return "functions"
        if len(own) >= _OWN and crossing < _LOOSE and not self._is_tied(group):
            return "collaborator"
        return "mixin"

    def _is_tied(self, group: Iterable[int]) -> bool:
        """Tell whether methods are called through the class itself: ``super()`` or overriding."""
        return any(self._chosen[number] in self._members.supers for number in group)

    def _own_attributes(self, group: Sequence[int]) -> tuple[str, ...]:
        """Return the attributes that methods set and no other group uses, constructor left out."""
        inside = {name for number in group for name in self._methods[number].attributes}
        others = {
            name
            for number, method in enumerate(self._methods)
            if number not in group
            for name in method.attributes
        }
        return tuple(sorted((inside - others).intersection(self._members.assigned)))

    def _crossing(self, group: Sequence[int]) -> float:
        inside = set(group)
        calls = [
            (number in inside, used in inside)
            for number, method in enumerate(self._methods)
            for used in method.uses
        ]
        about = [pair for pair in calls if any(pair)]
        return sum(one != other for one, other in about) / len(about) if about else 0.0

    # What to do, and what could break

    def _steps(self, groups: Sequence[ClassGroup]) -> Iterator[str]:
        name = self._members.name
        for way in ("functions", "collaborator", "mixin"):
            for group in (one for one in groups if one.way == way):
                yield _STEPS[way].format(
                    methods=_listed(dict.fromkeys(m.name for m in group.methods)),
                    lines=group.lines,
                    module=group.name,
                    title=_class_name(group.name),
                    name=name,
                    handle=f"_{group.name}",
                    attributes=_listed(group.attributes),
                )
        plain = [
            self._methods[self._chosen.index(n)].names[0]
            for n in self._members.plain
            if n in self._chosen
        ]
        left = [
            n
            for n in plain
            if any(n in {m.name for m in g.methods} for g in groups if g.way != "functions")
        ]
        if left:
            yield f"{_listed(left)}: without use of the object, so that functions would do."

    def _risks(self, groups: Sequence[ClassGroup]) -> Iterator[str]:
        members = self._members
        mixins = [_class_name(g.name) + "Mixin" for g in groups if g.way == "mixin"]
        if mixins:
            before = f", before {_listed(members.bases)}" if members.bases else ""
            yield (
                f"Method resolution order: {_listed(mixins)} go first among the bases{before}, and"
                " no two of them may define the same name."
            )
        supers = [members.methods[n].names[0] for n in members.supers if n in self._chosen]
        if supers:
            yield (
                f"{_listed(supers)}: `super()` finds the next class after the mixin, which has to"
                f" be the base that `{members.name}` has today."
            )
        mangled = sorted({name for _, name in members.mangled})
        if mangled:
            yield (
                f"{_listed(mangled)}: Python spells these by the class they stand in; in another"
                " class they are other names. Give them one underscore first."
            )
        if any(group.way == "collaborator" for group in groups):
            yield (
                f"Objects of `{members.name}` that were pickled before have the attributes of the"
                " collaborators themselves: they cannot be loaded without a `__setstate__`."
            )
        heirs = [f"`{n}`" for n in self._overridden()]
        if heirs:
            yield f"{', '.join(heirs[:_NAMED])}: decorated; keep the decorator with the method."

    def _overridden(self) -> Iterator[str]:
        for method in self._methods:
            if any("abstract" in name for name in method.registers):
                yield method.names[0]

    def _figures(self, groups: Sequence[ClassGroup]) -> tuple[Impact, ...]:
        if not groups:
            return ()
        members = self._members
        gone = sum(group.lines for group in groups)
        longest = max([members.lines.lines - gone, *(group.lines for group in groups)])
        count = len(self._methods)
        most = max(len({m.name for m in group.methods}) for group in groups)
        return (
            Impact(
                "longest-class", "longest class, lines", float(members.lines.lines), float(longest)
            ),
            Impact("methods", "methods in one class at most", float(count), float(most)),
        )


_STEPS = {
    "functions": (
        "Make functions of {methods} ({lines:,} lines) in a module `{module}`: they do not use the"
        " object. Leave a name in `{name}` where others call them on it."
    ),
    "collaborator": (
        "Give {methods} ({lines:,} lines) a class `{title}` in a module `{module}`, with the"
        " attributes {attributes}, which nothing else uses. `{name}` makes one as `self.{handle}`"
        " and passes calls on."
    ),
    "mixin": (
        "Move {methods} ({lines:,} lines) to a class `{title}Mixin` in a module `{module}`, and"
        " make it a base of `{name}`. No caller has to change."
    ),
}


def _patched(plan: ClassPlan, outside: Outside) -> Iterator[str]:
    """Yield what tests replace by name: on a collaborator it stands elsewhere."""
    home = {m.name: group for group in plan.groups for m in group.methods}
    last = plan.name.rpartition(".")[2]
    for path, reference in outside.references(last):
        group = home.get(reference.name.rpartition(".")[2])
        if group is not None:
            where = (
                f"it still works, as `{_class_name(group.name)}Mixin` is a base"
                if group.way == "mixin"
                else f"patch it in `{group.name}`"
            )
            yield f"{path}:{reference.line} replaces `{reference.name}`: {where}."


def _joined(groups: Groups, alike: Matrix, methods: Sequence[SymbolFact]) -> Groups:
    """Return the groups with each trivial one in the nearest other, the smallest first."""
    lines = [method.lines for method in methods]
    return with_small_joined(groups, alike, lines, _is_trivial)


def _is_trivial(count: int, lines: int) -> bool:
    return (count < 2 or lines < _FEWEST_LINES) and lines < 3 * _FEWEST_LINES


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _listed(names: Iterable[str]) -> str:
    found = [f"`{name}`" for name in names]
    more = len(found) - _NAMED
    return ", ".join(found[:_NAMED]) + (f" and {more} more" if more > 0 else "")
