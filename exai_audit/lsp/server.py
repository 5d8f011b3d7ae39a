"""The server: what clients send, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from exai_audit import __version__
from exai_audit.config import lexically_absolute
from exai_audit.config.pages import whole_page
from exai_audit.files.visible import visible
from exai_audit.lsp.addresses import path_of, project_around
from exai_audit.lsp.offers import View, offered, resolved
from exai_audit.lsp.watching import StoppedError, Watched
from exai_audit.report.escape import markdown
from exai_audit.report.plan import render
from exai_audit.rulebook.registry import rule_of
from exai_audit.session.open_project import OpenProject, State
from exai_audit.session.plan import planned

Open = Callable[[Path], OpenProject]
"""Holds the project of a folder."""
WATCHED = "**/{*.py,*.pyi,pyproject.toml,exai-audit.toml,.gitignore,*requirements*.txt}"
_TOKEN = "exai-audit/reading"


class AuditServer(LanguageServer):
    """A language server of as many projects as the client has folders.

    Args:
        open_project: see `Open`.
    """

    def __init__(self, open_project: Open) -> None:
        super().__init__("exai-audit", __version__)
        self._open = open_project
        self._pool = ThreadPoolExecutor(4, "audit")
        self._plans = TemporaryDirectory(prefix="exai-audit-plans-")
        self._projects: dict[Path, Watched] = {}
        self._uris: dict[Path, str] = {}
        self._serials = count(1)
        self._trouble = ""

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics: then it is sent none."""
        document = self.client_capabilities.text_document
        return bool(document and document.diagnostic)

    @property
    def projects(self) -> list[Watched]:
        """The projects that are held."""
        return list(self._projects.values())

    def add(self, folder: lsp.WorkspaceFolder | str) -> None:
        """Hold the project of a folder of the client's."""
        uri = folder if isinstance(folder, str) else folder.uri
        place = path_of(uri)
        if place is not None and place.is_dir() and place not in self._projects:
            project = self._open(place)
            serial = next(self._serials)
            watched = Watched(project, serial, self._pool, self._judged, self._told)
            self._projects[place] = watched

    def drop(self, folder: lsp.WorkspaceFolder) -> None:
        """Let go of the project of a folder, with all that was said of it."""
        watched = self._projects.pop(path_of(folder.uri) or Path(), None)
        if watched is not None:
            for uri in watched.published:
                self._publish(uri, [])
            watched.project.close()

    def close(self) -> None:
        """Let later processes know what was read, once no audit runs any more."""
        self._pool.shutdown(cancel_futures=True)
        for watched in self.projects:
            watched.project.close()
        self._plans.cleanup()

    def project_of(self, uri: str) -> tuple[Watched, Path] | None:
        """Return the innermost project that a file lies in, and its place; None outside of all."""
        place = path_of(uri)
        if place is None:
            return None
        around = [one for one in self.projects if place.is_relative_to(one.folder)]
        inner = max(around, key=lambda one: len(one.folder.parts), default=None)
        return None if inner is None else (inner, place)

    def show(self, uri: str, text: str | None) -> None:
        """Let a file say what the editor shows, or what is on disk when None.

        Where the client has no folder, the project around the first file is held.
        """
        place = path_of(uri)
        if place is not None and text is not None and not self._projects:
            self.add(project_around(place).as_uri())
        found = self.project_of(uri)
        if found is not None:
            watched, place = found
            watched.project.set_text(place, text)
            if text is None:
                self._uris.pop(place, None)
            else:
                self._uris[place] = uri
            if not self.pulls:
                watched.touch()

    def touch(self) -> None:
        """Look at all projects again: something changed that no editor shows."""
        for watched in self.projects:
            if not self.pulls:
                watched.touch()
        self._refresh()

    def _refresh(self) -> None:
        workspace = self.client_capabilities.workspace
        diagnostics = workspace.diagnostics if workspace else None
        if self.pulls and diagnostics and diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)

    async def read(self) -> None:
        """Read all projects for the first time, and tell how far it is."""
        for watched in self.projects:
            token = f"{_TOKEN}/{watched.folder.name}"
            tells = await self._begin(token)
            try:
                await watched.state(self._progress(token) if tells else lambda done, total: None)
            except StoppedError:
                continue
            finally:
                if tells:
                    self.work_done_progress.end(token, lsp.WorkDoneProgressEnd())
            if not self.pulls:
                watched.touch()
        self._refresh()

    async def _begin(self, token: str) -> bool:
        window = self.client_capabilities.window
        if not (window and window.work_done_progress):
            return False
        await self.work_done_progress.create_async(token)
        begin = lsp.WorkDoneProgressBegin("Auditing", cancellable=True, percentage=0)
        self.work_done_progress.begin(token, begin)
        return True

    def _progress(self, token: str) -> Callable[[int, int], None]:
        loop, said = asyncio.get_running_loop(), [-1]

        def tell(done: int, total: int) -> None:
            if self.work_done_progress.tokens[token].cancelled():
                raise StoppedError
            percentage = 100 * done // total if total else 100
            if percentage != said[0]:
                said[0] = percentage
                words = f"{done:,} of {total:,} files"
                report = lsp.WorkDoneProgressReport(message=words, percentage=percentage)
                loop.call_soon_threadsafe(self.work_done_progress.report, token, report)

        return tell

    async def _judged(self, watched: Watched, state: State) -> None:
        """Publish what is said of files now, where it is not what was said of them."""
        self._trouble = ""
        opened = [place for place, uri in self._uris.items() if self._is_of(watched, uri)]
        paths = dict.fromkeys([*watched.findings(state), *map(state.run.shown, opened)])
        said = {
            self.uri_of(state, path): watched.diagnostics(
                state, path, lambda of: self.uri_of(state, of), self.workspace.position_codec
            )
            for path in paths
        }
        for uri in {**watched.published, **said}:
            now = said.get(uri, [])
            if now != watched.published.get(uri, []):
                self._publish(uri, now)
        watched.published = {uri: found for uri, found in said.items() if found}

    def _is_of(self, watched: Watched, uri: str) -> bool:
        found = self.project_of(uri)
        return found is not None and found[0] is watched

    def _publish(self, uri: str, diagnostics: list[lsp.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics))

    def _told(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            message = f"exai-audit: {visible(trouble)}"
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, message))

    def uri_of(self, state: State, path: str) -> str:
        """Return the address of a file, as the editor wrote it where that shows the file."""
        place = lexically_absolute(state.run.root / path)
        return self._uris.get(place) or from_fs_path(str(place)) or place.as_uri()

    def report(
        self, watched: Watched, state: State, path: str, known: str | None
    ) -> lsp.RelatedFullDocumentDiagnosticReport | lsp.RelatedUnchangedDocumentDiagnosticReport:
        """Return what is said of a file, or that it is what the client knows."""
        number = f"{watched.serial}.{state.number}"
        if known == number:
            return lsp.RelatedUnchangedDocumentDiagnosticReport(number)
        found = watched.diagnostics(
            state, path, lambda of: self.uri_of(state, of), self.workspace.position_codec
        )
        return lsp.RelatedFullDocumentDiagnosticReport(found, result_id=number)

    def workspace_reports(
        self, watched: Watched, state: State, known: Mapping[str, str]
    ) -> Iterator[lsp.WorkspaceDocumentDiagnosticReport]:
        """Yield what is said of every file with findings, and of those that had some.

        Args:
            known: which result of a file the client has, by its address.
        """
        found = {self.uri_of(state, path): path for path in watched.findings(state)}
        for uri in {**found, **dict.fromkeys(known)}:
            inside = self.project_of(uri)
            if inside is None or inside[0] is not watched:
                continue
            path = found.get(uri, state.run.shown(inside[1]))
            report = self.report(watched, state, path, known.get(uri))
            if isinstance(report, lsp.RelatedUnchangedDocumentDiagnosticReport):
                yield lsp.WorkspaceUnchangedDocumentDiagnosticReport(uri, report.result_id)
            else:
                yield lsp.WorkspaceFullDocumentDiagnosticReport(
                    uri, report.items, result_id=report.result_id
                )

    async def show_file(self, uri: str) -> None:
        """Open a file in the editor, or say where it is."""
        window = self.client_capabilities.window
        if window and window.show_document and window.show_document.support:
            await self.window_show_document_async(lsp.ShowDocumentParams(uri, take_focus=True))
        else:
            message = lsp.ShowMessageParams(lsp.MessageType.Info, f"exai-audit: {to_fs_path(uri)}")
            self.window_show_message(message)

    def actions(
        self, watched: Watched, state: State, place: Path, params: lsp.CodeActionParams
    ) -> list[lsp.CodeAction]:
        """Return what can be done about the findings within a range."""
        path = state.run.shown(place)
        findings = watched.findings(state).get(path, [])
        shown = watched.diagnostics(
            state, path, lambda of: self.uri_of(state, of), self.workspace.position_codec
        )
        pairs = [
            (finding, one)
            for finding, one in zip(findings, shown, strict=True)
            if _overlap(one.range, params.range)
        ]
        return list(offered(state, path, params.text_document.uri, pairs, self.view(state)))

    def resolved(self, state: State, action: lsp.CodeAction) -> lsp.CodeAction:
        """Return an action with the edit of its fix."""
        return resolved(state, action, self.view(state))

    def view(self, state: State) -> View:
        """Return what the client sees and understands."""
        codec, client = self.workspace.position_codec, self.client_capabilities
        return View(codec, client, lambda path: self.uri_of(state, path))

    def plan_file(self, state: State, place: Path, of_class: str) -> str:
        """Write the plan of a module or a class to a file outside of the project; return its URI.

        Raises:
            AuditError: there is no such plan.
        """
        text = render(planned(state.run, state.run.shown(place), of_class or None), "markdown")
        file = Path(self._plans.name, f"{of_class or place.stem}.md")
        file.write_text(text, "utf-8", "backslashreplace")
        return file.as_uri()

    def hover(
        self, watched: Watched, state: State, place: Path, at: lsp.Position
    ) -> lsp.Hover | None:
        """Return the pages of the rules that found something at a place."""
        path = state.run.shown(place)
        pages = []
        for finding in watched.findings(state).get(path, ()):
            rule = rule_of(finding.code)
            if rule is not None and finding.line <= at.line + 1 <= finding.end_line:
                pages.append(f"**{markdown(finding.message)}**\n\n{whole_page(rule)}")
        if not pages:
            return None
        text = "\n\n---\n\n".join(dict.fromkeys(pages))
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text))


def _overlap(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start.line <= other.end.line and other.start.line <= one.end.line
