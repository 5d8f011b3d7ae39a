"""Git's own name for a file's content."""

from __future__ import annotations


def blob_hash(data: bytes) -> bytes:
    """Return git's object id of a file's content, so that history can share the records."""
    from hashlib import sha1

    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()
