"""An SMTP server that takes every message, as much of RFC 5321 as a client needs."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass
class Post:
    port: int
    letters: list[str] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    letters: ClassVar[list[str]]

    def handle(self) -> None:
        self._say("220 here")
        for raw in self.rfile:
            word = raw.decode().strip().upper()
            if word == "DATA":
                self._say("354 go on")
                self.letters.append(self._letter())
            self._say("221 bye" if word == "QUIT" else "250 fine")

    def _letter(self) -> str:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw.decode())
        return "".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def post_office() -> Iterator[Post]:
    class Session(_Session):
        letters: ClassVar[list[str]] = []

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Post(server.server_address[1], Session.letters)
        server.shutdown()
