"""What a run is about: the release, the playbook, and the state of the repository."""

from __future__ import annotations

import contextlib

from runner.engine.output import Nowhere
from runner.engine.process import run
from runner.engine.session import Session
from runner.engine.stop import Stop
from runner.model import Playbook, Subject

_GIT = 30.0
"""Seconds for a question to git; a cold work tree of many files takes a while."""
_COMMIT = "# branch.oid "
"""What stands before the commit (git-status(1), Porcelain Format Version 2)."""
_UNBORN = "(initial)"
"""In its place where there is none yet."""


def subject_of(session: Session, playbook: Playbook) -> Subject:
    """Ask git for commit and state; both stay empty outside a repository.

    A work tree whose state git cannot tell counts as changed: it is not known to be the commit's.
    The evidence itself does not make a work tree dirty, where it is not ignored by git.
    """
    output = session.live.absolute().parent
    but = ["--", "."]
    if output.is_relative_to(session.repository):
        but.append(f":(exclude,literal){output.relative_to(session.repository)}")
    commit, dirty = _state(session, but)
    return Subject(
        package=playbook.release.package,
        version=playbook.release.version,
        playbook=playbook.file,
        playbook_sha256=playbook.sha256,
        profile=playbook.profile,
        commit=commit,
        dirty=dirty,
    )


def _state(session: Session, where: list[str]) -> tuple[str, bool]:
    """Give the commit, and whether the work tree has changes there."""
    known = ("--porcelain=v2", "--branch", "--untracked-files=normal")
    told = _git(session, "status", *known, *where)
    if told is None:
        commit = _git(session, "rev-parse", "HEAD") or ""
        return commit, commit != ""
    lines = told.splitlines()
    commit = next((n.removeprefix(_COMMIT) for n in lines if n.startswith(_COMMIT)), _UNBORN)
    if commit == _UNBORN:
        return "", False
    return commit, any(not line.startswith("# ") for line in lines)


def _git(session: Session, *words: str) -> str | None:
    """Give what git says, or None where it is not there or says no."""
    request = session.request(
        ("git", "--no-optional-locks", *words),
        session.repository,
        session.environment,
        _GIT,
        split=True,
    )
    with contextlib.closing(Stop()) as stop:
        finished = run(request, session.forest, Nowhere(), stop)
    if finished.execution.exit_code != 0:
        return None
    return finished.stdout.decode("utf-8", "replace").strip()
