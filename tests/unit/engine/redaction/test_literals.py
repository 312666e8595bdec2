"""Many literals in one search, and what a stream must hold back for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.redaction.literals import Hit, Literals

SOME = st.lists(st.binary(min_size=4, max_size=9), min_size=1, max_size=5, unique=True)


@given(SOME, st.binary(max_size=30), st.integers(0, 9))
def test_what_is_held_back_is_the_longest_beginning(
    literals: list[bytes], data: bytes, cut: int
) -> None:
    """Held against the plain definition."""
    data += literals[0][:cut]
    beginnings = (one[:n] for one in literals for n in range(1, len(one)))
    expected = max((len(one) for one in beginnings if data.endswith(one)), default=0)
    assert Literals(literals).held_back(data) == expected


@given(SOME, st.lists(st.integers(0, 9), max_size=6))
def test_every_hit_is_found_where_they_overlap(literals: list[bytes], picks: list[int]) -> None:
    data = b"".join(literals[pick % len(literals)] for pick in picks)
    plain = {
        (at, number)
        for number, one in enumerate(literals)
        for at in range(len(data))
        if data.startswith(one, at)
    }
    found = Literals(literals).overlapping(data)
    assert {(hit.start, hit.number) for hit in found} == plain


def test_the_longest_of_those_that_begin_together() -> None:
    literals = Literals([b"abcd", b"abcdef"])
    assert literals.find(b"-abcdef-abcd") == [Hit(1, 7, 1), Hit(8, 12, 0)]
    assert Literals(()).held_back(b"abc") == 0


def test_a_literal_with_a_core_is_found_where_the_core_is() -> None:
    literals = Literals([b"'abcd'", b"wxyz", b'"abcd"'], cores=[b"abcd"])
    assert literals.all == (b"wxyz", b"'abcd'", b'"abcd"')
    assert literals.find(b"wxyz \"abcd\" wxyz 'abcd' abcd") == [
        Hit(0, 4, 0),
        Hit(5, 11, 2),
        Hit(12, 16, 0),
        Hit(17, 23, 1),
    ]
    assert literals.find(b"wxyz") == [Hit(0, 4, 0)]


def test_literals_that_begin_alike_are_found_where_their_beginning_is() -> None:
    literals = Literals([b"secret-1", b"abcdefgh", b"secret-2x", b"secr", b"secret-"], cores=())
    assert literals.all == (b"abcdefgh", b"secr", b"secret-1", b"secret-2x", b"secret-")
    assert any(find(b"- secret-") for find in literals.quick)
    assert literals.find(b"abcdefgh secr") == [Hit(0, 8, 0), Hit(9, 13, 1)]
    assert {Hit(2, 11, 3), Hit(12, 20, 2), Hit(21, 28, 4), Hit(30, 38, 0)} <= {
        *literals.find(b"- secret-2x secret-1 secret-. abcdefgh")
    }


@given(SOME, st.lists(st.integers(0, 9), max_size=6), st.sampled_from([b"", b"begin-"]))
def test_whatever_stands_there_is_covered_by_hits(
    some: list[bytes], picks: list[int], before: bytes
) -> None:
    literals = [before + one for one in some]
    data = b"/".join(literals[pick % len(literals)] for pick in picks)
    covered = {at for hit in Literals(literals, ()).find(data) for at in range(hit.start, hit.stop)}
    plain = {at for hit in Literals(literals).find(data) for at in range(hit.start, hit.stop)}
    assert covered >= plain


def test_more_literals_than_are_searched_for_in_groups() -> None:
    literals = Literals(b"literal %05d" % number for number in range(2000))
    assert literals.find(b"- literal 01999 - literal 00000") == [Hit(2, 15, 1999), Hit(18, 31, 0)]
