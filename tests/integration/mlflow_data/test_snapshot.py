"""The snapshot of a real server: whole, proven, and able to tell the smallest loss."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.memory import peak
from support.mlflow import PROGRAMS, call, environment, program, python, server
from support.snapshots import compare, lines_of

RUNS, POINTS = 20, 400


def taken(url: str, path: Path) -> dict[str, Any]:
    """Take a snapshot, which must be verified."""
    code, told, errors = program(
        "snapshot.py", "--output", str(path), interpreter=python(), url=url
    )
    assert (code, errors) == (0, [])
    assert told["verified"] is True
    return told


def test_each_loss_on_a_real_server_is_named(tmp_path: Path) -> None:
    database, artifacts = tmp_path / "mlflow.db", tmp_path / "artifacts"
    with server(python(), f"sqlite:///{database}", artifacts) as url:
        size = ("--runs", str(RUNS), "--points", str(POINTS))
        code, seeded, errors = program("seed.py", *size, interpreter=python(), url=url)
        assert (code, errors) == (0, [])
        first = taken(url, tmp_path / "first.gz")
        counts = {kind: one["count"] for kind, one in first["contents"].items()}
        assert counts == {**seeded, "experiment": 21}  # and the one that every server has
        look(tmp_path / "first.gz")

        point = lose(database, artifacts, url)
        taken(url, tmp_path / "second.gz")
    found = compare(tmp_path / "first.gz", tmp_path / "second.gz")
    assert found.code == 1
    assert found.told["lost"] == {"metric": 1}
    assert found.told["changed"] == {"artifact": 1, "run": 1}
    assert found.told["added"] == {}
    said = sorted(found.errors)
    assert said[0].startswith("changed artifact: run ")
    assert ": notes/note.txt: sha256: " in said[0]
    assert said[1] == (
        f'changed run: {point["deleted"]}: info.lifecycle_stage: "active" -> "deleted"'
    )
    assert said[2].startswith(f"lost metric: run {point['run']}: loss, step 3 at ")
    assert not said[3:]


def look(path: Path) -> None:
    """See that what only some runs have is in the snapshot."""
    lines = lines_of(path)
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        kinds.setdefault(line["kind"], []).append(line["content"])
    assert len({(line["kind"], line["id"]) for line in lines}) == len(lines)
    tags = [one["data"]["tags"] for one in kinds["run"]]
    assert sum("mlflow.parentRunId" in one for one in tags) == RUNS // 5
    assert all(one["label"]["value"].startswith("ü ") for one in tags)
    stages = [one["info"]["lifecycle_stage"] for one in kinds["run"]]
    assert stages.count("deleted") == 1
    assert sum(one["value"] == "NaN" for one in kinds["metric"]) == RUNS
    assert all(len(one["spans"]) == 2 for one in kinds["trace"])
    assert all(one["aliases"] for one in kinds["model"])
    owners = {one["owner"].partition(" m-")[0] for one in kinds["artifact"]}
    assert "logged model" in owners


def lose(database: Path, artifacts: Path, url: str) -> dict[str, str]:
    """Lose a point, a byte and a run, and tell which."""
    with closing(sqlite3.connect(database)) as connection, connection:
        runs = connection.execute(
            "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY name"
        ).fetchall()
        gone = connection.execute("DELETE FROM metrics WHERE run_uuid = ? AND step = 3", runs[0])
        assert gone.rowcount == 1
    note = min(artifacts.rglob("note.txt"))
    data = bytearray(note.read_bytes())
    data[7] ^= 1
    note.write_bytes(data)
    noted = note.parts[-4]
    deleted = next(run for (run,) in runs[1:] if run != noted)
    call(url, "runs/delete", run_id=deleted)
    return {"run": runs[0][0], "deleted": deleted}


class _Server(BaseHTTPRequestHandler):
    """Answers as a tracking server with one experiment, and serves no artifact."""

    asked = 0
    """How often for runs."""
    fails = False
    """Whether that is an error from the second time on."""
    grows = False
    """Whether there is a run more each time."""
    file = ""
    """An artifact of the runs, which it lists."""
    points = 0
    """Of a metric of the runs."""

    def do_GET(self) -> None:
        """Be healthy, hold no models, and list artifacts."""
        if "/mlflow-artifacts/" in self.path:
            self._answer({"error": "no"}, 500)
        elif "artifacts/list" in self.path and self.file:
            self._answer({"files": [{"path": self.file, "is_dir": False, "file_size": 7}]})
        elif "get-history" in self.path:
            self._history(parse_qs(urlsplit(self.path).query))
        else:
            self._answer({})

    def _history(self, asked: dict[str, list[str]]) -> None:
        begin = int(asked.get("page_token", ["0"])[0])
        end = min(self.points, begin + int(asked["max_results"][0]))
        found = [
            {"key": "loss", "value": n / 7, "timestamp": n, "step": n} for n in range(begin, end)
        ]
        more = {"next_page_token": str(end)} if end < self.points else {}
        self._answer({"metrics": found, **more})

    def do_POST(self) -> None:
        """Answer a search."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("experiments/search"):
            self._answer({"experiments": [{"experiment_id": "7", "name": "ü"}]})
        elif self.path.endswith("runs/search"):
            type(self).asked += 1
            where = "mlflow-artifacts:/7/artifacts"
            data = {"metrics": [{"key": "loss"}]} if self.points else {}
            info = {"lifecycle_stage": "active", "artifact_uri": where}
            runs = [
                {"info": {"run_id": f"r{n}", **info}, "data": data}
                for n in range(self.asked if self.grows else 1)
            ]
            self._answer({"runs": runs}, 400 if self.fails and self.asked > 1 else 200)
        else:
            self._answer({})

    def _answer(self, told: object, status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def pretended(**traits: object) -> Iterator[str]:
    """Give the URL of a server of such traits."""
    handler = type("Handler", (_Server,), traits)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_port}"
        finally:
            made.shutdown()
            thread.join()


