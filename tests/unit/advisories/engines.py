"""A container engine as a shell script, which prints what docker 28 and podman 4 really printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from support.door import LocalDoor
from unit.advisories.repositories import program, target

ID = f"sha256:{'a' * 64}"
OTHER = f"sha256:{'b' * 64}"
REFERENCE = "example/mlflow:v3.6.0"
INSPECTED: Mapping[str, Any] = {
    "id": ID,
    "size": 855124952,
    "digests": [],
    "tags": [],
    "created": "2026-11-27T09:38:41.154684553Z",
    "os": "linux",
    "architecture": "amd64",
    "labels": {"org.opencontainers.image.version": "3.6.0"},
    "user": "10001",
}
CONTAINER: Mapping[str, Any] = {
    "id": "c" * 64,
    "name": "/mlflow_1",
    "image": ID,
    "reference": REFERENCE,
    "running": True,
    "ports": {
        "5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5050"}],
        "5001/udp": [{"HostIp": "", "HostPort": "5051"}],
        "5002/tcp": None,
    },
}
NO_IMAGE = "Error response from daemon: No such image: example/mlflow:v3.6.0"


def engine(door: LocalDoor, name: str = "docker", **answers: str) -> None:
    """Put an engine on the door's PATH: subcommand (``image``, ``run``) to the script it runs."""
    cases = "\n".join(f"{word}) shift\n{script}\n;;" for word, script in answers.items())
    program(door, name, f'case "$1" in\n{cases}\n*) echo "unknown: $*" >&2; exit 125;;\nesac')


def prints(value: object) -> str:
    """Give the script that prints a value as JSON."""
    return f"cat <<'EOF'\n{json.dumps(value)}\nEOF"


def says(code: int, text: str) -> str:
    """Give the script that says something on stderr, and ends."""
    return f"cat >&2 <<'EOF'\n{text}\nEOF\nexit {code}"


def inside(*rows: tuple[str, str]) -> str:
    """Give the script of an interpreter in an image that has these packages."""
    told = {
        "markers": {"executable": "/opt/python", "markers": dict(target().markers)},
        "installed": {
            "executable": "/opt/python",
            "installed": [{"name": n, "version": v, "folder": "/opt"} for n, v in rows],
        },
    }
    cases = "\n".join(f"{word}) {prints(answer)}\n;;" for word, answer in told.items())
    return f'for last; do :; done\ncase "$last" in\n{cases}\nesac'
