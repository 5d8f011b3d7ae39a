"""Which actions are offered for findings, and what making a fix changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lsprotocol.types import ClientCapabilities, CodeAction, CodeActionDisabled, Diagnostic
from msgspec import Struct
from pygls.workspace import PositionCodec

from exai_audit.audit.contents import Sources
from exai_audit.audit.repair import choices_of, proposals
from exai_audit.finding import Finding
from exai_audit.lsp.actions import edit_of, fixing, planning, silencing
from exai_audit.session.fixing import repaired
from exai_audit.session.open_project import State

_Pairs = Sequence[tuple[Finding, Diagnostic]]


class View(Struct, frozen=True):
    """How the client counts, what it can do, and what it calls a file by its path."""

    codec: PositionCodec
    client: ClientCapabilities
    uri_of: Callable[[str], str]

    @property
    def resolves(self) -> bool:
        """Whether it asks for the edit of an action when it is chosen."""
        document = self.client.text_document
        action = document.code_action if document else None
        later = action.resolve_support if action else None
        return later is not None and "edit" in later.properties


def offered(state: State, path: str, uri: str, pairs: _Pairs, view: View) -> Iterator[CodeAction]:
    """Yield what can be done about findings of a file, each with its diagnostic."""
    source = Sources(state.run.audited.discovery.files).get(path)
    if not pairs or source is None:
        return
    yield from _fixes(state, uri, pairs, view)
    for finding, shown in pairs:
        found = (
            silencing(finding, shown, uri, source.lines, view.codec, view.client),
            planning(finding, uri, shown),
        )
        yield from (action for action in found if action is not None)


def resolved(state: State, action: CodeAction, view: View) -> CodeAction:
    """Return an action with the edit of its fix; disabled, with the reason, where none can be."""
    wanted: dict[str, object] = action.data if isinstance(action.data, dict) else {}

    def is_it(finding: Finding) -> bool:
        return [*_id(finding)] == [wanted.get(key) for key in ("fingerprint", "path", "line")]

    found = repaired(state.run, is_it, unsafe=True)
    edit = edit_of(found.changes, view.uri_of, view.codec, view.client)
    if edit is None or not found.changes:
        action.disabled = CodeActionDisabled("not in this editor: exai-audit fix says why")
    action.edit = edit if found.changes else None
    return action


def _fixes(state: State, uri: str, pairs: _Pairs, view: View) -> Iterator[CodeAction]:
    places = {_id(finding): shown for finding, shown in pairs}
    run = state.run
    choices = choices_of(run.settings, run.root)
    found, _ = proposals(
        run.audited, run.root, run.settings, choices, lambda one: _id(one) in places
    )
    for finding, fix in found:
        action = fixing(finding, fix, uri, places[_id(finding)])
        if action is not None and not view.resolves:
            action = resolved(state, action, view)
        if action is not None and (view.resolves or action.edit is not None):
            yield action


def _id(finding: Finding) -> tuple[str, str, int]:
    return finding.fingerprint, finding.path, finding.line
