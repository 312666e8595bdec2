"""What commands that run no stage tell the CI system that they run in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from runner.model import Place
from runner.model.standing import PinPlace
from runner.playbook.problems import Problem
from runner.reporters.ci import Note, Product, inert, system_of
from runner.reporters.text import one_line


def shown(text: str) -> str:
    """Give text from anywhere as it may be printed here: in a CI system, no command of it."""
    return inert(text) if system_of(os.environ) else text


def note(notes: Iterable[Note]) -> None:
    """Show notes at lines of code; on standard error, as the output may be read by a program."""
    told = tuple(notes)
    if told and (system := system_of(os.environ)):
        for text in system.note(told):
            click.echo(text, err=True)


def hand_over(values: Mapping[str, str], summary: Path | None = None) -> None:
    """Pass values on to later steps, and a summary to people.

    That this fails is told, and changes no exit code.
    """
    system = system_of(os.environ)
    if system is None:
        return
    try:
        for text in system.hand_over(Product(values, summary=summary)):
            click.echo(text, err=True)
    except OSError as error:
        where = error.filename or "a file"
        click.echo(one_line(f"warning: cannot write {where}: {error.strerror}"), err=True)


def of_problem(problem: Problem) -> Note:
    """Give the note of a problem of a playbook."""
    text = "\n".join(filter(None, (problem.message, problem.hint and f"hint: {problem.hint}")))
    return Note(
        "error", problem.key, text, Place(problem.file, problem.line, max(problem.column, 1))
    )


def of_pin(pin: PinPlace, repository: str) -> Note:
    """Give the note of a pin that has drifted, or cannot be found."""
    text = pin.problem or f"has {pin.has!r}, wants {pin.wants!r}"
    hint = pin.hint or "`runner bump` changes every place together"
    file = os.path.relpath(Path(repository, pin.file))
    place = Place(file, max(pin.line, 1), 1)
    return Note("error", f"pin {pin.format} {pin.selector}", f"{text}\nhint: {hint}", place)
