"""PostgreSQL: ``pg_dump`` and ``pg_restore``, held against what one exported snapshot contains."""

from runner.kinds.database.postgresql.engine import PostgresqlDatabase

__all__ = ["PostgresqlDatabase"]
