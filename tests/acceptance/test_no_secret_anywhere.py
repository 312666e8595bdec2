"""No secret, in whatever encoding or piece, is in any file that a run leaves."""

from __future__ import annotations

import base64
import json
import secrets
import shlex
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.command import runner

PLAYBOOK = """\
release: {package: demo, version: "1.0"}
services:
  helper:
    run: [python, leak.py, service]
    secrets: [KEPT]
    ready: {log: up, within: 20s}
stages:
  verification:
    - {area: Prints, run: [python, leak.py, prints], secrets: [KEPT], artifacts: [left/*]}
    - {area: Fails, run: [python, leak.py, fails], secrets: [KEPT]}
    - area: Says
      run: [python, leak.py, says]
      secrets: [KEPT]
      expect: {stdout: {contains: something else, json: {"$.a": 1}}}
    - {area: Tests, uses: pytest, with: {args: [inner]}, secrets: [KEPT]}
    - area: Asks
      uses: http
      with: {url: "http://127.0.0.1:PORT/", headers: {X-Own: "${{ env.KEPT }}"}}
      secrets: [KEPT]
      services: [helper]
      expect: {status: 204, body: {contains: nobody says this}}
"""
LEAK = """\
import json, os, sys, time
plan = json.load(open("plan.json"))
shown = [text.encode() for text in plan["shown"]]
def out(data):
    while data:
        for size in plan["sizes"]:
            os.write(1, data[:size])
            data = data[size:]
what = sys.argv[1]
if what == "service":
    out(b"up\\n")
    for one in shown:
        out(one + b"\\n")
    time.sleep(60)
for one in shown:
    out(b"see " + one + b" here\\n")
if what == "prints":
    os.makedirs("left", exist_ok=True)
    for number, one in enumerate(shown):
        open(f"left/{number}.txt", "wb").write(b"x" * plan["sizes"][0] + b" " + one)
if what == "fails":
    raise SystemExit(f"cannot log in with {plan['shown']}")
"""
INNER = """\
import json, pytest
SHOWN = json.load(open("plan.json"))["shown"]

@pytest.mark.parametrize("shown", SHOWN)
def test_it(shown):
    print(shown)
    assert shown == "", shown
"""


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was told to, and what it was sent."""

    shown: tuple[str, ...] = ()

    def do_GET(self) -> None:
        """Answer."""
        body = json.dumps({"shown": self.shown, "own": self.headers["X-Own"]}).encode()
        self.send_response(200)
        self.send_header("X-Shown", urllib.parse.quote(self.shown[0], safe=""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


ENCODERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda value: json.dumps([value]),
    "percent": lambda value: urllib.parse.quote(value, safe=""),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "address": lambda value: f"postgresql://user:{urllib.parse.quote(value, safe='')}@host/db",
    "shell": shlex.quote,
    "inside base64": lambda value: base64.b64encode(f"u:{value}".encode()).decode(),
}
MARKS = "abcXYZ0189+/=&%'\"\\ <>é"


@settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    tail=st.text(MARKS, min_size=0, max_size=10),
    names=st.lists(st.sampled_from(list(ENCODERS)), min_size=2, max_size=5, unique=True),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4),
)
def test_no_file_holds_a_secret(
    tmp_path_factory: pytest.TempPathFactory,
    port: int,
    tail: str,
    names: list[str],
    sizes: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("leak")
    kept, looks = (f"v-{secrets.token_hex(6)}{tail}" for _ in range(2))
    shown = [ENCODERS[name](value) for name in names for value in (kept, looks)]
    _Echo.shown = tuple(shown)
    files = {
        "config/demo_release.yaml": PLAYBOOK.replace("PORT", str(port)),
        "leak.py": LEAK,
        "inner/test_it.py": INNER,
        "plan.json": json.dumps({"shown": shown, "sizes": sizes}),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    done = runner("validate", cwd=folder, env={"KEPT": kept, "MY_TOKEN": looks})
    sealed = runner("bundle", cwd=folder)

    assert done.returncode in {1, 3}, done.stderr
    assert sealed.returncode == 0, sealed.stderr
    written = {path: path.read_bytes() for path in folder.rglob("analysis_outputs/**/*.*")}
    assert len(written) > 15
    assert b"[redacted KEPT]" in b"".join(written.values())
    assert b"[redacted MY_TOKEN]" in b"".join(written.values())
    for where, content in [(done, (done.stdout + done.stderr).encode()), *written.items()]:
        for form in {kept, looks, *shown, *(json.dumps(one)[1:-1] for one in shown)}:
            assert form.encode() not in content, (where, form)
