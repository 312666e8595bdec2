"""Checksums that need no order, and differences that are told."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from runner.kinds.database.contents import Checksum, Contents, Table, differences

RUNS = Table("runs", 2, "a" * 64, "d" * 64)
TAGS = Table("tags", 1, "b" * 64, "e" * 64)
WHOLE = Contents("abc", (RUNS, TAGS), {"runs_id_seq": "2"})


def checksum(*rows: bytes) -> tuple[int, str]:
    made = Checksum()
    for row in rows[:1], rows[1:]:
        made.add(row)
    return made.rows, made.value()


def test_the_order_of_rows_does_not_count() -> None:
    assert len({checksum(*rows) for rows in permutations([b"1", b"2", b"3"])}) == 1


def test_rows_and_how_often_they_stand_there_count() -> None:
    found = [checksum(), checksum(b"1"), checksum(b"1", b"1"), checksum(b"2"), checksum(b"1", b"2")]
    assert len({value for _, value in found}) == len(found)
    assert [rows for rows, _ in found] == [0, 1, 2, 1, 2]
    assert all(len(value) == 64 for _, value in found)


def test_what_is_equal_has_no_differences() -> None:
    more = replace(WHOLE, sequences={**WHOLE.sequences, "other": "1"})
    assert differences(WHOLE, WHOLE) == ()
    assert differences(WHOLE, more) == ()  # a sequence that moved while its source was dumped
    assert WHOLE.describe() == "revision abc, 2 tables, 3 rows"
    assert replace(WHOLE, revision="").describe().startswith("revision none")


def test_every_difference_is_told() -> None:
    def of(**changes: object) -> tuple[str, ...]:
        return differences(WHOLE, replace(WHOLE, **changes))  # type: ignore[arg-type]

    assert of(revision="") == ("schema revision none, expected abc",)
    assert of(tables=(RUNS,)) == ("table tags: is missing",)
    more = Table("new", 0, "0" * 64, "0" * 64)
    assert of(tables=(RUNS, TAGS, more)) == ("table new: is there, expected none",)
    fewer = replace(RUNS, rows=1)
    assert of(tables=(fewer, TAGS)) == ("table runs: 1 rows, expected 2",)
    other = replace(RUNS, sha256="c" * 64)
    assert of(tables=(other, TAGS)) == ("table runs: the content of its 2 rows differs",)
    defined = replace(RUNS, definition="f" * 64)
    assert of(tables=(defined, TAGS)) == ("table runs: its definition differs",)
    assert of(sequences={"runs_id_seq": "1"}) == ("sequence runs_id_seq: 1, expected 2",)
    assert of(sequences={}) == ("sequence runs_id_seq: is missing, expected 2",)
