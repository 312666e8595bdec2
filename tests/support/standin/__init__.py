"""A tiny application with versions, a schema and faults, on which upgrades are rehearsed.

Its wheels are made here, so that uv resolves and installs them without a network; its database is
SQLite or PostgreSQL, its schema changes with version 2, and ``STANDIN_FAULT`` breaks it in one way
or another.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from support.command import environment

if TYPE_CHECKING:
    import psycopg

    from support.postgres import Cluster

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "2.0")
"""Those that there are wheels of."""
_HERE = Path(__file__).parent


def wheels(folder: Path) -> Path:
    """Write a wheel of each version (PEP 427)."""
    folder.mkdir(parents=True, exist_ok=True)
    program = (_HERE / "program.txt").read_text(encoding="utf-8")
    for version in VERSIONS:
        wheel(folder, "standin", version, program)
    return folder


def wheel(folder: Path, name: str, version: str, program: str) -> None:
    """Write a wheel of a package that is a program (PEP 427)."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f'VERSION = "{version}"\n',
        f"{name}/__main__.py": program,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = [f"{file},sha256={_digest(text)},{len(text.encode())}" for file, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file), text)


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Standin:
    """A repository whose playbook upgrades the application."""

    repository: Path
    """A git repository."""
    env: dict[str, str]
    """In which uv finds the wheels, and caches are the tests' own."""
    server: Cluster | None = None
    """Where its database is; None for SQLite."""
    database: str = ""
    """Name of the database on the server."""

    @property
    def database_file(self) -> Path:
        """Of the user, where it is SQLite."""
        return self.repository / "data" / "standin.db"

    def rows(self) -> dict[str, str]:
        """Give the tables of the user's database on a server, with a hash of their rows."""
        if self.server is None:
            return {}
        with self.server.connect(self.database) as opened:
            names = opened.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            ).fetchall()
            return {str(name): _hashed(opened, str(name)) for (name,) in names}

    def scratch_databases(self) -> set[str]:
        """Give what is on the server beside the users' databases, which begin with ``user``."""
        found = self.server.databases() if self.server is not None else set()
        return {name for name in found if not name.startswith("user")}

    def to(self, server: Cluster, name: str) -> Standin:
        """Give the stand-in with its data in a database of a server."""
        from support.postgres import PASSWORD  # pytest and psycopg are not the bench's

        server.execute(f"CREATE DATABASE {name} OWNER owner")
        with server.connect(name, "owner") as opened:
            for statement in (
                "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
                "INSERT INTO items SELECT n, 'item ' || n FROM generate_series(1, 100) n",
                "CREATE TABLE alembic_version (version_num TEXT)",
                "INSERT INTO alembic_version VALUES ('1')",
            ):
                opened.execute(statement.encode())
        address = f"postgresql://127.0.0.1:{server.port}/{name}"
        self.edit('"sqlite:///data/standin.db"', f'"{address}"')
        env = {**self.env, "PGUSER": "owner", "PGPASSWORD": PASSWORD}
        return replace(self, env=env, server=server, database=name)

    @property
    def playbook(self) -> Path:
        """The playbook."""
        return self.repository / "config" / "standin_release.yaml"

    def live(self, before: str = "1.0", after: str = "2.0") -> Path:
        """Give the dossier of a rehearsal."""
        return self.repository / f"analysis_outputs/rehearsals/{before}-{after}/live"

    def edit(self, old: str, new: str) -> None:
        """Change the playbook and commit it."""
        text = self.playbook.read_text(encoding="utf-8")
        assert old in text
        self.playbook.write_text(text.replace(old, new), encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--message", "edit")

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        argv = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        done = subprocess.run(argv, cwd=self.repository, check=True, capture_output=True, text=True)
        return done.stdout


def standin(folder: Path, shared: Path) -> Standin:
    """Make the repository; wheels and caches are shared between tests."""
    house = wheels(shared / "wheels")
    repository = folder / "repository"
    (repository / "config").mkdir(parents=True)
    playbook = (_HERE / "playbook.yaml").read_text(encoding="utf-8")
    (repository / "config" / "standin_release.yaml").write_text(playbook, encoding="utf-8")
    (repository / "requirements.in").write_text("standin==1.0\n", encoding="utf-8")
    wheel = hashlib.sha256((house / "standin-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (repository / "requirements.txt").write_text(
        "# This file was autogenerated by uv via the following command:\n"
        "#    uv pip compile --generate-hashes requirements.in -o requirements.txt\n"
        f"standin==1.0 \\\n    --hash=sha256:{wheel}\n    # via -r requirements.in\n",
        encoding="utf-8",
    )
    (repository / ".gitignore").write_text("analysis_outputs/\n", encoding="utf-8")
    _fill(repository / "data")
    temporary = folder / "tmp"
    temporary.mkdir()
    env = environment(
        {
            "UV_FIND_LINKS": str(house),
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": str(shared / "uv"),
            "XDG_CACHE_HOME": str(shared / "cache"),
            "TMPDIR": str(temporary),
        }
    )
    made = Standin(repository, env)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "begin")
    return made


def _hashed(opened: psycopg.Connection[tuple[object, ...]], table: str) -> str:
    query = f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t"  # noqa: S608
    row = opened.execute(query.encode()).fetchone()
    return str(row and row[0])


def _fill(data: Path) -> None:
    (data / "artifacts").mkdir(parents=True)
    (data / "artifacts" / "model.bin").write_bytes(os.urandom(100))
    with closing(sqlite3.connect(data / "standin.db")) as database, database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
        rows = [(number, f"item {number}") for number in range(1, 101)]
        database.executemany("INSERT INTO items VALUES (?, ?)", rows)
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('1')")
