"""A PostgreSQL server in a container, whose data is in memory and goes with it."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from support.containers import POSTGRES, docker, free_port
from support.postgres import PASSWORD, Cluster, programs

_SMALL = "/small/space"


@contextlib.contextmanager
def contained_cluster() -> Iterator[Cluster]:
    """Start it with the role ``owner``, and remove it after the block."""
    name = f"runner-test-postgres-{secrets.token_hex(4)}"
    made = Cluster(free_port(), Path("/data/cluster"), programs())
    settings = {
        "PGDATA": str(made.folder),
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": PASSWORD,
        "POSTGRES_DB": "unused",
    }
    memory = ("--tmpfs", "/data:mode=1777", "--tmpfs", "/small:mode=1777,size=24m")
    given = [word for key, value in settings.items() for word in ("--env", f"{key}={value}")]
    where = ("--name", name, "--publish", f"127.0.0.1:{made.port}:5432")
    docker("run", "--detach", "--rm", *where, *memory, *given, POSTGRES)
    try:
        _answering(made, name)
        made.execute(
            f"CREATE ROLE owner LOGIN CREATEDB PASSWORD '{PASSWORD}'", "DROP DATABASE unused"
        )
        docker("exec", name, "mkdir", _SMALL)
        made.execute(f"CREATE TABLESPACE small LOCATION '{_SMALL}'")
        yield made
    finally:
        docker("rm", "--force", "--volumes", name)


@contextlib.contextmanager
def little_space(server: Cluster) -> Iterator[None]:
    """Let new databases be where two of them have room as long as they are empty."""
    server.execute("ALTER DATABASE template0 SET TABLESPACE small")
    try:
        yield
    finally:
        server.execute("ALTER DATABASE template0 SET TABLESPACE pg_default")


def _answering(made: Cluster, name: str) -> None:
    while True:
        try:
            made.connect().close()
        except psycopg.OperationalError:
            assert docker("ps", "--quiet", "--filter", f"name={name}"), "the server has ended"
            time.sleep(0.1)
        else:
            return
