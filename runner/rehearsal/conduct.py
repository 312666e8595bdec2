"""The course of a rehearsal: prepare, there, back, clean up, and the record of it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from functools import partial

from runner import __version__
from runner.engine import upgrade
from runner.engine.clock import now
from runner.engine.errand import ErrandDoor
from runner.kinds.database.contents import differences
from runner.kinds.database.dump_file import FOLDER
from runner.model import Outcome, Subject
from runner.model.rehearsed import CLEAN_UP, ENDED, FORMAT, NAME, Kept, Outage, Part, Rehearsed
from runner.model.rehearsed import encode as encoded
from runner.rehearsal import checkout, containers, hashes
from runner.rehearsal.changes import migration_of
from runner.rehearsal.copies import NOTHING
from runner.rehearsal.course import Halt, Notes
from runner.rehearsal.prepare import prepare
from runner.rehearsal.rehearse import Task, World
from runner.rehearsal.rig import OPTIONAL, TITLES, Rig
from runner.reporters import registry

_MOST = 3
"""Differences that a reason names."""


def conduct(world: World, task: Task, door: ErrandDoor) -> Rehearsed:
    """Carry out every part, and write the record; raises DossierError."""
    started, began = now(), time.monotonic()
    rig = Rig.of(world, task, door)
    told = {"package": task.book.release.package, "from": task.before, "to": task.after}
    rig.course.note("rehearsal_started", told)
    _note_upgrade(rig, task.before)
    with contextlib.suppress(Halt):
        prepare(rig)
        _there_and_back(rig)
    with contextlib.suppress(Halt):
        _clean_up(rig)
        _untouched(rig)
    record = _record(rig, started, began)
    content = encoded(record)
    task.dossier.write(NAME, content)
    _note_upgrade(rig, task.after)
    sha256 = hashlib.sha256(content).hexdigest()
    rig.course.note(ENDED, {"verdict": record.verdict, "sha256": sha256})
    # The page that the last stage made could not tell of the rehearsal.
    registry.rebuild(task.dossier.runs(), task.dossier, ("html",))
    return record


def _note_upgrade(rig: Rig, version: str) -> None:
    """Write ``upgrade.json``, which the stages of the rehearsal write as well."""
    task, book = rig.task, rig.task.book
    subject = Subject(
        book.release.package,
        version,
        book.file,
        book.sha256,
        book.profile,
        task.commit,
        rig.dirty,
    )
    task.dossier.write(upgrade.NAME, upgrade.record(task.dossier, subject))


def _there_and_back(rig: Rig) -> None:
    with rig.part("before") as notes:
        watch = rig.staging.run("before", rig.task.settings.stages.before, rig.old, notes)
        rig.outage["stop"] = watch.stop
    with rig.part("save") as notes:
        stages = rig.task.settings.stages
        rig.saved = rig.copies.look() if stages.rollback else rig.copies.save()
        if rig.saved.contents is not None:
            notes.facts.append(rig.saved.contents.describe())
    failed = _there(rig)
    _back(rig)
    if failed is not None:
        raise failed


def _there(rig: Rig) -> Halt | None:
    """Go to the new version; give what went wrong, for the way back is rehearsed all the same.

    Raises Halt where somebody asked to stop.
    """
    try:
        with rig.part("migrate") as notes:
            _migrate(rig, notes)
        with rig.part("after") as notes:
            stages = rig.task.settings.stages.after
            rig.outage["start"] = rig.staging.run("after", stages, rig.new, notes).start
    except Halt as halt:
        if halt.interrupted:
            raise
        return halt
    return None


def _migrate(rig: Rig, notes: Notes) -> None:
    assert rig.swing is not None  # noqa: S101 - for the type checker; the bump came before
    rig.swing.there()
    began = time.monotonic()
    try:
        rig.staging.run("migrate", rig.task.settings.stages.migrate, rig.new, notes)
        rig.outage["migrate"] = time.monotonic() - began
    finally:
        found = rig.copies.read()
        if rig.saved.contents is not None and found is not None:
            rig.migration = migration_of(rig.saved.contents, found)
            told = f"{rig.migration.revision_before} → {rig.migration.revision_after}"
            notes.facts.append(f"revision {told}, {len(rig.migration.tables)} tables changed")


def _back(rig: Rig) -> None:
    assert rig.swing is not None  # noqa: S101 - for the type checker; the bump came before
    stages = rig.task.settings.stages
    with rig.part("rollback") as notes:
        began = time.monotonic()
        rig.swing.back()
        if stages.rollback:
            rig.staging.run("rollback", stages.rollback, rig.old, notes)
        else:
            rig.copies.restore(rig.saved)
        rig.outage["restore"] = time.monotonic() - began
    with rig.part("restored") as notes:
        _look_whether_restored(rig, notes)
    with rig.part("compare") as notes:
        rig.outage["restart"] = rig.staging.run("compare", stages.compare, rig.old, notes).start


def _look_whether_restored(rig: Rig, notes: Notes) -> None:
    if rig.saved == NOTHING:
        rig.warnings.append("the playbook names no database and no artifacts to be restored")
        return
    different: list[str] = []
    restored = rig.copies.read()
    if rig.saved.contents is not None and restored is not None:
        different += differences(rig.saved.contents, restored)
        notes.facts.append(restored.describe())
    if rig.saved.artifacts and hashes.of_folder(rig.copies.folder) != rig.saved.artifacts:
        different.append("the artifacts are others")
    rig.restored = not different
    if different:
        told = "; ".join([*different[:_MOST], *(["…"] if len(different) > _MOST else [])])
        notes.facts += different
        raise Halt(
            Outcome.FAILED,
            f"the rollback does not bring back what was there: {told}",
            "restore database and artifacts from the backup of this upgrade",
        )


def _clean_up(rig: Rig) -> None:
    with rig.part(CLEAN_UP):
        checkout.forget(rig.task.repository, rig.task.id, rig.door)
        shutil.rmtree(rig.task.dossier.output / FOLDER, ignore_errors=True)  # dumps of the copy
        for path in rig.door.scratch.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        containers.remove(rig.task.project, rig.door)
        begun = any(one.name == "copies" for one in rig.course.parts)
        if begun and rig.copies.working is not None:  # last, for its server may be down by now
            rig.copies.working.drop()


def _untouched(rig: Rig) -> None:
    if not rig.hashes:
        return
    with rig.part("untouched") as notes:
        after = rig.hash()
        rig.kept = tuple(
            Kept(what, sha256, after[what])  # type: ignore[arg-type] # the keys of `Rig.hash`
            for what, sha256 in rig.hashes.items()
        )
        notes.facts += [f"{one.what}: {one.before[:12] or 'none'}" for one in rig.kept]
        if absent := [one.what for one in rig.kept if not (one.before or one.after)]:
            told = f"'untouched' says nothing of what is not there: {', '.join(absent)}"
            rig.warnings.append(told)
        if changed := [one.what for one in rig.kept if not one.same]:
            raise Halt(
                Outcome.ERRORED,
                f"changed during the rehearsal: {', '.join(changed)}",
                "a stage that does not use the variables of the copies, or others at work: "
                "let them rest, or rehearse on a copy",
            )


def _record(rig: Rig, started: str, began: float) -> Rehearsed:
    task, course = rig.task, rig.course
    done = {one.name: one for one in course.parts}
    skipped = partial(Part, outcome=Outcome.SKIPPED, reason="it was not come to")
    decided = done.get(course.deciding)
    return Rehearsed(
        format=FORMAT,
        id=task.id,
        package=task.book.release.package,
        before=task.before,
        after=task.after,
        profile=task.book.profile,
        commit=task.commit,
        dirty=rig.dirty,
        locks_before=rig.locks.get("before", {}),
        locks_after=rig.locks.get("after", {}),
        started=started,
        ended=now(),
        duration=time.monotonic() - began,
        own=sum(one.own for one in course.parts),
        parts=tuple(
            done.get(name) or skipped(name, title)
            for name, title in TITLES.items()
            if name in done or name not in OPTIONAL
        ),
        outage=Outage(**rig.outage),
        migration=rig.migration,
        restored=rig.restored,
        kept=rig.kept,
        verdict=decided.outcome if decided else Outcome.PASSED,
        exit_code=course.decided.exit_code if course.decided else 0,
        part=course.deciding,
        reason=decided.reason if decided else "",
        hint=decided.hint if decided else "",
        warnings=course.redactor.texts(rig.warnings),
        runner_version=__version__,
    )
