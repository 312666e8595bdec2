"""What comes before the first server is started: room, checkout, bump, environments, copies."""

from __future__ import annotations

import os

from runner.model import Outcome
from runner.model.rehearsed import SEED
from runner.rehearsal import checkout, containers, versions
from runner.rehearsal.copies import refuse_full
from runner.rehearsal.course import Halt, Notes
from runner.rehearsal.environments import entered, environment
from runner.rehearsal.rig import Rig
from runner.release.transaction import Change

_MOST = 5
"""Files that a warning names."""


def prepare(rig: Rig) -> None:
    """Carry out the parts that prepare; raises Halt where one does not pass."""
    with rig.part("space") as notes:
        _look_for_room(rig, notes)
    with rig.part("hashes"):
        rig.hashes = rig.hash()
    with rig.part("checkout") as notes:
        _check_out(rig, notes)
    with rig.part("bump") as notes:
        _bump(rig, notes)
    with rig.part("environments") as notes:
        _make_environments(rig, notes)
    if rig.task.settings.stages.prepare:
        with rig.part("prepare") as notes:
            _prepare_both(rig, notes)
    kept = rig.world.data
    with rig.part("copies") as notes:
        if kept is not None and kept.is_dir():
            rig.copies.take(kept)
            notes.facts.append("of the data that an earlier rehearsal began with")
            return
        full = rig.copies.make()
        notes.facts += rig.copies.told()
    if not full:
        with rig.part(SEED) as notes:
            _seed(rig, notes)
    if kept is not None:
        with rig.part("keep"):
            rig.copies.keep(kept)


def _look_for_room(rig: Rig, notes: Notes) -> None:
    scratch = rig.door.scratch
    needed = rig.copies.needed() + checkout.size(rig.task.repository, rig.door)
    free = rig.world.free(scratch)
    notes.facts.append(f"{needed / 1e6:,.0f} MB needed, {free / 1e6:,.0f} MB free")
    refuse_full(needed, scratch, free)


def _check_out(rig: Rig, notes: Notes) -> None:
    changed = checkout.make(rig.task.repository, rig.checkout, rig.output, rig.door)
    rig.dirty = bool(changed)
    if changed:
        names = ", ".join([*changed[:_MOST], *(["…"] if len(changed) > _MOST else [])])
        rig.warnings.append(f"not committed, and rehearsed as they are: {names}")
    notes.facts.append(f"commit {rig.task.commit[:12]}")
    rig.overrides = (*rig.world.overrides, *rig.copies.overrides(rig.task.settings))


def _bump(rig: Rig, notes: Notes) -> None:
    task, known = rig.task, rig.world.environment
    pinned, names = task.book.release.version, task.settings.locks
    before: tuple[Change, ...] = ()
    if task.before != pinned:
        before = versions.to_old(rig.staging.load(known), task.before, rig.door)
    there = versions.reversed_changes(before) if task.after == pinned else ()
    rig.swing = versions.swing(rig.staging.load(known), task.after, there, rig.door)
    notes.facts.append(f"{len(rig.swing.changes)} files change")
    rig.locks["before"] = versions.sha256s(rig.swing.locks(names, new=False))
    rig.locks["after"] = versions.sha256s(rig.swing.locks(names, new=True))


def _make_environments(rig: Rig, notes: Notes) -> None:
    rig.old = _environment(rig, notes, new=False)
    rig.new = _environment(rig, notes, new=True)


def _environment(rig: Rig, notes: Notes, *, new: bool) -> dict[str, str]:
    assert rig.swing is not None  # noqa: S101 - for the type checker; the bump came before
    settings = rig.task.settings
    locks = rig.swing.locks(settings.locks, new=new)
    folder, fresh = environment(locks, settings.python, rig.door)
    version = rig.task.after if new else rig.task.before
    notes.facts.append(f"{version}: {'made now' if fresh else 'from the cache'}")
    notes.log.append(f"{version}: {folder}")
    # A server that is stopped leaves files in its temporary folder: they go with all the rest.
    temporary = rig.door.scratch / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **entered(folder, rig.world.environment),
        **rig.copies.environment(settings),
        "TMPDIR": str(temporary),
        containers.USER: f"{os.getuid()}:{os.getgid()}",
        **({containers.PROJECT: rig.task.project} if rig.task.project else {}),
    }


def _prepare_both(rig: Rig, notes: Notes) -> None:
    assert rig.swing is not None  # noqa: S101 - for the type checker; the bump came before
    stages = rig.task.settings.stages.prepare
    rig.staging.run("prepare-old", stages, rig.old, notes)
    rig.swing.there()
    try:
        rig.staging.run("prepare-new", stages, rig.new, notes)
    finally:
        rig.swing.back()


def _seed(rig: Rig, notes: Notes) -> None:
    stages = rig.task.settings.stages.seed
    if not stages:
        shown = rig.copies.database.shown if rig.copies.database else ""
        raise Halt(
            Outcome.ERRORED,
            f"the database {shown} is not there, or has no table",
            "name the right one with --set, or a stage that fills one: rehearsal.stages.seed",
        )
    rig.staging.run("seed", stages, rig.old, notes)
