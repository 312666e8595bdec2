"""The lists of packages in the dossier, what changed, and what is outdated."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from support.door import LocalDoor
from unit.advisories.repositories import door, message, program, target

from runner.advisories.inventory import Component, Inventory, Method
from runner.advisories.locks import outdated as outdated_module
from runner.advisories.locks.diff import Change, LockDiff, diff, encode, schema
from runner.advisories.locks.outdated import Late, Outdated, outdated
from runner.advisories.locks.outdated import schema as outdated_schema
from runner.advisories.locks.steps import step
from runner.advisories.locks.text import parse, render
from runner.advisories.subjects.base import SubjectError


def listed(method: Method = "lock", origin: str = "", **versions: str) -> Inventory:
    components = tuple(Component(name, version) for name, version in sorted(versions.items()))
    return Inventory("deploy/lock.txt", method, components, "3.11", origin)


def test_a_list_is_a_requirement_file_with_a_head() -> None:
    assert render(listed(six="1.0", idna="3+a", origin="main (ab)")).decode() == (
        "# subject: deploy/lock.txt\n# method: lock\n# python: 3.11\n# origin: main (ab)\n"
        "idna==3+a\nsix==1.0\n"
    )


NAMES = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True)
VERSIONS = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda one: f"{one[0]}.{one[1]}")


@given(st.dictionaries(NAMES, VERSIONS, min_size=1), st.sampled_from(["", "3.11"]))
def test_a_list_is_read_back(versions: dict[str, str], python: str) -> None:
    components = tuple(Component(name, version) for name, version in sorted(versions.items()))
    whole = Inventory("the environment of python", "environment", components, python)
    assert parse(render(whole)) == whole


def test_a_subject_stays_on_its_line() -> None:
    found = parse(render(Inventory("a\nevil==1", "lock", (Component("six", "1"),))))
    assert found.versions == {"six": "1"}
    assert found.subject == "a?evil==1"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "does not say its method"),
        (b"six==1\n", "does not say its method"),
        (b"# method: guess\nsix==1\n", "does not say its method"),
        (b"# method: lock\n# subject: a\n", "a names no package at all"),
        (b"# method: lock\nsix\n", "'six' is no package at a version"),
        (b"# method: lock\nsix==x\n", "'x' is not a version"),
        (b"# method: lock\n../six==1\n", "is not the name of a package"),
        (b"# method: lock\n# \xff: a\n", "cannot be read"),
    ],
)
def test_a_list_that_was_changed_is_told(data: bytes, word: str) -> None:
    with pytest.raises(SubjectError) as info:
        parse(data)
    assert word in message(info)


@pytest.mark.parametrize(
    ("before", "after", "by"),
    [
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "1.10.0", "minor"),
        ("1.2", "1.2.1", "patch"),
        ("1", "1.0.0.1", "other"),
        ("1.0rc1", "1.0", "other"),
        ("1.0", "1.0.post1", "other"),
        ("1.0", "1.0+a", "other"),
        ("1.0", "1!2.0", "other"),
        ("2024.1", "2025.1", "major"),
    ],
)
def test_how_far_it_is_from_one_version_to_another(before: str, after: str, by: str) -> None:
    assert step(Version(before), Version(after)) == by
    assert step(Version(after), Version(before)) == by


def test_a_difference_names_each_package_once() -> None:
    found = diff(
        listed(origin="main (ab)", gone="1", up="1.0", down="2.1", same="1.0", equal="1.0"),
        listed("environment", new="3", up="2.0", down="2.0", same="1.0", equal="1.0.0"),
    )
    assert found.added == (Component("new", "3"),)
    assert found.removed == (Component("gone", "1"),)
    assert found.changed == (
        Change("down", "2.1", "2.0", "minor", "down"),
        Change("up", "1.0", "2.0", "major", "up"),
    )
    assert found.unchanged == 2
    assert (found.before.origin, found.before.packages) == ("main (ab)", 5)
    assert (found.after.method, found.after.packages) == ("environment", 5)


def test_equal_lists_have_no_difference() -> None:
    found = diff(listed(six="1"), listed(six="1"))
    assert (found.added, found.removed, found.changed, found.unchanged) == ((), (), (), 1)


def test_a_difference_is_json_by_its_schema() -> None:
    found = diff(listed(six="1", gone="1"), listed(six="2", new="1"))
    data = encode(found)
    assert json.loads(data)["format"] == "upgrade-runner/lock-diff/1"
    jsonschema.Draft202012Validator(schema()).validate(json.loads(data))
    assert msgspec.json.decode(data, type=LockDiff) == found
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"format": "upgrade-runner/lock-diff/1"}, schema())


def asked(there: LocalDoor, inventory: Inventory) -> Outdated:
    data = outdated(inventory, there, "python")
    jsonschema.Draft202012Validator(outdated_schema()).validate(json.loads(data))
    return msgspec.json.decode(data, type=Outdated)


def python(there: LocalDoor, *, late: str = "[]", current: str = "[]", pip: str = "") -> None:
    """Put an interpreter on the PATH whose pip lists what is outdated and what is not."""
    markers = {"executable": "", "markers": dict(target().markers)}
    markers["executable"] = program(there, "python", "true")
    told = f"echo '{late}'"
    body = (
        'for last; do :; done\ncase "$last" in\n'
        f"markers) echo '{json.dumps(markers)}' ;;\n"
        f"--outdated) {pip or told} ;;\n"
        f"--uptodate) echo '{current}' ;;\n"
        "*) echo 'ERROR: no network' >&2; exit 1 ;;\nesac"
    )
    program(there, "python", body)


def test_an_environment_is_asked_by_its_pip(tmp_path: Path) -> None:
    there = door(tmp_path)
    late = [
        {"name": "Six", "version": "1.0", "latest_version": "1.2.0", "latest_filetype": "wheel"}
    ]
    current = [{"name": "idna", "version": "3"}, {"name": "pip", "version": "25"}]
    python(there, late=json.dumps(late), current=json.dumps(current))
    found = asked(there, listed("environment", six="1.0", idna="3", own="1"))
    assert found.outdated == (Late("six", "1.0", "1.2.0", "minor"),)
    assert (found.current, found.unknown, found.reason) == (1, ("own",), "")
    assert found.method == "pip list --outdated, --uptodate"
    assert found.python == "3.11"


def test_an_empty_answer_of_pip_does_not_mean_that_all_is_current(tmp_path: Path) -> None:
    there = door(tmp_path)
    python(there)
    found = asked(there, listed("environment", six="1.0"))
    assert found.outdated is None
    assert found.current is None
    assert found.method == "none"
    assert found.reason == (
        "pip finds none of the packages in an index; "
        "pip cannot resolve packages.txt: ERROR: no network"
    )


@pytest.mark.parametrize(
    ("pip", "word"),
    [
        ("echo 'No module named pip' >&2; exit 1", "No module named pip"),
        ("echo banner", "cannot be read"),
        ("echo '[{}]'", "cannot be read"),
        ('printf \'[{"name": "six", "version": "\\377"}]\'', "cannot be read"),
        ('echo \'[{"name": "six", "version": "x"}]\'', "'x' is not a version"),
        ("exec sleep 60", "did not end in time"),
    ],
)
def test_a_pip_without_answer_is_a_document_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: str, word: str
) -> None:
    monkeypatch.setattr(outdated_module, "_PATIENCE", 2.0)
    there = door(tmp_path)
    python(there, pip=pip)
    found = asked(there, listed("environment", six="1.0"))
    assert found.outdated is None
    assert word in found.reason


def test_where_pip_has_no_answer_the_packages_are_resolved(tmp_path: Path) -> None:
    there = door(tmp_path)
    python(there, pip="exit 1")
    program(there, "uv", "echo six==2.0")
    found = asked(there, listed("environment", six="1.0"))
    assert found.outdated == (Late("six", "1.0", "2.0", "major"),)


def test_each_package_of_a_file_is_resolved_by_itself(tmp_path: Path) -> None:
    there = door(tmp_path)
    python(there)
    body = 'for last; do :; done; case "$*" in *--no-deps*) sed s/$/==2/ "$last" ;; esac'
    program(there, "uv", body)
    found = asked(there, listed(six="1.5", idna="2.0", ahead="3"))
    assert found.outdated == (Late("six", "1.5", "2", "major"),)
    assert (found.current, found.unknown) == (2, ())
    assert found.method == "newest wheel of each package by itself, by uv"
    assert not any("list" in argv for argv in there.ran)


def test_an_interpreter_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    found = asked(door(tmp_path), listed(six="1.5"))
    assert found.outdated is None
    assert "'python' does not answer" in found.reason
