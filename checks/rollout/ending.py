"""How a rollout ends: watched for a while, or brought back to where something answers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import servers
from deployed import RolloutError
from going import BACK, Told, look, return_to, the
from record import (
    Record,
    before,
    come_to,
    fitting,
    given_up,
    placed_in,
    taken_down,
    write_record,
)
from strategies import AS_IT_IS, BLUE_GREEN, ROLLING, STOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployed import Deployment
    from proxy import Proxy
    from record import Release

#: Bytes of a socket's path: 107 (unix(7)), less what supervisord and HAProxy add as they make it.
LONGEST = 90
#: Seconds between two looks.
POLL = 1.0
#: Seconds for a program that follows a log to end.
GRACE = 5.0


def soak(deployment: Deployment, proxy: Proxy, record: Record, seconds: float) -> Told:
    """Watch the release under its traffic, the logs in view; then the old servers are stopped."""
    if before(record, "moved"):
        message = f"the traffic has not moved: the rollout has come to '{record.phase}'"
        raise RolloutError(message, "move it first")
    with following(deployment, record):
        looks, trouble = watched(deployment, proxy, record, seconds)
    if trouble:
        if record.strategy == BLUE_GREEN and record.phase == "moved":
            return_to(deployment, proxy, record)
            come_to(deployment, record, "started")
            trouble = f"{trouble}; the traffic is with {', '.join(record.old)} again"
        raise RolloutError(trouble, "see the server's lines above")
    stopped = retired(deployment, proxy, record)
    come_to(deployment, taken_down(record, stopped), "settled")
    return {"seconds": seconds, "looks": looks, "stopped": stopped}


def watched(
    deployment: Deployment, proxy: Proxy, record: Record, seconds: float
) -> tuple[int, str]:
    """Look again and again, once at least; give how often, and what was wrong."""
    known = proxy.servers()[record.new].errors
    end, looks = time.monotonic() + seconds, 0
    while True:
        looks += 1
        found = servers.troubles(deployment.public, the(record).version, deployment.probe)
        server = proxy.servers()[record.new]
        if found:
            return looks, f"{deployment.public}: {'; '.join(found)}"
        if not server.live:
            return looks, f"the proxy has taken {record.new} out: {server.status}"
        if server.errors > known:
            return looks, f"{server.errors - known} requests failed in {record.new}"
        if time.monotonic() >= end:
            return looks, ""
        time.sleep(min(POLL, max(0.0, end - time.monotonic())))


@contextlib.contextmanager
def following(deployment: Deployment, record: Record) -> Iterator[None]:
    """Print the log of the new server to standard error meanwhile."""
    argv = deployment.slot(record.new).follow
    try:
        env = {**os.environ, **deployment.env}
        running = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    except OSError as error:
        message = f"{argv[0]}: {error}"
        raise RolloutError(message, "is it installed, and on PATH?") from error
    try:
        yield
    finally:
        running.terminate()
        try:
            running.wait(GRACE)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def retired(deployment: Deployment, proxy: Proxy, record: Record) -> list[str]:
    """Stop the old servers that have no traffic any more; give which."""
    old = [one for one in record.old if one != record.new]
    if record.strategy != BLUE_GREEN or not old:
        return []
    emptied(deployment, proxy, old, "soak again")
    return old


def emptied(deployment: Deployment, proxy: Proxy, names: list[str], then: str) -> None:
    """Stop servers that get no new requests, once those under way have ended."""
    if left := proxy.drained(tuple(names), deployment.drain):
        message = f"requests are still under way in the old servers: {left}"
        raise RolloutError(message, f"wait for their end, and {then}")
    proxy.set(dict.fromkeys(names, "maint"))
    for name in names:
        servers.stop(deployment, deployment.slot(name))


def settle(deployment: Deployment, proxy: Proxy, record: Record) -> Told:
    """See that the release serves; where it does not, bring back what can be brought back.

    A way back starts no other server: what is in the slots may be newer than the data.
    """
    if record.phase == "settled":
        look(deployment, record, deployment.public)
        refuse_other(record)
        return {"serves": the(record).version, "slots": list(proxy.live())}
    hint = "see the check that failed, and roll out again"
    if record.reason == BACK:
        hint = "see the check that failed, and call it again: runner rollback"
    if record.strategy == BLUE_GREEN:
        traffic_back(deployment, proxy, record)
        message = f"the traffic is with {', '.join(record.old)}, as before"
        raise RolloutError(message, hint)
    if record.strategy == STOP and before(record, "migrating") and record.reason != BACK:
        reopen(deployment, proxy, record)
        message = "nothing was migrated: the servers of before serve again"
        raise RolloutError(message, hint)
    message = f"the rollout has come to '{record.phase or 'nothing'}' and no further"
    if record.strategy in {ROLLING, AS_IT_IS}:
        message += f"; {', '.join(proxy.live()) or 'no slot'} has the traffic"
    if record.reason == BACK:
        raise RolloutError(message.replace("rollout", "way back"), hint)
    raise RolloutError(message, "go on with --resume, or take it back: runner rollback")


def refuse_other(record: Record) -> None:
    """Raise RolloutError where another version than the playbook's was the last that settled."""
    wanted = os.environ.get("RELEASE_VERSION") or the(record).version
    if wanted != the(record).version:
        message = f"{the(record).version} serves as before: nothing was begun for {wanted}"
        raise RolloutError(message, "see the check that failed")


