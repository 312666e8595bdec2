"""Triage from end to end, with the real pip and a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from unit.kinds.servers import text
from unit.release.triaging import Workshop, offline, workshop

from runner.errors import UsageError
from runner.playbook import PlaybookInvalid
from runner.release.triage import Triage
from runner.release.triage_record import TriageDocument, encode, record, schema


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as running:
        yield running


def states(told: Triage) -> dict[str, str]:
    return {one.name: one.state for one in told.sources}


def detail(told: Triage, name: str) -> tuple[str, str]:
    return next((one.detail, one.hint) for one in told.sources if one.name == name)


def test_the_smallest_step_that_satisfies_policy_and_waivers_is_recommended(
    made: Workshop,
) -> None:
    told = made.triage()
    assert str(told.recommendation.version) == "1.2"
    assert told.recommendation.satisfied
    assert not told.recommendation.doubts
    document = record(told)
    by_version = {one.version: one for one in document.candidates}
    assert list(by_version) == ["1.1", "1.2", "1.3"]
    assert [one.version for one in document.candidates if one.recommended] == ["1.2"]
    chosen = by_version["1.2"]
    assert [one.id for one in chosen.fixes] == ["CVE-2026-1001"]
    assert [one.tracked for one in chosen.fixes] == [True]
    assert [(one.id, one.reason) for one in chosen.clears] == [
        ("CVE-2026-1002", "CVE-2026-1002 ends with 1.1 and names no fix")
    ]
    assert [one.id for one in chosen.leaves] == ["CVE-2026-1003"]
    assert (chosen.brings, chosen.waived, chosen.forbidden) == ((), ("CVE-2026-1003",), 0)
    assert (chosen.resolves, chosen.age_days, chosen.migrations) == ("yes", 20.0, None)
    assert [one.id for one in by_version["1.1"].brings] == ["CVE-2026-1004"]
    assert by_version["1.1"].resolves == "not tried"
    assert by_version["1.3"].resolves == "no"
    assert "no version of base==1.3" in by_version["1.3"].verdict
    assert document.untold == ("CVE-2020-1",)
    assert [one.id for one in document.findings] == [f"CVE-2026-100{n}" for n in (1, 2, 3)]
    assert document.forbidden == 3
    assert "resolving 1.2" in made.lent.lines


def test_the_document_is_what_its_schema_says(made: Workshop) -> None:
    made.upstream = "upstream: {releases: '{url}/feed', dependabot: o/demo, api: '{url}/api'}"
    made.secrets = {"GITHUB_TOKEN": "ghp_secretsecret"}
    made.publish()
    made.warn()
    made.offer("1.0", "1.1", "1.2rc1", "1.3", yanked="no good")
    data = encode(record(made.triage()))
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(msgspec.json.decode(data))
    assert msgspec.json.decode(data, type=TriageDocument).candidates[0].yanked == "no good"
    assert b"secretsecret" not in data


def test_feed_and_alerts_are_held_against_each_candidate(made: Workshop) -> None:
    made.upstream = "upstream: {releases: '{url}/feed', dependabot: o/demo, api: '{url}/api'}"
    made.secrets = {"GH_TOKEN": "ghp_secretsecret"}
    made.publish()
    made.warn()
    told = made.triage()
    assert set(states(told).values()) == {"reached"}
    document = record(told)
    first, second, third = document.candidates
    assert second.named == ("CVE-2026-1001",)
    assert second.release_notes == "https://example.org/o/demo/releases/tag/v1.2"
    assert first.named is None
    assert (first.alerts, second.alerts, third.alerts) == ((7, 8), (8,), (8,))
    assert [one.version for one in document.announced] == ["1.9"]
    assert [(one.number, one.affected) for one in document.alerts] == [(7, "<1.2"), (8, None)]


def test_an_index_that_is_down_is_never_nothing_new(made: Workshop) -> None:
    offline(made)
    told = made.triage()
    assert not told.reached
    assert states(told)["index"] == "failed"
    assert "503 error responses" in detail(told, "index")[0]
    assert detail(told, "index")[1]
    assert told.recommendation.version is None
    assert "not reached" in told.recommendation.reason
    assert states(told)["advisories: osv"] == "reached"
    assert not told.announced


def test_other_upstreams_that_fail_are_told_and_the_rest_goes_on(made: Workshop) -> None:
    made.upstream = "upstream: {releases: '{url}/feed', dependabot: o/demo, api: '{url}/api'}"
    made.secrets = {"GITHUB_TOKEN": "ghp_secretsecret"}
    made.server.answers["/feed"] = text(200, "<html>Sign in</html>")
    made.server.answers["/api/repos/o/demo/dependabot/alerts"] = text(403, "")
    told = made.triage()
    assert str(told.recommendation.version) == "1.2"
    assert states(told)["releases"] == states(told)["dependabot"] == "failed"
    assert "no feed" in detail(told, "releases")[0]
    assert "403" in detail(told, "dependabot")[0]
    assert "rate limit" in detail(told, "dependabot")[1]


def test_upstreams_that_are_not_set_up_are_told_as_not_asked(made: Workshop) -> None:
    told = made.triage()
    assert states(told) == {
        "index": "reached",
        "releases": "not asked",
        "dependabot": "not asked",
        "advisories: osv": "reached",
    }


def test_a_source_of_advisories_that_fails_leaves_a_doubt(made: Workshop) -> None:
    made.sources = "{osv: osv}, {osv-api: {base_url: 'http://127.0.0.1:1'}}"
    told = made.triage()
    assert str(told.recommendation.version) == "1.2"
    assert not told.recommendation.satisfied
    assert "the source 'osv-api' could not answer" in told.recommendation.doubts[0]
    assert states(told)["advisories: osv-api"] == "failed"


def test_without_any_source_that_answers_nothing_is_satisfied(made: Workshop) -> None:
    made.sources = "{osv: nowhere}"
    told = made.triage()
    assert told.recommendation.version is None
    assert not told.recommendation.satisfied
    assert "is not known" in told.recommendation.reason
    assert told.untold == ("CVE-2026-1001", "CVE-2020-1")


def test_a_source_that_does_not_know_the_package_has_failed(made: Workshop) -> None:
    for file in (made.lent.repository / "osv").iterdir():
        file.write_bytes(file.read_bytes().replace(b'"demo"', b'"other"'))
    told = made.triage()
    assert states(told)["advisories: osv"] == "failed"
    assert "did not look at demo" in detail(told, "advisories: osv")[0]
    assert not told.recommendation.satisfied


def test_a_playbook_without_a_gate_lists_and_recommends_nothing(made: Workshop) -> None:
    def without(told: str) -> str:
        head, _, _ = told.partition("advisories:")
        return head + "stages: {verification: [{area: A, run: 'true', expect: Fine.}]}\n"

    told = made.triage(without)
    assert told.recommendation.version is None
    assert "no policy is stated" in told.recommendation.reason
    assert states(told)["advisories"] == "not asked"
    document = record(told)
    assert document.forbidden is None
    assert document.candidates[1].forbidden is None


def test_a_first_scan_gives_the_policy_where_there_is_no_gate(made: Workshop) -> None:
    told = made.triage(lambda told: told.replace("scan: after", "scan: before"))
    assert str(told.recommendation.version) == "1.2"


def test_an_interpreter_that_is_not_there_leaves_resolution_unknown(made: Workshop) -> None:
    def elsewhere(told: str) -> str:
        start = told.index("python: ")
        return told[:start] + "python: /no/such/python}}" + told[told.index("\n", start) :]

    told = made.triage(elsewhere)
    assert not told.python
    assert "what candidates require of Python is not known" in " ".join(told.notes)
    assert str(told.recommendation.version) == "1.2"
    assert "there is no interpreter" in " ".join(told.recommendation.doubts)


@pytest.mark.parametrize("word", ["version: latest", "package: -demo-"])
def test_a_release_that_is_no_package_at_a_version_is_a_usage_error(
    made: Workshop, word: str
) -> None:
    key = word.split(":", maxsplit=1)[0]

    def spoilt(told: str) -> str:
        stated = {"version": 'version: "1.0"', "package": "package: demo,"}[key]
        return told.replace(stated, word.replace("-demo-", "demo-,"))

    with pytest.raises(UsageError) as caught:
        made.triage(spoilt)
    assert "release" in caught.value.message
    assert caught.value.hint


def test_waivers_that_cannot_be_read_stop_it(made: Workshop) -> None:
    (made.lent.repository / "waivers.yaml").write_text("waivers: 3", encoding="utf-8")
    with pytest.raises(PlaybookInvalid):
        made.triage()
