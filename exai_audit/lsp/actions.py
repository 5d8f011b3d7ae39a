"""What an editor offers to do about a finding: fix it, silence it with a reason, show the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lsprotocol.types import (
    ClientCapabilities,
    CodeAction,
    CodeActionKind,
    Command,
    CreateFile,
    Diagnostic,
    OptionalVersionedTextDocumentIdentifier,
    Position,
    Range,
    ResourceOperationKind,
    SnippetTextEdit,
    StringValue,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)
from pygls.workspace import PositionCodec

from exai_audit.edits.edit import Applicability, FileChange, Fix
from exai_audit.files.source import with_newlines
from exai_audit.files.visible import shortened
from exai_audit.finding import Finding
from exai_audit.lsp.places import text_edits
from exai_audit.lsp.suppressing import suppression

SHOW_PLAN = "exai-audit.showPlan"
_SPLIT = frozenset({"EXA101", "EXA105"})
_DIVIDED = "EXA104"
_LONGEST_TITLE = 100
_REASON = "why"


def silencing(
    finding: Finding,
    shown: Diagnostic,
    uri: str,
    lines: Sequence[str],
    codec: PositionCodec,
    client: ClientCapabilities,
) -> CodeAction | None:
    """Return the action that writes a suppression, whose reason is left to write; None if none."""
    found = suppression(finding, lines, _REASON)
    if found is None:
        return None
    line = lines[found.line] if found.line < len(lines) else ""
    place = Position(found.line, codec.client_num_units(line[: found.character]))
    edit: TextEdit | SnippetTextEdit
    if _takes_snippets(client) and found.reason:
        snippet = f"{found.before}${{1:{found.reason}}}{found.after}"
        edit = SnippetTextEdit(Range(place, place), StringValue(snippet))
    else:
        edit = TextEdit(Range(place, place), found.before + found.reason + found.after)
    return CodeAction(
        f"Suppress {finding.code} ({finding.name}) with a reason",
        kind=CodeActionKind.QuickFix,
        diagnostics=[shown],
        edit=_workspace_edit([(uri, [edit])], client),
    )


def fixing(finding: Finding, fix: Fix, uri: str, shown: Diagnostic) -> CodeAction | None:
    """Return the action that fixes a finding, its edit to be worked out; None where none may be."""
    if fix.applicability is Applicability.SHOWN:
        return None
    changes = " (changes what the code does)" if fix.applicability is Applicability.UNSAFE else ""
    return CodeAction(
        f"{shortened(fix.message, _LONGEST_TITLE)}{changes}",
        kind=CodeActionKind.QuickFix,
        diagnostics=[shown],
        is_preferred=fix.applicability is Applicability.SAFE,
        data={
            "fingerprint": finding.fingerprint,
            "path": finding.path,
            "line": finding.line,
            "uri": uri,
        },
    )


def planning(finding: Finding, uri: str, shown: Diagnostic) -> CodeAction | None:
    """Return the action that shows how to split a module or divide a class, None for others."""
    of_class = finding.symbol.rpartition(".")[2] if finding.code == _DIVIDED else ""
    if finding.code not in _SPLIT and not of_class:
        return None
    title = f"Show how to divide {of_class}" if of_class else "Show how to split this module"
    return CodeAction(
        title,
        kind=CodeActionKind.QuickFix,
        diagnostics=[shown],
        command=Command(title, SHOW_PLAN, arguments=[uri, of_class]),
    )


def edit_of(
    changes: Sequence[FileChange],
    uri_of: Callable[[str], str],
    codec: PositionCodec,
    client: ClientCapabilities,
) -> WorkspaceEdit | None:
    """Return a fix's change, None where it makes or deletes a file and the client cannot."""
    creates = [change for change in changes if change.before is None]
    if any(change.after is None for change in changes) or (creates and not _creates(client)):
        return None
    made = [
        (uri_of(one.path), list(text_edits(_text(one.before), _text(one.after), codec)))
        for one in changes
    ]
    return _workspace_edit(made, client, [uri_of(change.path) for change in creates])


def _workspace_edit(
    edits: Sequence[tuple[str, list[TextEdit | SnippetTextEdit]] | tuple[str, list[TextEdit]]],
    client: ClientCapabilities,
    created: Sequence[str] = (),
) -> WorkspaceEdit:
    if not _takes_document_changes(client):
        plain = {uri: [one for one in of if isinstance(one, TextEdit)] for uri, of in edits}
        return WorkspaceEdit(changes=plain)
    return WorkspaceEdit(document_changes=list(_document_changes(edits, created)))


def _document_changes(
    edits: Sequence[tuple[str, list[TextEdit | SnippetTextEdit]] | tuple[str, list[TextEdit]]],
    created: Sequence[str],
) -> Iterator[TextDocumentEdit | CreateFile]:
    for uri in created:
        yield CreateFile(uri)
    for uri, of in edits:
        yield TextDocumentEdit(OptionalVersionedTextDocumentIdentifier(uri), [*of])


def _text(data: bytes | None) -> str:
    return "" if data is None else with_newlines(data)


def _takes_document_changes(client: ClientCapabilities) -> bool:
    edits = client.workspace.workspace_edit if client.workspace else None
    return bool(edits and edits.document_changes)


def _takes_snippets(client: ClientCapabilities) -> bool:
    edits = client.workspace.workspace_edit if client.workspace else None
    return bool(edits and edits.document_changes and edits.snippet_edit_support)


def _creates(client: ClientCapabilities) -> bool:
    edits = client.workspace.workspace_edit if client.workspace else None
    operations = edits.resource_operations if edits and edits.document_changes else None
    return ResourceOperationKind.Create in (operations or ())
