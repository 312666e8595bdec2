"""The interpreter of a release, and what is installed for it."""

from __future__ import annotations

import json
import runpy
import site
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.markers import Marker, default_environment
from support.door import LocalDoor
from unit.advisories.repositories import PYTHON, commit, door, message, program, target, write

from runner.advisories.subjects import interpreter as asked
from runner.advisories.subjects import probe
from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.environment import Environment
from runner.advisories.subjects.interpreter import interpreter


def fake(there: LocalDoor, *rows: tuple[str, str, str], noise: str = "") -> str:
    """Put an interpreter on the PATH for which packages are installed: name, version, folder."""
    answers = {
        "markers": {"executable": "/opt/python", "markers": dict(target().markers)},
        "installed": {
            "installed": [
                {"name": name, "version": version, "folder": folder}
                for name, version, folder in rows
            ]
        },
    }
    for question, told in answers.items():
        write(there.scratch, {question: f"{noise}{json.dumps(told)}\n"})
    program(there, "python", f'for last; do :; done; cat "{there.scratch}/$last"')
    return "python"


def versions(there: LocalDoor, lock: str = "") -> dict[str, str]:
    return dict(Environment("python", lock).inventory(there).versions)


def test_the_interpreter_is_asked_for_its_markers(tmp_path: Path) -> None:
    there = door(tmp_path)
    found = interpreter(PYTHON, there)
    assert dict(found.markers) == dict(default_environment())
    assert Path(found.executable).samefile(PYTHON)
    assert found.full_version.startswith(f"{found.version}.")


def test_a_module_of_the_repository_is_not_taken_for_one_of_python(tmp_path: Path) -> None:
    evil = "raise SystemExit('evil')"
    there = door(tmp_path, {"json.py": evil, "platform.py": evil})
    assert interpreter(PYTHON, there).version


def test_a_marker_is_evaluated_for_the_target() -> None:
    mac = target(sys_platform="darwin")
    assert mac.holds(Marker("sys_platform == 'darwin'"))
    assert not mac.holds(Marker("sys_platform == 'linux'"))
    assert mac.holds(None)


@pytest.mark.parametrize("text", ["'x' in extras", "'x' in dependency_groups"])
def test_a_marker_without_sense_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="marker without sense"):
        target().holds(Marker(text))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("exit 3", "does not answer: nothing, and exit code 3"),
        ("echo Python 2.7", "does not answer as a Python does"),
        ("true", "does not answer as a Python does"),
        ('echo \'{"executable": "/x", "markers": {}}\'', "it does not tell implementation_name"),
        ('echo \'{"executable": 1, "markers": {}}\'', "Expected `str`"),
        ("printf '\\377'", "does not answer as a Python does"),
        ("kill -9 $$", "ended by signal 9"),
    ],
)
def test_what_is_no_python_is_told(tmp_path: Path, body: str, word: str) -> None:
    there = door(tmp_path)
    program(there, "python", body)
    with pytest.raises(SubjectError, match="'python'") as info:
        interpreter("python", there)
    assert word in message(info)
    assert "under 'python'" in info.value.hint


def test_an_interpreter_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="'python9' does not answer: python9 cannot start"):
        Environment("python9").inventory(door(tmp_path))


def test_an_interpreter_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = door(tmp_path)
    program(there, "python", "exec sleep 60")
    monkeypatch.setattr(asked, "_PATIENCE", 0.1)
    with pytest.raises(SubjectError, match="did not end in time"):
        interpreter("python", there)


def test_the_environment_of_the_tests_has_their_tools(tmp_path: Path) -> None:
    subject = Environment(PYTHON)
    found = subject.inventory(door(tmp_path))
    assert {"pytest", "packaging"} <= found.versions.keys()
    assert found.method == "environment"
    assert found.subject == subject.describe() == f"the environment of {PYTHON}"
    assert found.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_names_are_normalised_and_noise_is_passed_over(tmp_path: Path) -> None:
    there = door(tmp_path)
    fake(there, ("Foo.Bar", "1.0.RC1", "/a"), ("a", "2+Local", "/src"), noise="hello\n{}\n")
    assert versions(there) == {"a": "2+local", "foo-bar": "1.0rc1"}


def test_the_first_on_the_path_counts_and_the_hidden_one_is_told(tmp_path: Path) -> None:
    there = door(tmp_path)
    fake(there, ("six", "2", "/venv"), ("six", "1", "/usr"), ("six", "2.0", "/opt"))
    assert versions(there) == {"six": "2"}
    assert there.lines == ["six is 2 in /venv, and 1 in /usr, which is hidden"]


