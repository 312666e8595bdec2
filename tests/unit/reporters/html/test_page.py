"""The page as a whole: what is on it, and what nobody can put on it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html as lxml_html
from msgspec.structs import replace
from unit.reporters.html.dossiers import LATER, UPGRADE, made, page, stage, text, upgraded, written
from unit.reporters.samples import NOON, SUBJECT, attempt, mixed, result, run

from runner.errors import DossierError
from runner.model import Artifact, Assertion, Outcome, Result, Run, StepReport, StepResult
from runner.reporters import html
from runner.reporters.base import Context

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e{{ 7*7 }}\x00"
)


def test_it_tells_what_was_upgraded_by_whom_and_how_it_ended(tmp_path: Path) -> None:
    root = page(upgraded(tmp_path))
    assert text(root, ".badge") == ["passed"]
    assert root.findtext(".//title") == "Passed: mlflow 3.6.0 → 3.17.2"
    told = " ".join(text(root, ".masthead"))
    for fact in ("2 of 2 checks passed in preflight and verification.", "ML Lead", "Platform Lead",
                 "security", "ada", "ci-1", "2026-11-22 12:10:00 UTC", "c0ffee",
                 "example/mlflow:v3.17.2", "28 → 1"):  # fmt: skip
        assert fact in told, fact


def test_a_version_that_stays_is_named_once(tmp_path: Path) -> None:
    dossier = made(tmp_path, mixed())
    dossier.write("upgrade.json", json.dumps({**UPGRADE, "from": "3.17.2"}).encode())
    root = page(dossier)
    assert root.findtext(".//title") == "Errored: mlflow 3.17.2"
    assert text(root, ".versions") == ["3.17.2"]


def test_every_outcome_has_its_reason_and_evidence(tmp_path: Path) -> None:
    root = page(made(tmp_path, mixed()))
    assert text(root, ".badge") == ["errored"]
    found = {one.get("id"): one for one in root.xpath("//details")}
    pushed = found["verification--artifact-push"]
    assert pushed.get("open") is not None
    told = " ".join(pushed.text_content().split())
    for fact in ("exit code is 1, expected 0", "Is the tracking server up?", "Attempt 2 of 2",
                 "contains 'run recorded'", "line 19 Connection refused"):  # fmt: skip
        assert fact in told, fact
    assert found["verification--fast-unit-tests"].get("open") is None
    assert "needs artifact-push" in found["verification--rehearsal"].text_content()
    assert "failure allowed" in found["verification--licences"].text_content()
    inner = text(found["verification--licences"], ".cases")
    assert inner[0] == "1 errored, 1 failed, 1 skipped, 1 passed inside"
    assert "flaky" in found["verification--audit"].text_content()
    assert "Service postgres" in text(root, ".trouble")[0]


def test_it_names_how_a_check_is_run_again(tmp_path: Path) -> None:
    red = replace(run(result("red", "Red", attempt(Outcome.FAILED))), rerun=("runner", "validate"))
    assert "runner validate --only red" in page(made(tmp_path, red)).text_content()


def test_vulnerabilities_are_told_apart(tmp_path: Path) -> None:
    root = page(upgraded(tmp_path))
    listed = root.xpath("//tbody/tr[@data-fate]")
    rows = [" ".join(" ".join(row.itertext()).split()) for row in listed]
    assert len(rows) == 28
    assert rows[0].startswith("CVE-2026-96775")
    assert "waived waived by ML Lead" in rows[0]
    assert {row.get("data-fate") for row in listed} == {
        "remaining", "fixed", "out of range",
    }  # fmt: skip
    (title,) = root.xpath("//*[@id='flow-title']")
    assert title.text_content().startswith("28 vulnerabilities before, 1 after: 1 remaining, ")
    assert (
        "The advisory's range merely stops; nobody says that it is fixed."
        in text(root, ".fates")[0]
    )
    waivers = text(root, "#waivers")[0]
    assert "CVE-2026-96775 config/waivers.yaml:14:5 in force mlflow >=3.17,<3.18" in waivers
    assert "CVE-1999-1 config/waivers.yaml:20:5 unused" in waivers
    assert "mlflow 3.6.0 3.17.2 minor" in text(root, "#packages")[0]


def test_without_a_scan_there_is_no_word_of_vulnerabilities(tmp_path: Path) -> None:
    root = page(made(tmp_path, run(result("one", "One", attempt(Outcome.PASSED)))))
    assert text(root, "#vulnerabilities") == []
    assert "ulnerabilit" not in root.find("body/main").text_content()


def test_the_policy_allows_its_own_style_and_script_alone(tmp_path: Path) -> None:
    root = page(upgraded(tmp_path))
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    for name in ("style", "script"):
        (element,) = root.iter(name)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert root.xpath("//@style") == []
    assert [name for one in root.iter() for name in one.keys() if name.startswith("on")] == []  # noqa: SIM118
    assert root.xpath("//@src") == []
    outside = [one for one in root.xpath("//@href") if re.match("[a-z]+:", one)]
    assert outside
    homes = ("https://www.cve.org/CVERecord?id=", "https://github.com/advisories/GHSA-")
    assert [one for one in outside if not one.startswith(homes)] == []
    assert root.xpath("//link") == []


def hostile() -> Run:
    odd = Assertion(HOSTILE, HOSTILE, HOSTILE, holds=False)
    report = StepReport(Outcome.FAILED, HOSTILE, HOSTILE, assertions=(odd,))
    log = Artifact(f"verification/logs/{HOSTILE}", 9, HOSTILE)
    steps = (StepResult(HOSTILE, HOSTILE, report, NOON, 1.0),) * 2
    tried = replace(attempt(Outcome.FAILED), reason=HOSTILE, steps=steps, log=log, tail=HOSTILE)
    red = result("red", HOSTILE, tried, expect=HOSTILE, artifacts=(log,))
    return replace(
        run(red, verdict=Outcome.FAILED),
        subject=replace(SUBJECT, package=HOSTILE, commit=HOSTILE),
        warnings=(HOSTILE,),
        host=HOSTILE,
        rerun=(HOSTILE,),
    )


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    found = written(made(tmp_path, hostile()))
    assert found.count("<script") == found.count("</script") == 1
    assert "<img" not in found
    assert "\x1b" not in found
    assert "\x00" not in found
    assert "\u202e" not in found
    assert "&lt;U+202E&gt;{{ 7*7 }}" in found
    assert "&lt;img src=x onerror=alert(2)&gt;" in found


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret", "javascript:alert(1)"])
def test_links_stay_in_the_dossier(tmp_path: Path, path: str) -> None:
    tried = replace(attempt(Outcome.PASSED), log=Artifact(path, 9, "0" * 64))
    (tmp_path.parent / "secret").write_text("not for the report")
    root = page(made(tmp_path, run(result("one", "One", tried))))
    hrefs = [one for one in root.xpath("//main//@href") if not one.startswith("#")]
    assert [one for one in hrefs if ":" in one or ".." in one or one.startswith("/")] == []
    assert "not for the report" not in root.text_content()


def test_the_same_dossier_gives_the_same_bytes(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    assert written(dossier) == written(dossier)


def test_only_the_run_that_began_last_writes_it(tmp_path: Path) -> None:
    first, second = stage("preflight", NOON), stage("verification", LATER)
    dossier = made(tmp_path, first, second)
    html.report(first, dossier, Context())
    assert not (dossier.live / html.NAME).exists()
    html.report(second, dossier, Context())
    assert (dossier.live / html.NAME).exists()


def many(count: int, outcome: Outcome = Outcome.PASSED) -> Run:
    tail = "a line of output\n" * 500 if outcome is not Outcome.PASSED else ""
    found = []
    for number in range(count):
        held = Assertion("exit code", "0", "0" * 5000, holds=True)
        step = StepResult("run", "command", StepReport(outcome, assertions=(held,)), NOON, 1.0)
        log = Artifact(f"verification/logs/c{number}.1.log", 9, "0" * 64)
        tried = replace(attempt(outcome), steps=(step,), log=log, tail=tail, reason="no " * 2000)
        found.append(result(f"c{number}", f"Check {number}", tried, reason="no " * 2000))
    return run(*found, verdict=outcome)


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED])
def test_of_thousands_of_checks_most_are_told_in_short(tmp_path: Path, outcome: Outcome) -> None:
    found = written(made(tmp_path, many(2_000, outcome)))
    assert len(found) < 2_500_000
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in found
    assert "base-uri &#39;none&#39;; form-action &#39;none&#39;" in found
    full = 0 if outcome is Outcome.PASSED else 300
    assert found.count(f'<div class="check {outcome}"') == 2_000 - full
    assert found.count(f'<details class="check {outcome}"') == full


def mixture(count: int, bad: set[int]) -> Run:
    """Give a run in which some checks failed."""
    found = [*many(count).results]
    for place in bad:
        found[place] = replace(many(1, Outcome.FAILED).results[0], check=f"c{place}")
    return run(*found, verdict=Outcome.FAILED)


def listed(root: lxml_html.HtmlElement) -> list[str]:
    """Give the ids of the checks that are on the page, in order."""
    return [one.get("id") for one in root.find_class("check")]


def test_of_more_checks_than_can_be_read_only_those_in_need_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.reporters.html.listing.LISTED", 10)
    few = page(made(tmp_path / "few", mixture(10, {2, 7})))
    assert listed(few) == [f"verification--c{place}" for place in range(10)]
    assert "Not listed here" not in few.text_content()
    root = page(made(tmp_path / "many", mixture(11, {7, 2})))
    assert listed(root) == ["verification--c2", "verification--c7"]
    (note,) = [one for one in text(root, ".note") if "Not listed" in one]
    assert note == "Not listed here: 9 passed; junit.xml and run.json tell of each."
    hrefs = root.xpath("//section[@id='checks']//p[@class='note']/a/@href")
    assert hrefs == ["verification/junit.xml", "verification/run.json"]


def test_what_failed_has_room_before_what_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is told in a line, where there is no room to tell all of it."""
    monkeypatch.setattr("runner.reporters.html.listing.ROOM", 60_000)
    monkeypatch.setattr("runner.reporters.html.listing.FULL_ROOM", 20_000)
    root = page(made(tmp_path, mixture(100, set(range(50, 100)))))
    assert 1 <= len(root.xpath("//details[contains(@class, 'failed')]")) <= 3
    found = listed(root)
    assert [one for one in found if int(one.rpartition("c")[2]) >= 50] == found
    assert 10 < len(found) < 50
    assert found == sorted(found, key=lambda one: int(one.rpartition("c")[2]))
    (note,) = [one for one in text(root, ".note") if "Not listed" in one]
    assert note.startswith(f"Not listed here: 50 passed, {50 - len(found)} failed;")


