"""What the steps of an upgrade do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from packaging.version import Version

from runner.advisories.moments import moment
from runner.advisories.sources.base import Door
from runner.engine import upgrade
from runner.engine.dossier import Dossier
from runner.engine.errand import errand
from runner.engine.rehearsals import rehearsed
from runner.engine.resume import stages_begun
from runner.errors import ExitCode, RunnerError
from runner.evidence.sealing import seal
from runner.model import Outcome, Playbook, Run, Subject
from runner.model.rolled_back import RolledBack
from runner.model.upgraded import NAME, Upgraded
from runner.rehearsal.checkout import head
from runner.rehearsal.environments import entered, environment
from runner.rehearsal.rehearse import World, rehearse
from runner.release.bump import changes_of
from runner.release.triage import Triage
from runner.release.wish import Wish
from runner.release.workplace import Workplace
from runner.rollback import course as rollback
from runner.rollback.prior import prior
from runner.upgrading.course import Ended, Step

_YOUNG = 7 * 86400.0
"""Seconds for which a rehearsal of the same commit counts."""


@dataclass(frozen=True)
class Ground:
    """What the steps stand on."""

    load: Callable[[], Playbook]
    """Reads the playbook as it is now."""
    triage: Callable[[Playbook], Triage]
    """Asks upstream."""
    run: Callable[[str, bool, Mapping[str, str]], Run]
    """Runs a stage, anew or to be resumed, with these variables."""
    world: World
    """Of the rehearsal."""
    before: str
    """The version that the upgrade began with."""
    after: str
    """The version that it goes to."""
    announce: Callable[[RolledBack], None] = lambda _: None
    """Tells people of the way back, and what it will lose, before it is gone."""

    @property
    def dossier(self) -> Dossier:
        """Of the upgrade."""
        return Dossier(self.world.output)


def steps_of(ground: Ground) -> tuple[Step, ...]:
    """Give the steps in their order; those that the playbook does not have say so."""
    book = ground.load()
    no_rehearsal = "" if book.rehearsal else "the playbook does not say how to rehearse"
    return (
        Step("triage", f"Ask upstream about {ground.after}", lambda _: _triage(ground)),
        Step("rehearse", "Rehearse on copies", lambda _: _rehearse(ground), missing=no_rehearsal),
        _stage(ground, book, "preflight", "Preflight", stage=book.preflight),
        Step("bump", f"Bump to {ground.after}", lambda _: _bump(ground), changes=True),
        _stage(ground, book, "verification", "Verify the matrix"),
        _stage(ground, book, "rollout", "Roll out", changes=True),
        Step("bundle", "Seal the bundle", lambda _: _bundle(ground)),
    )


def way_back(ground: Ground) -> Step:
    """Give the step that takes everything back."""
    title = f"Roll back to {ground.before}"
    wording = partial(_question, ground, title)
    return Step("rollback", title, lambda _: _back(ground), changes=True, wording=wording)


def begin(ground: Ground, started: str) -> None:
    """Note in the dossier with which version, and when, the upgrade begins; raises DossierError.

    The dossier may be about an earlier one, which is not what this one would be taken back to.
    """
    book = ground.load()
    with errand(Path(book.repository)) as door:
        commit = head(Path(book.repository), door)
    release = book.release
    subject = Subject(
        release.package,
        ground.before,
        book.file,
        book.sha256,
        book.profile,
        commit,
        dirty=False,
    )
    begun = {"from": ground.before, "begun": started}
    with ground.dossier.locked():
        content = upgrade.record(ground.dossier, subject, begun, anew=True)
        ground.dossier.write(upgrade.NAME, content)


def _stage(
    ground: Ground, book: Playbook, name: str, title: str, *, changes: bool = False, stage: str = ""
) -> Step:
    stage = stage or name
    missing = "" if stage in book.stages else f"the playbook has no stage '{stage}'"
    return Step(name, title, lambda again: _run(ground, stage, again=again), changes, missing)


def _run(ground: Ground, name: str, *, again: bool) -> Ended:
    begun = again and name in stages_begun(ground.dossier.journal)
    run = ground.run(name, begun, _environment(ground))
    if not run.exit_code:
        return Ended(Outcome.PASSED)
    unhappy = [one for one in run.results if one.outcome is run.verdict and one.counts]
    reason = f"{unhappy[0].area}: {unhappy[0].reason}" if unhappy else f"{name}: {run.verdict}"
    if run.interrupted:
        reason = f"interrupted by {run.interrupted}"
    return Ended(run.verdict, reason, "", run.exit_code)


def _environment(ground: Ground) -> Mapping[str, str]:
    """Give the variables of a stage: its programs are those of the locks that lie there now.

    Before the bump these are the old version's, after it the new one's, and after the way back the
    old one's again. Raises SourceError where the environment cannot be made.
    """
    book, known = ground.load(), ground.world.environment
    if book.rehearsal is None:
        return known
    repository = Path(book.repository)
    locks = {name: (repository / name).read_bytes() for name in book.rehearsal.locks}
    with errand(repository, environment=known) as door:
        folder, _ = environment(locks, book.rehearsal.python, door)
    return entered(folder, known)


def _triage(ground: Ground) -> Ended:
    triage = ground.triage(ground.load())
    if not triage.reached:
        told = next((one for one in triage.sources if one.state == "failed"), None)
        reason, hint = (told.detail, told.hint) if told else ("the index was not asked", "")
        return Ended(Outcome.ERRORED, reason, hint, int(ExitCode.ERRORED))
    wanted = Version(ground.after)
    found = next((o for o in triage.recommendation.assessments if o.version == wanted), None)
    if found is None:
        return _no(f"the index has no {ground.after}", "see 'runner triage'")
    if found.candidate.rejections:
        return _no(found.candidate.rejections[0], "see 'runner triage'")
    if found.resolution.answer == "no":
        return _no(f"it does not resolve: {found.resolution.detail}", "see 'runner triage'")
    return Ended(Outcome.PASSED, facts=(found.verdict,) if found.verdict else ())


def _no(reason: str, hint: str) -> Ended:
    return Ended(Outcome.FAILED, reason, hint, int(ExitCode.FAILED))


def _rehearse(ground: Ground) -> Ended:
    book = ground.load()
    with errand(Path(book.repository)) as door:
        commit = head(Path(book.repository), door)
    known = rehearsed(ground.dossier.live, ground.before, ground.after)
    ended = moment(known.ended) if known else None
    if known and ended and known.verdict is Outcome.PASSED:
        young = (datetime.now(UTC) - ended).total_seconds() < _YOUNG
        if young and known.commit == commit and not known.dirty:
            return Ended(Outcome.PASSED, facts=(f"of {known.ended}, for this commit",))
    record = rehearse(ground.world, ground.after, ground.before)
    return Ended(record.verdict, record.reason, record.hint, record.exit_code)


def _bump(ground: Ground) -> Ended:
    with errand(Path(ground.load().repository)) as door:
        changed = _written(ground, ground.after, "in_progress", door)
    return Ended(Outcome.PASSED, facts=(", ".join(changed) or "it is there already",))


def _written(ground: Ground, version: str, status: str, door: Door) -> tuple[str, ...]:
    """Bring every pin to a version; give the files that changed."""
    place = Workplace.of(Path(ground.load().repository), door)
    with place.alone():
        place.transaction.recover()
        book = ground.load()
        wish = Wish(version, upgrade_status=status)
        changes = changes_of(book, wish.of(book.release, allow_downgrade=True), door)
        if changes:
            place.refuse_dirty(changes, door)
            place.write(changes)
    return tuple(one.path for one in changes)


def _bundle(ground: Ground) -> Ended:
    with ground.dossier.locked():
        bundle, _ = seal(ground.dossier.live, ground.dossier.output, aside=True)
    return Ended(Outcome.PASSED, facts=(str(bundle),))


def _back(ground: Ground) -> Ended:
    """Take the upgrade back as `runner rollback` does, as far as it has come.

    Before the rollout was begun no data was touched: then pins and locks are all there is.
    """
    book, course = ground.load(), _course(ground)
    if _touched(ground, book):
        record = rollback.carry_out(course, rollback.prepare(course, ground.before))
        facts = (", ".join(record.changed) or "no pin had changed", *_lost(record))
        outcome = record.verdict or Outcome.ERRORED
        return Ended(outcome, record.reason, "", record.exit_code or 0, facts)
    with errand(Path(book.repository), environment=course.environment) as door:
        changed = rollback.reset(course, prior(book, ground.before, door), door)
    return Ended(Outcome.PASSED, facts=(", ".join(changed) or "no pin had changed",))


def _course(ground: Ground) -> rollback.Ground:
    known = dict(ground.world.environment)
    return rollback.Ground(
        ground.load, lambda name: _anew(ground, name), ground.dossier, known, ground.announce
    )


def _touched(ground: Ground, book: Playbook) -> bool:
    """Say whether the rollout was begun, so that the stage may have something to bring back."""
    return "rollout" in _begun(ground.dossier) and rollback.STAGE in book.stages


def _question(ground: Ground, title: str) -> str:
    """Ask for the way back, and say what it will lose."""
    if not _touched(ground, ground.load()):
        return f"{title} (pins and locks; nothing is lost)"
    try:
        record = rollback.prepare(_course(ground), ground.before).record
    except RunnerError:  # it will be told when the way back is tried
        return title
    unknown = (f"what is lost cannot be told: {record.unknown}",) if record.unknown else ()
    told = (*_lost(record), *unknown) or ("nothing is lost: no row was written since",)
    return f"{title} ({'; '.join(told)})"


def _lost(record: RolledBack) -> tuple[str, ...]:
    """Say what a rollback loses, a line each."""
    if record.way != "restore":
        return (f"nothing is lost: {record.because}",)
    artifacts = (f"lost: {record.artifacts} artifacts",) if record.artifacts else ()
    return (*(f"lost: {one}" for one in record.lost), *artifacts)


def _anew(ground: Ground, stage: str) -> Run:
    return ground.run(stage, False, _environment(ground))  # noqa: FBT003 - the form of `Ground.run`


def _begun(dossier: Dossier) -> frozenset[str]:
    """Give the steps of the upgrade that were begun, as its record tells them."""
    try:
        known = msgspec.json.decode((dossier.live / NAME).read_bytes(), type=Upgraded)
    except (OSError, msgspec.DecodeError):
        return frozenset()
    done = {one.name for one in known.steps if one.outcome is not Outcome.SKIPPED}
    return frozenset({*done, known.under_way})
