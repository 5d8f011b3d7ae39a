"""Which versions of its libraries the audited project asks for: lock files, else requirements."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from exai_audit.files.source import side_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_CARET = re.compile(r"\^\s*(\d{1,9})(?:\.(\d{1,9}))?(?!\d)")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_LONGEST_LINE = 2_000
_FIRST, _LAST = 7, 30
_Kind = TypeVar("_Kind")


class _Locked(Struct, frozen=True):
    """A package as a lock file names it."""

    version: str
    name: str = ""


def lowest_python(root: Path) -> tuple[int, int] | None:
    """Return the lowest version of Python that the project's pyproject.toml asks for, if any."""
    project = _toml(root / "pyproject.toml").get("project")
    said = project.get("requires-python") if isinstance(project, dict) else None
    try:
        asked = SpecifierSet(said if isinstance(said, str) else "no version")
    except InvalidSpecifier:
        return None
    return next(((3, n) for n in range(_FIRST, _LAST) if asked.contains(f"3.{n}.99")), None)


def pinned(root: Path, packages: Collection[str]) -> dict[str, str]:
    """Return the version specifiers that the project's own files give for ``packages``.

    A lock file's exact version comes first, then the requirements of pyproject.toml and of
    requirements files, all together. What cannot be read says nothing.

    Args:
        packages: names of distributions; the result has the same spelling.
    """
    wanted: dict[str, str] = {str(canonicalize_name(name)): name for name in packages}
    locked = _first_of_each(_locked(root), wanted)
    asked: dict[str, list[str]] = {}
    for requirement in _requirements(root, wanted):
        name = wanted[canonicalize_name(requirement.name)]
        if str(requirement.specifier):
            asked.setdefault(name, []).append(str(requirement.specifier))
    return {**{name: ",".join(found) for name, found in asked.items()}, **locked}


def is_below(specifiers: str, version: str) -> bool | None:
    """Tell whether all that ``specifiers`` allow is below ``version``, None where both may be."""
    limit = Version(version)
    try:
        allowed = SpecifierSet(specifiers)
    except ValueError:
        return None
    for specifier in allowed:
        try:
            named = Version(specifier.version.removesuffix(".*"))
        except ValueError:  # no version, or a number of too many digits
            continue
        if specifier.operator in (">=", ">", "==", "===", "~=") and named >= limit:
            return False
        if specifier.operator in ("<", "<=", "==", "===") and named < limit:
            return True
        if specifier.operator == "<" and named <= limit:
            return True
        if specifier.operator == "~=" and _next(named) <= limit:
            return True
    return None


def _next(version: Version) -> Version:
    """Return the first version that ``~=`` does not allow any more."""
    kept = list(version.release[:-1]) or [version.major]
    return Version(".".join(map(str, [*kept[:-1], kept[-1] + 1])))


def _first_of_each(found: Iterable[tuple[str, str]], wanted: Mapping[str, str]) -> dict[str, str]:
    first: dict[str, str] = {}
    for name, version in found:
        given = wanted.get(canonicalize_name(name))
        if given is not None:
            first.setdefault(given, f"=={version}")
    return first


def _locked(root: Path) -> Iterator[tuple[str, str]]:
    for lock in _LOCKS:
        data = _toml(root / lock)
        for package in _items(data.get("package", data.get("packages")), _Locked):
            yield package.name, package.version
    for name, entry in _values(_json(root / "Pipfile.lock").get("default"), _Locked):
        yield name, entry.version.removeprefix("==")


def _requirements(root: Path, wanted: Collection[str]) -> Iterator[Requirement]:
    data = _toml(root / "pyproject.toml")
    project = _within(data, "project")
    lines = list(_items(project.get("dependencies"), str))
    for groups in (project.get("optional-dependencies"), data.get("dependency-groups")):
        for _, group in _values(groups, list[Any]):
            lines.extend(_items(group, str))
    for name, asked in _within(data, "tool", "poetry", "dependencies").items():
        text = asked.get("version", "") if isinstance(asked, dict) else asked
        lines.append(f"{name} {_without_caret(text)}" if isinstance(text, str) else name)
    for path in _requirements_files(root):
        lines.extend(line.partition(" #")[0] for line in side_text(path).splitlines())
    for line in lines:
        named = _NAME.match(line) if len(line) <= _LONGEST_LINE else None
        if named is not None and canonicalize_name(named[1]) in wanted:
            with suppress(ValueError):  # a requirement that is none, or a number without end
                yield Requirement(line)


def _requirements_files(root: Path) -> list[Path]:
    try:
        return sorted((*root.glob("*requirements*.txt"), *root.glob("requirements/*.txt")))
    except OSError:
        return []


def _within(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return a table within tables, an empty one where there is none."""
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data


def _items(section: object, kind: type[_Kind]) -> Iterator[_Kind]:
    """Yield the items of a list that are of the kind; what is no list has none."""
    for item in section if isinstance(section, list) else ():
        with suppress(msgspec.ValidationError, UnicodeEncodeError):
            yield msgspec.convert(item, kind)


def _values(section: object, kind: type[_Kind]) -> Iterator[tuple[str, _Kind]]:
    """Yield the entries of a table whose values are of the kind; what is no table has none."""
    for name, item in section.items() if isinstance(section, dict) else ():
        with suppress(msgspec.ValidationError, UnicodeEncodeError):
            yield name, msgspec.convert(item, kind)


def _without_caret(asked: str) -> str:
    """Return poetry's ``^5.1`` as the range it stands for."""
    caret = _CARET.match(asked.strip())
    if caret is None:
        return "" if asked.strip() in ("*", "") else asked
    return f">={caret[1]}.{caret[2] or 0},<{int(caret[1]) + 1}"


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(side_text(path))
    except (ValueError, RecursionError):
        return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(side_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