def test_two_versions_in_one_folder_are_an_error(tmp_path: Path) -> None:
    there = door(tmp_path)
    fake(there, ("six", "2", "/venv"), ("Six", "1", "/venv"))
    with pytest.raises(SubjectError, match="six is 2 in /venv, and 1 in /venv") as info:
        versions(there)
    assert message(info)


@pytest.mark.parametrize(("name", "version"), [("", ""), ("six", "unknown"), ("../six", "1")])
def test_a_package_that_cannot_be_told_is_an_error(tmp_path: Path, name: str, version: str) -> None:
    there = door(tmp_path)
    fake(there, ("idna", "3", "/venv"), (name, version, "/venv"))
    with pytest.raises(SubjectError, match=r"^/venv: a package cannot be told: '") as info:
        versions(there)
    assert message(info)


def test_an_empty_environment_is_an_error(tmp_path: Path) -> None:
    there = door(tmp_path)
    fake(there)
    with pytest.raises(SubjectError, match="the environment of python names no package at all"):
        versions(there)


def test_an_environment_that_is_its_lock_is_scanned(tmp_path: Path) -> None:
    there = door(tmp_path, {"lock.txt": "six==1\ntorch==2\nwin==1 ; sys_platform == 'win32'"})
    fake(there, ("six", "1.0", "/v"), ("torch", "2+cpu", "/v"), ("pip", "25", "/v"))
    assert versions(there, "lock.txt") == {"pip": "25", "six": "1.0", "torch": "2+cpu"}
    assert Environment("python", "lock.txt").describe().endswith(", held against lock.txt")


def test_another_environment_than_the_lock_is_not_the_release(tmp_path: Path) -> None:
    there = door(tmp_path, {"lock.txt": "six==1\nidna==3\nlocal==1+a\nsame==1"})
    fake(
        there, ("six", "2", "/v"), ("local", "1+b", "/v"), ("evil", "1", "/v"), ("same", "1", "/v")
    )
    with pytest.raises(SubjectError) as info:
        versions(there, "lock.txt")
    assert message(info) == (
        "the scanned subject is not the release's: the environment of python is not lock.txt: "
        "idna 3 is not installed; local is 1+b, locked 1+a; six is 2, locked 1; evil 1 is not "
        "locked"
    )


def test_the_installers_may_be_there_but_at_the_version_of_the_lock(tmp_path: Path) -> None:
    there = door(tmp_path, {"lock.txt": "six==1\npip==24"})
    fake(there, ("six", "1", "/v"), ("pip", "25", "/v"), ("setuptools", "1", "/v"))
    with pytest.raises(SubjectError, match=r"lock\.txt: pip is 25, locked 24$"):
        versions(there, "lock.txt")


def test_before_an_environment_stands_its_lock(tmp_path: Path) -> None:
    there = door(tmp_path, {"lock.txt": "six==1"})
    commit(there)
    fake(there, ("six", "2", "/v"))
    found = Environment("python", "lock.txt").inventory(there, "HEAD")
    assert (found.method, found.versions) == ("lock", {"six": "1"})
    with pytest.raises(SubjectError, match="is not part of HEAD") as info:
        Environment("python").inventory(there, "HEAD")
    assert message(info)


def test_the_probe_tells_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.markers() == dict(default_environment())
    probe.main("installed")
    told = json.loads(capsys.readouterr().out)
    assert "pytest" in {one["name"] for one in told["installed"]}


def test_the_probe_is_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["probe.py", "markers"])
    runpy.run_path(str(Path(probe.__file__)), run_name="__main__")
    assert json.loads(capsys.readouterr().out)["markers"] == dict(default_environment())


def test_a_package_without_metadata_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    assert probe.installed() == [{"name": "", "version": "", "folder": str(tmp_path)}]


def test_packages_of_the_user_count_outside_a_virtual_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.setattr(site, "getusersitepackages", lambda: "/home/a/packages")
    assert probe.folders()[0] == "/home/a/packages"
    assert probe.folders()[1:] == sys.path


def test_markers_that_a_release_level_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    beta = SimpleNamespace(major=3, minor=15, micro=0, releaselevel="beta", serial=2)
    monkeypatch.setattr(sys.implementation, "version", beta)
    assert probe.markers()["implementation_version"] == "3.15.0b2"
