"""What the tests do on macOS, as far as Linux can tell."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from support.processes import in_a_session
from support.systems import missing, want


def test_on_macos_a_program_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(pytest.skip.Exception, match="platform: no such program"):
        missing("no such program")


def test_on_linux_everything_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(sys, "platform", "linux")
    assert want("no such program") == "no such program"
    with pytest.raises(pytest.fail.Exception, match="no such program"):
        missing("no such program")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match=r"^no such program$"):
        missing("no such program")


def test_a_session_needs_no_program_of_linux() -> None:
    told = "import os; print(os.getsid(0) == os.getpid() != os.getpgid(os.getppid()))"
    line = in_a_session(shlex.join([sys.executable, "-c", told]))
    done = subprocess.run(["bash", "-c", f"{line} & wait"], capture_output=True, check=True)
    assert done.stdout == b"True\n"
