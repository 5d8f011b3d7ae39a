"""Results read back from their JSON report, to be rendered again or compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from exai_audit.errors import UsageError
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.results.embedded import extracted
from exai_audit.results.result import SCHEMA_VERSION, AuditResult, StoredFacts
from exai_audit.results.trust import first_foreign_word, parsed_json

_MOST_BYTES = 500_000_000


def read_result(path: Path) -> AuditResult:
    """Read a JSON report of this tool, or an HTML report that holds one.

    All formats come out of it as they did from the audit.

    Raises:
        UsageError: the file cannot be read, is no JSON report of this tool, or is one of another
            schema version; the message names the file and what to do.
    """
    try:
        text = read_bytes(path, _MOST_BYTES).decode("utf-8")
    except (UnreadableSourceError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return result_of(text, str(path))


def result_of(text: str, name: str) -> AuditResult:
    """Return the result that a JSON report holds; ``name`` is what errors call it.

    Raises:
        UsageError: see `read_result`.
    """
    document = _document(text, name)
    facts = document.pop("facts", None)
    try:
        result = msgspec.convert(document, AuditResult)
        lists = msgspec.convert(facts, dict[str, list[dict[str, Any]]]) if facts else None
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise UsageError(f"{name}: not a report of exai-audit: {error}") from error
    foreign = first_foreign_word(result)
    if foreign:
        raise UsageError(f"{name}: not a report of exai-audit: {foreign}")
    return result if lists is None else replace(result, facts=StoredFacts(lists))


def _document(text: str, name: str) -> dict[str, Any]:
    document: dict[str, Any]
    try:
        held = extracted(text, _MOST_BYTES) if text.lstrip()[:1] == "<" else None
        document = parsed_json(text if held is None else held)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not JSON: {error}") from error
    version = document.pop("schema_version", None) if isinstance(document, dict) else None
    if version is None:
        raise UsageError(f"{name}: not a report of exai-audit: make one with scan -f json")
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"{name}: its schema_version is {version}, this version reads {SCHEMA_VERSION}: "
            "scan again with this version"
        )
    return document
