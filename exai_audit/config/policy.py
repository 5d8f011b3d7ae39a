"""Settings that extend a policy: those of an organisation, which its projects share.

``extends`` names a settings file, or one that an installed distribution brings
(``acme-policy:policy.toml``). What the policy sets is fixed, but for the keys that it lists in
``overridable`` (``["*"]`` for all). A policy may extend another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from exai_audit.config.keys import read_settings
from exai_audit.config.tables import section_of, shown_path
from exai_audit.errors import SettingsError
from exai_audit.files.presence import is_file, is_there

EXTENDS, OVERRIDABLE = "extends", "overridable"
_MOST_LAYERS = 5
_ALL = "*"


class _Layer(Struct, frozen=True):
    """The settings of one file, without what it says of policies."""

    file: Path
    table: dict[str, Any]
    overridable: frozenset[str]

    def fixes(self, key: str) -> bool:
        """Tell whether a file that extends this one may not set a key."""
        return key in self.table and not self.overridable & {key, _ALL}


def table_of(file: Path) -> dict[str, Any] | None:
    """Return the file's settings over those of the policy that it extends.

    None when it is a shared file without a section of ours.

    Raises:
        SettingsError: a file cannot be read, or sets what its policy fixes.
    """
    layers = _layers(file)
    if layers is None:
        return None
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged.update(layer.table)
    return merged


def inherited(file: Path) -> Mapping[str, str]:
    """Return the keys that a file has from a policy, each with the policy as shown.

    Raises:
        SettingsError: see `table_of`.
    """
    own, *policies = _layers(file) or [_Layer(file, {}, frozenset())]
    keys: dict[str, str] = {}
    for layer in reversed(policies):
        keys.update((key, shown_path(layer.file)) for key in layer.table)
    return {key: policy for key, policy in keys.items() if key not in own.table}


def _layers(file: Path) -> list[_Layer] | None:
    """Return a file's settings, and those of the policies above it, the nearest first."""
    table = section_of(file)
    if table is None:
        return None
    layers: list[_Layer] = []
    while True:
        layers.append(_layer(file, table, is_policy=bool(layers)))
        named = table.get(EXTENDS)
        if named is None:
            break
        if len(layers) == _MOST_LAYERS:
            where = f"{shown_path(file)}: {EXTENDS}"
            raise SettingsError(f"{where}: more than {_MOST_LAYERS - 1} policies, or a circle")
        file = _policy_file(named, file)
        table = section_of(file)
        if table is None:
            raise SettingsError(f"{shown_path(file)}: has no settings of exai-audit")
    _refuse_fixed(layers)
    return layers


def _layer(file: Path, table: Mapping[str, Any], *, is_policy: bool) -> _Layer:
    own = {key: value for key, value in table.items() if key not in (EXTENDS, OVERRIDABLE)}
    listed = table.get(OVERRIDABLE, [])
    if not isinstance(listed, list) or not all(isinstance(key, str) for key in listed):
        raise SettingsError(f"{shown_path(file)}: {OVERRIDABLE}: expected a list of settings keys")
    if is_policy:
        read_settings(own, shown_path(file))  # so that an error names the policy's own file
        if isinstance(own.get("knowledge"), list):
            own["knowledge"] = [str(file.parent / name) for name in own["knowledge"]]
    return _Layer(file, own, frozenset(listed))


def _refuse_fixed(layers: list[_Layer]) -> None:
    problems = [
        f"{shown_path(layer.file)}: {key}: is fixed by the policy {shown_path(policy.file)}: remove"
        f" it here, or list it in {OVERRIDABLE} there"
        for number, layer in enumerate(layers)
        for policy in layers[number + 1 :]
        for key in layer.table
        if policy.fixes(key)
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def _policy_file(named: object, file: Path) -> Path:
    """Return the file that ``extends`` names.

    A project may name one of its repository, or of an installed distribution: nothing else.
    """
    where = f"{shown_path(file)}: {EXTENDS}"
    if not isinstance(named, str) or not named:
        raise SettingsError(f"{where}: expected a path, or DISTRIBUTION:FILE")
    package, colon, inner = named.partition(":")
    if colon and len(package) > 1:
        return _of_distribution(package, inner, where)
    found = (file.parent / named).resolve()
    if not found.is_relative_to(_top(file).resolve()):
        raise SettingsError(
            f"{where}: {named!r} leads out of the repository: put the policy into it, or into a"
            f" package that is installed, as DISTRIBUTION:FILE"
        )
    if not is_file(found):
        raise SettingsError(f"{where}: {named!r}: no such file")
    return found


def _of_distribution(package: str, inner: str, where: str) -> Path:
    from importlib.metadata import PackageNotFoundError, distribution  # slow to load

    try:
        files = distribution(package).files or []
    except (PackageNotFoundError, ValueError) as error:
        raise SettingsError(f"{where}: the distribution {package!r} is not installed") from error
    places = [Path(str(one.locate())) for one in files if str(one).endswith(inner)]
    found = [place for place in places if place.name == inner.rpartition("/")[2]]
    if len(found) != 1 or not is_file(found[0]):
        raise SettingsError(f"{where}: {package!r} has {len(found) or 'no'} files {inner!r}")
    return found[0]


def _top(file: Path) -> Path:
    """Return the top of the repository around a file, else its folder."""
    return next((folder for folder in file.parents if is_there(folder / ".git")), file.parent)
