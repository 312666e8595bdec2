"""Users of a deployment, who write and read all the time, over connections that stay open."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from threading import Event, Lock, Thread

import urllib3


@dataclass
class Users:
    """What they have done so far."""

    url: str
    """Where they call."""
    written: list[str] = field(default_factory=list)
    """Names of items whose writing was confirmed."""
    read: int = 0
    """Answers that held everything that was confirmed before the question."""
    versions: list[str] = field(default_factory=list)
    """Which version confirmed each write, in order."""
    troubles: list[str] = field(default_factory=list)
    """Requests that failed, and writes that were confirmed and not there."""
    lock: Lock = field(default_factory=Lock)
    """Guards the lists."""

    def write(self, over: Event, user: int) -> None:
        """Write items until it is over; no request is tried twice."""
        with urllib3.PoolManager(retries=False, timeout=60) as pool:
            for number in count():
                name = f"user {user} item {number}"
                try:
                    response = pool.request("POST", f"{self.url}/items", body=name)
                    assert response.status == HTTPStatus.CREATED, response.status
                except Exception as error:  # noqa: BLE001 - whatever it is, a request has failed
                    self.trouble(f"{name}: {error!r}")
                else:
                    with self.lock:
                        self.written.append(name)
                        self.versions.append(response.data.decode())
                if over.wait(0.01):
                    return

    def look(self, over: Event) -> None:
        """Read everything until it is over."""
        with urllib3.PoolManager(retries=False, timeout=60) as pool:
            while not over.wait(0.02):
                with self.lock:
                    known = list(self.written)
                try:
                    response = pool.request("GET", f"{self.url}/items")
                    assert response.status == HTTPStatus.OK, response.status
                    if lost := set(known) - set(json.loads(response.data)):
                        self.trouble(f"lost: {sorted(lost)}")
                except Exception as error:  # noqa: BLE001 - whatever it is, a request has failed
                    self.trouble(f"read: {error!r}")
                else:
                    self.read += 1

    def trouble(self, text: str) -> None:
        """Note what went wrong."""
        with self.lock:
            self.troubles.append(text)


@contextlib.contextmanager
def users(url: str, writers: int = 3, readers: int = 2) -> Iterator[Users]:
    """Let them work during the block."""
    made, over = Users(url), Event()
    threads = [Thread(target=made.write, args=(over, number)) for number in range(writers)]
    threads += [Thread(target=made.look, args=(over,)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        over.set()
        for thread in threads:
            thread.join()
