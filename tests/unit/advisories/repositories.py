"""Makers of repositories, programs and doors for subjects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.interpreter import Interpreter

PYTHON = sys.executable
"""An interpreter that is there."""
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
"""Nobody's settings."""


def door(tmp_path: Path, files: Mapping[str, str | bytes] | None = None) -> LocalDoor:
    """Make a repository with files, and a door to it; no ``uv`` is on its PATH."""
    repository = tmp_path / "repository"
    repository.mkdir()
    write(repository, files or {})
    (bin_folder := tmp_path / "bin").mkdir()
    path = os.pathsep.join((str(bin_folder), "/usr/bin", "/bin"))
    return LocalDoor(repository, tmp_path / "scratch", {**os.environ, **GIT, "PATH": path})


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)


def git(door: LocalDoor, *words: str) -> str:
    """Run git in the repository."""
    done = subprocess.run(
        ("git", *words), cwd=door.repository, env=dict(door.env), capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def commit(door: LocalDoor) -> str:
    """Commit all that is there, and give the commit."""
    git(door, "init", "--quiet", "--initial-branch", "main")
    git(door, "add", "--all")
    git(door, "commit", "--quiet", "--message", "all")
    return git(door, "rev-parse", "HEAD")


def program(door: LocalDoor, name: str, body: str) -> str:
    """Put a shell script on the door's PATH."""
    path = Path(door.env["PATH"].split(os.pathsep)[0], name)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def target(**markers: str) -> Interpreter:
    """Make an interpreter of CPython 3.11 on Linux, with other markers where told."""
    known = {
        "implementation_name": "cpython",
        "implementation_version": "3.11.7",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_system": "Linux",
        "platform_version": "1",
        "python_full_version": "3.11.7",
        "python_version": "3.11",
        "sys_platform": "linux",
    }
    return Interpreter("/opt/python", {**known, **markers})


def message(info: pytest.ExceptionInfo[SubjectError]) -> str:
    """Give the message of an error that has a mend."""
    assert info.value.hint
    assert info.value.message.isprintable()
    return info.value.message
