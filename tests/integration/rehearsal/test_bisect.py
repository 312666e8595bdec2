"""Which version breaks: the stand-in answers wrongly from some version on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import runner
from support.standin import Standin


def bisect(
    app: Standin, *words: str, **variables: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Bisect 1.0 to 2.0, whose versions pip finds among the wheels; give the record."""
    env = {**app.env, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": app.env["UV_FIND_LINKS"], **variables}
    done = runner("bisect", "--to", "2.0", *words, cwd=app.repository, env=env)
    record = app.repository / "analysis_outputs/rehearsals/bisect-1.0-2.0.json"
    return done, json.loads(record.read_bytes())


def answers(record: dict[str, Any]) -> dict[str, str]:
    return {one["version"]: one["answer"] for one in record["tried"]}


def test_the_first_that_breaks_and_its_resuming(app: Standin) -> None:
    done, record = bisect(app, STANDIN_BREAKS="1.3")
    assert done.returncode == 1, done.stdout + done.stderr
    assert (record["last_passing"], record["first_breaking"]) == ("1.2", "1.3")
    assert record["versions"] == ["1.1", "1.2", "1.3", "1.4", "2.0"]
    assert answers(record) == {"2.0": "breaks", "1.3": "breaks", "1.2": "passes"}
    assert "last that passes 1.2, first that breaks 1.3; 3 of 5 versions" in done.stdout
    assert all(
        Path(app.repository, one["dossier"], "journal.jsonl").exists() for one in record["tried"]
    )
    schema = json.loads(runner("schema", "bisection", cwd=app.repository).stdout)
    jsonschema.Draft202012Validator(schema).validate(record)
    path = app.live("1.0", "1.2") / "rehearsal.json"
    path.write_text(path.read_text() + "\n")  # changed: it is rehearsed again
    done, record = bisect(app, "--resume", "--json", STANDIN_BREAKS="1.3")
    assert json.loads(done.stdout) == record
    assert {one["version"]: one["reused"] for one in record["tried"]} == {
        "2.0": True,
        "1.3": True,
        "1.2": False,
    }
    assert list(Path(app.env["TMPDIR"]).iterdir()) == []


def test_a_target_that_passes_and_one_that_cannot_be_decided(app: Standin) -> None:
    done, record = bisect(app)
    assert (done.returncode, record["verdict"], len(record["tried"])) == (0, "passes", 1)
    app.edit("  ports: [port]\n", "")
    app.edit('serve, "${{ vars.database }}"', "serve, nowhere")
    done, record = bisect(app)
    assert (done.returncode, record["verdict"]) == (3, "undecided")
    assert "UNDECIDED" in done.stdout
    assert "--resume" in done.stdout


def test_a_version_that_does_not_resolve_is_passed_over(app: Standin) -> None:
    (app.repository / "requirements.in").write_text("standin==1.0\n-c excluded.txt\n")
    (app.repository / "excluded.txt").write_text("standin!=1.3\n")
    app.git("add", "--all")
    app.git("commit", "--quiet", "--message", "exclude")
    done, record = bisect(app, STANDIN_BREAKS="1.2")
    assert done.returncode == 1, done.stdout
    assert answers(record) == {
        "2.0": "breaks",
        "1.3": "does not resolve",
        "1.2": "breaks",
        "1.1": "passes",
    }


@pytest.mark.parametrize("words", [("--from", "2.0"), ("--from", "x")])
def test_wrong_usage(app: Standin, words: tuple[str, ...]) -> None:
    done = runner("bisect", "--to", "2.0", *words, cwd=app.repository, env=app.env)
    assert done.returncode == 2
