"""Which messages of clients the server understands, and who answers them."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types as lsp

from exai_audit.errors import AuditError
from exai_audit.lsp.actions import SHOW_PLAN
from exai_audit.lsp.server import WATCHED, AuditServer, Open

_KINDS = [lsp.CodeActionKind.QuickFix]
_Report = lsp.RelatedFullDocumentDiagnosticReport | lsp.RelatedUnchangedDocumentDiagnosticReport


def make_server(open_project: Open) -> AuditServer:
    """Return the server; ``open_project`` holds the project of a folder."""
    server = AuditServer(open_project)
    _follow_life(server)
    _follow_documents(server)
    _follow_files(server)
    _answer(server)
    return server


def _follow_life(server: AuditServer) -> None:
    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        folders = params.workspace_folders or []
        for folder in folders:
            server.add(folder)
        if not folders and params.root_uri:
            server.add(params.root_uri)
        if server.pulls:
            _answer_pulls(server)

    @server.feature(lsp.INITIALIZED)
    async def initialized(params: lsp.InitializedParams) -> None:
        await _register_watchers(server)
        await server.read()


async def _register_watchers(server: AuditServer) -> None:
    workspace = server.client_capabilities.workspace
    files = workspace.did_change_watched_files if workspace else None
    if files and files.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(WATCHED)])
        method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = lsp.Registration("exai-audit/files", method, options)
        await server.client_register_capability_async(lsp.RegistrationParams([registration]))


def _follow_documents(server: AuditServer) -> None:
    def now(uri: str) -> str:
        return server.workspace.get_text_document(uri).source

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        server.show(params.text_document.uri, now(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        server.show(params.text_document.uri, now(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        server.show(params.text_document.uri, None)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        server.touch()


def _follow_files(server: AuditServer) -> None:
    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        server.touch()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        server.touch()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            server.drop(folder)
        for folder in params.event.added:
            server.add(folder)
        server.touch()


def _answer_pulls(server: AuditServer) -> None:
    options = lsp.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier="exai-audit"
    )

    @server.feature(lsp.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def document(params: lsp.DocumentDiagnosticParams) -> _Report:
        found = server.project_of(params.text_document.uri)
        state = await found[0].state() if found else None
        if found is None or state is None:
            return lsp.RelatedFullDocumentDiagnosticReport([])
        path = state.run.shown(found[1])
        return server.report(found[0], state, path, params.previous_result_id)

    @server.feature(lsp.WORKSPACE_DIAGNOSTIC)
    async def workspace(params: lsp.WorkspaceDiagnosticParams) -> lsp.WorkspaceDiagnosticReport:
        known = {one.uri: one.value for one in params.previous_result_ids}
        items: list[lsp.WorkspaceDocumentDiagnosticReport] = []
        for watched in server.projects:
            state = await watched.state()
            if state is not None:
                items += server.workspace_reports(watched, state, known)
        return lsp.WorkspaceDiagnosticReport(items)


def _answer(server: AuditServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        found = server.project_of(params.text_document.uri)
        state = await found[0].state() if found else None
        if found is None or state is None:
            return None
        return server.hover(found[0], state, found[1], params.position)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=_KINDS, resolve_provider=True),
    )
    async def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        found = server.project_of(params.text_document.uri)
        state = await found[0].state() if found else None
        if found is None or state is None:
            return []
        watched, place = found
        return await asyncio.to_thread(server.actions, watched, state, place, params)

    @server.feature(lsp.CODE_ACTION_RESOLVE)
    async def resolve(action: lsp.CodeAction) -> lsp.CodeAction:
        data: dict[str, Any] = action.data if isinstance(action.data, dict) else {}
        found = server.project_of(str(data.get("uri")))
        state = await found[0].state() if found else None
        return action if state is None else await asyncio.to_thread(server.resolved, state, action)

    @server.command(SHOW_PLAN)
    async def show_plan(uri: str, of_class: str) -> str | None:
        found = server.project_of(uri)
        state = await found[0].state() if found else None
        if found is None or state is None:
            return None
        try:
            file = await asyncio.to_thread(server.plan_file, state, found[1], of_class)
        except AuditError as error:
            message = lsp.ShowMessageParams(lsp.MessageType.Error, f"exai-audit: {error}")
            server.window_show_message(message)
            return None
        await server.show_file(file)
        return file
