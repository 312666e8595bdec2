"""``database``: verified backups of PostgreSQL and SQLite, and what can be done with them."""
