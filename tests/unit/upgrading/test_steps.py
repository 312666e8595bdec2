"""What each step of an upgrade does, with stand-ins for index, stages and rehearsal."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as replaced
from packaging.version import Version
from unit.reporters.samples import attempt, result, run

from runner.engine import upgrade
from runner.engine.dossier import Dossier
from runner.engine.upgrade import begun, begun_from
from runner.events import Event
from runner.kinds import load_kinds
from runner.model import Begun, Outcome, Playbook, Run
from runner.model.rehearsed import Part
from runner.model.rolled_back import RolledBack
from runner.model.upgraded import FORMAT, NAME, Upgraded, encode
from runner.playbook import load
from runner.rehearsal.rehearse import World
from runner.rehearsal.staging import Show
from runner.release.candidates import Candidate
from runner.release.effects import Effect
from runner.release.recommendation import Assessment, Recommendation
from runner.release.triage import Standing, Triage
from runner.release.upstream import INDEX
from runner.release.upstream.resolution import Resolution
from runner.upgrading.course import Ended
from runner.upgrading.steps import Ground, begin, steps_of, way_back

PLAYBOOK = """
release: {package: demo, version: "1.0"}
pins:
  - {file: demo.in, requirement: demo}
stages:
  verification:
    - {area: A, run: ["true"]}