def traffic_back(deployment: Deployment, proxy: Proxy, record: Record) -> Record:
    """Give the traffic back to the old servers, and stop the new one."""
    return_to(deployment, proxy, record)
    servers.stop(deployment, deployment.slot(record.new))
    return given_up(deployment, taken_down(record, [record.new]))


def reopen(deployment: Deployment, proxy: Proxy, record: Record) -> Record:
    """Start the servers of before, where they were stopped, and give them the traffic."""
    names = [name for name in record.old if name in record.slots]
    for name in names:
        slot, release = deployment.slot(name), record.slots[name]
        record = placed_in(record, name, release)
        write_record(deployment, record)
        if servers.troubles(slot.url, release.version, deployment.probe):
            servers.stop(deployment, slot)
            servers.start(deployment, slot, release)
    proxy.open(names, deployment.drain)
    return given_up(deployment, record)


def adopt(deployment: Deployment, proxy: Proxy, release: Release, name: str) -> Told:
    """Start a release in a slot of a deployment that has no traffic yet, and give it to it."""
    if live := proxy.live():
        message = f"{', '.join(live)} has the traffic already"
        raise RolloutError(message, "roll the release out")
    slot = deployment.slot(name)
    servers.stop(deployment, slot)
    record = fitting(Record(release=release, new=name, phase="started"), release)
    record = placed_in(record, name, release)
    write_record(deployment, record)
    servers.start(deployment, slot, release)
    proxy.open([name], deployment.healthy)
    look(deployment, record, deployment.public)
    come_to(deployment, record, "settled")
    return {"traffic": list(proxy.live()), "version": release.version}


def up(deployment: Deployment, proxy: Proxy, _record: Record) -> Told:
    """Start what keeps the proxy and the servers, with the traffic as it was."""
    if (length := len(os.fsencode(deployment.socket))) > LONGEST:
        message = f"{deployment.socket} is too long for a socket: {length} bytes"
        raise RolloutError(message, f"choose a folder so that it has at most {LONGEST}")
    deployment.proxy_state.parent.mkdir(parents=True, exist_ok=True)
    deployment.proxy_state.touch()
    servers.command(deployment, deployment.up)
    deadline = time.monotonic() + deployment.healthy
    while True:
        try:
            return {"traffic": list(proxy.live())}
        except RolloutError:
            if time.monotonic() > deadline:
                raise
        time.sleep(servers.POLL)
