"""What a playbook may say of a scan, and how the rest is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from unit.kinds.fakes import node, problems_of

from runner.errors import UsageError
from runner.kinds.advisories import ADVISORIES
from runner.kinds.advisories.kind import AdvisoriesAction
from runner.kinds.advisories.parameters import Asked
from runner.kinds.advisories.subjects import Scanned
from runner.kinds.advisories.waivers_file import read_waivers
from runner.playbook.problems import PlaybookInvalid

LEAST = {
    "scan": "after",
    "subject": {"lock": "requirements.txt"},
    "sources": [{"osv": "config/advisories"}],
    "policy": {"packages": ["MLflow"]},
}


def read(**changes: object) -> AdvisoriesAction:
    text = yaml.safe_dump({**LEAST, **changes})
    action = ADVISORIES.build(ADVISORIES.parameters.read(node(text), "with"), None)
    assert isinstance(action, AdvisoriesAction)
    return action


def refused(**changes: object) -> list[str]:
    kept = {name: one for name, one in {**LEAST, **changes}.items() if one is not None}
    return problems_of(ADVISORIES, yaml.safe_dump(kept))


def test_the_least_that_must_be_said() -> None:
    parameters = read().parameters
    assert parameters.subject == Scanned("lock", {"file": "requirements.txt"})
    assert parameters.sources == (Asked("osv", {"path": "config/advisories"}),)
    assert parameters.policy.packages == ("mlflow",)
    assert (parameters.waivers, parameters.outdated) == ("", False)


def test_everything_that_can_be_said() -> None:
    parameters = read(
        subject={"environment": {"python": ".venv/bin/python", "lock": "lock.txt"}},
        sources=[
            {"osv": {"path": "all.zip", "covers": "all"}},
            {"osv-api": {"base_url": "https://osv.example"}},
            {"safety": {"version": "2.3.5", "database": "db"}},
            {"pip-audit": {"service": "osv"}},
        ],
        policy={
            "severity": "high",
            "ids": ["CVE-2026-1"],
            "new": True,
            "max_database_age": "30d",
            "required": {"Flask-CORS": "any", "mlflow": "3.6.0"},
        },
        waivers="config/waivers.yaml",
        outdated=True,
    ).parameters
    assert parameters.subject.options == {"python": ".venv/bin/python", "lock": "lock.txt"}
    assert [one.name for one in parameters.sources] == ["osv", "osv-api", "safety", "pip-audit"]
    policy = parameters.policy
    assert (policy.severity, policy.ids, policy.new) == ("high", ("CVE-2026-1",), True)
    assert policy.max_database_age == 30 * 86400
    assert policy.required == {"flask-cors": "", "mlflow": "3.6.0"}


def test_requirements_are_resolved_for_an_interpreter() -> None:
    action = read(subject={"requirements": {"file": "r.in", "python": "python3.11"}})
    assert action.parameters.subject == Scanned(
        "requirements", {"file": "r.in", "python": "python3.11"}
    )


def test_an_image_is_a_reference_or_more() -> None:
    plain = read(subject={"image": "example/mlflow:v1"}).parameters.subject
    assert plain == Scanned("image", {"reference": "example/mlflow:v1"})
    options = {"reference": "a", "lock": "lock.txt", "python": "python3", "engine": "podman"}
    assert read(subject={"image": options}).parameters.subject == Scanned("image", options)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"scan": "during"}, "with.scan|step.scan: expected one of before, after"),
        ({"subject": None}, "step.subject: missing key"),
        ({"sources": None}, "step.sources: missing key"),
        ({"policy": None}, "step.policy: missing key"),
        ({"sources": []}, "step.sources: expected a list of at least 1"),
        ({"sources": [{"snyk": {}}]}, "unknown key"),
        ({"subject": {}}, "needs one of lock, requirements, environment, image"),
        ({"subject": {"image": "--all"}}, "expected the reference of an image"),
        ({"subject": {"image": {"reference": "a", "engine": "x"}}}, "expected one of docker, podm"),
        ({"subject": {"lock": "a", "requirements": "b"}}, "cannot stand beside 'lock'"),
        ({"subject": {"lock": "/etc/passwd"}}, "expected a path inside the repository"),
        ({"subject": {"lock": "../a"}}, "expected a path inside the repository"),
        ({"sources": [{"osv": {"path": "../a"}}]}, "expected a path inside the repository"),
        ({"sources": [{"safety": {"database": "a", "osv": "b"}}]}, "cannot stand beside"),
        ({"policy": {"max_database_age": "30d"}}, "the policy forbids nothing"),
        ({"policy": {"packages": ["m"], "max_database_age": "0d"}}, "expected days like 30d"),
        ({"policy": {"packages": ["m"], "max_database_age": "1h"}}, "expected days like 30d"),
        ({"policy": {"packages": ["-"]}}, "expected the name of a package"),
        ({"policy": {"packages": []}}, "expected a list of at least 1"),
        ({"policy": {"packages": ["m"], "required": {"m": "x y"}}}, "required.m: expected"),
        ({"policy": {"severity": "medum"}}, "did you mean 'medium'?"),
    ],
)
def test_what_is_refused(changes: dict[str, object], problem: str) -> None:
    found = refused(**changes)
    assert any(part in "\n".join(found) for part in problem.split("|")), found


def test_a_source_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'osv' stands twice"):
        read(sources=[{"osv": "a"}, {"osv": "b"}])


def test_an_expectation_is_the_policys() -> None:
    found = problems_of(ADVISORIES, expectation="{forbidden: 0}")
    assert "what is forbidden stands in 'policy'" in found[0]


def test_what_is_shared_leaves_the_scan_to_the_check() -> None:
    assert ADVISORIES.shared is not None
    schema = ADVISORIES.shared.schema()
    assert "required" not in schema
    assert "scan" not in schema["properties"]
    assert ADVISORIES.shared.read(node("{outdated: true}"), "advisories") == {"outdated": True}


WAIVERS = """\
waivers:
  - id: CVE-2026-1
    package: MLflow
    versions: ">=3.6,<3.7"
    reason: the feature is not served here
    owner: ML Lead
    expires: 2030-01-31
