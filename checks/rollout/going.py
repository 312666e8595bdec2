"""The steps of a rollout, each of which may be carried out again where it was cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import servers
from deployed import RolloutError
from record import (
    Record,
    Release,
    before,
    come_to,
    fitting,
    placed_in,
    taken_down,
    write_record,
)
from strategies import AS_IT_IS, BLUE_GREEN, ROLLING, STOP, choose, schema_of

if TYPE_CHECKING:
    from deployed import Deployment
    from proxy import Proxy

#: The reason of a rollout that is a way back.
BACK = "rollback"
#: What a step has to tell, as JSON.
Told = dict[str, object]


def decide(
    deployment: Deployment, proxy: Proxy, record: Record, release: Release, wished: str
) -> Told:
    """Choose the strategy for a release, and remember it; ``wished`` is NAME or NAME@REVISION."""
    refuse_unfinished(record)
    strategy, _, revision = wished.partition("@")
    live = proxy.live()
    if not live:
        message = "no slot has the traffic"
        raise RolloutError(message, "put the running release into one with 'adopt'")
    idle = [one.name for one in deployment.slots if one.name not in live]
    schema = schema_of(deployment, release)
    chosen, reason = choose(strategy, revision, schema, len(live), len(idle))
    new = live[0] if chosen == ROLLING or not idle else idle[0]
    present = record.slots.get(live[0])
    # Where no release is said to have migrations, what the playbook migrates with is not known.
    migrates = chosen == STOP and (schema is None or revision != schema.head)
    record = replace(
        fitting(record, present, *(() if migrates else (release,))),
        strategy=chosen,
        reason=reason,
        release=release,
        before=present,
        old=live,
        new=new,
        migrates=migrates,
        restores=False,
    )
    come_to(deployment, record, "decided")
    head = schema.head if schema else ""
    return {"strategy": chosen, "reason": reason, "old": live, "new": new, "head": head}


def refuse_unfinished(record: Record) -> None:
    """Raise RolloutError where a rollout has touched the data and was not brought to its end."""
    touched = before(record, "moved") and (record.restores or not before(record, "migrating"))
    if record.strategy == STOP and touched:
        version = record.release.version if record.release else "?"
        message = f"the rollout of {version} has come to '{record.phase}' and no further"
        raise RolloutError(message, "go on with --resume, or take it back: runner rollback")


def close(deployment: Deployment, proxy: Proxy, record: Record) -> Told:
    """Give no more requests to the old slots, and let those under way end."""
    if record.strategy != STOP:
        return {"closed": [], "reason": f"{record.strategy}: the old servers go on serving"}
    live = tuple(one for one in record.old if one in proxy.live())
    proxy.set(dict.fromkeys(live, "drain"))
    left = proxy.drained(record.old, deployment.drain)
    if left and record.reason != BACK:
        proxy.open(live, deployment.drain)
        message = f"requests are still under way after {deployment.drain:g} s: {left}"
        raise RolloutError(message, "the traffic is as it was; try again, or allow more time")
    come_to(deployment, record, "closed")
    return {"closed": list(live), "cut off": left}


def stop(deployment: Deployment, proxy: Proxy, record: Record) -> Told:
    """Stop the old servers."""
    if record.strategy != STOP:
        return {"stopped": [], "reason": f"{record.strategy}: the old servers go on serving"}
    proxy.set(dict.fromkeys(record.old, "maint"))
    record = taken_down(record, record.old)
    write_record(deployment, record)
    for name in record.old:
        servers.stop(deployment, deployment.slot(name))
    come_to(deployment, record, "stopped")
    return {"stopped": list(record.old)}


def start(deployment: Deployment, proxy: Proxy, record: Record) -> Told:
    """Put the release into its slot, start it there, and see that it is healthy.

    Where it migrates that was done before: a newer server would do so by itself as it starts.
    """
    if record.strategy == AS_IT_IS:
        return {"started": "", "reason": f"{the(record).version} serves already"}
    if record.strategy == STOP and record.reason != BACK and before(record, "migrated"):
        message = f"nothing is migrated yet: the rollout has come to '{record.phase}'"
        raise RolloutError(message, "back up and migrate first")
    if record.strategy == ROLLING:
        take_out(deployment, proxy, record.new)
    come_to(deployment, put(deployment, record, record.new), "started")
    return {"started": record.new, "version": the(record).version}


def put(deployment: Deployment, record: Record, name: str) -> Record:
    """Start the release in a slot anew."""
    slot = deployment.slot(name)
    servers.stop(deployment, slot)
    record = placed_in(record, name, the(record))
    write_record(deployment, record)
    servers.start(deployment, slot, the(record))
    return record


def take_out(deployment: Deployment, proxy: Proxy, name: str) -> None:
    """Let a slot end what is under way, and give it nothing more."""
    proxy.set({name: "drain"})
    if left := proxy.drained((name,), deployment.drain):
        proxy.open([name], deployment.drain)
        message = f"requests are still under way after {deployment.drain:g} s: {left}"
        raise RolloutError(message, "the traffic is as it was; try again, or allow more time")
    proxy.set({name: "maint"})


def move(deployment: Deployment, proxy: Proxy, record: Record) -> Told:
    """Give the traffic to the new slot, once it is healthy and of the release."""
    if before(record, "started"):
        message = f"nothing is started yet: the rollout has come to '{record.phase}'"
        raise RolloutError(message, "start it first")
    if record.strategy == AS_IT_IS:
        look(deployment, record, deployment.public)
        return {"traffic": list(proxy.live()), "reason": "it has it already"}
    look(deployment, record, deployment.slot(record.new).url)
    if record.restores:  # from here on users write to what was restored
        record = fitting(record, the(record))
        write_record(deployment, record)
    old = tuple(one for one in record.old if one != record.new)
    try:
        proxy.open([record.new], deployment.drain)
    except RolloutError:
        proxy.set({record.new: "maint"})
        raise
    left: dict[str, int] = {}
    if record.strategy == BLUE_GREEN:
        proxy.set(dict.fromkeys(old, "drain"))
        left = proxy.drained(old, deployment.drain)
    elif record.strategy == ROLLING:
        for name in old:
            record = roll(deployment, proxy, record, name)
    try:
        look(deployment, record, deployment.public)
    except RolloutError:
        if record.strategy == BLUE_GREEN:
            return_to(deployment, proxy, record)
        raise
    come_to(deployment, record, "moved")
    return {"traffic": list(proxy.live()), "under way in the old": left}


def roll(deployment: Deployment, proxy: Proxy, record: Record, name: str) -> Record:
    """Bring one more slot to the release, while others serve."""
    take_out(deployment, proxy, name)
    record = put(deployment, record, name)
    proxy.open([name], deployment.drain)
    return record


def return_to(deployment: Deployment, proxy: Proxy, record: Record) -> None:
    """Give the traffic back to the old slots, and let the new one end what is under way."""
    proxy.open([one for one in record.old if one != record.new], deployment.drain)
    proxy.set({record.new: "drain"})
    proxy.drained((record.new,), deployment.drain)
    proxy.set({record.new: "maint"})


def look(deployment: Deployment, record: Record, url: str) -> None:
    """Raise RolloutError where what answers at a URL is not the release, and healthy."""
    found = servers.troubles(url, the(record).version, deployment.probe)
    if found:
        message = f"{url}: {'; '.join(found)}"
        raise RolloutError(message, "see the log of the server")


def the(record: Record) -> Release:
    """Give the release of a decided rollout."""
    if record.release is None:
        message = "nothing was decided yet"
        raise RolloutError(message, "run the check that decides on the strategy first")
    return record.release
