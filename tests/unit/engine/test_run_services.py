"""Stages with services: ready before, gone after, missed when they die."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time

import pytest
from support.house import PLACE, House, check, outcomes
from support.processes import NAP, alive, in_a_session

from runner.errors import DossierError, ExitCode
from runner.model import Outcome, Ready, Service


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def server(number: int, **ready: object) -> Service:
    ready.setdefault("url", f"http://127.0.0.1:{number}/")
    argv = (sys.executable, "-u", "-m", "http.server", str(number), "--bind", "127.0.0.1")
    return Service("web", PLACE, run=argv, ready=Ready(within=20.0, **ready))  # type: ignore[arg-type]


def asking(port: int) -> tuple[str, ...]:
    code = "import sys, urllib.request as u; u.urlopen(sys.argv[1]).read()"
    return (sys.executable, "-c", code, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "ready",
    [
        {},
        {"url": "", "port": True},
        {"url": "", "log": "Serving HTTP .* port"},
        {"url": "", "command": True},
    ],
)
def test_a_service_is_ready_before_and_gone_after(
    house: House, port: int, ready: dict[str, object]
) -> None:
    if ready.get("port"):
        ready["port"] = port
    if ready.get("command"):
        ready["command"] = asking(port)
    run = house.run(
        check("a", *asking(port), services=("web",)), services={"web": server(port, **ready)}
    )
    assert outcomes(run) == {"a": "passed"}
    report = run.services[0]
    assert (report.name, report.outcome) == ("web", Outcome.PASSED)
    assert report.log is not None
    assert "Serving HTTP" in (house.live / report.log.path).read_text()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_a_service_that_dies_while_waiting_is_told_at_once(house: House, port: int) -> None:
    dying = Service(
        "web", PLACE, run=("bash", "-c", "echo boom; exit 4"), ready=Ready(port=port, within=60.0)
    )
    began = time.monotonic()
    run = house.run(check("a", "true", services=("web",)), services={"web": dying})
    assert time.monotonic() - began < 30
    assert run.results[0].outcome is Outcome.ERRORED
    assert run.results[0].reason == "service web died: exit code 4; its log ends: boom"
    assert run.services[0].tail == "boom"
    assert run.exit_code == ExitCode.ERRORED


def test_a_service_that_never_gets_ready(house: House, port: int) -> None:
    idle = Service("web", PLACE, run=("sleep", "100"), ready=Ready(port=port, within=0.3))
    run = house.run(check("a", "true", services=("web",)), services={"web": idle})
    assert run.results[0].reason == f"service web: no port {port} within 0.3 s"


def test_a_service_whose_program_is_missing(house: House) -> None:
    gone = Service("web", PLACE, run=("no-such-program",), ready=Ready(log="x"))
    run = house.run(check("a", "true", services=("web",)), services={"web": gone})
    assert run.results[0].reason == "service web: no-such-program: not found"
    assert run.results[0].hint


def test_a_port_held_by_another_names_it(house: House) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        run = house.run(check("a", "true", services=("web",)), services={"web": server(port)})
    reason = run.results[0].reason
    assert f"port {port} is held by another process: {os.getpid()} " in reason
    assert run.results[0].outcome is Outcome.ERRORED


def test_a_port_taken_meanwhile_is_noticed(house: House, port: int) -> None:
    """The service waits, somebody else listens: the answer is not the service's."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", port))
        threading.Timer(0.5, held.listen).start()
        idle = Service("web", PLACE, run=("sleep", "100"), ready=Ready(port=port, within=20.0))
        run = house.run(check("a", "true", services=("web",)), services={"web": idle})
    assert "is held by another process" in run.results[0].reason


def test_a_service_that_dies_under_a_check_is_named_in_its_hint(house: House, port: int) -> None:
    script = "pkill -f '[h]ttp.server " + str(port) + "'; sleep 0.3; exit 1"
    run = house.run(
        check("a", "bash", "-c", script, services=("web",)),
        check("b", "true", services=("web",)),
        services={"web": server(port)},
    )
    assert run.results[0].hint.startswith("service web died: ended by SIGTERM; its log ends: ")
    assert run.results[1].outcome is Outcome.ERRORED
    assert run.results[1].reason.startswith("service web died")


def test_a_service_that_dies_unnoticed_spoils_the_verdict(house: House) -> None:
    """Every check passed, but nobody knows what answered."""
    brief = Service("web", PLACE, run=("bash", "-c", "echo up; sleep 0.3"), ready=Ready(log="^up"))
    run = house.run(check("a", "sleep", "0.8", services=("web",)), services={"web": brief})
    assert outcomes(run) == {"a": "passed"}
    assert run.services[0].reason == "service web died: exit code 0; its log ends: up"
    assert (run.verdict, run.exit_code) == (Outcome.ERRORED, ExitCode.ERRORED)


def test_the_whole_tree_of_a_service_is_stopped(house: House) -> None:
    script = f"{in_a_session(NAP)} & {NAP} & echo up; wait"
    tree = Service("web", PLACE, run=("bash", "-c", script), ready=Ready(log="^up"))
    run = house.run(check("a", "true", services=("web",)), services={"web": tree})
    assert outcomes(run) == {"a": "passed"}
    assert alive(NAP) == []


def test_a_service_nobody_selected_is_not_started(house: House, port: int) -> None:
    run = house.run(check("a", "true"), services={"web": server(port)})
    assert run.services == ()


def test_interrupt_while_waiting_for_a_service(house: House, port: int) -> None:
    idle = Service("web", PLACE, run=("sleep", "100"), ready=Ready(port=port, within=60.0))
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    run = house.run(check("a", "true", services=("web",)), services={"web": idle})
    assert run.results[0].reason == "interrupted by SIGINT"
    assert run.exit_code == 130


@pytest.mark.usefixtures("full_disk")
def test_a_service_whose_log_cannot_be_written_is_stopped_all_the_same(house: House) -> None:
    script = f"echo up; {in_a_session(NAP)} & while sleep 0.05; do echo more; done"
    services = {
        "web": Service("web", PLACE, run=("bash", "-c", script), ready=Ready(log="^up")),
        "db": Service("db", PLACE, run=("bash", "-c", f"echo up; {NAP}"), ready=Ready(log="^up")),
    }
    began = time.monotonic()
    with pytest.raises(DossierError, match=r"cannot write .*service\.web\.log"):
        house.run(check("a", "sleep", "100", services=("db", "web")), services=services)
    assert time.monotonic() - began < 60
    assert alive(NAP) == []
