"""Database URLs in SQLAlchemy's form, which MLflow and other users of alembic have.

``dialect+driver://user:password@host:port/database?option=value`` (SQLAlchemy 2.0, "Database
URLs"): user and password are percent-encoded, the path of an SQLite file is not. No message here
holds any part of a URL that could be a password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

from runner.kinds.database.trouble import DatabaseError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
"""The engines, by the dialects' names."""

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "host": "PGHOST",
        "hostaddr": "PGHOSTADDR",
        "port": "PGPORT",
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "passfile": "PGPASSFILE",
        "service": "PGSERVICE",
        "options": "PGOPTIONS",
        "application_name": "PGAPPNAME",
        "connect_timeout": "PGCONNECT_TIMEOUT",
        "client_encoding": "PGCLIENTENCODING",
        "channel_binding": "PGCHANNELBINDING",
        "require_auth": "PGREQUIREAUTH",
        "sslmode": "PGSSLMODE",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcrl": "PGSSLCRL",
        "sslsni": "PGSSLSNI",
        "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
        "gssencmode": "PGGSSENCMODE",
        "krbsrvname": "PGKRBSRVNAME",
        "target_session_attrs": "PGTARGETSESSIONATTRS",
    }
)
"""libpq's keywords and the environment variables that mean the same (PostgreSQL 15, 34.1.2 and
34.15); an option of a URL that is none of them could not reach ``pg_dump``."""

_DIALECT = re.compile(r"(?P<dialect>[a-z][a-z0-9]*)(?:\+[a-z][a-z0-9_]*)?")
_FORM = (
    "write it as postgresql://user:password@host:5432/name, with @ : / and % of the password "
    "percent-encoded (%40 %3A %2F %25), or as sqlite:////absolute/path.db"
)
_MEMORY = (":memory:", "")


@dataclass(frozen=True)
class Address:
    """Where a database is."""

    engine: str
    """``sqlite`` or ``postgresql``."""
    shown: str
    """For people and evidence: no password, no options."""
    path: str = ""
    """Of an SQLite file, relative to where its user runs, or absolute."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """libpq's keywords with their values, the password among them."""

    def environment(self) -> dict[str, str]:
        """Give the settings as libpq's environment variables, for PostgreSQL's own programs."""
        return {VARIABLES[name]: value for name, value in self.settings.items()}


def parse(url: str) -> Address:
    """Read a URL; raises DatabaseError."""
    name, scheme, rest = url.strip().partition("://")
    found = _DIALECT.fullmatch(name) if scheme else None
    if found is None:
        raise DatabaseError("the database URL has no dialect in front of ://", hint=_FORM)
    dialect = found["dialect"]
    if dialect == SQLITE:
        return _sqlite(rest)
    if dialect == POSTGRESQL:
        return _postgresql(rest)
    hint = _FORM
    if dialect == "postgres":
        hint = "SQLAlchemy knows it as postgresql://"
    raise DatabaseError(f"a database of the dialect '{dialect}' cannot be backed up", hint=hint)


def _sqlite(rest: str) -> Address:
    authority, slash, path = rest.partition("?")[0].partition("/")
    if authority:
        raise DatabaseError(
            "an SQLite URL names no host",
            hint="three slashes begin a relative path, four an absolute one: sqlite:////data/a.db",
        )
    if not slash or path in _MEMORY:
        raise DatabaseError(
            "an SQLite database in memory cannot be backed up", hint="name a file: sqlite:///a.db"
        )
    if path.startswith("file:"):
        raise DatabaseError(
            "SQLite's own URI file names are not supported", hint="name the path of the file"
        )
    return Address(SQLITE, f"sqlite:///{path}", path=path)


def _postgresql(rest: str) -> Address:
    body, _, query = rest.partition("?")
    authority, _, database = body.partition("/")
    settings = _authority(authority)
    if database:
        settings["dbname"] = database
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in VARIABLES:
            raise DatabaseError(
                f"the database URL has the option '{_word(name)}', which PostgreSQL's programs do "
                "not know",
                hint=f"known are {', '.join(sorted(VARIABLES))}",
            )
        settings[name] = value
    if not settings.get("dbname") or "/" in database or "@" in database:
        raise DatabaseError("the database URL does not name one database", hint=_FORM)
    return Address(POSTGRESQL, _shown(settings), settings=settings)


def _authority(text: str) -> dict[str, str]:
    """Read ``user:password@host:port``."""
    login, at, place = text.rpartition("@")
    user, _, password = login.partition(":")
    host, port = _place(place)
    if "@" in login or (port and not port.isdecimal()):
        raise DatabaseError("the database URL cannot be read: host or port is none", hint=_FORM)
    told = {"host": host, "port": port}
    if at:
        told |= {"user": unquote(user), "password": unquote(password)}
    return {name: value for name, value in told.items() if value}


def _place(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = text.partition(":")
    return host, port


def _shown(settings: Mapping[str, str]) -> str:
    user = settings.get("user", "")
    host = settings.get("host", "")
    port = f":{settings['port']}" if "port" in settings else ""
    shown_host = f"[{host}]" if ":" in host else host
    return f"postgresql://{user}{'@' if user else ''}{shown_host}{port}/{settings['dbname']}"


def _word(name: str) -> str:
    """Give a name that can be shown: one that is none may be a part of a password."""
    return name if re.fullmatch(r"[A-Za-z_]{1,40}", name) else "…"
