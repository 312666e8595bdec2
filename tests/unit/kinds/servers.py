"""A real HTTP server on this machine, which answers as it is told."""

from __future__ import annotations

import gzip
import http.server
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Respond = Callable[["Handler"], None]


@dataclass
class Server:
    """What a test needs of a running server."""

    url: str
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answers: dict[str, Respond] = field(default_factory=dict)


class Handler(http.server.BaseHTTPRequestHandler):
    """Looks its answer up by path."""

    protocol_version = "HTTP/1.1"
    state: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.seen.append((self.command, self.path, headers, self.rfile.read(size)))
        path = self.path.partition("?")[0]
        self.state.answers.get(path, text(404, "not here"))(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = answer  # noqa: N815 - names of http.server


def text(status: int, body: str | bytes, **headers: str) -> Respond:
    """Answer with a body; ``_`` in a header's name stands for ``-``."""
    content = body.encode() if isinstance(body, str) else body

    def respond(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    return respond


def document(value: object) -> Respond:
    return text(200, json.dumps(value), Content_Type="application/json")


def redirect(status: int, target: str) -> Respond:
    return text(status, "", Location=target)


def bomb(size: int) -> Respond:
    return text(200, gzip.compress(b"\0" * size), Content_Encoding="gzip")


def slow(seconds: float) -> Respond:
    def respond(handler: Handler) -> None:
        time.sleep(seconds)
        text(200, "late")(handler)

    return respond


def drip(pieces: int, pause: float) -> Respond:
    def respond(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(pieces))
        handler.end_headers()
        for _ in range(pieces):
            handler.wfile.write(b"x")
            time.sleep(pause)

    return respond


def chunked(*chunks: bytes, end: bool = True) -> Respond:
    def respond(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in chunks:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        handler.wfile.write(b"0\r\n\r\n" if end else b"")
        handler.close_connection = not end

    return respond


def endless(limit: int) -> Respond:
    def respond(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for _ in range(limit // 65536):
            handler.wfile.write(b"y" * 65536)

    return respond


def cut(handler: Handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """Reset the connection (SO_LINGER of zero seconds)."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.rfile.close()
    handler.connection.close()


def silent_end(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def garbage(handler: Handler) -> None:
    """Answer in another protocol."""
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
    handler.close_connection = True


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that go away are what is tested."""


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Server]:
    """Run a server, with TLS where there is a certificate (key and certificate in one file)."""
    handler = type("Bound", (Handler,), {})
    with _Quiet(("127.0.0.1", 0), handler) as server:
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        state = Server(f"{scheme}://127.0.0.1:{server.server_address[1]}")
        handler.state = state  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def make_certificate(folder: Path) -> Path:
    """Make a self-signed certificate for 127.0.0.1; key and certificate in one file."""
    key, certificate, both = (folder / name for name in ("key.pem", "ca.pem", "both.pem"))
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    )
    argv = [*words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(argv, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
