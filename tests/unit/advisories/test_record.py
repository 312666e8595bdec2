"""One record: what is read of it, and what is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.advisories.records import SNAPSHOT, advisory, affected, record, v

from runner.advisories.findings import Standing
from runner.advisories.record import _is_plain, _no_doubles, read_record

HIGH = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}
LOW = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}


def test_everything_is_read() -> None:
    found = advisory(
        record(
            aliases=["CVE-2026-1", "PYSEC-1"],
            published="2025-12-31T23:00:00.5Z",
            severity=[LOW, HIGH],
            references=[{"type": "WEB", "url": "https://example.org/1"}],
            database_specific={"cwe_ids": ["CWE-79", 3, "\x1b[2J"], "more": 1},
            unknown={"key": 1},
        )
    )
    assert (found.id, found.aliases, found.package) == ("PYSEC-1", ("CVE-2026-1",), "mlflow")
    assert (found.severity.score, found.cwe) == (8.8, ("CWE-79",))
    assert found.published == "2025-12-31T23:00:00.500000Z"
    assert found.modified == "2026-01-01T00:00:00Z"
    assert found.references == ("https://example.org/1",)
    assert found.source == "file.json"


def test_severity_of_the_package_comes_before_that_of_the_record() -> None:
    mine = affected(ranges=[], versions=["1.0"], severity=[LOW])
    assert advisory(record(affected=[mine], severity=[HIGH])).severity.word == "low"


def test_several_entries_and_ranges_count_together() -> None:
    entries = [
        affected("other", versions=["9"]),
        affected("ML_Flow".replace("_", ""), versions=["1.0"]),
        affected(
            ranges=[
                {"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "3"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "5"}, {"fixed": "6"}]},
                {"type": "GIT", "events": [{"introduced": "abcdef"}]},
            ]
        ),
        {"package": {"ecosystem": "npm", "name": "mlflow"}, "versions": ["7"]},
        {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
    ]
    data = record(affected=entries)
    found = advisory(data)
    hit = [n for n in range(10) if found.standing(v(str(n))) is Standing.AFFECTED]
    assert hit == [1, 2, 5]
    assert read_record(json.dumps(data).encode()).packages() == {"other", "mlflow"}


def test_a_listed_version_covers_its_local_builds() -> None:
    found = advisory(record(affected=[affected(versions=["1.0", "2.0+cu1"])]))
    affecting = {
        t
        for t in ("1.0+x", "2.0+cu1", "2.0+cu2", "2.0")
        if found.standing(v(t)) is Standing.AFFECTED
    }
    assert affecting == {"1.0+x", "2.0+cu1"}


@pytest.mark.parametrize("ecosystem", ["PyPI", "pypi", "PyPI:legacy"])
def test_the_ecosystem_may_be_spelled_otherwise(ecosystem: str) -> None:
    data = record(affected=[{"package": {"ecosystem": ecosystem, "name": "X"}, "versions": ["1"]}])
    assert read_record(json.dumps(data).encode()).packages() == {"x"}


UNDECIDABLE: list[tuple[list[dict[str, Any]], str]] = [
    ([affected()], "neither an ECOSYSTEM range nor"),
    ([affected(ranges=[{"type": "GIT", "events": [{"introduced": "0"}]}])], "neither"),
    ([affected(ranges=[{"type": "SEMVER", "events": [{"introduced": "0"}]}])], "neither"),
    ([affected(ranges=[{"type": "ECOSYSTEM", "events": []}])], "what is introduced"),
    ([affected(ranges=[{"type": "ECOSYSTEM", "events": [{}]}])], "an event says 0 of"),
    (
        [affected(ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0", "fixed": "1"}]}])],
        "an event says 2 of fixed, introduced, last_affected, limit",
    ),
    (
        [affected(ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "first"}]}])],
        "'first' is not a version",
    ),
    ([affected(versions=["1.0", "1.0-final-2"])], "'1.0-final-2' is not a version"),
]


@pytest.mark.parametrize(("entries", "reason"), UNDECIDABLE)
def test_what_cannot_be_decided_is_an_error(entries: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        advisory(record(affected=entries))


def test_of_a_withdrawn_record_nothing_is_evaluated() -> None:
    found = advisory(record(affected=[affected()], withdrawn="2026-02-01T00:00:00Z"))
    assert found.withdrawn == "2026-02-01T00:00:00Z"
    assert found.intervals == ()


GOOD = json.dumps(record())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (GOOD[:-20].encode(), "not JSON"),
        (f"Scanning…\n{GOOD}".encode(), "not JSON"),
        (GOOD.encode() + b"{}", "not JSON"),
        (GOOD.encode("utf-16"), "not JSON"),
        (b"\xef\xbb\xbf" + GOOD.encode(), "not JSON"),
        (GOOD.replace("PYSEC-1", "\xff").encode("latin-1"), "not JSON"),
        (GOOD.replace('"id"', '"details": "\xff", "id"').encode("latin-1"), "not JSON"),
        (json.dumps(record(references=[{"url": "\ud800"}])).encode(), "not JSON"),
        (GOOD.replace('"id"', '"score": NaN, "id"').encode(), "not JSON"),
        (GOOD.replace('"id"', '"id": "OTHER-1", "id"').encode(), "the key 'id' stands twice"),
        (b"[]", "not an OSV record"),
        (b'{"report_meta": {}, "vulnerabilities": []}', "not an OSV record"),
        (json.dumps(record("\x1b[2J")).encode(), "not an OSV record.*id"),
        (json.dumps(record("../../etc")).encode(), "not an OSV record.*id"),
        (json.dumps(record("PYSEC-1\n")).encode(), "not an OSV record.*id"),
        (json.dumps(record(aliases=[1])).encode(), "not an OSV record.*aliases"),
        (json.dumps(record(modified="yesterday")).encode(), "not an OSV record.*modified"),
        (json.dumps(record(modified="2026-01-01T00:00:00")).encode(), "not an OSV record"),
        (json.dumps(record(withdrawn="")).encode(), "not an OSV record.*withdrawn"),
        (json.dumps(record(affected={})).encode(), "not an OSV record.*affected"),
        (b'{"x": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_record_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_record(data)


def test_a_constant_that_is_no_json_is_refused_wherever_it_stands() -> None:
    with pytest.raises(ValueError, match="not JSON"):
        read_record(GOOD.replace('"id"', '"unread": [{"a": -Infinity}], "id"').encode())


def test_a_package_must_have_a_name() -> None:
    with pytest.raises(ValueError, match="is not the name of a package"):
        read_record(json.dumps(record(package="ml flow")).encode()).packages()


def _doubled(data: bytes) -> bool:
    with suppress(ValueError):
        json.loads(data, object_pairs_hook=_no_doubles)
        return False
    return True


@given(st.data())
def test_what_is_plain_has_no_doubled_key(data: st.DataObject) -> None:
    keys = st.sampled_from(["a", "b", "\\u0061"])
    values = st.recursive(
        st.sampled_from(["1", "1.50", '"x"', '"\\u00e9"', "null", "1e400"]),
        lambda inner: st.lists(st.tuples(keys, inner), max_size=3).map(_written),
    )
    written = data.draw(values).encode()
    assert not (_is_plain(written) and _doubled(written))


def _written(pairs: list[tuple[str, str]]) -> str:
    inside = ", ".join(f'"{key}": {value}' for key, value in pairs)
    return f"{{{inside}}}"


def test_a_usual_record_is_plain() -> None:
    assert all(_is_plain(one.read_bytes()) for one in SNAPSHOT.rglob("*.json"))


def test_a_record_with_escapes_is_read_the_long_way() -> None:
    data = json.dumps(record(summary="\u00e9 <")).encode()
    assert not _is_plain(data)
    assert read_record(data).id == "PYSEC-1"
