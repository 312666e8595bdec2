"""Ask for many things side by side, without keeping them."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Item = TypeVar("Item")

#: Items that travel together, and packets that may wait: what bounds the memory.
PACKET, WAITING = 200, 16


@dataclass
class Work(Generic[Item]):
    """What the workers share."""

    jobs: Iterator[Callable[[], Iterator[Item]]]
    """Taken by one worker at a time, for taking one may itself ask for a page."""
    out: queue.Queue[list[Item] | Exception | None] = field(
        default_factory=lambda: queue.Queue(WAITING)
    )
    """Packets; an exception where a worker could not go on, None where one has ended."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Of the jobs."""
    stopped: threading.Event = field(default_factory=threading.Event)
    """Nobody wants more."""

    def work(self) -> None:
        """Carry out jobs until there are no more."""
        try:
            while (job := self.next()) is not None and not self.stopped.is_set():
                self.carry_out(job)
        except Exception as error:  # noqa: BLE001 - raised again where the items are taken
            self.out.put(error)
        finally:
            self.out.put(None)

    def next(self) -> Callable[[], Iterator[Item]] | None:
        """Take a job."""
        with self.lock:
            return next(self.jobs, None)

    def carry_out(self, job: Callable[[], Iterator[Item]]) -> None:
        """Hand the items of a job over, packet by packet."""
        packet: list[Item] = []
        for item in job():
            packet.append(item)
            if len(packet) == PACKET:
                self.out.put(packet)
                packet = []
            if self.stopped.is_set():
                return
        self.out.put(packet)


def in_parallel(jobs: Iterator[Callable[[], Iterator[Item]]], workers: int) -> Iterator[Item]:
    """Give the items of all jobs as they come; the first error ends it, and is raised."""
    shared = Work(jobs)
    threads = [threading.Thread(target=shared.work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    left = workers
    try:
        while left:
            packet = shared.out.get()
            if isinstance(packet, Exception):
                raise packet
            left -= packet is None
            yield from packet or ()
    finally:
        shared.stopped.set()
        while left:  # a worker may wait for room
            left -= shared.out.get() is None
        for thread in threads:
            thread.join()
