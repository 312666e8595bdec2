"""``http`` against real servers, kind and unkind ones."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.kinds import servers
from unit.kinds.fakes import FakeContext, action_of, problems_of
from unit.kinds.servers import Handler, Server, free_port, serving, text

from runner.kinds.http import HTTP
from runner.kinds.http.connection import proxy_for
from runner.kinds.http.hiding import safe_url
from runner.kinds.http.messages import NoAnswerError, Request
from runner.kinds.http.trouble import no_answer
from runner.model import Outcome, StepReport

OK = "{status: 200}"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    return FakeContext(tmp_path)


def get(context: FakeContext, url: str, expectation: str = OK, more: str = "") -> StepReport:
    return action_of(HTTP, f"{{url: '{url}'{more}}}", expectation).run(context)


def verdict(report: StepReport) -> tuple[str, str]:
    return report.outcome.value, report.reason


EVERYTHING = """
status: [200, 201]
headers: {content-type: {equals: application/json}}
body: {contains: running, matches: '^\\{', equals: '{"state": "running", "n": 1}'}
json: {$.state: running, $.n: 1}
"""


def test_everything_holds(server: Server, context: FakeContext) -> None:
    server.answers["/"] = servers.document({"state": "running", "n": 1})
    report = get(context, f"{server.url}/", EVERYTHING)
    assert verdict(report) == ("passed", "")
    assert [one.what for one in report.assertions] == [
        *("status", "header content-type", "body", "body", "body", "$.state", "$.n")
    ]
    evidence = context.saved["http.txt"].decode()
    assert evidence.startswith(f"> GET {server.url}/\n> Accept: */*\n")
    assert "< 200 OK\n" in evidence
    assert '{"state": "running", "n": 1}' in evidence
    assert "1 try in" in evidence
    assert context.logged == [f"GET {server.url}/: 200 OK"]


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        ("{status: 201}", "status 200, expected 201"),
        ("{status: [201, 204]}", "status 200, expected 201 or 204"),
        ("{body: {contains: up}}", "body: 'down', expected to contain 'up'"),
        ("{json: {$.a: 1}}", "$.a: not JSON (Expecting value: line 1 column 1 (char 0)): 'down'"),
        ("{headers: {X-No: {matches: .}}}", "header X-No: nothing there, expected to match /./"),
        ("{headers: {X-No: {equals: ''}}}", "header X-No: nothing there, expected to equal ''"),
        ("{headers: {Set-Cookie: {contains: b}}}", "header Set-Cookie: [redacted], expected to"),
    ],
)
def test_what_does_not_hold(
    server: Server, context: FakeContext, expectation: str, reason: str
) -> None:
    server.answers["/"] = text(200, "down", Set_Cookie="session=s3cr3t")
    report = get(context, f"{server.url}/", expectation)
    assert report.outcome is Outcome.FAILED
    assert report.reason.startswith(reason)
    assert "s3cr3t" not in repr(report) + context.saved["http.txt"].decode()


def test_an_error_page_is_not_saved_by_its_text(server: Server, context: FakeContext) -> None:
    report = get(context, f"{server.url}/absent", "{body: {contains: not here}}")
    assert verdict(report) == ("failed", "status 404, expected 200 to 299")


def test_what_is_sent(server: Server, context: FakeContext) -> None:
    server.answers["/"] = text(200, "")
    more = ", method: POST, json: {a: [1, null]}, headers: {user-agent: me, X-N: 3}"
    get(context, f"{server.url}/?q=1", OK, more)
    get(context, f"{server.url}/", OK, ", method: PUT, body: é")
    get(context, f"{server.url.replace('//', '//me:p%40ss@')}/", OK, ", method: HEAD")
    method, path, headers, body = server.seen[0]
    assert (method, path, body) == ("POST", "/?q=1", b'{"a": [1, null]}')
    assert headers["content-type"] == "application/json"
    assert (headers["user-agent"], headers["x-n"]) == ("me", "3")
    assert headers["accept-encoding"] == "identity"
    assert server.seen[1][3] == "é".encode()
    assert server.seen[2][2]["authorization"] == "Basic bWU6cEBzcw=="
    assert "bWU6" not in context.saved["http.txt"].decode()
    assert "p%40ss" not in context.saved["http.txt"].decode()


def test_credentials_are_not_in_evidence(server: Server, context: FakeContext) -> None:
    server.answers["/"] = text(200, "hunter22", Location="http://u:topsecret@h/?sig=topsecret")
    context.secrets = ("hunter22",)
    more = ", headers: {Authorization: topsecret, X-Api-Key: topsecret, X-A: hunter22}"
    report = get(context, f"{server.url}/?token=topsecret&a=b", "{body: {contains: hunter}}", more)
    told = repr(report) + context.saved["http.txt"].decode() + "".join(context.logged)
    assert report.outcome is Outcome.PASSED
    assert "topsecret" not in told
    assert "hunter22" not in told
    assert "token=[redacted]&a=b" in told
    action = action_of(HTTP, "{url: 'http://u:topsecret@h/x', within: 90s}", OK)
    assert action.describe() == ("GET http://h/x (tried for up to 90s)",)
    assert safe_url("http://[u:p@x/\n") == "http://x/\\n"


def test_redirects_are_followed(server: Server, context: FakeContext) -> None:
    server.answers["/a"] = servers.redirect(302, "b?x=1")
    server.answers["/b"] = servers.redirect(307, f"{server.url}/c")
    server.answers["/c"] = text(200, "done")
    auth = ", headers: {Authorization: x}"
    report = get(context, f"{server.url}/a", "{body: {equals: done}}", auth)
    assert report.outcome is Outcome.PASSED
    assert [headers["authorization"] for _, _, headers, _ in server.seen] == ["x", "x", "x"]
    assert f"< redirected: 302 {server.url}/b?x=1" in context.saved["http.txt"].decode()
    assert get(context, f"{server.url}/a", "{status: 302}", ", redirects: 0").reason == ""
    report = get(context, f"{server.url}/a", OK, ", redirects: 1")
    assert verdict(report) == ("failed", f"more than 1 redirects, the last to {server.url}/c")


@pytest.mark.parametrize(
    ("status", "seen"),
    [(301, ("GET", b"")), (303, ("GET", b"")), (307, ("POST", b"x")), (308, ("POST", b"x"))],
)
def test_redirects_of_a_post(
    server: Server, context: FakeContext, status: int, seen: tuple[str, bytes]
) -> None:
    server.answers["/a"] = servers.redirect(status, "/b")
    server.answers["/b"] = text(200, "")
    report = get(context, f"{server.url}/a", OK, ", method: POST, body: x")
    assert report.outcome is Outcome.PASSED
    assert (server.seen[1][0], server.seen[1][3]) == seen
    assert ("content-length" in server.seen[1][2]) is (seen[0] == "POST")


def test_a_redirect_loop_ends(server: Server, context: FakeContext) -> None:
    server.answers["/a"] = servers.redirect(301, "/a")
    report = get(context, f"{server.url}/a")
    assert verdict(report) == ("failed", f"more than 5 redirects, the last to {server.url}/a")
    assert len(server.seen) == 6


def test_no_credential_goes_to_another_origin(server: Server, context: FakeContext) -> None:
    with serving() as other:
        other.answers["/"] = text(200, "")
        target = other.url.replace("//", "//evil:user@")
        server.answers["/"] = servers.redirect(307, f"{target}/")
        headers = "{Authorization: x, Cookie: y, X-Api-Key: z, X-Auth: a, Host: h, X-Other: o}"
        report = get(context, f"{server.url}/", OK, f", headers: {headers}")
    assert report.outcome is Outcome.PASSED
    sent = other.seen[0][2]
    assert not {"authorization", "cookie", "x-api-key", "x-auth"} & set(sent)
    assert sent["x-other"] == "o"
    assert sent["host"] != "h"


@pytest.mark.parametrize("target", ["ftp://x/", "http://[", "http://x:99999/", "file:///x"])
def test_a_redirect_to_nowhere(server: Server, context: FakeContext, target: str) -> None:
    server.answers["/"] = servers.redirect(302, target)
    report = get(context, f"{server.url}/")
    assert report.outcome is Outcome.ERRORED
    assert "is not an address of HTTP" in report.reason


def test_nobody_listens(context: FakeContext) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    report = get(context, url)
    assert verdict(report) == ("failed", f"no answer from {url}: connection refused")
    assert report.assertions[0].actual == "no answer"
    assert f"< no answer from {url}" in context.saved["http.txt"].decode()


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (servers.reset, "connection reset by peer"),
        (servers.silent_end, "closed connection without response"),
        (servers.cut, "IncompleteRead"),
        (servers.chunked(b"abc", end=False), ""),
        (servers.garbage, "SSH-2.0"),
    ],
)
def test_no_whole_answer(
    server: Server, context: FakeContext, respond: servers.Respond, reason: str
) -> None:
    server.answers["/"] = respond
    report = get(context, f"{server.url}/")
    assert report.outcome is Outcome.FAILED
    assert report.reason.startswith(f"no answer from {server.url}/: ")
    assert reason in report.reason


def test_chunks_are_joined(server: Server, context: FakeContext) -> None:
    server.answers["/"] = servers.chunked(b"abc", b"d" * 200_000)
    expectation = "{body: {equals: 'abc" + "d" * 200_000 + "'}}"
    assert get(context, f"{server.url}/", expectation).outcome is Outcome.PASSED


def test_too_slow(server: Server, context: FakeContext) -> None:
    server.answers["/"] = servers.slow(5)
    server.answers["/drip"] = servers.drip(100, 0.05)
    for path in ("/", "/drip"):
        begun = time.monotonic()
        report = get(context, f"{server.url}{path}", OK, ", timeout: 300ms")
        assert time.monotonic() - begun < 3
        assert verdict(report) == ("failed", f"no answer from {server.url}{path} within 0.3s")


def test_a_stop_ends_a_hanging_request(server: Server, context: FakeContext) -> None:
    server.answers["/"] = servers.slow(3)

    def stop() -> None:
        context.stopping = "SIGINT"

    timer = threading.Timer(0.2, stop)
    timer.start()
    begun = time.monotonic()
    report = get(context, f"{server.url}/", OK, ", within: 60s")
    assert time.monotonic() - begun < 2
    assert verdict(report) == ("errored", "interrupted by SIGINT")
    timer.join()


def test_the_end_of_the_step_ends_a_hanging_request(server: Server, context: FakeContext) -> None:
    server.answers["/"] = servers.slow(3)

    def over() -> None:
        context.remaining = 0.0

    timer = threading.Timer(0.2, over)
    timer.start()
    report = get(context, f"{server.url}/", OK, ", within: 60s")
    assert report.outcome is Outcome.ERRORED
    assert report.reason.startswith("timed out after 60s: no answer")
    timer.join()


def test_it_is_tried_until_it_holds(server: Server, context: FakeContext) -> None:
    def respond(handler: Handler) -> None:
        ready = len(server.seen) >= 3
        text(200 if ready else 503, "up" if ready else "starting")(handler)

    server.answers["/"] = respond
    report = get(context, f"{server.url}/", OK, ", within: 30s")
    assert verdict(report) == ("passed", "")
    assert context.waits == pytest.approx([0.2, 0.3])
    assert "3 tries in" in context.saved["http.txt"].decode()
    assert [line.partition(": ")[2] for line in context.logged] == [
        "503 Service Unavailable; status 503, expected 200",
        "200 OK",
    ]


def test_it_is_not_tried_for_longer(context: FakeContext) -> None:
    begun = time.monotonic()
    report = get(context, f"http://127.0.0.1:{free_port()}/", OK, ", within: 600ms")
    assert 0.5 < time.monotonic() - begun < 5
    assert report.outcome is Outcome.FAILED
    assert " tries in " in report.reason


def test_a_stop_between_tries(context: FakeContext) -> None:
    context.stopping = "SIGTERM"
    report = get(context, f"http://127.0.0.1:{free_port()}/", OK, ", within: 9s")
    assert report.reason.startswith("interrupted by SIGTERM")
    assert len(context.waits) <= 1


@pytest.mark.parametrize(
    ("respond", "outcome", "part"),
    [
        (servers.bomb(9 * 2**20), Outcome.ERRORED, "decompressed, is larger than 8 MiB"),
        (servers.bomb(2**20), Outcome.PASSED, ""),
        (servers.endless(20 * 2**20), Outcome.ERRORED, "body is larger than 8 MiB"),
        (
            text(200, b"plain text", Content_Encoding="gzip"),
            Outcome.FAILED,
            "not the gzip that it says",
        ),
        (text(200, b"x", Content_Encoding="br"), Outcome.ERRORED, "compressed by 'br'"),
        (text(200, b"", Content_Encoding="gzip"), Outcome.PASSED, ""),
        (
            text(200, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", Content_Encoding="gzip"),
            Outcome.FAILED,
            "cut short",
        ),
    ],
)
def test_bodies_are_bounded(
    server: Server, context: FakeContext, respond: servers.Respond, outcome: Outcome, part: str
) -> None:
    server.answers["/"] = respond
    report = get(context, f"{server.url}/")
    assert report.outcome is outcome
    assert part in report.reason
    assert len(context.saved["http.txt"]) < 70_000


def test_charsets(server: Server, context: FakeContext) -> None:
    server.answers["/1"] = text(200, "é".encode("latin-1"), Content_Type="a/b; charset=latin-1")
    server.answers["/2"] = text(200, "é", Content_Type="a/b; charset=nope")
    server.answers["/3"] = text(200, b"\xff", Content_Type="a/b; charset=")
    assert get(context, f"{server.url}/1", "{body: {equals: é}}").outcome is Outcome.PASSED
    assert get(context, f"{server.url}/2", "{body: {equals: é}}").outcome is Outcome.PASSED
    assert get(context, f"{server.url}/3", "{body: {equals: é}}").outcome is Outcome.FAILED


def test_tls(tmp_path: Path, context: FakeContext) -> None:
    certificate = servers.make_certificate(tmp_path)
    with serving(certificate) as server, serving() as plain:
        server.answers["/"] = text(200, "safe")
        server.answers["/down"] = servers.redirect(302, f"{plain.url}/")
        trusted = get(context, f"{server.url}/", OK, ", ca_file: ca.pem")
        assert verdict(trusted) == ("passed", "")
        report = get(context, f"{server.url}/")
        assert report.outcome is Outcome.ERRORED
        assert "self-signed certificate" in report.reason
        assert "ca_file" in report.hint
        named = server.url.replace("127.0.0.1", "localhost")
        report = get(context, f"{named}/", OK, ", ca_file: ca.pem")
        assert report.outcome is Outcome.ERRORED
        assert "ostname mismatch" in report.reason
        down = get(context, f"{server.url}/down", OK, ", ca_file: ca.pem")
        assert down.outcome is Outcome.FAILED
        assert "redirects from https to http://" in down.reason
        spoken = get(context, f"{plain.url.replace('http:', 'https:')}/")
        assert spoken.outcome is Outcome.ERRORED
        assert "no trusted connection" in spoken.reason


def test_a_ca_file_that_is_none(tmp_path: Path, context: FakeContext) -> None:
    (tmp_path / "empty.pem").write_text("", encoding="utf-8")
    for name, why in (("absent.pem", "No such file"), ("empty.pem", "")):
        report = get(context, "https://127.0.0.1:1/", OK, f", ca_file: {name}, within: 9s")
        assert report.outcome is Outcome.ERRORED
        assert name in report.reason
        assert why in report.reason
        assert not context.waits


def test_an_unknown_host(context: FakeContext) -> None:
    report = get(context, "http://no-such-host.invalid/")
    assert verdict(report) == (
        "errored",
        "the host of http://no-such-host.invalid/ cannot be found",
    )
    assert report.hint


@pytest.mark.parametrize("url", ["http://x:99999/", "http://[::1/", "http://a b/", "http://u@:1/"])
def test_addresses_that_are_none(context: FakeContext, url: str) -> None:
    action = action_of(HTTP, "{url: '${{ steps.a.outputs.b }}', within: 60s}", OK)
    object.__setattr__(action.parameters, "url", url)  # type: ignore[attr-defined]
    report = action.run(context)
    assert report.outcome is Outcome.ERRORED
    assert "is not an address of HTTP" in report.reason
    assert not context.waits
    assert not report.artifacts


def test_a_header_that_is_none(server: Server, context: FakeContext) -> None:
    report = get(context, f"{server.url}/", OK, ', headers: {A: "topsecret\\r\\nB: c"}')
    assert report.outcome is Outcome.ERRORED
    assert "topsecret" not in repr(report)
    assert not server.seen


def test_a_proxy(server: Server, context: FakeContext) -> None:
    server.answers["http://far.invalid/x"] = text(200, "through")
    context.env = {"http_proxy": server.url.replace("//", "//me:pw@")}
    report = get(context, "http://far.invalid/x", "{body: {equals: through}}")
    assert report.outcome is Outcome.PASSED
    assert server.seen[0][2]["proxy-authorization"] == "Basic bWU6cHc="
    context.env = {"HTTP_PROXY": f"127.0.0.1:{free_port()}"}
    report = get(context, "http://far.invalid/x")
    assert report.outcome is Outcome.FAILED
    assert "through a proxy: connection refused" in report.reason


@pytest.mark.parametrize(
    ("url", "env", "proxy"),
    [
        ("http://h/", {}, ""),
        ("http://h/", {"HTTP_PROXY": "p:1"}, "http://p:1"),
        ("https://h/", {"HTTP_PROXY": "p:1"}, ""),
        ("https://h/", {"all_proxy": "http://p"}, "http://p"),
        ("http://127.0.0.1/", {"http_proxy": "p"}, ""),
        ("http://[::1]/", {"http_proxy": "p"}, ""),
        ("http://a.localhost/", {"http_proxy": "p"}, ""),
        ("http://a.b/", {"http_proxy": "p", "no_proxy": "x,.b"}, ""),
        ("http://ab/", {"http_proxy": "p", "no_proxy": "b, ,"}, "http://p"),
        ("http://b:80/", {"http_proxy": "p", "NO_PROXY": "b:81"}, "http://p"),
        ("http://b:80/", {"http_proxy": "p", "NO_PROXY": "b:80"}, ""),
        ("http://b/", {"http_proxy": "p", "no_proxy": "*"}, ""),
    ],
)
def test_which_proxy(url: str, env: dict[str, str], proxy: str) -> None:
    assert proxy_for(url, env) == proxy


def test_a_defect_is_not_hidden(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Request) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("runner.kinds.http.exchange.connect", broken)
    with pytest.raises(ZeroDivisionError):
        get(context, "http://127.0.0.1:1/")


def test_errors_without_a_cause_are_told() -> None:
    request = Request("GET", "http://h/", {})
    assert str(no_answer(OSError(), request)) == "no answer from http://h/: OSError"
    error = no_answer(ssl.SSLError("odd"), request)
    assert isinstance(error, NoAnswerError)
    assert error.verdict.reason == "no trusted connection to http://h/: odd"


@pytest.mark.parametrize(
    ("parameters", "expectation", "part"),
    [
        ("{}", "", "missing key"),
        ("{url: ftp://x}", "", "begins with http:// or https://"),
        ("{url: http://x, method: FETCH}", "", "one of GET, HEAD"),
        ("{url: http://x, method: post}", "", "one of GET, HEAD"),
        ("{url: http://x, body: a, json: 1}", "", "only one of body, json"),
        ("{url: http://x, headers: {'a b': c}}", "", "the name of a header"),
        ("{url: http://x, within: 5}", "", "a duration"),
        ("{url: http://x, redirects: -1}", "", "from 0 to 20"),
        ("", "{}", "at least one of status"),
        ("", "{status: 99}", "from 100 to 599"),
        ("", "{status: []}", "at least 1"),
        ("", "{headers: {}}", "at least 1"),
        ("", "{headers: {A: {}}}", "at least one of contains"),
        ("", "{headers: {A: {json: {$: 1}}}}", "unknown key"),
        ("", "{body: {}}", "at least one of contains"),
        ("", "{json: {}}", "at least 1"),
        ("", "{json: {nope: 1}}", "a JSON path"),
    ],
)
def test_wrong_yaml_is_refused(parameters: str, expectation: str, part: str) -> None:
    assert part in "\n".join(problems_of(HTTP, parameters, expectation))


def test_it_must_be_stated_what_is_expected() -> None:
    assert HTTP.default_expectation is None


@pytest.mark.parametrize("url", ["'http://${{ inputs.host }}/'", "'${{ vars.url }}'", "https://x"])
def test_addresses_may_hold_look_ups(url: str) -> None:
    assert not problems_of(HTTP, f"{{url: {url}, json: null}}")
