"""What is known against the release, and what merely was not asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from support.door import LocalDoor
from unit.advisories.records import folder, record

from runner.kinds import load_kinds
from runner.model.standing import KnownAdvisories, KnownAdvisory
from runner.playbook import load
from runner.release.known import known_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PLAYBOOK = """\
release: {{package: Demo, version: "{version}", cves: [CVE-2026-1, CVE-2020-1]}}
stages:
  verification:
    - area: Scan
      uses: advisories
      with:
        scan: after
        subject: {{lock: demo.txt}}
        sources: [{sources}]
        policy: {{packages: [demo]}}
        waivers: waivers.yaml
      expect: None.
"""
WAIVERS = """\
waivers:
  - {id: CVE-2026-2, package: demo, versions: "<2", reason: r, owner: o, expires: 2026-12-31}
  - {id: CVE-2026-1, package: demo, versions: "<2", reason: r, owner: o, expires: 2026-11-23}
"""


def known(tmp_path: Path, sources: str = "osv: db", version: str = "1.0") -> KnownAdvisories:
    (tmp_path / "config").mkdir()
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    if not (tmp_path / "db").exists():
        first, second = [{"introduced": "0"}, {"fixed": "1.2"}], [{"introduced": "0"}]
        folder(
            tmp_path / "db",
            record("PYSEC-1", first, package="demo", aliases=["CVE-2026-1"]),
            record("PYSEC-2", second, package="demo", aliases=["CVE-2026-2"]),
        )
    file = tmp_path / "config" / "demo_release.yaml"
    file.write_text(PLAYBOOK.format(sources=sources, version=version))
    book = load(file, kinds=load_kinds(), environment={})
    return known_of(book, LocalDoor(tmp_path, tmp_path / "scratch"), NOW)


def test_each_is_told_with_what_is_tracked_and_waived(tmp_path: Path) -> None:
    told = known(tmp_path)
    assert told.asked == ("osv",)
    assert sorted(told.found, key=lambda one: one.id) == [
        KnownAdvisory("CVE-2026-1", "unknown", tracked=True, fixed_in="1.2"),
        KnownAdvisory("CVE-2026-2", "unknown", tracked=False, waived_until="2026-12-31"),
    ]
    assert told.untold == ("CVE-2020-1",)
    assert told.troubles == ()


def test_a_source_that_asks_the_network_is_not_asked(tmp_path: Path) -> None:
    told = known(tmp_path, "osv-api: {base_url: 'http://127.0.0.1:9'}")
    assert (told.asked, told.found) == ((), ())
    assert told.untold == ("CVE-2026-1", "CVE-2020-1")
    assert told.troubles == ("no source can be asked without a network; `runner triage` asks them",)


def test_a_database_that_does_not_know_the_package_has_not_answered(tmp_path: Path) -> None:
    folder(tmp_path / "db", record("PYSEC-9", [{"introduced": "0"}], package="other"))
    told = known(tmp_path)
    assert (told.asked, told.found) == ((), ())
    (trouble,) = told.troubles
    assert trouble.startswith("osv: it did not look at demo: ")


def test_a_database_that_is_not_there_has_not_answered(tmp_path: Path) -> None:
    told = known(tmp_path, "osv: nowhere")
    assert told.asked == ()
    assert told.troubles[0].startswith("osv: ")


def test_a_release_that_is_no_version_is_not_looked_up(tmp_path: Path) -> None:
    told = known(tmp_path, version="latest")
    assert (told.asked, len(told.troubles)) == ((), 1)
    assert "latest" in told.troubles[0]
