"""Two snapshots compared: what is lost or changed is named, and damage is never equality."""

from __future__ import annotations

import gzip
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support.memory import peak
from support.snapshots import PROGRAMS, SCHEMA, Lines, compare, write

RUN = {"info": {"run_id": "r1", "status": "FINISHED"}, "data": {"params": {"rate": {"value": "1"}}}}
LINES: Lines = [
    {"kind": "run", "id": "r1", "content": RUN},
    {"kind": "metric", "id": "run r1: loss, step 0 at 7: 0.5", "content": {"value": 0.5}},
    {"kind": "metric", "id": "run r1: loss, step 1 at 8: 0.25", "content": {"value": 0.25}},
    {"kind": "artifact", "id": "run r1: a.txt", "content": {"sha256": "aa", "size": 1}},
    {"kind": "trace", "id": "t1", "content": {"spans": [{"name": "ü"}, {"name": "b"}]}},
]


def changed(number: int, **fields: object) -> Lines:
    """Give the lines with other fields in one of them."""
    lines = deepcopy(LINES)
    lines[number]["content"] |= fields
    return lines


def test_the_same_in_another_order_is_kept(tmp_path: Path) -> None:
    before = write(tmp_path / "before.gz", LINES)
    after = write(tmp_path / "after.gz", reversed(LINES))
    found = compare(before, after, "--exact")
    assert (found.code, found.errors) == (0, [])
    assert found.told["kept"] is True
    assert found.told["before"] == found.told["after"]
    assert found.told["before"]["metric"]["count"] == 2
    assert found.told["after_as_before"] == found.told["before"]
    assert found.told["lost"] == found.told["changed"] == found.told["added"] == {}


@pytest.mark.parametrize("number", range(len(LINES)))
def test_whatever_is_lost_is_named(tmp_path: Path, number: int) -> None:
    before = write(tmp_path / "before.gz", LINES)
    after = write(tmp_path / "after.gz", LINES[:number] + LINES[number + 1 :])
    found = compare(before, after)
    gone = LINES[number]
    assert found.code == 1
    assert found.told["kept"] is False
    assert found.told["lost"] == {gone["kind"]: 1}
    assert found.told["changed"] == found.told["added"] == {}
    assert found.errors == [f"lost {gone['kind']}: {gone['id']}"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (changed(3, sha256="ab"), 'artifact: run r1: a.txt: sha256: "aa" -> "ab"'),
        (
            changed(0, info={"run_id": "r1", "status": "FAILED"}),
            'run: r1: info.status: "FINISHED" -> "FAILED"',
        ),
        (changed(0, data={"params": {}}), 'run: r1: data.params.rate: {"value": "1"} -> gone'),
        (
            changed(4, spans=[{"name": "ü"}, {"name": "c"}]),
            'trace: t1: spans[1].name: "b" -> "c"',
        ),
        (
            changed(4, spans=[{"name": "ü"}]),
            'trace: t1: spans: [{"name": "ü"}, {"name": "b"}] -> [{"name": "ü"}]',
        ),
        (changed(3, size=True), "artifact: run r1: a.txt: size: 1 -> true"),
        (changed(3, size=1.0), "artifact: run r1: a.txt: size: 1 -> 1.0"),
        (
            changed(3, sha256="b" * 999),
            f'artifact: run r1: a.txt: sha256: "aa" -> "{"b" * 199}…',
        ),
    ],
)
def test_whatever_is_changed_is_named(tmp_path: Path, lines: Lines, said: str) -> None:
    found = compare(write(tmp_path / "a.gz", LINES), write(tmp_path / "b.gz", lines))
    assert (found.code, found.errors) == (1, [f"changed {said}"])
    (one,) = found.told["differences"]
    assert one["what"] == "changed"
    assert found.told["changed"] == {one["kind"]: 1}
    assert found.told["lost"] == {}
    before, again = found.told["before"], found.told["after_as_before"]
    assert [kind for kind in before if before[kind] != again[kind]] == [one["kind"]]
    assert all(before[kind]["count"] == again[kind]["count"] for kind in before)


def test_a_changed_point_is_lost_and_another_has_come(tmp_path: Path) -> None:
    after = deepcopy(LINES)
    after[1] |= {"id": "run r1: loss, step 0 at 7: 0.6", "content": {"value": 0.6}}
    found = compare(write(tmp_path / "a.gz", LINES), write(tmp_path / "b.gz", after))
    assert (found.code, found.errors) == (1, ["lost metric: run r1: loss, step 0 at 7: 0.5"])
    assert found.told["added"] == {"metric": 1}


