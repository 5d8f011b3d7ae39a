"""Findings as diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lsprotocol.types import (
    CodeDescription,
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
    Location,
)
from pygls.workspace import PositionCodec

from exai_audit.addresses import rule_page
from exai_audit.files.visible import visible
from exai_audit.finding import Finding, Severity
from exai_audit.lsp.places import LineOf, line_range, range_of
from exai_audit.report.listing import said

SOURCE = "exai-audit"
_STALE = "EXA003"
_MOST_RELATED = 20
_SEVERITIES = {
    Severity.CRITICAL: DiagnosticSeverity.Error,
    Severity.HIGH: DiagnosticSeverity.Warning,
    Severity.MEDIUM: DiagnosticSeverity.Warning,
    Severity.LOW: DiagnosticSeverity.Information,
}


def diagnostic(
    finding: Finding,
    lines_of: Callable[[str], LineOf],
    uri_of: Callable[[str], str],
    codec: PositionCodec,
    *,
    unsure: bool,
) -> Diagnostic:
    """Return a finding as editors show it.

    Args:
        lines_of: the lines of a file by its path.
        uri_of: the address of a file by its path.
        unsure: whether it is too unsure to weigh; then it is a hint.
    """
    line_of = lines_of(finding.path)
    return Diagnostic(
        range=range_of(finding, line_of, codec),
        message=said(finding),
        severity=DiagnosticSeverity.Hint if unsure else _SEVERITIES[finding.severity],
        code=finding.code,
        code_description=CodeDescription(rule_page(finding.code)),
        source=SOURCE,
        tags=[DiagnosticTag.Unnecessary] if finding.code == _STALE else None,
        related_information=list(_related(finding, lines_of, uri_of, codec)),
        data={"fingerprint": finding.fingerprint},
    )


def _related(
    finding: Finding,
    lines_of: Callable[[str], LineOf],
    uri_of: Callable[[str], str],
    codec: PositionCodec,
) -> Iterable[DiagnosticRelatedInformation]:
    for one in finding.related[:_MOST_RELATED]:
        place = line_range(one.line, lines_of(one.path), codec)
        yield DiagnosticRelatedInformation(Location(uri_of(one.path), place), visible(one.message))
