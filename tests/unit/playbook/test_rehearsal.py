from __future__ import annotations

from pathlib import Path

import pytest

from runner.kinds import BUILTIN
from runner.model import Playbook, Rehearsal, RehearsalStages
from runner.playbook import load
from runner.playbook.problems import PlaybookInvalid

HEAD = """
release: {package: mlflow, version: 3.6.0}
vars: {port: "1", db: "sqlite:///a.db"}
stages: {verification: [{area: A, run: [x]}], migrate: [{area: B, run: [x]}]}
"""


def read(tmp_path: Path, text: str) -> Playbook:
    file = tmp_path / "playbook.yaml"
    file.write_text(HEAD + text)
    return load(file, kinds=BUILTIN, environment={})


def test_what_is_rehearsed(tmp_path: Path) -> None:
    text = "rehearsal: {locks: [a.txt], ports: [port], database: db, stages: {migrate: [migrate]}}"
    assert read(tmp_path, text).rehearsal == Rehearsal(
        ("a.txt",), ports=("port",), database="db", stages=RehearsalStages(migrate=("migrate",))
    )
    assert RehearsalStages().after == ("verification",)
    assert read(tmp_path, "").rehearsal is None


@pytest.mark.parametrize(
    ("profile", "under"), [("", "light"), ("light", "light"), ("heavy", "heaviest"), ("own", "own")]
)
def test_under_which_profile(tmp_path: Path, profile: str, under: str) -> None:
    file = tmp_path / "playbook.yaml"
    file.write_text(
        f"{HEAD}rehearsal: {{locks: [a.txt], profile: light}}\n"
        "profiles:\n"
        "  light: {}\n"
        "  own: {vars: {port: '2'}}\n"
        "  heavy: {rehearsal: {profile: heaviest}}\n"
        "  heaviest: {}\n"
    )
    book = load(file, kinds=BUILTIN, profile=profile, environment={})
    assert book.rehearsed_as == under


def test_without_a_word_of_rehearsals_it_is_the_playbooks_own(tmp_path: Path) -> None:
    assert read(tmp_path, "").rehearsed_as == ""


def test_the_stage_that_an_upgrade_begins_with(tmp_path: Path) -> None:
    assert read(tmp_path, "").preflight == "preflight"
    assert read(tmp_path, "upgrade: {preflight: migrate}").preflight == "migrate"
    with pytest.raises(PlaybookInvalid) as caught:
        read(tmp_path, "upgrade: {preflight: migrates}")
    (found,) = caught.value.problems
    assert found.message == "there is no stage 'migrates'"
    assert found.hint == "did you mean 'migrate'?"


def test_every_wrong_name_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/")
    text = (
        "rehearsal:\n"
        "  locks: [out/etc/passwd]\n"
        "  ports: [prot]\n"
        "  database: db2\n"
        "  folders: [backups]\n"
        "  stages: {migrate: [migrates], before: [nothing]}\n"
        "  more: 1\n"
    )
    with pytest.raises(PlaybookInvalid) as caught:
        read(tmp_path, text)
    told = [f"{one.line}:{one.column} {one.key}: {one.message}" for one in caught.value.problems]
    assert sorted(told) == [
        "10:22 rehearsal.stages.migrate[0]: there is no stage 'migrates'",
        "10:42 rehearsal.stages.before[0]: there is no stage 'nothing'",
        "11:3 rehearsal.more: unknown key",
        "6:11 rehearsal.locks[0]: leads out of the repository through a symbolic link",
        "7:11 rehearsal.ports[0]: there is no variable 'prot'",
        "8:13 rehearsal.database: there is no variable 'db2'",
        "9:13 rehearsal.folders[0]: there is no variable 'backups'",
    ]
    hints = {one.key: one.hint for one in caught.value.problems}
    assert hints["rehearsal.ports[0]"] == "did you mean 'port'?"


def test_it_needs_a_lock(tmp_path: Path) -> None:
    with pytest.raises(PlaybookInvalid, match=r"rehearsal\.locks: missing key"):
        read(tmp_path, "rehearsal: {}")
    with pytest.raises(PlaybookInvalid, match="expected a mapping"):
        read(tmp_path, "rehearsal: yes please")
