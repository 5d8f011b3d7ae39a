"""Which versions of its libraries the audited project asks for: lock files, else requirements."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_CARET = re.compile(r"\^\s*(\d+)(?:\.(\d+))?")
_LARGEST = 20_000_000


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
    for requirement in _requirements(root):
        name = wanted.get(canonicalize_name(requirement.name))
        if name is not None and str(requirement.specifier):
            asked.setdefault(name, []).append(str(requirement.specifier))
    return {**{name: ",".join(found) for name, found in asked.items()}, **locked}


def is_below(specifiers: str, version: str) -> bool | None:
    """Tell whether all that ``specifiers`` allow is below ``version``, None where both may be."""
    limit = Version(version)
    try:
        allowed = SpecifierSet(specifiers)
    except InvalidSpecifier:
        return None
    for specifier in allowed:
        try:
            named = Version(specifier.version.removesuffix(".*"))
        except InvalidVersion:
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
        for package in data.get("package", data.get("packages", [])):
            if isinstance(package, dict) and isinstance(package.get("version"), str):
                yield str(package.get("name", "")), package["version"]
    pipfile = _json(root / "Pipfile.lock").get("default", {})
    for name, entry in pipfile.items() if isinstance(pipfile, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("version"), str):
            yield name, entry["version"].removeprefix("==")


def _requirements(root: Path) -> Iterator[Requirement]:
    data = _toml(root / "pyproject.toml")
    project = data.get("project", {})
    lines = list(project.get("dependencies", ())) if isinstance(project, dict) else []
    optional = project.get("optional-dependencies", {}) if isinstance(project, dict) else {}
    for groups in (optional, data.get("dependency-groups", {})):
        for group in groups.values() if isinstance(groups, dict) else ():
            lines.extend(group if isinstance(group, list) else ())
    poetry = data.get("tool", {}).get("poetry", {}).get("dependencies", {})
    for name, asked in poetry.items() if isinstance(poetry, dict) else ():
        text = asked.get("version", "") if isinstance(asked, dict) else asked
        lines.append(f"{name} {_without_caret(str(text))}")
    files = (*root.glob("*requirements*.txt"), *root.glob("requirements/*.txt"))
    for path in sorted(files):
        lines.extend(line.partition(" #")[0] for line in _text(path).splitlines())
    for line in lines:
        try:
            yield Requirement(str(line))
        except InvalidRequirement:
            continue


def _without_caret(asked: str) -> str:
    """Return poetry's ``^5.1`` as the range it stands for."""
    caret = _CARET.match(asked.strip())
    if caret is None:
        return "" if asked.strip() in ("*", "") else asked
    return f">={caret[1]}.{caret[2] or 0},<{int(caret[1]) + 1}"


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except (ValueError, RecursionError):
        return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ""
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
