"""What a process is asked to be, before there is one, and why there is none."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

import msgspec

from runner.engine.clock import now
from runner.engine.tree import as_text
from runner.model import Execution


class Request(msgspec.Struct, frozen=True):
    """A process to be run."""

    argv: tuple[str, ...]
    """Program and arguments."""
    cwd: Path
    """Working folder."""
    env: Mapping[str, str]
    """The whole environment."""
    mark: str
    """Names the tree; begins with the run's id."""
    shown_env: tuple[str, ...] = ()
    """Names of variables that go into the evidence."""
    timeout: float = 900.0
    """Seconds."""
    split: bool = False
    """Capture stdout and stderr each by itself."""


def not_started(request: Request, error: OSError | ValueError) -> Execution:
    """Make the evidence of a process that could not be started."""
    reason, hint = _why_not(request, error)
    return Execution(
        argv=request.argv,
        cwd=as_text(str(request.cwd)),
        env=request.shown_env,
        started=now(),
        duration=0.0,
        error=reason,
        hint=hint,
    )


def _why_not(request: Request, error: OSError | ValueError) -> tuple[str, str]:
    """Give the reason and the mend."""
    program = request.argv[0]
    if isinstance(error, ValueError):  # a NUL, which no argument can hold
        return f"{program}: {error}", ""
    if not request.cwd.is_dir():
        reason = f"the working folder {request.cwd} is not there"
        return reason, "create it in an earlier step, or correct `cwd`"
    known = {
        errno.ENOENT: (
            "not found",
            "install it, or correct its name; it is looked up on the PATH of the step",
        ),
        errno.EACCES: ("not executable", f"chmod +x {program}, or name its interpreter"),
        errno.ENOEXEC: (
            "neither a program nor a script with a #! line",
            "begin the script with #!, or name its interpreter",
        ),
    }
    reason, hint = known.get(error.errno or 0, (str(error.strerror), ""))
    return f"{program}: {reason}", hint
