"""What is scanned of an image."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.door import LocalDoor
from unit.advisories.engines import ID, INSPECTED, NO_IMAGE, REFERENCE, engine, inside, prints, says
from unit.advisories.repositories import commit, door, message

from runner.advisories.images.errors import ImageError
from runner.advisories.subjects import make_subject
from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.image import ImageSubject

NAMED = f"the image {REFERENCE} ({ID})"


def image(there: LocalDoor, *rows: tuple[str, str]) -> None:
    engine(there, image=prints(INSPECTED), run=inside(*rows))


def test_the_packages_of_an_image_are_listed(tmp_path: Path) -> None:
    there = door(tmp_path)
    image(there, ("MLflow", "3.6.0"), ("Flask", "3.1.0"))
    subject = make_subject("image", {"reference": REFERENCE})
    found = subject.inventory(there)
    assert subject.describe() == f"the image {REFERENCE}"
    assert (found.subject, found.method, found.python) == (NAMED, "image", "3.11")
    assert (found.image, found.digest) == (REFERENCE, ID)
    assert dict(found.versions) == {"flask": "3.1.0", "mlflow": "3.6.0"}
    # Looked up once by its name, and run by its id.
    assert [REFERENCE in argv for argv in there.ran] == [True, False, False]
    assert all(ID in argv for argv in there.ran[1:])


def test_an_image_is_held_against_the_lock(tmp_path: Path) -> None:
    lock = "mlflow==3.6.0\nflask==3.1.0\nwinonly==1 ; sys_platform == 'win32'\n"
    there = door(tmp_path, {"lock.txt": lock})
    subject = ImageSubject(REFERENCE, "lock.txt")
    assert subject.describe() == f"the image {REFERENCE}, held against lock.txt"
    image(there, ("mlflow", "3.6.0"), ("flask", "3.1.0"), ("pip", "23"))
    assert len(subject.inventory(there).components) == 3
    image(there, ("mlflow", "3.6.0"), ("flask", "2.0"), ("evil", "1"))
    with pytest.raises(SubjectError, match="the scanned subject is not the release's") as info:
        subject.inventory(there)
    assert "flask is 2.0, locked 3.1.0; evil 1 is not locked" in message(info)
    assert NAMED in message(info)


def test_the_lock_of_a_base_stands_for_the_image_then(tmp_path: Path) -> None:
    there = door(tmp_path, {"lock.txt": "mlflow==3.5.0\n"})
    commit(there)
    (there.repository / "lock.txt").write_text("mlflow==3.6.0\n")
    image(there, ("mlflow", "3.6.0"))
    found = ImageSubject(REFERENCE, "lock.txt").inventory(there, "main")
    assert dict(found.versions) == {"mlflow": "3.5.0"}
    with pytest.raises(SubjectError, match="is not part of main: only files are"):
        ImageSubject(REFERENCE).inventory(there, "main")


def test_an_image_that_is_not_there_is_not_scanned(tmp_path: Path) -> None:
    there = door(tmp_path)
    engine(there, image=says(1, NO_IMAGE))
    with pytest.raises(SubjectError, match=f"there is no image {REFERENCE} to scan") as info:
        ImageSubject(REFERENCE).inventory(there)
    assert f"docker pull {REFERENCE}" in info.value.hint
    engine(there, image=says(1, "Cannot connect to the Docker daemon at unix:///x."))
    with pytest.raises(ImageError, match="no daemon answers"):
        ImageSubject(REFERENCE).inventory(there)


def test_an_image_without_python_is_told(tmp_path: Path) -> None:
    there = door(tmp_path)
    engine(there, image=prints(INSPECTED), run=says(127, 'exec: "python": not found in $PATH'))
    with pytest.raises(SubjectError, match="python cannot be run in the image"):
        ImageSubject(REFERENCE).inventory(there)
