"""Which environment variables hold a secret, by their names and by what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

LEAST = 8
"""Characters of a value that only its variable's name makes a secret."""

_SECRET = re.compile(
    r"(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|COOKIE|APIKEY"
    r"|(?:^|_)(?:PWD|PASS|PAT|AUTH|AUTHORIZATION|DSN|SAS|JWT)"
    r"|(?:API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|MASTER|ACCOUNT|DEPLOY|SSH|STORAGE)_?KEY)"
    r"(?:$|S$|_)",
    re.IGNORECASE,
)
"""Words of the names of the variables that hold secrets of clouds, registries, CI services and
data stores: ``AWS_SECRET_ACCESS_KEY``, ``GITHUB_TOKEN``, ``PGPASSWORD``, ``MYSQL_PWD``,
``MLFLOW_TRACKING_PASSWORD``, ``AZURE_CLIENT_SECRET``, ``SENTRY_DSN``, …"""

_ABOUT = (
    r"(?:^|_)(?:PATH|FILE|FILENAME|DIR|HOME|SOCK|SOCKET|URL|URI|ENDPOINT|HOST|PORT|NAME|ID|USER"
    r"|USERNAME|TYPE|METHOD|MODE|SCHEME|TTL|EXPIRY|EXPIRES|EXPIRATION|LIFETIME|TIMEOUT|LENGTH"
    r"|SIZE|LIMIT|COUNT|ENABLED|DISABLED|REQUIRED|VERSION|REGION|ALGORITHM|FINGERPRINT|PROVIDER"
    r"|BACKEND|STORE|HELPER|PROMPT|ASKPASS)$"
)
"""Endings of names that only tell where a secret is, or how it is used: ``SSH_AUTH_SOCK``,
``AWS_ACCESS_KEY_ID``, ``AWS_WEB_IDENTITY_TOKEN_FILE``, ``ACTIONS_ID_TOKEN_REQUEST_URL``."""

_SHELL = frozenset({"PWD", "OLDPWD"})
"""Working folders (POSIX.1-2017, Shell and Utilities, 2.5.3)."""


def looks_secret(name: str) -> bool:
    """Say whether a variable of this name holds a secret, and not only something about one."""
    told = name.upper() not in _SHELL and _SECRET.search(name) is not None
    return told and re.search(_ABOUT, name, re.IGNORECASE) is None


def secrets_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the values that must be kept, by the names of their variables.

    Of an address with ``user:password@`` it is the password alone; what holds a flag, a number
    or the path of a file is none.
    """
    found: dict[str, str] = {}
    for name, value in environment.items():
        if password := password_of(value):
            found[name] = password
        elif looks_secret(name) and len(value) >= LEAST and not _is_path(value):
            found[name] = value
    return found


def password_of(value: str) -> str:
    """Give the password of an address as it is meant; nothing of what is none, or has none."""
    if "://" not in value or "@" not in value or any(mark.isspace() for mark in value):
        return ""
    try:
        return unquote(urlsplit(value).password or "")
    except ValueError:
        return ""


def _is_path(value: str) -> bool:
    if not value.startswith(("/", "./", "~/")):
        return False
    try:
        return Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False
