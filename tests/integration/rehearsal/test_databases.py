"""Rehearsals on a server: with a login, on a server of its own for copies, and after a kill."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.postgres import PASSWORD, Cluster, cluster
from support.standin import Standin
from support.standin.rehearsing import (
    NAPS,
    assert_clean,
    begun,
    everything,
    outcomes,
    record,
    rehearse,
)

_SECRET = "with: {operation: %s, url_env: DATABASE_URL}, secrets: [DATABASE_URL]}"
_EDITS = (
    ('with: {operation: backup, url: "${{ vars.database }}"}}', _SECRET % "backup"),
    ('with: {operation: restore, url: "${{ vars.database }}"}}', _SECRET % "restore"),
    (
        '"${{ vars.port }}"]\n    ready',
        '"${{ vars.port }}"]\n    secrets: [DATABASE_URL]\n    ready',
    ),
    ('"${{ vars.database }}"]}', '"${{ vars.database }}"], secrets: [DATABASE_URL]}'),
    ("  database: database\n", "  database_env: DATABASE_URL\n"),
)


@pytest.fixture
def by_login(on_server: Standin) -> Standin:
    """Give a stand-in whose database is known by a URL with a password, and in no other way."""
    server = on_server.server
    assert server is not None
    for old, new in _EDITS:
        on_server.edit(old, new)
    on_server.edit(f'"postgresql://127.0.0.1:{server.port}/{on_server.database}"', "env")
    env = {name: value for name, value in on_server.env.items() if not name.startswith("PG")}
    return replace(on_server, env={**env, "DATABASE_URL": server.url(on_server.database)})


def test_a_login_is_in_no_evidence(by_login: Standin) -> None:
    before = everything(by_login)
    done, found = rehearse(by_login)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (found.restored, all(one.same for one in found.kept)) == (True, True)
    told = [done.stdout + done.stderr]
    told += [path.read_text() for path in by_login.live().rglob("*") if path.is_file()]
    assert len(told) > 10
    for secret in (PASSWORD, by_login.env["DATABASE_URL"].split("@")[0].rpartition(":")[2]):
        assert not any(secret in one for one in told)
    assert everything(by_login) == before
    assert_clean(by_login)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


def test_the_copy_is_on_another_server(by_login: Standin, elsewhere: Cluster) -> None:
    by_login.edit("DATABASE_URL\n  art", "DATABASE_URL\n  scratch_url_env: TRIAL_URL\n  art")
    nap, sign = NAPS[1]
    app = replace(by_login, env={**by_login.env, "TRIAL_URL": elsewhere.url("postgres")})
    process = begun(app, nap, sign)
    try:
        assert app.scratch_databases() == set()
        (copy, *_) = elsewhere.databases()
        assert copy.startswith("upgrade_runner_rehearsal_")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert elsewhere.databases() == set()
    assert_clean(app)


def test_what_is_left_on_a_server_is_dropped_once_that_is_rehearsed_on_again(
    on_server: Standin,
) -> None:
    app = on_server
    process = begun(app, *NAPS[0])
    process.kill()
    process.communicate(timeout=60)
    assert app.scratch_databases()
    words = ("--to", "2.0", "--set", "vars.database=sqlite:///data/standin.db")
    done, found = rehearse(app, *words)
    assert done.returncode == 0, done.stdout
    assert any("may be left: they are on postgresql://127.0.0.1" in one for one in found.warnings)
    assert app.scratch_databases()
    done, found = rehearse(app)
    assert done.returncode == 0, done.stdout
    (warning,) = found.warnings
    assert "was killed: upgrade_runner_rehearsal_" in warning
    assert_clean(app)


def test_a_kill_in_the_midst_of_a_backup(on_server: Standin) -> None:
    """Its trial database has the name of the run, not of the rehearsal."""
    app = on_server
    folder = Path(app.env["TMPDIR"]).parent / "slow"
    folder.mkdir()
    real = "/usr/bin/pg_restore"
    slow = folder / "pg_restore"
    slow.write_text(f'#!/bin/sh\n[ -e "{folder}/now" ] && sleep 60\nexec {real} "$@"\n')
    slow.chmod(0o755)
    app = replace(app, env={**app.env, "PATH": f"{folder}:{app.env['PATH']}"})
    app.edit("Backup, uses", "Backup, needs: [mark], uses")
    mark = f"    - {{area: Mark, run: [touch, {folder}/now]}}\n    - {{area: Backup"
    app.edit("    - {area: Backup", mark)
    process = begun(app, "", "before-measure/logs/backup.1.log")
    while not any("rehearsal" not in name for name in app.scratch_databases()):
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=60)
    slow.unlink()
    done, _ = rehearse(app)
    assert done.returncode == 0, done.stdout
    assert_clean(app)


def test_a_server_that_is_down(on_server: Standin) -> None:
    done, found = rehearse(
        on_server, "--to", "2.0", "--set", "vars.database=postgresql://127.0.0.1:1/x"
    )
    assert (done.returncode, found.part, outcomes(found)["copies"]) == (3, "space", "skipped")
    assert "Connection refused" in found.reason
    assert found.hint
    assert_clean(on_server)


def test_a_role_that_may_make_no_database(on_server: Standin) -> None:
    server, app = on_server.server, on_server
    assert server is not None
    server.execute(
        f"CREATE ROLE poor{app.database} LOGIN PASSWORD '{PASSWORD}'",
    )
    server.execute(
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO poor{app.database}", database=app.database
    )
    before = everything(app)
    done, found = rehearse(app, PGUSER=f"poor{app.database}")
    assert (done.returncode, found.part) == (3, "copies"), done.stdout
    assert "may not create the database" in found.reason
    assert "CREATEDB" in found.hint
    assert everything(app) == before
    assert_clean(app)
    assert record(app).clean
