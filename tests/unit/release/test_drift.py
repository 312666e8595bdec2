"""Each place is told by itself, whatever is wrong with another."""

from __future__ import annotations

from pathlib import Path

from runner.model import Owners, Pin, Playbook, Release
from runner.model.standing import PinPlace
from runner.release.drift import places_of


def _playbook(repository: Path, *pins: Pin) -> Playbook:
    return Playbook(
        file="config/a_release.yaml",
        repository=str(repository),
        sha256="",
        release=Release("mlflow", "3.6.0", status="fine"),
        owners=Owners(),
        pins=pins,
        variables={},
        services={},
        stages={},
    )


def test_what_stands_there_is_held_against_the_release(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("# a\nmlflow==3.6.0\n")
    (tmp_path / "D").write_text("ARG V=3.5.0\n")
    pins = (Pin("r.txt", "requirement", "mlflow"), Pin("D", "docker_arg", "V"))

    same, other = places_of(_playbook(tmp_path, *pins))

    assert same == PinPlace(
        "r.txt", "requirement", "mlflow", in_sync=True, line=2, has="3.6.0", wants="3.6.0"
    )
    assert same.in_sync
    assert other == PinPlace(
        "D", "docker_arg", "V", in_sync=False, line=1, has="3.5.0", wants="3.6.0"
    )
    assert not other.in_sync


def test_a_bad_pin_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "S").write_text("| A | B |\n|--|--|\n| mlflow | 1 |\n")
    row = Pin("S", "table_row", "mlflow", {"A": "mlflow", "B": "{status}"})
    missing = Pin("no.txt", "requirement", "mlflow")
    lost = Pin("S", "docker_arg", "V")

    places = places_of(_playbook(tmp_path, missing, row, lost))

    assert [one.problem for one in places] == [
        "no.txt: cannot be read: No such file or directory",
        "",
        "",
        "S: docker_arg 'V' was not found",
    ]
    assert [one.in_sync for one in places] == [False, True, False, False]
    assert all(one.hint for one in places if one.problem)
    assert (places[2].line, places[2].has, places[2].wants) == (3, "1", "fine")


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "r.txt").write_text("mlflow==3.6.0\n")
    (inside / "r.txt").symlink_to("../r.txt")

    (place,) = places_of(_playbook(inside, Pin("r.txt", "requirement", "mlflow")))

    assert place.problem == "r.txt: leads out of the repository"
