"""SARIF 2.1.0 as GitHub's code scanning reads it.

What it reads, and its limits: <https://docs.github.com/en/code-security/code-scanning/
integrating-with-code-scanning/sarif-support-for-code-scanning>. It knows nothing of SARIF's
suppressions: a suppressed result becomes an open alert (github/codeql-action issue 1230), so these
are listed only on request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from exai_audit.addresses import DOCUMENTATION
from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding, Related
from exai_audit.report.bottlenecks import counted
from exai_audit.report.escape import visible
from exai_audit.report.listing import is_unsure, repository_path, said, worst_first
from exai_audit.report.sarif.rules import LEVELS, Member, reporting_descriptors
from exai_audit.results.result import AuditResult, Suppressed

MOST_RESULTS = 5_000
MOST_LOCATIONS = 100
_ROOT = "%SRCROOT%"
_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+")
_LINK = re.compile(r"\](?=\()")


def render(result: AuditResult, *, suppressed: bool = False) -> str:
    """Return the log in ASCII, results worst first.

    Args:
        suppressed: list what comments and settings silence too, as SARIF suppressions.
    """
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [_run(result, result.suppressed if suppressed else ())],
    }
    return json.dumps(log, indent=2, allow_nan=False) + "\n"


def _run(result: AuditResult, silenced: Sequence[Suppressed]) -> Member:
    listed = worst_first(result.findings, result)
    shown = listed[:MOST_RESULTS]
    silent = silenced[: MOST_RESULTS - len(shown)]
    findings = [*shown, *(item.finding for item in silent)]
    rules = reporting_descriptors(findings)
    index_of = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [_result(finding, result, index_of[finding.code]) for finding in findings]
    for entry, item in zip(results[len(shown) :], silent, strict=True):
        entry["suppressions"] = [_suppression(item)]
    driver: Member = {
        "name": result.tool.name,
        "informationUri": DOCUMENTATION,
        "version": result.tool.version,
        "rules": rules,
    }
    if _SEMANTIC_VERSION.fullmatch(result.tool.version):
        driver["semanticVersion"] = result.tool.version
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": _category(result)},
        "invocations": [_invocation(len(listed) - len(shown))],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The top of the repository that was scanned."}}
        },
        "results": results,
    }


def _category(result: AuditResult) -> str:
    """Return what tells this analysis from those of other folders, which it must not replace.

    GitHub takes what stands before the last slash for the category.
    """
    target = result.target
    paths = [repository_path(path, result) for path in target.paths if path != "."]
    scanned = ",".join(paths) or target.folder
    parts = "/".join(filter(None, (result.tool.name, scanned)))
    return quote(f"{parts}/".encode("utf-8", "surrogateescape"), safe="/,")


def _invocation(left_out: int) -> Member:
    invocation: Member = {"executionSuccessful": True}
    if left_out:
        text = f"{counted(left_out, 'finding')} left out: the worst {MOST_RESULTS:,} are listed."
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    return invocation


def _result(finding: Finding, result: AuditResult, rule_index: int) -> Member:
    level = "note" if is_unsure(finding, result) else LEVELS[finding.severity]
    entry: Member = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": level,
        "message": {"text": _plain(said(finding))},
        "locations": [_location(finding, result)],
        "partialFingerprints": _fingerprints(finding),
        "properties": {
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "points": finding.points,
        },
    }
    if finding.new is not None:
        entry["baselineState"] = "new" if finding.new else "unchanged"
    if finding.fix is not None and finding.fix.edits:
        entry["fixes"] = [_fix(finding.fix, result)]
    related = finding.related[: MOST_LOCATIONS - 1]
    if related:
        entry["relatedLocations"] = [
            _related(one, result, number) for number, one in enumerate(related, 1)
        ]
    return entry


def _fix(fix: Fix, result: AuditResult) -> Member:
    """Return the edits of a fix, file by file; what they insert is code, and stays as it is."""
    changes: dict[str, list[Member]] = {}
    for edit in fix.edits:
        replacement: Member = {
            "deletedRegion": {
                "startLine": edit.span.line,
                "startColumn": edit.span.column,
                "endLine": edit.span.end_line,
                "endColumn": edit.span.end_column,
            },
            "insertedContent": {"text": edit.text},
        }
        changes.setdefault(edit.path, []).append(replacement)
    kind = "" if fix.applicability is Applicability.SAFE else f" ({fix.applicability.value})"
    return {
        "description": {"text": _plain(fix.message + kind)},
        "artifactChanges": [
            {"artifactLocation": _artifact(path, result), "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }


def _plain(text: str) -> str:
    """Return a message in which nothing is a link: SARIF makes one of ``[text](target)``."""
    return _LINK.sub("] ", visible(text))


def _fingerprints(finding: Finding) -> Member:
    own = {"exaiAudit/v1": visible(finding.fingerprint)}
    return {"primaryLocationLineHash": finding.line_hash, **own} if finding.line_hash else {**own}


def _location(finding: Finding, result: AuditResult) -> Member:
    location: Member = {
        "physicalLocation": {
            "artifactLocation": _artifact(finding.path, result),
            "region": _region(finding),
        }
    }
    if finding.symbol:
        name = visible(finding.symbol)
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    return location


def _region(finding: Finding) -> Member:
    """Return the region; one that is empty, of a whole file, becomes its line's first column."""
    is_empty = (finding.line, finding.column) >= (finding.end_line, finding.end_column)
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.line if is_empty else finding.end_line,
        "endColumn": finding.column + 1 if is_empty else finding.end_column,
    }


def _artifact(path: str, result: AuditResult) -> Member:
    """Return where a file is; bytes that are no UTF-8 stay what they are."""
    written = repository_path(path, result).encode("utf-8", "surrogateescape")
    return {"uri": quote(written), "uriBaseId": _ROOT}


def _related(related: Related, result: AuditResult, number: int) -> Member:
    return {
        "id": number,
        "message": {"text": _plain(related.message)},
        "physicalLocation": {
            "artifactLocation": _artifact(related.path, result),
            "region": {"startLine": related.line},
        },
    }


def _suppression(item: Suppressed) -> Member:
    suppression: Member = {"kind": "inSource" if item.line else "external"}
    if item.reason:
        suppression["justification"] = visible(item.reason)
    return suppression
