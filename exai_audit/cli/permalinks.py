"""Where the files of the audited revision can be read: from the CI's variables, or git's remote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from exai_audit.git.repository import remote_address

_FORMS = {"github": "{}/blob/{}/", "gitlab": "{}/-/blob/{}/", "bitbucket": "{}/src/{}/"}


def permalink_base(root: Path, revision: str | None) -> str | None:
    """Return the address that a path below the top of the repository is added to.

    None without a revision, or where nothing says how the files of the repository are addressed.
    """
    if revision is None:
        return None
    for kind, address in _addresses(root):
        if kind in _FORMS and _is_plain(address):
            return _FORMS[kind].format(address.rstrip("/"), revision)
    return None


def _addresses(root: Path) -> Iterator[tuple[str, str]]:
    """Yield a kind of server and the repository's address there, the surest first."""
    variables = os.environ
    if variables.get("GITHUB_SERVER_URL") and variables.get("GITHUB_REPOSITORY"):
        yield "github", f"{variables['GITHUB_SERVER_URL']}/{variables['GITHUB_REPOSITORY']}"
    if variables.get("CI_PROJECT_URL"):
        yield "gitlab", variables["CI_PROJECT_URL"]
    if variables.get("BITBUCKET_GIT_HTTP_ORIGIN"):
        yield "bitbucket", variables["BITBUCKET_GIT_HTTP_ORIGIN"]
    address = remote_address(root)
    if address is not None:
        host = urlsplit(address).hostname or ""
        yield next((kind for kind in _FORMS if kind in host), ""), address


def _is_plain(address: str) -> bool:
    """Tell whether an address is one of the web, with nothing in it that could end a link."""
    parts = urlsplit(address)
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:%+")
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return is_web and set(address) <= allowed and len(address) < 1000