def asked(path: Path, *words: str, **traits: object) -> tuple[int, dict[str, Any], list[str]]:
    """Take a snapshot of a server of such traits."""
    with pretended(**traits) as url:
        return program("snapshot.py", "--output", str(path), *words, interpreter=python(), url=url)


def test_a_server_that_does_not_stand_still_is_not_verified(tmp_path: Path) -> None:
    code, told, errors = asked(tmp_path / "one.gz", grows=True)
    assert (code, told["answers"], told["verified"]) == (1, 2, False)
    (error,) = errors
    assert error.startswith("the server's second answer differs in run: expected {'count': 1")
    assert [one["id"] for one in lines_of(tmp_path / "one.gz") if one["kind"] == "run"] == ["r0"]


def test_a_server_that_fails_meanwhile_is_undecided(tmp_path: Path) -> None:
    code, told, errors = asked(tmp_path / "one.gz", fails=True)
    assert (code, told) == (2, {})
    assert errors[-1].startswith("error: RestException")
    assert "Traceback" not in "".join(errors)


def test_what_is_held_against_another_is_asked_for_once(tmp_path: Path) -> None:
    code, told, errors = asked(tmp_path / "one.gz", "--once", fails=True)
    assert (code, told["answers"], told["verified"], errors) == (0, 1, True, [])


def test_an_artifact_that_is_not_served_is_undecided(tmp_path: Path) -> None:
    code, told, errors = asked(tmp_path / "one.gz", file="name.txt")
    assert (code, told) == (2, {})
    assert "name.txt" in "".join(errors)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_what_there_is(tmp_path: Path) -> None:
    def taken(points: int) -> int:
        """Give the most memory, in KiB, that a snapshot of so many points took."""
        argv = (python(), PROGRAMS / "snapshot.py", "--output", tmp_path / "one.gz")
        with pretended(points=points) as url:
            env = environment({"MLFLOW_TRACKING_URI": url})
            most = peak(*argv, env=env)
        assert len(lines_of(tmp_path / "one.gz")) == points + 2
        return most

    assert taken(100_000) - taken(20_000) < 24 * 1024


def test_a_name_that_old_servers_cannot_serve_is_told(tmp_path: Path) -> None:
    code, told, errors = asked(tmp_path / "one.gz", file="größe.txt")
    assert (code, told["verified"]) == (0, True)
    assert told["unread"] == ["run r0: größe.txt"]
    assert errors == ["by name and size alone, the server answers 500: run r0: größe.txt"]
    (one,) = [one for one in lines_of(tmp_path / "one.gz") if one["kind"] == "artifact"]
    assert one["content"] == {"owner": "run r0", "path": "größe.txt", "size": 7}


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("snapshot.py", "http://user:secret@127.0.0.1:1"),
        ("snapshot.py", "postgresql://user:secret@127.0.0.1/mlflow"),
        ("seed.py", "http://user:secret@127.0.0.1:1"),
    ],
)
def test_no_server_is_undecided_and_no_password_is_told(
    tmp_path: Path, name: str, url: str
) -> None:
    words = ("--output", str(tmp_path / "one.gz")) if name == "snapshot.py" else ()
    code, told, errors = program(name, *words, interpreter=python(), url=url)
    assert (code, told) == (2, {})
    assert "--tracking-uri" in errors[-1]
    assert "secret" not in "".join(errors)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_undecided(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, told, errors = asked(tmp_path / "file" / "one.gz")
    assert (code, told) == (2, {})
    assert "file" in errors[-1]