@pytest.mark.parametrize("mark", ["x", "&", "\u65e5", "\x1b[1m"])
@pytest.mark.parametrize("count", [500, 501, 3_000])
def test_the_page_stays_small_whatever_fails(tmp_path: Path, mark: str, count: int) -> None:
    held = Assertion("exit code", "0", mark * 400, holds=False)
    step = StepResult(
        "run", "command", StepReport(Outcome.FAILED, mark * 900, assertions=(held,) * 6)
    )
    tail = f"a line of output {mark * 20}\n" * 60
    log = Artifact("verification/logs/c.1.log", 9, "0" * 64)
    tried = replace(attempt(Outcome.FAILED), steps=(step,) * 4, log=log, tail=tail)
    found = [result(f"c{n}", f"Check {mark * 90}", tried, reason=mark * 500) for n in range(count)]
    written_ = written(made(tmp_path, run(*found, verdict=Outcome.FAILED)))
    assert len(written_.encode()) < 5_000_000
    assert 'id="verification--c0"' in written_


def test_a_lost_upgrade_is_named(tmp_path: Path) -> None:
    dossier = made(tmp_path, mixed())
    (dossier.live / "upgrade.json").unlink()
    with pytest.raises(DossierError, match=r"cannot read .*upgrade\.json"):
        written(dossier)


