"""Notifications, really delivered by Apprise to a web server and a mail server of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import runner
from support.smtp import post_office
from unit.kinds.servers import Server, free_port, serving, text

TOKEN = "T0KEN-of-a-webhook"
BOOK = """\
release: {package: mlflow, version: 3.6.0}
owners: {notify: [security, compliance]}
notify:
  security: {urls: TELL_SECURITY}
  compliance: {urls: TELL_COMPLIANCE, of: [vulnerabilities_green, freeze]}
stages:
  verification:
    - {area: Switch, run: "test ! -e red && test -z \\"${TELL_SECURITY:-}\\""}
"""
FLAW = """\
{"schema_version": "1.7.5", "id": "PYSEC-2026-900003", "modified": "2026-05-20T09:19:08Z",
 "affected": [{"package": {"ecosystem": "PyPI", "name": "mlflow"},
 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.6.0"}]}]}]}
"""
SCAN = """\
    - area: Scan
      uses: advisories
      with: {scan: after, subject: {lock: lock.txt}, sources: [{osv: osv}],
             policy: {packages: [mlflow]}}
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(BOOK)
    return tmp_path


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as server:
        server.answers[f"/hook/{TOKEN}"] = text(200, "")
        yield server


def tell(server: Server) -> dict[str, str]:
    return {"TELL_SECURITY": f"{server.url.replace('http:', 'json:')}/hook/{TOKEN}"}


def titles(server: Server) -> list[str]:
    return [json.loads(body)["title"] for _, _, _, body in server.seen]


def test_failed_and_recovered_are_told_and_a_green_run_is_not(repo: Path, web: Server) -> None:
    env = tell(web)
    (repo / "red").touch()
    done = runner("validate", cwd=repo, env=env)
    assert done.returncode == 1
    assert "notify: security (JSON): told: mlflow 3.6.0: verification failed" in done.stderr
    (repo / "red").unlink()
    assert runner("validate", cwd=repo, env=env).returncode == 0
    assert runner("validate", cwd=repo, env=env).stderr == ""
    assert titles(web) == [
        "mlflow 3.6.0: verification failed",
        "mlflow 3.6.0: verification passes again",
    ]
    sent = json.loads(web.seen[0][3])
    assert sent["type"] == "failure"
    assert "Switch" in sent["message"]


def test_a_part_of_the_checks_is_not_told(repo: Path, web: Server) -> None:
    text_ = BOOK + "    - {area: Other, run: [echo, hi]}\n"
    (repo / "config/mlflow_release.yaml").write_text(text_)
    (repo / "red").touch()
    assert runner("validate", "--only", "switch", cwd=repo, env=tell(web)).returncode == 1
    assert web.seen == []


def test_vulnerabilities_that_turned_green_are_told_to_both(repo: Path, web: Server) -> None:
    (repo / "osv").mkdir()
    (repo / "osv/PYSEC-2026-900003.json").write_text(FLAW)
    (repo / "lock.txt").write_text("mlflow==3.6.0\n")
    old = FLAW.replace('"fixed": "3.6.0"', '"fixed": "3.9.0"')
    (repo / "config/mlflow_release.yaml").write_text(BOOK + SCAN)
    env = {**tell(web), "TELL_COMPLIANCE": tell(web)["TELL_SECURITY"]}
    (repo / "osv/PYSEC-2026-900003.json").write_text(old)
    assert runner("validate", cwd=repo, env=env).returncode == 1
    (repo / "osv/PYSEC-2026-900003.json").write_text(FLAW)
    done = runner("validate", cwd=repo, env=env)
    assert done.returncode == 0, done.stdout
    assert titles(web) == [
        "mlflow 3.6.0: verification failed",
        "mlflow 3.6.0: verification passes again",
        *["mlflow 3.6.0: no forbidden vulnerability is left"] * 2,
    ]


@pytest.mark.parametrize("how", ["refused", "down", "unknown", "unset"])
def test_a_delivery_that_fails_is_told_and_changes_no_verdict(
    repo: Path, web: Server, how: str
) -> None:
    urls = {
        "refused": f"{tell(web)['TELL_SECURITY']}-wrong",
        "down": f"json://127.0.0.1:{free_port()}/hook/{TOKEN}",
        "unknown": f"nonsense://{TOKEN}",
        "unset": "",
    }
    (repo / "red").touch()
    done = runner("validate", cwd=repo, env={"TELL_SECURITY": urls[how]})
    assert done.returncode == 1
    assert "notify: security" in done.stderr
    assert "NOT TOLD" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    again = runner("notify", cwd=repo, env={"TELL_SECURITY": urls[how]})
    assert again.returncode == 3
    assert TOKEN not in again.stdout + again.stderr


def test_dry_run_shows_who_would_get_what(repo: Path, web: Server) -> None:
    (repo / "red").touch()
    runner("validate", cwd=repo)
    done = runner("notify", "--dry-run", cwd=repo, env=tell(web))
    assert done.returncode == 0
    assert (
        "notify: security (JSON): would be told: mlflow 3.6.0: verification failed" in done.stdout
    )
    assert "Switch" in done.stdout
    assert TOKEN not in done.stdout
    assert web.seen == []
    done = runner("notify", "--dry-run", "--freeze", "no deploys", cwd=repo, env=tell(web))
    assert "compliance: NOT TOLD: TELL_COMPLIANCE is not set" in done.stdout


def test_a_freeze_goes_out_by_mail_too(repo: Path, web: Server) -> None:
    with post_office() as post:
        mail = f"mailto://127.0.0.1:{post.port}?from=a@example.org&to=b@example.org&mode=insecure"
        env = {"TELL_SECURITY": f"{tell(web)['TELL_SECURITY']}\n{mail}", "TELL_COMPLIANCE": mail}
        done = runner("notify", "--freeze", "No deploys until Monday", cwd=repo, env=env)
        assert done.returncode == 0, done.stderr
        assert len(post.letters) == 2
        assert "No deploys until Monday" in post.letters[0]
    assert titles(web) == ["mlflow 3.6.0: freeze"]


def test_addresses_are_neither_seen_by_checks_nor_kept(repo: Path, web: Server) -> None:
    """The check itself fails where it sees the variable."""
    done = runner("validate", cwd=repo, env=tell(web))
    assert done.returncode == 0, done.stdout
    kept = [path for path in (repo / "analysis_outputs").rglob("*") if path.is_file()]
    assert kept
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


def test_without_notify_there_is_nobody_to_tell(repo: Path) -> None:
    lines = BOOK.splitlines(keepends=True)
    (repo / "config/mlflow_release.yaml").write_text("".join(lines[:2] + lines[5:]))
    assert runner("validate", cwd=repo).returncode == 0
    done = runner("notify", cwd=repo)
    assert done.returncode == 2
    assert "tells nobody" in done.stderr


def test_nothing_to_tell(repo: Path) -> None:
    runner("validate", cwd=repo)
    done = runner("notify", cwd=repo)
    assert done.returncode == 0
    assert done.stdout.startswith("nothing to tell")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("compliance: {", "complianc: {", "notify.complianc: 'complianc' is no role"),
        ("freeze]", "thaw]", "notify.compliance.of[1]"),
        ("TELL_SECURITY}", "'json://x'}", "notify.security.urls"),
        ("{urls: TELL_SECURITY}", "{}", "notify.security.urls: missing key"),
    ],
)
def test_a_section_that_is_not_right(repo: Path, old: str, new: str, place: str) -> None:
    (repo / "config/mlflow_release.yaml").write_text(BOOK.replace(old, new, 1))
    done = runner("lint", cwd=repo)
    assert done.returncode == 2
    assert place in done.stderr
