"""Where the files of the audited revision can be read: from the CI's variables, or git's remote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from exai_audit.results.result import Target

_FORMS = {"github": "{}/blob/{}/", "gitlab": "{}/-/blob/{}/", "bitbucket": "{}/src/{}/"}


_BRANCHES = (
    "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_COMMIT_REF_NAME", "BITBUCKET_BRANCH", "BUILD_SOURCEBRANCHNAME", "BRANCH_NAME",
)  # fmt: skip


def branch_in_ci() -> str | None:
    """Return the branch that the CI says it checked out: git knows none there, only a commit."""
    said = (os.environ.get(name) for name in _BRANCHES)
    return next(filter(None, said), None) if os.environ.get("CI") else None


def permalink_base(target: Target) -> str | None:
    """Return the address that a path below the top of the repository is added to.

    None without a revision, or where nothing says how the files of the repository are addressed.
    """
    if target.revision is None:
        return None
    for kind, address in _addresses(target.remote):
        if kind in _FORMS and _is_plain(address):
            return _FORMS[kind].format(address.rstrip("/"), target.revision)
    return None


def _addresses(remote: str | None) -> Iterator[tuple[str, str]]:
    """Yield a kind of server and the repository's address there, the surest first."""
    variables = os.environ
    if variables.get("GITHUB_SERVER_URL") and variables.get("GITHUB_REPOSITORY"):
        yield "github", f"{variables['GITHUB_SERVER_URL']}/{variables['GITHUB_REPOSITORY']}"
    if variables.get("CI_PROJECT_URL"):
        yield "gitlab", variables["CI_PROJECT_URL"]
    if variables.get("BITBUCKET_GIT_HTTP_ORIGIN"):
        yield "bitbucket", variables["BITBUCKET_GIT_HTTP_ORIGIN"]
    if remote is not None:
        host = urlsplit(remote).hostname or ""
        yield next((kind for kind in _FORMS if kind in host), ""), remote


def _is_plain(address: str) -> bool:
    """Tell whether an address is one of the web, with nothing in it that could end a link."""
    parts = urlsplit(address)
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:%+")
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return is_web and set(address) <= allowed and len(address) < 1000
