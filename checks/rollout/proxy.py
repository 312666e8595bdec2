"""Speak with HAProxy over its runtime API (HAProxy Management Guide, section 9.3).

A server of a backend is ``ready`` (gets requests), ``drain`` (finishes those under way, and gets
no more) or ``maint`` (neither). Connections of clients are not touched by any of it: in HTTP mode
each request finds its server anew.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployed import RolloutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deployed import Deployment

#: Seconds for an answer of the runtime API.
PATIENCE = 10.0
#: Seconds between two looks at what is under way.
POLL = 0.1


@dataclass(frozen=True)
class Server:
    """How the proxy sees a slot."""

    name: str
    """The slot's."""
    status: str
    """As ``show stat`` has it: ``UP``, ``DOWN``, ``DRAIN``, ``MAINT``, …"""
    sessions: int
    """Requests under way."""
    waiting: int
    """Requests in its queue."""
    total: int
    """Requests so far."""
    errors: int
    """Connections that failed or broke, and answers of 5xx."""

    @property
    def live(self) -> bool:
        """Whether it gets requests."""
        return self.status.startswith(("UP", "no check"))


class Proxy:
    """The proxy of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        """Know it; nothing is asked yet."""
        self.deployment = deployment

    def servers(self) -> dict[str, Server]:
        """Ask how each slot stands; RolloutError where the proxy does not know one."""
        text = self.ask(f"show stat {self.deployment.backend} 4 -1")
        rows = csv.DictReader(io.StringIO(text.lstrip("# ")))
        found = {row["svname"]: seen(row) for row in rows}
        for slot in self.deployment.slots:
            if slot.name not in found:
                message = f"the proxy has no server {self.deployment.backend}/{slot.name}"
                raise RolloutError(message, "see the proxy's configuration")
        return {slot.name: found[slot.name] for slot in self.deployment.slots}

    def live(self) -> tuple[str, ...]:
        """Give the slots that get requests."""
        return tuple(one.name for one in self.servers().values() if one.live)

    def set(self, states: dict[str, str]) -> None:
        """Set the state of slots in this order, and keep it for the proxy's next start."""
        for name, state in states.items():
            said = self.ask(f"set server {self.deployment.backend}/{name} state {state}").strip()
            if said:
                message = f"the proxy refuses to set {name} to {state}: {said}"
                raise RolloutError(message, "its socket needs 'level admin'")
        self.keep()

    def open(self, names: Iterable[str], within: float) -> None:
        """Give slots requests; RolloutError where the proxy's own look finds one down.

        ``ready`` alone does not say so: what was found down stays so until it is looked at again.
        """
        names = tuple(names)
        self.set(dict.fromkeys(names, "ready"))
        deadline = time.monotonic() + within
        while down := [one for one in names if not self.servers()[one].live]:
            if time.monotonic() > deadline:
                message = f"the proxy does not find {', '.join(down)} well within {within:g} s"
                raise RolloutError(message, "see its log, and that of the server")
            time.sleep(POLL)

    def keep(self) -> None:
        """Write the states down; the proxy reads them when it starts (``server-state-file``)."""
        text = self.ask(f"show servers state {self.deployment.backend}")
        path = self.deployment.proxy_state
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)

    def drained(self, names: tuple[str, ...], within: float) -> dict[str, int]:
        """Wait until nothing is under way in these slots; give what still is."""
        deadline = time.monotonic() + within
        while True:
            known = self.servers()
            left = {one: known[one].sessions + known[one].waiting for one in names}
            if not any(left.values()) or time.monotonic() > deadline:
                return {name: count for name, count in left.items() if count}
            time.sleep(POLL)

    def ask(self, command: str) -> str:
        """Give the answer to a command; RolloutError where nobody answers."""
        path = self.deployment.socket
        answer = bytearray()
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as stream:
            stream.settimeout(PATIENCE)
            try:
                stream.connect(os.fspath(path))
                stream.sendall(command.encode() + b"\n")
                while chunk := stream.recv(1 << 16):
                    answer += chunk
            except OSError as error:
                message = f"the proxy does not answer at {path}: {error}"
                raise RolloutError(message, "start the deployment first") from error
        return answer.decode("utf-8", "replace")


def seen(row: dict[str, str]) -> Server:
    """Read a row of ``show stat``."""

    def count(key: str) -> int:
        return int(row.get(key) or 0)

    errors = count("econ") + count("eresp") + count("hrsp_5xx")
    return Server(row["svname"], row["status"], count("scur"), count("qcur"), count("stot"), errors)