"""
NOON = "2026-11-27T12:00:00.000+00:00"
GREEN = result("a", "A", attempt(Outcome.PASSED))
NOTHING = cast("Effect", None)  # what a candidate does to advisories decides nothing here


@dataclass
class Site:
    """A repository under an upgrade from 1.0 to 2.0."""

    folder: Path
    triage: Triage | None = None
    runs: list[tuple[str, bool]] = field(default_factory=list)
    end: Run = field(default_factory=lambda: run(GREEN))
    announced: list[str] = field(default_factory=list)

    @property
    def playbook(self) -> Path:
        return self.folder / "playbook.yaml"

    def load(self) -> Playbook:
        return load(
            self.playbook, kinds=load_kinds(), repository=self.folder, environment=os.environ
        )

    def ground(self) -> Ground:
        world = World(self.playbook, "", (), self.folder / "out", os.environ, SHOW, lambda _: None)
        return Ground(self.load, self._ask, self._run, world, "1.0", "2.0", self._announce)

    def question(self) -> str:
        wording = way_back(self.ground()).wording
        assert wording is not None
        return wording()

    def _announce(self, record: RolledBack) -> None:
        self.announced.append(f"{record.before} to {record.after}")

    def step(self, name: str, *, again: bool = False) -> Ended:
        ground = self.ground()
        found = next(one for one in (*steps_of(ground), way_back(ground)) if one.name == name)
        assert not found.missing
        return found.run(again)

    def git(self, *words: str) -> None:
        argv = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        subprocess.run(argv, cwd=self.folder, check=True, capture_output=True)

    def _ask(self, book: Playbook) -> Triage:
        assert book.release.package == "demo"
        assert self.triage is not None
        return self.triage

    def _run(self, stage: str, resume: bool, environment: Mapping[str, str]) -> Run:  # noqa: FBT001
        assert environment["PATH"] == os.environ["PATH"]  # the playbook names no locks
        self.runs.append((stage, resume))
        return self.end


class Deaf:
    """Hears nothing."""

    wants_output = False

    def hear(self, event: Event) -> None:
        """Forget it."""


@contextlib.contextmanager
def _nobody(_dossier: Dossier) -> Iterator[Deaf]:
    yield Deaf()


SHOW = Show(_nobody, lambda _: [])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "repository")
    made.folder.mkdir()
    made.playbook.write_text(PLAYBOOK)
    (made.folder / "demo.in").write_text("demo==1.0\n")
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "begin")
    return made


def told(
    *assessments: Assessment, state: str = "reached", detail: str = "", others: bool = False
) -> Triage:
    standing = Standing(INDEX, state, detail, "ask again")  # type: ignore[arg-type] # a literal
    sources = (Standing("releases", "reached", ""), standing) if others else (standing,)
    recommendation = Recommendation(None, "", satisfied=False, assessments=assessments)
    return Triage(
        *("demo", "1.0", "", "", ""),
        sources,
        NOTHING,
        recommendation,
        *((), (), (), (), ()),
    )


def candidate(*rejections: str, resolution: str = "yes", verdict: str = "") -> Assessment:
    which = Candidate(
        Version("2.0"),
        "",
        None,
        (),
        None,
        prerelease=False,
        notes_address="",
        named=None,
        rejections=rejections,
    )
    answer = Resolution(resolution, "it wants another base")  # type: ignore[arg-type] # a literal
    return Assessment(which, NOTHING, answer, tried=True, verdict=verdict)


@pytest.mark.parametrize(
    ("triage", "outcome", "reason", "code"),
    [
        (told(candidate(verdict="the smallest step")), "passed", "", 0),
        (told(candidate()), "passed", "", 0),
        (told(), "failed", "the index has no 2.0", 1),
        (told(candidate("it was taken back")), "failed", "it was taken back", 1),
        (told(candidate(resolution="no")), "failed", "it does not resolve: it wants", 1),
        (told(state="failed", detail="no answer", others=True), "errored", "no answer", 3),
        (told(state="not asked"), "errored", "the index was not asked", 3),
    ],
)
def test_triage(site: Site, triage: Triage, outcome: str, reason: str, code: int) -> None:
    site.triage = triage
    ended = site.step("triage")
    assert (ended.outcome, ended.exit_code) == (outcome, code)
    assert ended.reason.startswith(reason)


def test_what_the_playbook_does_not_have_is_told(site: Site) -> None:
    missing = {one.name: one.missing for one in steps_of(site.ground()) if one.missing}
    assert missing == {
        "rehearse": "the playbook does not say how to rehearse",
        "preflight": "the playbook has no stage 'preflight'",
        "rollout": "the playbook has no stage 'rollout'",
    }


def test_it_begins_with_the_stage_that_the_playbook_names(site: Site) -> None:
    site.playbook.write_text(f"{site.playbook.read_text()}upgrade: {{preflight: verification}}\n")
    assert site.step("preflight") == Ended(Outcome.PASSED)
    assert site.runs == [("verification", False)]


def test_a_stage_tells_the_first_that_decided(site: Site) -> None:
    assert site.step("verification") == Ended(Outcome.PASSED)
    red = result("b", "B", attempt(Outcome.FAILED), reason="said no")
    site.end = replace(run(GREEN, red, verdict=Outcome.FAILED), exit_code=1)
    ended = site.step("verification")
    assert (ended.outcome, ended.reason, ended.exit_code) == ("failed", "B: said no", 1)


def test_a_stage_that_was_begun_is_resumed_and_no_other(site: Site) -> None:
    site.step("verification", again=True)
    dossier = site.ground().dossier
    dossier.begin("verification", "run-1")
    site.step("verification", again=True)
    assert site.runs == [("verification", False), ("verification", False)]


def test_the_bump_and_its_way_back(site: Site) -> None:
    begin(site.ground(), NOON)
    assert begun_from(site.ground().dossier.live) == "1.0"
    ended = site.step("bump")
    assert (ended.outcome, ended.facts) == (Outcome.PASSED, ("demo.in, playbook.yaml",))
    assert site.step("bump").facts == ("it is there already",)
    assert (site.folder / "demo.in").read_text() == "demo==2.0\n"
    ended = site.step("rollback")
    assert (ended.outcome, ended.facts) == (Outcome.PASSED, ("demo.in, playbook.yaml",))
    assert (site.folder / "demo.in").read_text() == "demo==1.0\n"
    assert site.load().release.upgrade_status == "rolled_back"
    assert site.step("rollback").facts[0] == "no pin had changed"


def test_a_second_upgrade_in_a_dossier_begins_with_its_own_version(site: Site) -> None:
    dossier = site.ground().dossier
    dossier.write(upgrade.NAME, b'{"package": "demo", "from": "0.9", "begun": "long ago"}')
    begin(site.ground(), NOON)
    assert begun(dossier.live) == Begun("1.0", NOON)
    begin(site.ground(), NOON)  # as --resume does
    assert begun(dossier.live) == Begun("1.0", NOON)


def test_the_way_back_carries_out_its_stage_once_the_rollout_was_begun(site: Site) -> None:
    dossier = site.ground().dossier
    begin(site.ground(), NOON)
    text = site.playbook.read_text()
    site.playbook.write_text(f"{text}  rollback:\n    - {{area: Back, run: ['true']}}\n")
    site.git("commit", "--quiet", "--all", "--message", "rollback")
    red = result("back", "Back", attempt(Outcome.FAILED), reason="half of it")
    site.end = replace(run(red, verdict=Outcome.FAILED), exit_code=1)
    site.step("bump")
    site.git("commit", "--quiet", "--all", "--message", "bump")
    record = Upgraded(FORMAT, "demo", "1.0", "2.0")
    dossier.write(NAME, encode(replaced(record, under_way="verification")))
    site.step("rollback")
    assert site.runs == []  # no data was touched
    site.git("reset", "--quiet", "--hard")
    for under_way, steps in (("rollout", ()), ("", (Part("rollout", "", Outcome.FAILED),))):
        dossier.write(NAME, encode(replaced(record, under_way=under_way, steps=steps)))
        site.step("bump")
        ended = site.step("rollback")
        assert site.runs.pop() == ("rollback", False)
        assert (ended.outcome, ended.reason) == (Outcome.FAILED, "Back: half of it")
        assert ended.facts == ("demo.in, playbook.yaml",)
        site.git("reset", "--quiet", "--hard")


@pytest.mark.parametrize("way", ["none", "keep"])
def test_the_way_back_puts_no_data_back_that_fit(site: Site, way: str) -> None:
    """There is no backup here, and no database; a program says that none is needed."""
    begin(site.ground(), "")
    told = json.dumps({"way": way, "reason": "they fit"})
    restore = {"operation": "restore", "url": "sqlite:///none.db", "way": ["echo", told]}
    stage = json.dumps([{"area": "Back", "uses": "database", "with": restore}])
    site.playbook.write_text(f"{site.playbook.read_text()}  rollback: {stage}\n")
    site.git("commit", "--quiet", "--all", "--message", "rollback")
    site.step("bump")
    site.git("commit", "--quiet", "--all", "--message", "bump")
    assert site.question() == "Roll back to 1.0 (pins and locks; nothing is lost)"
    record = Upgraded(FORMAT, "demo", "1.0", "2.0", under_way="rollout")
    site.ground().dossier.write(NAME, encode(record))
    assert site.question() == "Roll back to 1.0 (nothing is lost: they fit)"
    ended = site.step("rollback")
    assert (ended.outcome, ended.reason) == (Outcome.PASSED, "")
    assert site.announced == ([] if way == "none" else ["2.0 to 1.0"])
    assert ended.facts == ("demo.in, playbook.yaml", "nothing is lost: they fit")
    assert site.runs == ([] if way == "none" else [("rollback", False)])
    known = json.loads((site.ground().dossier.live / "rollback.json").read_bytes())
    assert (known["verdict"], known["way"], known["because"]) == ("passed", way, "they fit")


def test_the_question_where_nothing_can_be_said(site: Site) -> None:
    begin(site.ground(), "")
    restore = {"operation": "restore", "url": "sqlite:///none.db"}
    stage = json.dumps([{"area": "Back", "uses": "database", "with": restore}])
    site.playbook.write_text(f"{site.playbook.read_text()}  rollback: {stage}\n")
    site.git("commit", "--quiet", "--all", "--message", "rollback")
    site.step("bump")
    record = Upgraded(FORMAT, "demo", "1.0", "2.0", under_way="rollout")
    site.ground().dossier.write(NAME, encode(record))
    assert site.question() == "Roll back to 1.0"  # why not is told where it is tried


def test_an_interrupt_of_a_stage_is_named(site: Site) -> None:
    ended = replace(run(GREEN, verdict=Outcome.ERRORED), exit_code=143, interrupted="SIGTERM")
    site.end = ended
    found = site.step("verification")
    assert (found.reason, found.exit_code) == ("interrupted by SIGTERM", 143)
    site.end = replace(ended, interrupted="")
    assert site.step("verification").reason == "verification: errored"
