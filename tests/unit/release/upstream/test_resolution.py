"""Resolving candidates: which file, what is put into it, and what a resolver's words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support.door import LocalDoor
from unit.advisories.repositories import door, program, target

from runner.model import Pin, Release
from runner.release.upstream.resolution import Resolution, Resolver

RELEASE = Release("demo", "1.0")
IN = Pin("reqs/a.in", "requirement", "demo", locks=("reqs/a.txt",))
LOCK = Pin("reqs/a.txt", "requirement", "demo")
FILES = {
    "reqs/a.in": "demo==1.0  # ours\n-c limits.txt\n",
    "reqs/limits.txt": "other<2\n",
    "reqs/a.txt": "demo==1.0 \\\n    --hash=sha256:00\n",
}
SHOW = 'for last; do :; done; cat "$last" >&2; ls -R "$(dirname "$last")" >&2'
"""The body of a resolver that says no, with what it was given."""

NO = "error: No solution found when resolving dependencies"


def resolver(
    tmp_path: Path, *pins: Pin, files: Mapping[str, str] = FILES, **more: object
) -> tuple[Resolver, LocalDoor]:
    lent = door(tmp_path, files)
    python = replace(target(), executable=str(tmp_path / "bin" / "python3.11"))
    return Resolver(lent, RELEASE, pins, python, **more), lent  # type: ignore[arg-type]


def test_the_candidate_is_resolved_with_the_rest_of_its_file(tmp_path: Path) -> None:
    one, lent = resolver(tmp_path, LOCK, IN)
    program(lent, "uv", f"{SHOW}; echo 'error: No solution found' >&2; exit 1")
    told = one.resolve("1.2")
    assert told.answer == "no"
    assert told.detail.startswith("demo==1.2  # ours -c limits.txt reqs: a.in")
    assert "limits.txt" in told.detail.split("a.in")[1]
    assert one.describe() == "reqs/a.in, by uv for Python 3.11.7"
    argv = lent.ran[-1]
    assert argv[1:3] == ("pip", "compile")
    assert argv[-3:-1] == ("--only-binary", ":all:")
    assert (lent.repository / "reqs/a.in").read_text(encoding="utf-8") == FILES["reqs/a.in"]
    assert not list(lent.scratch.iterdir())


def test_a_resolution_that_works_is_a_yes(tmp_path: Path) -> None:
    one, lent = resolver(tmp_path, IN)
    program(lent, "uv", "exit 0")
    assert one.resolve("1.2") == Resolution("yes")


@pytest.mark.parametrize(
    ("body", "answer", "detail"),
    [
        (
            f"echo '{NO}' >&2; echo '  cause: Because demo needs b' >&2; exit 1",
            "no",
            "Because demo needs b",
        ),
        ("echo 'error: Failed to fetch' >&2; exit 2", "unknown", "Failed to fetch"),
        ("echo 'No solution found' >&2; exit 2", "unknown", "No solution found"),
        ("exit 1", "unknown", "the resolver gives no reason"),
        ("kill -9 $$", "unknown", "was ended by signal 9"),
        ("printf 'x%.0s' $(seq 2000) >&2; exit 1", "unknown", "x" * 600 + "…"),
    ],
)
def test_only_a_resolvers_own_no_is_a_no(
    tmp_path: Path, body: str, answer: str, detail: str
) -> None:
    one, lent = resolver(tmp_path, IN)
    program(lent, "uv", body)
    told = one.resolve("1.2")
    assert told.answer == answer
    assert told.detail.endswith(detail)


def test_uv_asks_the_index_of_pip_and_its_credentials_are_not_told(tmp_path: Path) -> None:
    url = "https://corp:hunter22@index.example/tok3n/simple"
    one, lent = resolver(tmp_path, IN, variables={"UV_DEFAULT_INDEX": url})
    words = "cannot fetch $UV_DEFAULT_INDEX/demo and https://corp:hunter22@cdn.example/x"
    program(lent, "uv", f'echo "{words} $UV_PYTHON_DOWNLOADS" >&2; exit 2')
    told = one.resolve("1.2")
    assert told.detail == "cannot fetch the index/demo and https://cdn.example/x never"
    assert "hunter22" not in repr(one)


def test_without_uv_pip_is_asked(tmp_path: Path) -> None:
    one, lent = resolver(tmp_path, IN)
    program(
        lent, "python3.11", 'echo "$@" >&2; echo ERROR: No matching distribution found >&2; exit 1'
    )
    told = one.resolve("1.2")
    assert told.answer == "no"
    assert "--dry-run --ignore-installed --only-binary :all:" in told.detail
    assert one.describe() == "reqs/a.in, by pip for Python 3.11.7"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("ERROR: ResolutionImpossible: for help", "no"),
        ("ERROR: no demo==1.2 (from versions: 1.0, 1.1); No matching distribution found", "no"),
        ("ERROR: no demo==1.2 (from versions: none); No matching distribution found", "unknown"),
    ],
)
def test_pip_that_saw_no_version_at_all_was_blind(tmp_path: Path, words: str, answer: str) -> None:
    one, lent = resolver(tmp_path, IN)
    program(lent, "python3.11", f"echo 'WARNING: x' >&2; echo '{words}' >&2; exit 1")
    told = one.resolve("1.2")
    assert told.answer == answer
    assert "WARNING" not in told.detail
    assert "(from versions" not in told.detail


def test_without_a_file_of_requirements_the_package_is_resolved_by_itself(tmp_path: Path) -> None:
    row = Pin("SECURITY.md", "table_row", "demo", {"Version": "{version}"})
    one, lent = resolver(tmp_path, LOCK, row)
    program(lent, "uv", f"{SHOW}; exit 1")
    assert one.resolve("1.2").detail.startswith("demo==1.2 ")
    assert one.describe().startswith("demo by itself, by uv")


def test_a_source_without_locks_counts_where_no_other_does(tmp_path: Path) -> None:
    plain = Pin("reqs/limits.txt", "requirement", "other")
    missing = Pin("gone.txt", "requirement", "demo")
    one, _ = resolver(tmp_path, LOCK, plain, missing)
    assert one.source == plain
    assert Resolver(one.door, RELEASE, (missing,), one.target).source == missing


def test_pyproject_is_resolved_by_uv_alone(tmp_path: Path) -> None:
    pin = Pin("pyproject.toml", "pyproject", "demo")
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = ["demo==1.0"]\n'
    one, lent = resolver(tmp_path, pin, files={"pyproject.toml": text})
    assert one.resolve("1.2") == Resolution(
        "unknown", "pyproject.toml is resolved by uv alone, which is not on the PATH"
    )
    program(lent, "uv", f"{SHOW}; exit 1")
    assert 'dependencies = ["demo==1.2"]' in one.resolve("1.2").detail


def test_a_file_that_cannot_be_used_leaves_it_unknown(tmp_path: Path) -> None:
    one, lent = resolver(tmp_path, Pin("reqs/a.in", "requirement", "absent"))
    program(lent, "uv", "exit 0")
    told = one.resolve("1.2")
    assert told.answer == "unknown"
    assert "reqs/a.in" in told.detail
    (lent.repository / "reqs/a.in").write_bytes(b"demo==1.0 \xff\n")
    other = Resolver(lent, RELEASE, (IN,), one.target).resolve("1.2")
    assert other.answer == "unknown"
    assert "not text" in other.detail


def test_a_scratch_that_is_full_leaves_it_unknown(tmp_path: Path) -> None:
    one, lent = resolver(tmp_path, IN)
    (lent.repository / "reqs/a.in").write_text("demo==1.0\n-r long.txt\n", encoding="utf-8")
    (lent.repository / "reqs/long.txt").mkdir()
    assert one.resolve("1.2").answer == "unknown"
