"""A client of the language server that does what a test says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Any

PACKAGE = str(Path(__file__).parent.parent)
COMMAND = [sys.executable, "-m", "exai_audit", "lsp", "--no-cache", "--jobs", "1"]
Message = dict[str, Any]
_PATIENCE = 120.0


class Editor:
    """A language server as a process, spoken to over its standard input and output."""

    def __init__(
        self, folder: Path, capabilities: Message | None = None, *, rooted: bool = True
    ) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            COMMAND,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": PACKAGE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._received: Queue[Message] = Queue()
        self._kept: list[Message] = []
        self._number = 0
        self._versions: dict[str, int] = {}
        Thread(target=self._listen, daemon=True).start()
        root = {"uri": folder.as_uri(), "name": folder.name}
        self.capabilities = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder.as_uri() if rooted else None,
                "workspaceFolders": [root] if rooted else None,
                "capabilities": capabilities or {},
            },
        )["capabilities"]
        self.notify("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None and kind is None:
            self.request("shutdown", None)
            self.notify("exit", None)
            assert self.process.wait(60) == 0
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                stream.close()

    def uri(self, name: str) -> str:
        return Path(os.path.abspath(self.folder / name)).as_uri()  # noqa: PTH100

    def send(self, message: Message) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def notify(self, method: str, params: object) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> int:
        """Send a request, and return its number without waiting for the answer."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        return self._number

    def answer(self, number: int) -> Message:
        """Return the whole answer to a request."""
        return self._wait(lambda one: one.get("id") == number and "method" not in one)

    def request(self, method: str, params: object) -> Any:  # noqa: ANN401
        """Return the result of a request."""
        answered = self.answer(self.ask(method, params))
        assert "error" not in answered, answered["error"]
        return answered["result"]

    def told(self, method: str, is_it: Callable[[Message], bool] = lambda _: True) -> Message:
        """Wait for a message of the server that is the one, and return its parameters."""
        found = self._wait(lambda one: one.get("method") == method and is_it(one.get("params", {})))
        params: Message = found.get("params", {})
        return params

    def open(self, name: str, text: str) -> None:
        self._versions[name] = 1
        document = {"uri": self.uri(name), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, name: str, *changes: Message) -> None:
        """Send changes of a document, each of a range or of all text."""
        self._versions[name] += 1
        document = {"uri": self.uri(name), "version": self._versions[name]}
        params = {"textDocument": document, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def close(self, name: str) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": self.uri(name)}})

    def diagnostics(self, name: str, *codes: str) -> list[Message]:
        """Wait until exactly these findings are published for a file, and return them."""

        def is_it(params: Message) -> bool:
            found = sorted(one["code"] for one in params["diagnostics"])
            return params["uri"] == self.uri(name) and found == sorted(codes)

        found: list[Message] = self.told("textDocument/publishDiagnostics", is_it)["diagnostics"]
        return found

    def published(self, name: str) -> list[Message]:
        """Return the findings of a file that were published last and not waited for."""
        said = [one["params"] for one in self._kept if "diagnostics" in one.get("params", {})]
        found = [one["diagnostics"] for one in said if one["uri"] == self.uri(name)]
        last: list[Message] = found[-1]
        return last

    def has_been_told(self, method: str) -> bool:
        """Tell whether such a message came that was not waited for."""
        return any(one.get("method") == method for one in self._kept)

    @property
    def kept(self) -> list[Message]:
        """The messages of the server that nobody has waited for yet."""
        return self._kept

    def _wait(self, is_it: Callable[[Message], bool]) -> Message:
        for message in self._kept:
            if is_it(message):
                self._kept.remove(message)
                return message
        while True:
            try:
                message = self._received.get(timeout=_PATIENCE)
            except Empty:
                raise AssertionError(f"nothing came; kept: {self._kept}") from None
            if "id" in message and "method" in message:
                self.send({"id": message["id"], "result": self.consent(message)})
            if is_it(message):
                return message
            self._kept.append(message)

    def consent(self, message: Message) -> object:
        """Return the answer to a request of the server."""
        return {"success": True} if message["method"] == "window/showDocument" else None

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) or not length:
                if not line:
                    return
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self._received.put(json.loads(stream.read(length)))
