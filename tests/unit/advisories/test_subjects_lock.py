"""Locks: exact, for one interpreter, now or at a git ref."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.advisories.records import ROOT
from unit.advisories.repositories import PYTHON, commit, door, message, target, write

from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.interpreter import Interpreter
from runner.advisories.subjects.lines import entries
from runner.advisories.subjects.lock import Lock
from runner.advisories.subjects.pins import pinned


def pins(text: str, python: Interpreter | None = None) -> dict[str, str]:
    found = pinned(entries(text, "a.txt"), python or target(), hint="mend it")
    return {one.name: one.version for one in found}


def test_names_and_versions_are_normalised() -> None:
    assert pins("Foo.Bar[x,y]==1.0.RC1\nzope==v2\nlocal==1+CPU") == {
        "foo-bar": "1.0rc1",
        "zope": "2",
        "local": "1+cpu",
    }


def test_markers_hold_for_the_target_and_not_for_the_runner() -> None:
    text = """numpy==2.4 ; python_version < "3.12"
numpy==2.5 ; python_version >= "3.12"
pywin32==312 ; sys_platform == "win32"
extra==1 ; extra == "x"
"""
    assert pins(text) == {"numpy": "2.4"}
    windows = target(python_version="3.14", sys_platform="win32")
    assert pins(text, windows) == {"numpy": "2.5", "pywin32": "312"}


def test_a_package_twice_at_one_version_is_one() -> None:
    assert pins("six==1.0\nSIX===1.0.0") == {"six": "1.0"}


def test_a_package_at_two_versions_is_told_with_both_places() -> None:
    with pytest.raises(SubjectError) as info:
        pins("six==1\nidna==3\nsix==2 ; os_name == 'posix'")
    assert message(info) == "a.txt:3: six is 2 here and 1 at a.txt:1"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("six", "not pinned"),
        ("six>=1", "not pinned"),
        ("six==1.*", "not pinned"),
        ("six==1,!=2", "not pinned"),
        ("six~=1.0", "not pinned"),
        ("six === latest", "is not a version"),
        ("six @ https://example.org/six-1.whl", "is an address"),
        ("https://example.org/six-1.whl", "no requirement"),
        ("./six", "no requirement"),
        ("six==1 ; nonsense == '1'", "no requirement"),
        ("six==1 ; python_version ~= 'x'", "six==1"),
        ("-e ./six", "is editable"),
        ("six==1 \\ ", "no requirement"),
        ("six==1\x1b[2J", "no requirement"),
        ("${NAME}==1", "no requirement"),
    ],
)
def test_an_entry_that_is_not_exact_is_refused(text: str, word: str) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt:1: ") as info:
        pins(text)
    assert word in message(info)


def test_a_marker_that_does_not_hold_excuses_nothing() -> None:
    with pytest.raises(SubjectError, match="not pinned"):
        pins("six>=1 ; sys_platform == 'win32'")


def test_five_problems_are_named_and_the_others_counted() -> None:
    with pytest.raises(SubjectError) as info:
        pins("\n".join(["six"] * 7))
    assert message(info).count("not pinned") == 5
    assert message(info).endswith("; and 2 more")


@given(st.text(st.sampled_from("ab=1.,;'<>@ -[]()#\\\n$~!*+\"") | st.characters(), max_size=40))
def test_whatever_stands_there_is_an_entry_or_an_error(text: str) -> None:
    with suppress(SubjectError):
        assert text.count("==") >= len(pins(text))


def test_a_lock_gives_an_inventory(tmp_path: Path) -> None:
    there = door(tmp_path, {"deploy/lock.txt": "six==1\n-r more.txt\n", "deploy/more.txt": "a==2"})
    lock = Lock("deploy/lock.txt", PYTHON)
    found = lock.inventory(there)
    assert (found.subject, found.method, found.origin) == ("deploy/lock.txt", "lock", "")
    assert found.versions == {"a": "2", "six": "1"}
    assert found.python.startswith("3.")
    assert lock.describe() == f"the lock deploy/lock.txt, for {PYTHON}"


def test_a_lock_at_a_base_is_read_there_with_its_includes(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.txt": "-r b.txt", "b.txt": "six==1"})
    before = commit(there)
    write(there.repository, {"b.txt": "six==2"})
    assert Lock("a.txt", PYTHON).inventory(there).versions == {"six": "2"}
    base = Lock("a.txt", PYTHON).inventory(there, "HEAD")
    assert base.versions == {"six": "1"}
    assert base.origin == f"HEAD ({before})"


def test_constraints_install_nothing(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.txt": "-c b.txt\nsix==1", "b.txt": "flask>=3\nidna==3"})
    assert Lock("a.txt", PYTHON).inventory(there).versions == {"six": "1"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "six==1 ; sys_platform == 'none'"])
def test_an_empty_lock_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt names no package at all") as info:
        Lock("a.txt", PYTHON).inventory(door(tmp_path, {"a.txt": text}))
    assert message(info)


def test_what_does_not_pin_says_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="not pinned") as info:
        Lock("a.txt", PYTHON).inventory(door(tmp_path, {"a.txt": "six"}))
    assert "'requirements'" in info.value.hint


def test_the_lock_of_another_tool_says_how_to_export_it(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"^uv\.lock is the lock of one tool") as info:
        Lock("uv.lock", PYTHON).inventory(door(tmp_path, {"uv.lock": ""}))
    assert "uv export" in info.value.hint


def test_the_lock_of_this_repository_is_one(tmp_path: Path) -> None:
    text = (ROOT / "deployment/mlflow/requirements.txt").read_text(encoding="utf-8")
    found = Lock("a.txt", PYTHON).inventory(door(tmp_path, {"a.txt": text}))
    assert "mlflow" in found.versions
    assert len(found.components) > 60


PYLOCK = """lock-version = "1.0"
created-by = "hand"
default-groups = ["live"]
[[packages]]
name = "six"
version = "1.0"
wheels = [{url = "https://example.org/six.whl", hashes = {sha256 = "aa"}}]
[[packages]]
name = "Numpy"
version = "2.5"
marker = "python_version < '3'"
[[packages]]
name = "gunicorn"
version = "23"
marker = "'live' in dependency_groups"
[[packages]]
name = "optional"
version = "1"
marker = "'more' in extras"
"""


@pytest.mark.parametrize("name", ["pylock.toml", "deploy/pylock.live.toml"])
def test_a_pylock_is_read_as_a_default_installation_takes_it(tmp_path: Path, name: str) -> None:
    found = Lock(name, PYTHON).inventory(door(tmp_path, {name: PYLOCK}))
    assert found.versions == {"gunicorn": "23", "six": "1.0"}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('lock-version = "1.0"', 'lock-version = "2.0"', "has lock-version '2.0'"),
        ('lock-version = "1.0"', "", "is no pylock.toml: Object missing required field"),
        ('version = "1.0"\nwheels', "wheels", "'six': '' is not a version"),
        ('name = "six"', 'name = "../six"', "is not the name of a package"),
        ('name = "six"', "name = 6", "is no pylock.toml: Expected `str`"),
        ("'live' in dependency_groups", "nonsense", "'gunicorn': "),
        ("'live' in dependency_groups", "extra == 'x'", "'gunicorn': "),
        ('name = "gunicorn"', 'name = "six"', "six is 23 here and 1.0 at pylock.toml"),
        ("[[packages]]", "[[packages", "is no pylock.toml"),
        ("hand", "\udcff", "is no pylock.toml"),
    ],
)
def test_a_broken_pylock_is_told(tmp_path: Path, old: str, new: str, word: str) -> None:
    text = PYLOCK.replace(old, new).encode("utf-8", "surrogateescape")
    with pytest.raises(SubjectError, match=r"^pylock\.toml") as info:
        Lock("pylock.toml", PYTHON).inventory(door(tmp_path, {"pylock.toml": text}))
    assert word in message(info)
