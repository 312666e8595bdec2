"""How the service of ``osv-api`` is reached: retries, limits, TLS and proxies."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from unit.kinds.servers import (
    Handler,
    Respond,
    Server,
    bomb,
    chunked,
    cut,
    endless,
    free_port,
    garbage,
    make_certificate,
    redirect,
    reset,
    serving,
    silent_end,
    slow,
    text,
)

from runner.advisories.sources import web
from runner.advisories.sources.base import SourceError
from runner.advisories.sources.web import Client, proxy_for, within
from runner.advisories.sources.web_errors import Answered, RefusedError

FAR = "https://osv.example"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def ask(base: str, env: Mapping[str, str] | None = None, body: bytes | None = None) -> bytes:
    with closing(Client(base, env or {}, pause=0)) as client:
        return client.ask("/a", body)


def after(failures: int, failure: Respond, answer: Respond) -> Respond:
    """Fail some times before the answer."""
    left = [failure] * failures

    def respond(handler: Handler) -> None:
        (left.pop() if left else answer)(handler)

    return respond


def test_what_is_sent(server: Server) -> None:
    server.answers["/a"] = text(200, "yes")
    assert ask(server.url, body=b"{}") == b"yes"
    assert ask(server.url) == b"yes"
    (post, _, sent, body), (get, _, bare, nothing) = server.seen
    assert (post, body, sent["content-type"]) == ("POST", b"{}", "application/json")
    assert (get, nothing, "content-type" in bare) == ("GET", b"", False)
    assert (sent["accept-encoding"], sent["user-agent"]) == ("identity", "upgrade-runner")


def test_a_connection_is_used_again(server: Server) -> None:
    ports = []

    def answer(handler: Handler) -> None:
        ports.append(handler.client_address[1])
        text(200, "yes")(handler)

    server.answers["/a"] = answer
    with closing(Client(server.url, {})) as client:
        client.ask("/a")
        client.ask("/a")
    assert ports[0] == ports[1]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_service_is_asked_again(server: Server, status: int) -> None:
    server.answers["/a"] = after(3, text(status, "busy"), text(200, "yes"))
    assert ask(server.url) == b"yes"


def test_a_service_that_stays_busy_is_an_error(server: Server) -> None:
    server.answers["/a"] = text(503, "busy")
    with pytest.raises(SourceError, match="/a answers with status 503") as caught:
        ask(server.url)
    assert len(server.seen) == 4
    assert "later" in caught.value.hint


def test_the_service_says_when_to_ask_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_LONGEST", 0.01)
    server.answers["/a"] = after(1, text(429, "", Retry_After="86400"), text(200, "yes"))
    assert ask(server.url) == b"yes"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("", None), ("-1", None), ("²", None), ("Mon, 1 Jan", None)],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert Answered(429, text, b"").retry_after == seconds


def test_what_the_service_will_not_do_is_not_tried_again(server: Server) -> None:
    with pytest.raises(RefusedError, match="status 404"):
        ask(server.url)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 403, 407, 204, 501])
def test_other_answers_are_errors_of_the_service(server: Server, status: int) -> None:
    server.answers["/a"] = text(status, "")
    with pytest.raises(SourceError, match=f"status {status}") as caught:
        ask(server.url)
    assert not isinstance(caught.value, RefusedError)


def test_no_redirect_is_followed(server: Server) -> None:
    with serving() as other:
        server.answers["/a"] = redirect(302, f"{other.url}/a")
        with pytest.raises(SourceError, match="a redirect"):
            ask(server.url)
    assert not other.seen


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (cut, "no whole answer"),
        (chunked(b"half", end=False), "no whole answer"),
        (reset, "reset by peer"),
        (silent_end, "no whole answer"),
        (garbage, "no whole answer"),
        (bomb(1 << 20), "compressed"),
        (endless(4 << 20), "larger than any"),
    ],
)
def test_half_and_hostile_answers_are_errors(
    server: Server, monkeypatch: pytest.MonkeyPatch, answer: Respond, reason: str
) -> None:
    monkeypatch.setattr(web, "_RECORD", 1 << 20)
    server.answers["/a"] = answer
    with pytest.raises(SourceError, match=reason) as caught:
        ask(server.url)
    assert caught.value.message.isprintable()
    assert caught.value.hint


def test_all_answers_together_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_TOTAL", 10)
    server.answers["/a"] = text(200, "123456")
    with closing(Client(server.url, {})) as client:
        client.ask("/a")
        with pytest.raises(SourceError, match="larger than any"):
            client.ask("/a")


def test_a_silent_service_is_an_error(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_SILENCE", 0.05)
    server.answers["/a"] = slow(0.5)
    with pytest.raises(SourceError, match="in time"):
        ask(server.url)


def test_a_closed_client_reads_no_further(server: Server) -> None:
    server.answers["/a"] = text(200, "yes")
    client = Client(server.url, {})
    client.close()
    with pytest.raises(SourceError):
        client.ask("/a")


def test_a_name_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(SourceError, match="cannot be found") as caught:
        ask("https://nowhere.invalid")
    assert "offline" in caught.value.hint


def test_only_trusted_services_are_believed(tmp_path: Path) -> None:
    with serving(make_certificate(tmp_path)) as server:
        server.answers["/a"] = text(200, "yes")
        with pytest.raises(SourceError, match="self-signed certificate") as caught:
            ask(server.url)
        assert ask(server.url, {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}) == b"yes"
    assert "SSL_CERT_FILE" in caught.value.hint


def test_tls_is_not_left_out(server: Server) -> None:
    with pytest.raises(SourceError, match="no trusted connection"):
        ask(server.url.replace("http:", "https:"))


@pytest.mark.parametrize(("name", "why"), [("none.pem", "no such file"), ("empty.pem", "")])
def test_certificates_that_cannot_be_used_are_an_error(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "empty.pem").touch()
    with pytest.raises(SourceError, match="certificates of SSL_CERT_FILE") as caught:
        ask(FAR, {"SSL_CERT_FILE": str(tmp_path / name)})
    assert why in caught.value.message.lower()


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({}, ""),
        ({"https_proxy": "http://p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://capital:1", "https_proxy": "http://small:1"}, "http://small:1"),
        ({"all_proxy": "http://p:1"}, "http://p:1"),
        ({"http_proxy": "http://p:1"}, ""),
        ({"https_proxy": ""}, ""),
        ({"https_proxy": "http://p:1", "no_proxy": "*"}, ""),
        ({"https_proxy": "http://p:1", "no_proxy": "a, osv.example"}, ""),
        ({"https_proxy": "http://p:1", "NO_PROXY": ".EXAMPLE"}, ""),
        ({"https_proxy": "http://p:1", "no_proxy": "osv.example:8443"}, "http://p:1"),
        ({"https_proxy": "http://p:1", "no_proxy": "xosv.example,,ample"}, "http://p:1"),
    ],
)
def test_the_proxy_is_that_of_the_environment(env: dict[str, str], proxy: str) -> None:
    assert proxy_for(FAR, env) == proxy


def test_this_machine_is_never_reached_through_a_proxy() -> None:
    env = {"all_proxy": "http://p:1"}
    assert proxy_for("http://127.0.0.1:80", env) == proxy_for("http://localhost", env) == ""


def test_a_proxy_that_is_not_there_is_an_error_without_its_password() -> None:
    env = {"https_proxy": f"http://me:secret@127.0.0.1:{free_port()}"}
    with pytest.raises(SourceError, match="through a proxy: connection refused") as caught:
        ask(FAR, env)
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"


def test_the_proxy_gets_its_user_and_the_service_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(10)
        url = f"http://me:s%20ecret@127.0.0.1:{proxy.getsockname()[1]}"
        got: list[bytes] = []

        def refuse() -> None:
            connection, _ = proxy.accept()
            with connection:
                got.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

        thread = Thread(target=refuse)
        thread.start()
        with pytest.raises(SourceError, match="through a proxy") as caught:
            ask(FAR, {"HTTPS_PROXY": url})
        thread.join()
    assert got[0].startswith(b"CONNECT osv.example:443 ")
    assert base64.b64encode(b"me:s ecret") in got[0]
    assert "ecret" not in caught.value.message


@pytest.mark.parametrize("proxy", ["socks5://secret:1", "http://[secret", "http://secret:x"])
def test_a_proxy_that_is_none_is_an_error(proxy: str) -> None:
    with pytest.raises(SourceError, match="the proxy for") as caught:
        ask(FAR, {"HTTPS_PROXY": proxy})
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"


def test_a_defect_is_no_error_of_the_service() -> None:
    def broken() -> None:
        raise KeyError("defect")

    with pytest.raises(KeyError, match="defect"):
        within(10, broken, FAR)
