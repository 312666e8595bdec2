from __future__ import annotations

import fcntl
import re
import shutil
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from unit.advisories.safety_door import WELL, SafetyDoor

from runner.advisories import environments
from runner.advisories.sources.base import Ended, SourceError
from runner.advisories.tools import Tool, cache, harmless, last_words, prepare, versions

SAFETY = Tool("safety", "3.7.0")


@pytest.fixture
def door(tmp_path: Path) -> SafetyDoor:
    return SafetyDoor(tmp_path, tmp_path / "scratch", {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def test_versions_are_those_with_a_lock_in_order() -> None:
    assert versions("safety") == ("2.3.5", "3.7.0")
    assert versions("no-such-tool") == ()


@pytest.mark.parametrize("name", ["safety", "pip-audit"])
def test_a_lock_pins_and_hashes_everything(name: str) -> None:
    for version in versions(name):
        text = (files("runner") / "data" / "tools" / f"{name}-{version}.txt").read_text("utf-8")
        blocks = re.split(r"\n(?=[a-z])", text)[1:]
        assert f"{name}=={version}" in {block.split(" ", maxsplit=1)[0] for block in blocks}
        assert all(
            re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:", block, re.DOTALL) for block in blocks
        )
        assert "index-url" not in text
        assert "find-links" not in text


def test_an_environment_is_made_once(door: SafetyDoor, tmp_path: Path) -> None:
    python = prepare(SAFETY, door)
    assert python.is_relative_to(tmp_path / "cache" / "upgrade-runner" / "tools")
    assert python.parents[1].name.startswith("safety-3.7.0-3.")
    venv, pip = door.ran
    assert venv[1:4] == ("-I", "-m", "venv")
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(pip)
    assert prepare(SAFETY, door) == python
    assert len(door.ran) == 2


def test_tools_have_environments_of_their_own(door: SafetyDoor) -> None:
    assert prepare(SAFETY, door) != prepare(Tool("safety", "2.3.5"), door)


def break_marker(folder: Path) -> None:
    (folder / "ready").unlink()


def empty_marker(folder: Path) -> None:
    (folder / "ready").write_bytes(b"")


def spoil_marker(folder: Path) -> None:
    (folder / "ready").write_bytes(b"\xff")


def lose_a_package(folder: Path) -> None:
    shutil.rmtree(next(folder.rglob("*.dist-info")))


def lose_the_interpreter(folder: Path) -> None:
    (folder / "bin" / "python").unlink()


@pytest.mark.parametrize(
    "harm", [break_marker, empty_marker, spoil_marker, lose_a_package, lose_the_interpreter]
)
def test_a_damaged_environment_is_made_anew(door: SafetyDoor, harm: object) -> None:
    python = prepare(SAFETY, door)
    assert callable(harm)
    harm(python.parents[1])
    assert prepare(SAFETY, door).exists()
    assert len(door.ran) == 4
    prepare(SAFETY, door)
    assert len(door.ran) == 4


def test_where_pip_fails_its_last_words_are_told_and_nothing_is_kept(door: SafetyDoor) -> None:
    door.pip = Ended(1, b"Collecting safety\n", b"\x1b[31mERROR: No matching distribution\x1b[0m\n")
    with pytest.raises(
        SourceError, match=r"safety 3\.7\.0 cannot be made: ERROR: No matching"
    ) as told:
        prepare(SAFETY, door)
    assert "PIP_INDEX_URL" in told.value.hint
    door.pip = WELL
    assert prepare(SAFETY, door).exists()
    assert len(door.ran) == 4


def test_a_version_without_a_lock_is_refused(door: SafetyDoor) -> None:
    with pytest.raises(SourceError, match=r"no lock for safety 9\.9") as told:
        prepare(Tool("safety", "9.9"), door)
    assert "2.3.5, 3.7.0" in told.value.hint
    with pytest.raises(SourceError, match=r"no lock for nothing 1\.0") as told:
        prepare(Tool("nothing", "1.0"), door)
    assert "none" in told.value.hint
    assert not door.ran


def test_two_at_once_make_it_once(door: SafetyDoor) -> None:
    made = []
    threads = [threading.Thread(target=lambda: made.append(prepare(SAFETY, door))) for _ in "four"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert len(door.ran) == 2


def held(python: Path) -> Path:
    return python.parents[1].with_name(f"{python.parents[1].name}.lock")


def test_one_that_is_held_too_long_is_told(
    door: SafetyDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "_PATIENCE", 0.0)
    python = prepare(SAFETY, door)
    lose_the_interpreter(python.parents[1])
    with held(python).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(SourceError, match="another process holds"):
            prepare(SAFETY, door)


def test_one_that_is_held_for_a_while_is_waited_for(
    door: SafetyDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = prepare(SAFETY, door)
    lose_the_interpreter(python.parents[1])
    with held(python).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        monkeypatch.setattr("time.sleep", lambda _: fcntl.flock(handle, fcntl.LOCK_UN))
        assert prepare(SAFETY, door).exists()


def test_what_another_has_made_meanwhile_is_used(
    door: SafetyDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = prepare(SAFETY, door)
    lose_the_interpreter(python.parents[1])
    with held(python).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)

        def make(_: float) -> None:
            python.touch(mode=0o755)
            fcntl.flock(handle, fcntl.LOCK_UN)

        monkeypatch.setattr("time.sleep", make)
        assert prepare(SAFETY, door) == python
    assert len(door.ran) == 2


def test_a_cache_that_cannot_be_written_is_told(door: SafetyDoor, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(SourceError, match="cannot be written") as told:
        prepare(SAFETY, door)
    assert "XDG_CACHE_HOME" in told.value.hint


def test_a_file_in_the_place_of_an_environment_is_told(door: SafetyDoor) -> None:
    folder = prepare(SAFETY, door).parents[1]
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(SourceError, match="cannot be written"):
        prepare(SAFETY, door)


def test_the_cache_is_where_the_environment_says() -> None:
    assert cache({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/upgrade-runner")
    assert cache({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/upgrade-runner")
    assert cache({"HOME": "/h"}) == Path("/h/.cache/upgrade-runner")
    assert cache({}) == Path.home() / ".cache" / "upgrade-runner"


def test_last_words_are_those_of_stderr_or_else_of_stdout() -> None:
    assert last_words(Ended(1, b"out", b"err\n")) == "err"
    assert last_words(Ended(1, b"out\n", b" \n")) == "out"
    assert last_words(Ended(7, b"", b"")) == "nothing, and exit code 7"


def test_last_words_are_short() -> None:
    many = b"".join(b"line %d\n\n" % number for number in range(100))
    assert last_words(Ended(1, b"", many)) == "line 96 / line 97 / line 98 / line 99"
    assert len(last_words(Ended(1, b"", b"x" * 5000))) == 401


def test_what_a_child_prints_is_made_harmless() -> None:
    assert harmless("\x1b[31mred\x1b[0m \x1b]0;title\x07\rx\x00\ty") == "red ?x? y"
