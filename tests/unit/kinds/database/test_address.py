"""URLs as SQLAlchemy's users write them, and what no message may show."""

from __future__ import annotations

import pytest

from runner.kinds.database.address import Address, parse
from runner.kinds.database.trouble import DatabaseError


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///mlflow.db", "mlflow.db"),
        ("sqlite:////data/mlflow.db", "/data/mlflow.db"),
        ("sqlite+pysqlite:///a/b%40c.db?timeout=5", "a/b%40c.db"),
    ],
)
def test_sqlite(url: str, path: str) -> None:
    address = parse(url)
    assert (address.engine, address.path) == ("sqlite", path)
    assert address.shown == f"sqlite:///{path}"


def test_postgresql() -> None:
    address = parse(
        "postgresql+psycopg2://us%2Fer:p%40ss%3Aword@db.example:6432/mlflow?sslmode=require"
    )
    assert address.engine == "postgresql"
    assert dict(address.settings) == {
        "user": "us/er",
        "password": "p@ss:word",
        "host": "db.example",
        "port": "6432",
        "dbname": "mlflow",
        "sslmode": "require",
    }
    assert address.shown == "postgresql://us/er@db.example:6432/mlflow"
    assert address.environment()["PGPASSWORD"] == "p@ss:word"
    assert address.environment()["PGSSLMODE"] == "require"
    assert "p@ss" not in repr(address)


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("postgresql:///mlflow", {"dbname": "mlflow"}),
        ("postgresql://h/m", {"host": "h", "dbname": "m"}),
        ("postgresql://[::1]:5/m", {"host": "::1", "port": "5", "dbname": "m"}),
        ("postgresql://me@/m?host=/run/pg", {"user": "me", "host": "/run/pg", "dbname": "m"}),
        ("postgresql://me:@h/m", {"user": "me", "host": "h", "dbname": "m"}),
    ],
)
def test_less_is_libpqs_default(url: str, settings: dict[str, str]) -> None:
    assert dict(parse(url).settings) == settings


def test_an_address_in_brackets_is_shown_in_brackets() -> None:
    assert parse("postgresql://[::1]:5/m").shown == "postgresql://[::1]:5/m"


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("", "no dialect", "write it as"),
        ("mlflow.db", "no dialect", "write it as"),
        ("postgres://u:Sekret99@h/m", "dialect 'postgres'", "postgresql://"),
        ("mysql+pymysql://u:Sekret99@h/m", "dialect 'mysql'", "write it as"),
        ("sqlite://", "in memory", "name a file"),
        ("sqlite:///:memory:", "in memory", "name a file"),
        ("sqlite://data/a.db", "names no host", "four an absolute one"),
        ("sqlite:///file:a.db?uri=true", "URI file names", "path"),
        ("postgresql://u:Sekret99@h", "does not name one database", "write it as"),
        ("postgresql://u:Sekret99/x@h/m", "cannot be read", "%2F"),
        ("postgresql://u:Sek@ret99@h/m", "cannot be read", "%40"),
        ("postgresql://u:Sekret99@h:port/m", "cannot be read", "write it as"),
        ("postgresql://u:12/Sekret99@h/m", "does not name one database", "%2F"),
        ("postgresql://u@h/m?Sekret99=1", "option '…'", "sslmode"),
        ("postgresql://u@h/m?pool_size=1", "option 'pool_size'", "sslmode"),
    ],
)
def test_what_cannot_be_read_is_told_without_its_password(
    url: str, message: str, hint: str
) -> None:
    with pytest.raises(DatabaseError) as caught:
        parse(url)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "Sek" not in caught.value.message + caught.value.hint


def test_equal_addresses_are_equal() -> None:
    assert parse("sqlite:///a.db") == Address("sqlite", "sqlite:///a.db", path="a.db")
