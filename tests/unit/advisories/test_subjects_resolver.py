"""Resolving: what is asked of uv and pip, and what is made of their answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.door import LocalDoor
from unit.advisories.repositories import PYTHON, commit, door, message, program, target, write

from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.interpreter import Interpreter
from runner.advisories.subjects.requirements import Requirements
from runner.advisories.subjects.resolver import resolve


def by_uv(tmp_path: Path, body: str) -> tuple[LocalDoor, dict[str, str]]:
    there = door(tmp_path, {"a.txt": "six"})
    program(there, "uv", body)
    found = resolve(there.repository / "a.txt", target(), there)
    return there, {one.name: one.version for one in found}


def by_pip(tmp_path: Path, report: str, code: int = 0) -> tuple[LocalDoor, dict[str, str]]:
    there = door(tmp_path, {"a.txt": "six", "report.json": report})
    python = program(
        there,
        "python",
        'while [ "$1" != --report ]; do shift; done; echo ERROR: no wheel >&2\n'
        f'cp report.json "$2"; exit {code}',
    )
    found = resolve(there.repository / "a.txt", Interpreter(python, target().markers), there)
    return there, {one.name: one.version for one in found}


def report(*rows: tuple[str, str], **more: object) -> str:
    install = [
        {"metadata": {"name": name, "version": version}, "is_direct": False, "requested": True}
        for name, version in rows
    ]
    return json.dumps({"version": "1", "pip_version": "25", "install": install, **more})


def test_uv_is_asked_for_wheels_and_for_the_target(tmp_path: Path) -> None:
    there, found = by_uv(tmp_path, 'test "$UV_PYTHON_DOWNLOADS" = never && echo Six==1.0')
    assert found == {"six": "1.0"}
    (argv,) = there.ran
    text = " ".join(argv)
    assert argv[1:3] == ("pip", "compile")
    assert "--no-config --python /opt/python " in text
    assert "--only-binary :all:" in text
    assert "--no-deps" not in text


def test_an_answer_of_uv_for_all_systems_is_read_for_the_target(tmp_path: Path) -> None:
    _, found = by_uv(
        tmp_path,
        "echo \"numpy==1 ; python_full_version < '3.12'\"\n"
        "echo \"numpy==2 ; python_full_version >= '3.12' \\\\\"\necho '    --hash=sha256:ab'",
    )
    assert found == {"numpy": "1"}


@pytest.mark.parametrize("line", ["-e file:///x", "./x", "six @ file:///x", "\033[1msix==1"])
def test_an_answer_of_uv_without_version_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt as resolved by uv:1: ") as info:
        by_uv(tmp_path, f"printf '%b\\n' '{line}'")
    assert "does not say which version" in info.value.hint
    assert message(info)


def test_the_last_words_of_uv_are_told(tmp_path: Path) -> None:
    body = "echo 'error: No solution found' >&2; echo 'cause: no wheels' >&2; exit 1"
    with pytest.raises(SubjectError) as info:
        by_uv(tmp_path, body)
    assert message(info) == "uv cannot resolve a.txt: error: No solution found / cause: no wheels"
    assert "scan a lock" in info.value.hint


def test_pip_is_asked_where_there_is_no_uv(tmp_path: Path) -> None:
    there, found = by_pip(tmp_path, report(("Six", "1.0"), ("a.b", "2.0.RC1")))
    assert found == {"a-b": "2.0rc1", "six": "1.0"}
    text = " ".join(there.ran[0])
    assert "-I -m pip install" in text
    assert "--dry-run --ignore-installed" in text
    assert "--only-binary :all: --requirement" in text


def test_the_last_words_of_pip_are_told(tmp_path: Path) -> None:
    with pytest.raises(SubjectError) as info:
        by_pip(tmp_path, report(("six", "1")), code=1)
    assert message(info) == "pip cannot resolve a.txt: ERROR: no wheel"
    assert "22.2" in info.value.hint


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("", "its report cannot be read: Input data was truncated"),
        ("[]", "its report cannot be read"),
        (report(version="2"), "its report cannot be read: Invalid enum value '2'"),
        (report(("six", "x")), "a.txt as resolved by pip: 'six': 'x' is not a version"),
        (report(("six", "1"), ("six", "2")), "six is 2 here and 1 at a.txt as resolved by pip"),
        (
            report(install=[{"metadata": {"name": "x", "version": "1"}, "is_direct": True}]),
            "a.txt as resolved by pip: 'x' is no published package",
        ),
    ],
)
def test_a_report_of_pip_that_says_no_version_is_an_error(
    tmp_path: Path, told: str, word: str
) -> None:
    with pytest.raises(SubjectError) as info:
        by_pip(tmp_path, told)
    assert word in message(info)


def test_a_pip_without_report_is_told(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.txt": "six"})
    python = program(there, "python", "true")
    with pytest.raises(SubjectError, match=r"its report cannot be read: .*No such file"):
        resolve(there.repository / "a.txt", Interpreter(python, target().markers), there)


def test_requirements_are_resolved_where_they_lie(tmp_path: Path) -> None:
    there = door(tmp_path, {"deploy/a.in": "-r b.in", "deploy/b.in": "six"})
    program(there, "uv", 'for last; do :; done; test "$last" = "$PWD/deploy/a.in" && echo six==1')
    subject = Requirements("deploy/a.in", PYTHON)
    found = subject.inventory(there)
    assert (found.subject, found.method, found.origin) == ("deploy/a.in", "resolved", "")
    assert found.versions == {"six": "1"}
    assert found.python.startswith("3.")
    assert subject.describe() == f"the requirements deploy/a.in, resolved for {PYTHON}"
    assert "resolved by uv" in there.lines[0]


def test_requirements_of_a_base_come_with_their_includes(tmp_path: Path) -> None:
    there = door(tmp_path, {"deploy/a.in": "-r ../b.in\nidna==2", "b.in": "six==1"})
    before = commit(there)
    write(there.repository, {"deploy/a.in": "idna==3", "b.in": "six==2"})
    program(there, "uv", 'for last; do :; done; cd "${last%/*}"; cat ../b.in; echo; tail -1 a.in')
    found = Requirements("deploy/a.in", PYTHON).inventory(there, "main")
    assert found.versions == {"idna": "2", "six": "1"}
    assert found.origin == f"main ({before})"


def test_an_include_that_leads_away_is_refused_before_anything_runs(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.in": "-c ../../etc/passwd"})
    with pytest.raises(SubjectError, match="no path inside the repository"):
        Requirements("a.in", PYTHON).inventory(there)
    assert there.ran == []


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ("-e .", "is editable"),
        ("./six", "is no requirement"),
        ("six @ git+https://example.org/six", "is an address"),
        ("--no-binary :all:", "--no-binary asks for a build"),
    ],
)
def test_what_would_be_built_is_refused_before_anything_runs(
    tmp_path: Path, wish: str, word: str
) -> None:
    there = door(tmp_path, {"a.in": f"six\n{wish}"})
    with pytest.raises(SubjectError, match=r"^a\.in:2: ") as info:
        Requirements("a.in", PYTHON).inventory(there)
    assert word in message(info)
    assert there.ran == []


def test_requirements_of_nothing_are_an_error(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.in": "# nothing"})
    program(there, "uv", "true")
    with pytest.raises(SubjectError, match=r"^a\.in names no package at all"):
        Requirements("a.in", PYTHON).inventory(there)