def test_what_came_is_counted_and_differs_where_all_must_be_the_same(tmp_path: Path) -> None:
    new: dict[str, Any] = {"kind": "run", "id": "r2", "content": {}}
    before, after = tmp_path / "a.gz", tmp_path / "b.gz"
    write(before, LINES)
    write(after, [*changed(4, spans=[{"name": "ü", "links": []}, {"name": "b", "links": []}]), new])
    found = compare(before, after)
    assert (found.code, found.errors) == (0, [])
    assert found.told["added"] == {"run": 1}
    assert found.told["gained"] == {"trace": {"spans[].links": 2}}
    # Other bytes, and the same counts and checksums in the fields of the first.
    assert found.told["after"]["trace"] != found.told["before"]["trace"]
    assert found.told["after_as_before"] == found.told["before"]
    found = compare(before, after, "--exact")
    assert found.code == 1
    assert found.errors == [
        "changed trace: t1: spans[0].links: none -> []",
        "changed trace: t1: spans[1].links: none -> []",
        "added run: r2",
    ]


def test_all_are_counted_where_not_all_are_named(tmp_path: Path) -> None:
    many: Lines = [{"kind": "metric", "id": f"{n:03}", "content": n} for n in range(100)]
    found = compare(write(tmp_path / "a.gz", many), write(tmp_path / "b.gz", many[:1]))
    assert found.told["lost"] == {"metric": 99}
    assert len(found.told["differences"]) == len(found.errors) == 20


def test_a_file_that_is_not_whole_is_undecided(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.gz", LINES)
    data = whole.read_bytes()
    other = tmp_path / "other.gz"
    for cut in range(0, len(data), 40):
        other.write_bytes(data[:cut])
        found = compare(whole, other)
        assert (found.code, found.told) == (2, {}), cut
        assert str(other) in found.errors[0]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_changed_byte_of_a_line_is_undecided(tmp_path: Path, side: str) -> None:
    whole = write(tmp_path / "whole.gz", LINES)
    text = gzip.decompress(whole.read_bytes())
    other = tmp_path / "other.gz"
    other.write_bytes(gzip.compress(text.replace(b"0.25}", b"0.26}")))
    found = compare(other, whole) if side == "before" else compare(whole, other)
    assert (found.code, found.told) == (2, {})
    assert f"{other} is not whole" in found.errors[0]


@pytest.mark.parametrize(
    ("lines", "schema", "reason"),
    [
        ([], SCHEMA, "holds nothing"),
        (LINES, "upgrade-runner/mlflow-snapshot/1", "is no snapshot of the schema"),
        ([*LINES, LINES[0]], SCHEMA, "names one thing twice"),
        ([*LINES, {"kind": "run", "id": "r3"}], SCHEMA, "is no snapshot"),
    ],
)
def test_what_is_no_snapshot_is_undecided(
    tmp_path: Path, lines: Lines, schema: str, reason: str
) -> None:
    whole = write(tmp_path / "whole.gz", LINES)
    other = write(tmp_path / "other.gz", lines, schema)
    found = compare(other, whole)
    assert (found.code, found.told) == (2, {})
    assert reason in found.errors[0]
    assert not found.errors[1:]


def test_twice_in_the_second_file_is_undecided_too(tmp_path: Path) -> None:
    found = compare(write(tmp_path / "a.gz", LINES), write(tmp_path / "b.gz", [*LINES, LINES[0]]))
    assert (found.code, found.told) == (2, {})
    assert found.errors == ["error: a snapshot names one thing twice: run r1"]


def test_a_file_that_is_not_there_is_undecided(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.gz", LINES)
    found = compare(whole, tmp_path / "none.gz")
    assert (found.code, found.told) == (2, {})
    assert "none.gz cannot be read" in found.errors[0]


def test_memory_does_not_grow_with_the_snapshots(tmp_path: Path) -> None:
    def most(count: int) -> int:
        """Give the most memory, in KiB, that comparing so many points took."""
        path = write(
            tmp_path / f"{count}.gz",
            ({"kind": "metric", "id": str(n), "content": {"value": n}} for n in range(count)),
        )
        return peak(sys.executable, PROGRAMS / "compare_snapshots.py", path, path)

    assert most(40_000) - most(1_000) < 4_096
