"""What sources share that ask a service over the network: its address, and the age of its answer.

A live service is as new as the question, so that the time of the question is the timestamp of its
database. Neither OSV nor PyPI names its data any closer: there is no identity.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from runner.advisories.findings import Database

_SCHEMES = ("http", "https")


def address(url: str) -> str:
    """Give an address without the slash at its end; raise ValueError where it cannot be asked.

    Plain HTTP is for this machine alone: whoever sits between could take findings away.
    """
    try:
        parts = urlsplit(url)
        host, valid = parts.hostname or "", parts.scheme in _SCHEMES and parts.port != 0
    except ValueError:
        host, valid = "", False
    if not valid or not host or not url.isprintable() or " " in url:
        raise ValueError("the address of a service has the form https://host/path")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the address of a service has no user, query or fragment")
    if parts.scheme == "http" and not is_local(host):
        raise ValueError(f"{host} is asked over https://, for plain HTTP could hide findings")
    return url.rstrip("/")


def is_local(host: str) -> bool:
    """Say whether a name or an IP address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def queried(source: str, service: str, asked: datetime, records: int) -> Database:
    """Name a service as the database that was asked at some time (in UTC)."""
    time = asked.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Database(source, f"{service} (queried live)", "", time, records)


def now() -> datetime:
    """Give the time in UTC."""
    return datetime.now(UTC)