"""


def test_waivers_are_read_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(WAIVERS + WAIVERS.split("\n", 1)[1].replace("2030-01-31", "'2031-01-31'"))
    first, second = read_waivers(file, "config/waivers.yaml")
    assert (first.id, first.package, first.owner) == ("CVE-2026-1", "mlflow", "ML Lead")
    assert (first.expires, second.expires) == (date(2030, 1, 31), date(2031, 1, 31))
    assert (first.place, second.place) == ("config/waivers.yaml:2:5", "config/waivers.yaml:8:5")


def test_no_waivers(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers: []\n")
    assert read_waivers(file, "w") == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("    owner: ML Lead\n", "", "w:2:5: waivers[0].owner: missing key"),
        ("ML Lead", "' '", "w:2:5: waivers[0]: w:2:5: the waiver's owner is empty"),
        ("2030-01-31", "soon", "w:7:14: waivers[0].expires: expected a day like 2027-01-31"),
        ("2030-01-31", "2030-02-31", "waivers[0].expires: expected a day"),
        ("2030-01-31", "[]", "waivers[0].expires: expected a day"),
        ('">=3.6,<3.7"', '"3.6"', "w:4:15: waivers[0].versions"),
        ("MLflow", "'-'", "waivers[0].package"),
        ("    id:", "    ids:", "unknown key"),
        ("reason", "owner", "twice"),
        (
            "    owner: ML Lead\n",
            "    owner: ML Lead\n    owner: Me\n",
            "w:7:5: waivers[0].owner",
        ),
    ],
)
def test_waivers_that_cannot_be_used(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "waivers.yaml"
    text = WAIVERS.replace(old, new)
    file.write_text(text)
    if old == "    id:":
        file.write_text(WAIVERS.replace("  - id:", "  - ids:"))
    with pytest.raises(PlaybookInvalid) as caught:
        read_waivers(file, "w")
    assert problem in str(caught.value)


def test_waivers_are_looked_into_before_anything_runs(tmp_path: Path) -> None:
    action = read(waivers="waivers.yaml")
    assert ADVISORIES.verify is not None
    with pytest.raises(UsageError):
        ADVISORIES.verify(action, tmp_path)
    (tmp_path / "waivers.yaml").write_text("waivers: [{}]\n")
    with pytest.raises(PlaybookInvalid):
        ADVISORIES.verify(action, tmp_path)
    (tmp_path / "waivers.yaml").write_text("waivers: []\n")
    ADVISORIES.verify(action, tmp_path)
    ADVISORIES.verify(read(), tmp_path / "nowhere")
