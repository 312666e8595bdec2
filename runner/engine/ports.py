"""Who listens on a port: a check must not be answered by somebody else's process."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from runner.engine.tree import name_of
from runner.model import Ready

_CONNECT = 1.0
"""Seconds to wait for a connection to a local port."""


def port_of(ready: Ready) -> tuple[str, int] | None:
    """Give the local address that a service will listen on, as far as its readiness tells."""
    if ready.port:
        return "127.0.0.1", ready.port
    if ready.url:
        parts = urlsplit(ready.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.hostname in {"127.0.0.1", "localhost", "::1"}:
            return parts.hostname, port
    return None


def is_open(address: tuple[str, int]) -> bool:
    """Say whether something accepts a connection there."""
    import socket  # most checks need no service

    with contextlib.suppress(OSError), socket.create_connection(address, _CONNECT):
        return True
    return False


def holders(port: int) -> dict[int, str]:
    """Give the processes that listen on a port: pid to pid and command line.

    Empty where the system does not tell: another user's processes, or macOS without root.
    """
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pids = {c.pid for c in listening if c.pid and c.laddr and c.laddr.port == port}
        return {pid: _name(pid) for pid in pids}
    return {}


def _name(pid: int) -> str:
    import psutil

    try:
        return name_of(psutil.Process(pid))
    except psutil.Error:
        return str(pid)


def taken(address: tuple[str, int]) -> str:
    """Say in words who holds the port, or nothing where it is free."""
    if not is_open(address):
        return ""
    held = holders(address[1])
    who = ", ".join(held.values()) or "a process that the system does not name"
    return f"port {address[1]} is held by another process: {who}"
