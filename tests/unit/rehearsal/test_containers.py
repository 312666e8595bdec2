from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.advisories.sources.base import SourceError
from runner.kinds import load_kinds
from runner.playbook import load
from runner.rehearsal.containers import project_of, remove

DOCKER = """#!/bin/sh
echo "$@" >>"$(dirname "$0")/called"
case "$1" in
  ps) echo aaaaaaaaaaaaaaaa; echo bbbb ;;
  network) [ "$2" = ls ] && echo cccc ;;
esac
exit 0
"""


def door(tmp_path: Path, program: str) -> LocalDoor:
    """Give a door to a docker that is a script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(program)
    (folder / "docker").chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return LocalDoor(tmp_path, tmp_path / "scratch", env)


def test_all_of_a_project_goes_and_nothing_else_is_asked_for(tmp_path: Path) -> None:
    told = remove("rehearsal-1", door(tmp_path, DOCKER))
    assert told == ("container aaaaaaaaaaaa", "container bbbb", "network cccc")
    mine = "--quiet --filter label=com.docker.compose.project=rehearsal-1"
    assert (tmp_path / "bin/called").read_text().splitlines() == [
        f"ps --all {mine}",
        "rm --force --volumes aaaaaaaaaaaaaaaa bbbb",
        f"network ls {mine}",
        "network rm cccc",
        f"volume ls {mine}",
    ]


def test_without_a_project_docker_is_not_called(tmp_path: Path) -> None:
    assert remove("", door(tmp_path, DOCKER)) == ()
    assert not (tmp_path / "bin/called").exists()


def test_a_daemon_that_is_down(tmp_path: Path) -> None:
    lent = door(tmp_path, "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    with pytest.raises(SourceError, match="docker ps: Cannot connect") as caught:
        remove("rehearsal-1", lent)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("service", "project"),
    [
        ("run: [true], ready: {port: 1}", ""),
        ("compose: {file: c.yml, service: web}", "rehearsal-2026t-ab"),
    ],
)
def test_a_project_is_for_containers(tmp_path: Path, service: str, project: str) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_text(
        "release: {package: demo, version: '1'}\n"
        f"services: {{web: {{{service}}}}}\n"
        "stages: {verification: [{area: A, run: ['true'], services: [web]}]}\n"
    )
    book = load(path, kinds=load_kinds(), repository=tmp_path, environment={})
    assert project_of(book, "rehearsal-2026T-ab") == project
