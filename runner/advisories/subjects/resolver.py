"""Resolving without installing: by ``uv`` where it is on the PATH, else by the target's own pip.

Only wheels are looked at. To learn what a source distribution requires, its build would have to be
run, which is code that nobody has looked at yet, on the machine that is to judge it.

Settings of uv in the repository or of the user have no say, for they can leave packages out of the
answer (``no-emit-package``, ``no-deps``, ``exclude-dependencies``). An index is named in the file
itself or by the environment (``UV_DEFAULT_INDEX``, ``UV_INDEX``); pip has its ``pip.conf`` as well.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from runner.advisories.inventory import Component
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, answer, component
from runner.advisories.subjects.interpreter import Interpreter
from runner.advisories.subjects.lines import entries
from runner.advisories.subjects.pins import once, pinned, refuse

_WHEELS = ("--only-binary", ":all:")
_HINT = (
    "its words say what is missing: the index, a version, or a wheel (nothing is built from source "
    "for a scan); where it cannot be mended, scan a lock or the environment"
)
_DIRECT = "an address or a folder does not say which version is there; name published packages"


class _Metadata(msgspec.Struct, frozen=True):
    name: str
    version: str


class _Item(msgspec.Struct, frozen=True):
    metadata: _Metadata
    is_direct: bool


class _Report(msgspec.Struct, frozen=True):
    """The installation report of pip, version 1 (its documentation, "Installation Report")."""

    version: Literal["1"]
    install: tuple[_Item, ...]


def resolve(
    file: Path, python: Interpreter, door: Door, *, dependencies: bool = True
) -> tuple[Component, ...]:
    """Give the newest versions that fit a requirement file and each other, in no order.

    Without ``dependencies`` only the packages of the file itself. Raises SubjectError.
    """
    alone = () if dependencies else ("--no-deps",)
    uv = shutil.which("uv", path=door.env.get("PATH", os.defpath))
    return _by_uv(uv, file, python, door, alone) if uv else _by_pip(file, python, door, alone)


def resolver(door: Door) -> str:
    """Name the one that `resolve` takes: ``uv`` or ``pip``."""
    return "uv" if shutil.which("uv", path=door.env.get("PATH", os.defpath)) else "pip"


def _by_uv(
    uv: str, file: Path, python: Interpreter, door: Door, alone: tuple[str, ...]
) -> tuple[Component, ...]:
    target = ("--python", python.executable)
    output = ("--quiet", "--color", "never", "--no-header", "--no-annotate")
    printed = answer(
        door,
        (uv, "pip", "compile", "--no-config", *target, *output, *_WHEELS, *alone, str(file)),
        trouble=f"uv cannot resolve {file.name}",
        hint=_HINT,
        env={"UV_PYTHON_DOWNLOADS": "never"},
    )
    lines = entries(printed.decode("utf-8", "replace"), f"{file.name} as resolved by uv")
    return pinned(lines, python, hint=_DIRECT)


def _by_pip(
    file: Path, python: Interpreter, door: Door, alone: tuple[str, ...]
) -> tuple[Component, ...]:
    # In a folder of its own, a report cannot be one of an earlier question.
    report = Path(tempfile.mkdtemp(prefix="resolved-", dir=door.scratch)) / "report.json"
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-color")
    nothing = ("--dry-run", "--ignore-installed", "--report", str(report))
    # Isolated, so that a pip.py of the repository is not taken for pip.
    pip = (python.executable, "-I", "-m", "pip", "install")
    trouble = f"pip cannot resolve {file.name}"
    answer(
        door,
        (*pip, *quiet, *nothing, *_WHEELS, *alone, "--requirement", str(file)),
        trouble=trouble,
        hint=f"{_HINT}; it must be pip 22.2 or newer, or have uv on the PATH",
    )
    try:
        told = msgspec.json.decode(report.read_bytes(), type=_Report)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{trouble}: its report cannot be read: {error}"
        raise SubjectError(message, hint="pip 22.2 or newer writes it") from error
    return _reported(told, file.name)


def _reported(report: _Report, name: str) -> tuple[Component, ...]:
    found: list[tuple[str, Component]] = []
    problems: list[str] = []
    for item in report.install:
        place = f"{name} as resolved by pip: {item.metadata.name[:80]!r}"
        try:
            found.append((place, component(item.metadata.name, item.metadata.version)))
        except ValueError as error:
            problems.append(f"{place}: {error}")
        if item.is_direct:
            problems.append(f"{place} is no published package")
    refuse(problems, _DIRECT)
    return once(found, hint="update pip: what it reports is at odds with itself")