def test_a_check_without_an_attempt_has_no_time(tmp_path: Path) -> None:
    skipped = Result("one", "One", Outcome.SKIPPED, "needs two")
    root = page(made(tmp_path, run(skipped, verdict=Outcome.SKIPPED)))
    assert text(root, ".badge") == ["nothing ran"]
    assert root.findtext(".//details//time") == ""


def test_a_run_without_a_scan_imports_little(tmp_path: Path) -> None:
    dossier = made(tmp_path, run(result("one", "One", attempt(Outcome.PASSED))))
    program = (
        "import sys; from pathlib import Path; from runner.engine.dossier import Dossier;"
        f"from runner.reporters import html; dossier = Dossier(Path({str(dossier.output)!r}));"
        "html.report(dossier.runs()[0], dossier, None); print('runner.advisories' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert printed.stdout == b"False\n"


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED])
def test_a_log_of_100_megabytes_cannot_break_the_page(tmp_path: Path, outcome: Outcome) -> None:
    """Only its end stands on the page, also where it has no lines, and all of it is linked."""
    size = 100_000_000
    end = '<&"' * 10_000 + "\nthe last line"
    log = Artifact("verification/logs/large.1.log", size + len(end), "0" * 64)
    tail = "x" * 1_000_000 + end if outcome is Outcome.FAILED else ""
    dossier = made(tmp_path, run(result("a", "A", replace(attempt(outcome), log=log, tail=tail))))
    file = dossier.live / log.path
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as stream:
        stream.truncate(size)  # a hole, which takes no room
        stream.seek(size)
        stream.write(end.encode())
    found = written(dossier)
    assert len(found) < 150_000
    assert "the last line" in found
    assert "\0" not in found
    assert f'href="{log.path}"' in found
    assert "<&" not in found
