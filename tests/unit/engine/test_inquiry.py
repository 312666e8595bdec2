"""A stage that is run for what its steps tell."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from runner.engine.inquiry import Answer, inquire
from runner.kinds import load_kinds
from runner.playbook import load

PLAYBOOK = """\
release: {package: a, version: "1"}
stages:
  triage:
    - area: Told
      steps:
        - id: a
          run: 'echo "$UPGRADE_CANDIDATE brings two"'
          with: {outputs: {migrations: stdout}}
        - {id: b, run: [echo, other], with: {outputs: {more: stdout}}}
    - {area: Broken, run: [sh, -c, "exit $CODE"]}
"""


def ask(folder: Path, code: str) -> Answer:
    file = folder / "a_release.yaml"
    file.write_text(PLAYBOOK)
    environment = {**os.environ, "UPGRADE_CANDIDATE": "2", "CODE": code}
    book = load(file, kinds=load_kinds(), repository=folder, environment=environment)
    return inquire(book, "triage", "migrations", environment)


def test_outputs_of_that_name_are_given_and_nothing_stays(tmp_path: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("upgrade-runner-inquiry-*"))
    assert ask(tmp_path, "0") == Answer(("2 brings two",), "")
    assert [one.name for one in tmp_path.iterdir()] == ["a_release.yaml"]
    assert set(Path(tempfile.gettempdir()).glob("upgrade-runner-inquiry-*")) <= before


def test_a_check_that_did_not_pass_is_told(tmp_path: Path) -> None:
    told = ask(tmp_path, "3")
    assert told.values == ("2 brings two",)
    assert told.trouble == "Broken: exit code 3, expected 0"
