"""Compose services against a stand-in for the Docker client that keeps state in files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.house import PLACE, House, check

from runner.errors import DossierError
from runner.model import Compose, Outcome, Ready, Run, Service

CLIENT = """#!/bin/bash
# Answers like docker-compose 1.29 and `docker compose` v2 for one service.
state={state}
echo "$@" >>$state/calls
[ "$1" = compose ] && shift
case "$*" in
version) exit {version} ;;
*"ps --all"*) echo ${{!#}}; [ ! -e $state/scaled ] || echo another ;;
*"ps -q"*) [ -n "$(ls $state/up* 2>/dev/null)" ] && echo 0123abcd; exit 0 ;;
*"up -d"*) [ -e $state/broken ] && {{ cat $state/broken; exit 17; }}; touch $state/up.${{!#}} ;;
*"logs --no-color --tail"*) echo "db | its last words" ;;
*logs*)
    sleep 0.2; echo "web | serving"
    while [ -e $state/up.${{!#}} ]; do sleep 0.05; done
    echo "web | bye" ;;
*stop*) rm -f $state/up.${{!#}} ;;
*down*) rm -f $state/up.*; exit {down} ;;
esac
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def client(house: House, state: Path, name: str, *, version: int = 0, down: int = 0) -> None:
    folder = state / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(CLIENT.format(state=state, version=version, down=down))
    (folder / name).chmod(0o755)
    house.environment["PATH"] = f"{folder}:{os.environ['PATH']}"


def run(house: House) -> Run:
    web = Service("web", PLACE, compose=Compose("compose.yaml", "web"), ready=Ready(log="serving"))
    return house.run(check("a", "true", services=("web",)), services={"web": web})


@pytest.mark.parametrize("name", ["docker", "docker-compose"])
def test_up_log_and_down(house: House, state: Path, name: str) -> None:
    client(house, state, "docker", version=1)
    client(house, state, name)
    done = run(house)
    assert done.results[0].outcome is Outcome.PASSED
    assert done.services[0].outcome is Outcome.PASSED
    assert done.services[0].log is not None
    text = (house.live / done.services[0].log.path).read_text()
    assert "web | serving\n" in text
    assert "web | bye\n" in text
    calls = (state / "calls").read_text()
    assert "-f compose.yaml up -d web" in calls
    assert calls.splitlines()[-1].endswith("-f compose.yaml down")
    assert "volumes" not in calls
    assert not (state / "up.web").exists()


@pytest.mark.parametrize("scaled", [False, True])
def test_the_plugin_follows_a_log_to_the_end_of_one_container(
    house: House, state: Path, *, scaled: bool
) -> None:
    client(house, state, "docker")
    if scaled:
        (state / "scaled").touch()
    assert run(house).services[0].outcome is Outcome.PASSED
    calls = (state / "calls").read_text().splitlines()
    by_compose = "compose -f compose.yaml logs --follow --no-color web"
    assert (by_compose in calls, "logs --follow web" in calls) == (scaled, not scaled)


def test_without_any_client(house: House, state: Path) -> None:
    client(house, state, "docker", version=1)
    client(house, state, "docker-compose", version=1)
    done = run(house)
    assert done.results[0].reason.startswith("neither `docker compose` nor `docker-compose`")
    assert done.results[0].outcome is Outcome.ERRORED
    assert done.results[0].hint


def test_one_that_is_there_already_is_left_alone(house: House, state: Path) -> None:
    client(house, state, "docker")
    (state / "up.web").touch()
    done = run(house)
    assert "are there already" in done.results[0].reason
    assert (state / "up.web").exists()


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("Error response from daemon: No such image: web:1", "build the image"),
        ("Pulling web (web:1)...", "let this machine reach its registry"),
        ("listen tcp4 127.0.0.1:5433: bind: address already in use", "stop what holds the port"),
        ("Cannot connect to the Docker daemon at unix:///x.", "systemctl start docker"),
        (
            (
                "docker.errors.DockerException: Error while fetching server API version: "
                "('Connection aborted.', PermissionError(13, 'Permission denied'))"
            ),
            "group 'docker'",
        ),
        ("something else", "see the tail of its log"),
    ],
)
def test_one_that_cannot_be_started(house: House, state: Path, said: str, mend: str) -> None:
    client(house, state, "docker")
    summary = "Encountered errors while bringing up the project."
    (state / "broken").write_text(f"{said}\n\n{summary}\n")
    done = run(house)
    assert f"exit code 17: {said}" in done.results[0].reason
    assert mend in done.results[0].hint
    # Who is waited for may be another container of the project.
    assert "db | its last words" in done.services[0].tail
    assert (state / "calls").read_text().splitlines()[-1].endswith("-f compose.yaml down")


def test_one_that_cannot_be_stopped(house: House, state: Path) -> None:
    client(house, state, "docker", down=1)
    done = run(house)
    assert done.services[0].outcome is Outcome.ERRORED
    assert "down`: exit code 1" in done.services[0].reason


def test_two_services_of_one_file_are_taken_down_once(house: House, state: Path) -> None:
    client(house, state, "docker")
    ready = Ready(log="serving")
    services = {
        name: Service(name, PLACE, compose=Compose("c.yaml", name), ready=ready)
        for name in ("web", "db")
    }
    done = house.run(check("a", "true", services=("web", "db")), services=services)
    assert [(one.name, one.outcome) for one in done.services] == [
        ("web", Outcome.PASSED),
        ("db", Outcome.PASSED),
    ]
    assert (state / "calls").read_text().count(" down") == 1


def test_containers_that_end_by_themselves(house: House, state: Path) -> None:
    client(house, state, "docker")
    web = Service("web", PLACE, compose=Compose("c.yaml", "web"), ready=Ready(log="serving"))
    done = house.run(
        check("a", "bash", "-c", f"rm {state}/up.*; sleep 0.3; exit 1", services=("web",)),
        services={"web": web},
    )
    assert done.results[0].hint.startswith(
        "service web died: its container has ended; its log ends"
    )


@pytest.mark.usefixtures("full_disk")
def test_containers_are_removed_where_their_log_cannot_be_written(
    house: House, state: Path
) -> None:
    client(house, state, "docker")
    with pytest.raises(DossierError, match="cannot write"):
        run(house)
    assert (state / "calls").read_text().splitlines()[-1].endswith(" down")
    assert not list(state.glob("up.*"))
