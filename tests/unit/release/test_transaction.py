"""All old or all new: a crash at every write, rename and removal of a change of twelve files."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.release.disk import RealDisk
from runner.release.transaction import Change, Transaction, TransactionError

FILES = [f"{folder}/{number}.txt" for folder in ("a", "b", "c") for number in range(4)]
CHANGES = [Change(path, f"old {path}".encode(), f"new {path}".encode()) for path in FILES]
OLD = {one.path: one.old for one in CHANGES}
NEW = {one.path: one.new for one in CHANGES}


class Crash(BaseException):
    """The machine is gone: nothing after this runs."""


@dataclass
class Failing:
    """A disk that gives up before, in the midst of, or after its n-th step."""

    at: int
    """Number of the step, from 0."""
    moment: str = "before"
    """``before``, ``torn`` (half of a write is there) or ``after``."""
    error: Callable[[], BaseException] = Crash
    """What it raises."""
    steps: int = 0
    """How many were asked for."""

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Write, or fail."""
        torn = data[: len(data) // 2]
        self._step(
            lambda: RealDisk().write(path, data, mode),
            lambda: RealDisk().write(path, torn, mode),
        )

    def rename(self, source: Path, target: Path) -> None:
        """Rename, or fail."""
        self._step(lambda: RealDisk().rename(source, target), lambda: None)

    def remove(self, path: Path) -> None:
        """Remove, or fail."""
        self._step(lambda: RealDisk().remove(path), lambda: None)

    def _step(self, whole: Callable[[], None], half: Callable[[], None]) -> None:
        now, self.steps = self.steps, self.steps + 1
        if now != self.at:
            whole()
            return
        {"before": lambda: None, "torn": half, "after": whole}[self.moment]()
        raise self.error()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for one in CHANGES:
        file = folder / one.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(one.old)
    return folder


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: who crashes here is the process, after whom the files are as it left them.

    Some thousand crashes would wait for the disk ten times as long as for all else.
    """
    monkeypatch.setattr("os.fsync", lambda _: None)


def transaction(repository: Path, disk: Failing | RealDisk) -> Transaction:
    return Transaction(repository, repository.parent / "record.json", disk)


def state(repository: Path) -> dict[str, bytes]:
    """Give every file there is, so that litter shows too."""
    found = (file for file in repository.rglob("*") if file.is_file())
    return {str(file.relative_to(repository)): file.read_bytes() for file in found}


def reset(repository: Path) -> None:
    for one in CHANGES:
        file = repository / one.path
        file.unlink(missing_ok=True)  # who writes over a file waits for the disk (ext4)
        file.write_bytes(one.old)


def steps_of(repository: Path) -> int:
    disk = Failing(-1)
    transaction(repository, disk).commit(CHANGES)
    assert state(repository) == NEW
    reset(repository)
    return disk.steps


@pytest.mark.usefixtures("unsynced")
@pytest.mark.parametrize("moment", ["before", "torn", "after"])
def test_a_crash_at_any_step_recovers_to_all_old_or_all_new(repository: Path, moment: str) -> None:
    reached = set()
    steps = steps_of(repository)
    assert steps > 2 * len(FILES)  # each is written and renamed
    for at in range(steps):
        with pytest.raises(Crash):
            transaction(repository, Failing(at, moment)).commit(CHANGES)
        transaction(repository, RealDisk()).recover()
        found = state(repository)
        assert found in (OLD, NEW), f"step {at}"
        assert [file.name for file in repository.parent.iterdir()] == ["repository"]
        reached.add(found == NEW)
        reset(repository)
    assert reached == {True, False}


@pytest.mark.usefixtures("unsynced")
def test_a_crash_while_recovering_recovers_too(repository: Path) -> None:
    for crash in range(steps_of(repository)):
        for again in range(2 * len(FILES)):
            with pytest.raises(Crash):
                transaction(repository, Failing(crash)).commit(CHANGES)
            try:
                transaction(repository, Failing(again)).recover()
            except Crash:
                transaction(repository, RealDisk()).recover()
            assert state(repository) in (OLD, NEW)
            reset(repository)


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_changes_nothing(repository: Path) -> None:
    for at in range(1, 3 + len(FILES)):
        with pytest.raises(TransactionError, match="No space left") as caught:
            transaction(repository, Failing(at, "torn", full)).commit(CHANGES)
        assert caught.value.hint == "nothing was changed"
        assert state(repository) == OLD
        assert not (repository.parent / "record.json").exists()


def test_a_disk_that_fails_while_renaming_is_told_and_goes_on_later(repository: Path) -> None:
    at = 5 + len(FILES)
    with pytest.raises(TransactionError, match="half done") as caught:
        transaction(repository, Failing(at, "before", full)).commit(CHANGES)
    assert "runner bump --recover" in caught.value.hint
    with pytest.raises(TransactionError, match="cut off"):
        transaction(repository, RealDisk()).commit(CHANGES)
    assert transaction(repository, RealDisk()).recover() == "new"
    assert state(repository) == NEW
    assert transaction(repository, RealDisk()).recover() == ""


def test_modes_stay(repository: Path) -> None:
    (repository / FILES[0]).chmod(0o754)
    transaction(repository, RealDisk()).commit(CHANGES[:1])
    assert (repository / FILES[0]).stat().st_mode & 0o777 == 0o754


def test_a_file_that_has_changed_meanwhile_is_not_overwritten(repository: Path) -> None:
    (repository / FILES[3]).write_bytes(b"mine")
    with pytest.raises(TransactionError, match="has changed since it was read"):
        transaction(repository, RealDisk()).commit(CHANGES)
    assert state(repository) == {**OLD, FILES[3]: b"mine"}


@pytest.mark.parametrize("touched", [0, len(FILES) - 1])
def test_what_was_changed_after_the_crash_is_not_overwritten(
    repository: Path, touched: int
) -> None:
    with pytest.raises(Crash):
        transaction(repository, Failing(8 + len(FILES))).commit(CHANGES)
    (repository / FILES[touched]).write_bytes(b"mine")
    with pytest.raises(TransactionError, match="since the change was cut off"):
        transaction(repository, RealDisk()).recover()
    assert (repository / FILES[touched]).read_bytes() == b"mine"


def test_a_torn_new_content_is_not_taken(repository: Path) -> None:
    with pytest.raises(Crash):
        transaction(repository, Failing(5 + len(FILES))).commit(CHANGES)
    staged = next((repository / "c").glob(".3.txt*"))
    staged.write_bytes(b"half")
    with pytest.raises(TransactionError, match=r"^c/3\.txt has changed"):
        transaction(repository, RealDisk()).recover()


def test_a_link_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").write_bytes(b"x")
    (repository / "link").symlink_to(tmp_path / "out" / "x")
    (repository / "folder").symlink_to(tmp_path / "out")
    for path in ("link", "folder/x", "../out/x"):
        with pytest.raises(TransactionError, match="leads out of the repository"):
            transaction(repository, RealDisk()).commit([Change(path, b"x", b"y")])
    assert (tmp_path / "out" / "x").read_bytes() == b"x"


def test_a_file_that_is_not_there_is_told(repository: Path) -> None:
    with pytest.raises(TransactionError, match="cannot be read: No such file"):
        transaction(repository, RealDisk()).commit([Change("none", b"", b"y")])


@pytest.mark.parametrize("content", [b"{", b'{"state":"done","files":[]}', b"\xff"])
def test_a_record_that_is_none_is_told(repository: Path, content: bytes) -> None:
    (repository.parent / "record.json").write_bytes(content)
    with pytest.raises(TransactionError, match=r"record\.json cannot be read"):
        transaction(repository, RealDisk()).recover()
    assert state(repository) == OLD
