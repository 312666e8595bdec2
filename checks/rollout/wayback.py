"""The way back to a release: what has to be undone, and the first step of it.

What is done in which state of ``rollout.json`` is a table in deployment/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ending import emptied, reopen, traffic_back
from going import BACK, Told
from record import Record, Release, before, come_to, taken_down, under_way
from strategies import AS_IT_IS, BLUE_GREEN, ROLLING, STOP

if TYPE_CHECKING:
    from deployed import Deployment
    from proxy import Proxy

#: Nothing was changed; servers go back and the data stay; the data of before are put back.
NONE, KEEP, RESTORE = "none", "keep", "restore"


@dataclass(frozen=True)
class Way:
    """What it takes to bring a version back."""

    way: str
    """`NONE`, `KEEP` or `RESTORE`."""
    reason: str
    """Why, for people."""


def way_to(record: Record, version: str) -> Way:
    """Say what it takes, without doing it.

    What users have written is lost by no more than what the data demand: they are put back only
    where the version does not run on them as they are.
    """
    if not under_way(record):
        serves = record.release
        if serves is None:
            return Way(NONE, "nothing was rolled out here")
        if serves.version == version:
            return Way(NONE, f"{version} serves, on data that no rollout has changed since")
    if version in record.fits:
        return Way(KEEP, f"{version} runs on the data as they are")
    return Way(RESTORE, f"{version} does not run on the data as they are")


def back(deployment: Deployment, proxy: Proxy, record: Record, release: Release) -> Told:
    """Begin the way back to a release; what can be brought back at once, is."""
    found = way_to(record, release.version)
    if found.way == RESTORE:
        record = to_restored_data(deployment, proxy, record, release)
    else:
        record = undone(deployment, proxy, record)
        record = servers_back(deployment, proxy, record, release)
    told = {"way": found.way, "because": found.reason, "strategy": record.strategy}
    return {**told, "reason": BACK, "old": record.old, "new": record.new}


def to_restored_data(
    deployment: Deployment, proxy: Proxy, record: Record, release: Release
) -> Record:
    """Note that everything is stopped, and the release started on the data of before."""
    live = proxy.live()
    every = [one.name for one in deployment.slots]
    record = replace(
        record,
        before=record.slots.get(live[0]) if live else record.release,
        restores=True,
        fits=(),
    )
    new = slot_for(record, release, every)
    return begun(deployment, replace(record, release=release), (STOP, every, new))


def undone(deployment: Deployment, proxy: Proxy, record: Record) -> Record:
    """Give up a rollout that has left the servers of before running, or whole."""
    if not under_way(record) or record.reason == BACK:
        return record
    if record.strategy == BLUE_GREEN:
        return traffic_back(deployment, proxy, record)
    if record.strategy == STOP and before(record, "migrating"):
        return reopen(deployment, proxy, record)
    return record


def servers_back(deployment: Deployment, proxy: Proxy, record: Record, release: Release) -> Record:
    """Begin to bring the servers to a release that runs on the data as they are."""
    live = proxy.live()
    same = record.release if record.strategy in {"", AS_IT_IS} else None
    if same is not None and same.version == release.version:
        release = same  # as it serves: its lock may be none that a commit has
    of_it = [name for name in live if record.slots.get(name) == release]
    if record.strategy == ROLLING:
        other = [name for name in record.old if name not in of_it]
        out = [name for name in other if name not in live]
        way = (ROLLING, other, (out or other or [""])[0])
    else:
        other = [] if of_it else [one.name for one in deployment.slots]
        way = replacing(record, release, list(live), other)
    there = [record.slots.get(name, release) for name in way[1]]
    present = next((one for one in there if one != release), record.release)
    record = replace(record, release=release, before=present, restores=False)
    if not other:
        return left_alone(deployment, proxy, record, of_it)
    return begun(deployment, record, way)


def replacing(
    record: Record, release: Release, live: list[str], every: list[str]
) -> tuple[str, list[str], str]:
    """Give the strategy, the slots that are replaced, and the one that gets the release."""
    idle = [name for name in every if name not in live]
    if live and idle:
        return BLUE_GREEN, live, slot_for(record, release, idle)
    if len(live) > 1:
        return ROLLING, live, live[0]
    return STOP, every, slot_for(record, release, every)


def slot_for(record: Record, release: Release, names: list[str]) -> str:
    """Give the slot that has a release already, else the first one; empty for none."""
    known = [*record.old, *names]
    return next(
        (one for one in known if one in names and record.slots.get(one) == release),
        names[0] if names else "",
    )


def begun(deployment: Deployment, record: Record, way: tuple[str, list[str], str]) -> Record:
    """Note a way back, of which nothing is done yet."""
    strategy, old, new = way
    record = replace(record, strategy=strategy, reason=BACK, migrates=False)
    return come_to(deployment, replace(record, old=tuple(old), new=new), "decided")


def left_alone(deployment: Deployment, proxy: Proxy, record: Record, names: list[str]) -> Record:
    """Let servers that are as wished go on, and stop every other one."""
    other = [one.name for one in deployment.slots if one.name not in names]
    proxy.set({name: "drain" for name in other if name in proxy.live()})
    emptied(deployment, proxy, other, "call it again")
    record = replace(taken_down(record, other), strategy=AS_IT_IS, reason=BACK, old=tuple(names))
    return come_to(deployment, replace(record, new=(names or [""])[0]), "moved")
