"""What a run is about: the release, the playbook, and the state of the repository."""

from __future__ import annotations

from runner.engine.output import Nowhere
from runner.engine.process import run
from runner.engine.session import Session
from runner.engine.stop import Stop
from runner.model import Playbook, Subject

_GIT = 30.0
"""Seconds for a question to git; a cold work tree of many files takes a while."""


def subject_of(session: Session, playbook: Playbook) -> Subject:
    """Ask git for commit and state; both stay empty outside a repository.

    A work tree whose state git cannot tell counts as changed: it is not known to be the commit's.
    The evidence itself does not make a work tree dirty, where it is not ignored by git.
    """
    commit = _git(session, "rev-parse", "HEAD") or ""
    output = session.live.absolute().parent
    but = ["--", "."]
    if output.is_relative_to(session.repository):
        but.append(f":(exclude,literal){output.relative_to(session.repository)}")
    state = ("status", "--porcelain", "--untracked-files=normal", *but)
    changes = _git(session, *state) if commit else ""
    return Subject(
        package=playbook.release.package,
        version=playbook.release.version,
        playbook=playbook.file,
        playbook_sha256=playbook.sha256,
        profile=playbook.profile,
        commit=commit,
        dirty=changes != "",
    )


def _git(session: Session, *words: str) -> str | None:
    """Give what git says, or None where it is not there or says no."""
    request = session.request(
        ("git", "--no-optional-locks", *words),
        session.repository,
        session.environment,
        _GIT,
        split=True,
    )
    finished = run(request, session.forest, Nowhere(), Stop())
    if finished.execution.exit_code != 0:
        return None
    return finished.stdout.decode("utf-8", "replace").strip()
