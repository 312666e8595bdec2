"""No secret, in whatever encoding or piece, is in any file that a run leaves or seals."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import secrets
import shlex
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support.bundles import unpacked
from support.command import runner

from runner.reporters.text import clean

PLAYBOOK = """\
release: {package: demo, version: "1.0"}
advisories:
  subject: {lock: requirements.txt}
  sources: [{osv: osv}]
  policy: {packages: [demo]}
  waivers: waivers.yaml
services:
  helper:
    run: [python, leak.py, service, "${{ env.MY_TOKEN }}"]
    env: {ECHO_TOKEN: "${{ env.MY_TOKEN }}"}
    secrets: [KEPT]
    ready: {log: up, within: 20s}
stages:
  verification:
    - {area: Prints, run: [python, leak.py, prints], secrets: [KEPT], artifacts: [left/*]}
    - {area: Fails, run: [python, leak.py, fails], secrets: [KEPT]}
    - {area: Argument, run: [python, leak.py, "${{ env.MY_TOKEN }}"]}
    - {area: No program, run: ["./${{ env.MY_TOKEN }}"]}
    - {area: Leaves, run: 'python leak.py service "$KEPT" "$MY_TOKEN" &', secrets: [KEPT]}
    - area: Environment
      run: |
        set -x
        env
        export -p
        printf '%s %q\\n' "$KEPT" "$KEPT" "$MINE" "$MINE" >&2
        : "$KEPT" "$MINE"
        false
      secrets: [KEPT]
      env: {MINE: "${{ env.MY_TOKEN }}"}
    - area: Says
      run: [python, leak.py, says]
      secrets: [KEPT]
      expect: {stdout: {contains: something else, json: {"$.a": 1}}}
    - {area: Tests, uses: pytest, with: {args: [inner]}, secrets: [KEPT]}
    - area: Asks
      uses: http
      with:
        url: "http://127.0.0.1:PORT/"
        method: POST
        headers: {X-Own: "${{ env.KEPT }}"}
        json: {own: "${{ env.KEPT }}"}
      secrets: [KEPT]
      services: [helper]
      expect: {status: 204, body: {contains: nobody says this}}
    - {area: Scans, uses: advisories, with: {scan: after}}
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
    for name in plan["names"]:
        open(f"left/{name}.txt", "w").close()
if what == "fails":
    raise SystemExit(f"cannot log in with {plan['once']}")
"""
INNER = """\
import json, pytest
PLAN = json.load(open("plan.json"))

@pytest.mark.parametrize("shown", PLAN["once"])
def test_it(shown):
    print(*PLAN["shown"])
    assert shown == "", shown
"""


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was told to, and what it was sent."""

    shown: tuple[str, ...] = ()

    def do_POST(self) -> None:
        """Answer."""
        told = self.rfile.read(int(self.headers["Content-Length"])).decode()
        body = json.dumps({"shown": self.shown, "own": self.headers["X-Own"], "told": told})
        self.send_response(200)
        self.send_header("X-Shown", urllib.parse.quote(self.headers["X-Own"], safe=""))
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

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
    "address": lambda value: f"postgresql://user:{urllib.parse.quote(value, safe='')}@host/db",
    "shell": shlex.quote,
    "html": html.escape,
    "python": repr,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "inside base64": lambda value: base64.b64encode(f"u:{value}".encode()).decode(),
    "coloured": lambda value: f"{value[:6]}\x1b[1m{value[6:9]}\x1b]8;;http://x\x07{value[9:]}",
    "control": lambda value: "\0".join((value[:5], value[5:8], f"\b{value[8:]}")),
}
INNER_ENCODERS = [name for name in ENCODERS if "base64" not in name]
MARKS = "abcXYZ0189+/=&%'\"\\ <>é"


def osv(shown: list[str]) -> str:
    """Give an advisory, of demo, that tells what it should not."""
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]
    return json.dumps(
        {
            "schema_version": "1.7.0",
            "id": "PYSEC-2026-1",
            "aliases": ["CVE-2026-0001"],
            "modified": "2026-11-20T10:00:00Z",
            "summary": f"leaks {shown[0]}",
            "details": " ".join(shown),
            "references": [{"type": "WEB", "url": f"https://x/?q={urllib.parse.quote(shown[1])}"}],
            "affected": [
                {"package": {"ecosystem": "PyPI", "name": "demo"}, "ranges": ranges},
            ],
        }
    )


def traces(core: str) -> list[bytes]:
    """Give what of a word stays the same in every encoding of a text that holds it."""
    raw = core.encode()
    codes = []
    for before in range(3):
        code = base64.b64encode(bytes(before) + raw)
        codes.append(code[4 if before else 0 : (before + len(raw)) // 3 * 4])
    return [raw, binascii.hexlify(raw), *codes]


@settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=5,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    tail=st.text(MARKS, min_size=0, max_size=10),
    ways=st.lists(
        st.tuples(st.sampled_from(INNER_ENCODERS), st.sampled_from(list(ENCODERS))),
        min_size=2,
        max_size=5,
        unique=True,
    ),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4),
)
@example(
    tail="'\"= ", ways=[("json", "python"), ("coloured", "plain"), ("address", "base64")], sizes=[3]
)
@example(
    tail="\\Y ",
    ways=[("plain", "html"), ("control", "json"), ("shell", "inside base64")],
    sizes=[10],
)
def test_no_file_holds_a_secret(
    tmp_path_factory: pytest.TempPathFactory,
    port: int,
    tail: str,
    ways: list[tuple[str, str]],
    sizes: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("leak")
    cores = [f"v-{secrets.token_hex(6)}" for _ in range(2)]
    kept, looks = (f"{core}{tail}" for core in cores)
    once = [ENCODERS[name](value) for name, _ in ways for value in (kept, looks)]
    twice = [ENCODERS[two](ENCODERS[one](value)) for one, two in ways for value in (kept, looks)]
    named = [urllib.parse.quote(value, safe="") for value in (kept, looks)]
    _Echo.shown = (*once, *twice)
    files = {
        "config/demo_release.yaml": PLAYBOOK.replace("PORT", str(port)),
        "leak.py": LEAK,
        "inner/test_it.py": INNER,
        "plan.json": json.dumps(
            {"shown": [*once, *twice], "once": once, "sizes": sizes, "names": named}
        ),
        "requirements.txt": "demo==1.0\n",
        "waivers.yaml": "waivers: []\n",
        "osv/PYSEC-2026-1.json": osv([*once, *twice]),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    env = {"KEPT": kept, "MY_TOKEN": looks}

    done = [runner("validate", "--junit-dialect", "extended", cwd=folder, env=env)]
    done += [runner("run", looks, cwd=folder, env=env), runner("report", cwd=folder, env=env)]
    done.append(runner("bundle", cwd=folder))

    assert [one.returncode for one in done] == [3, 2, 0, 0], [one.stderr for one in done]
    dossier = folder / "analysis_outputs/live"
    written = {path: path.read_bytes() for path in dossier.rglob("*") if path.is_file()}
    names = {path.relative_to(dossier).as_posix() for path in written}
    assert names >= LEFT
    sealed = unpacked(next((folder / "analysis_outputs").glob("*.tar.gz")))
    assert {name.partition("/")[2] for name in sealed} >= names - {".lock"}
    for content in (b"".join(written.values()), b"".join(sealed.values())):
        assert b"[redacted KEPT]" in content
        assert b"[redacted MY_TOKEN]" in content
    said = {f"said {number}": (one.stdout + one.stderr).encode() for number, one in enumerate(done)}
    kept_files = {str(path): content for path, content in written.items()}
    every_name = {"names": "\n".join([*map(str, dossier.rglob("*")), *sealed]).encode()}
    assert found_in({**said, **kept_files, **sealed, **every_name}, cores) == []


LEFT = {
    *("journal.jsonl", "report.html", "upgrade.json", "safety-after.json", "sbom-after.cdx.json"),
    *(f"verification/{name}" for name in ("run.json", "junit.xml", "summary.md", "findings.sarif")),
    "verification/artifacts/asks/1.step-1.http.txt",
    "verification/artifacts/prints/left/0.txt",
    "verification/artifacts/prints/left/[redacted KEPT].txt",
    "verification/logs/fails.1.log",
    "verification/logs/service.helper.log",
}
"""Of the files: one for each door."""


def found_in(contents: dict[str, bytes], cores: list[str]) -> list[str]:
    """Name the files that hold a trace of a secret, as they are or as they are shown."""
    shown = {
        f"{name}, shown": clean(content.decode("utf-8", "replace")).encode()
        for name, content in contents.items()
    }
    return [
        f"{name}: {content[max(0, at.start() - 60) : at.end() + 40]!r}"
        for name, content in (contents | shown).items()
        for core in cores
        for trace in traces(core)
        if (at := re.search(re.escape(trace), content))
    ]
