"""The command: ``runner``, and the same as ``python -m runner``."""

import gc
import os
import sys
from typing import NoReturn

_GARBAGE = 200_000
"""Containers more than there were, from which the cyclic garbage collector looks at the young.

With Python's 700 the looks took a tenth of the time of a run of small checks, and found nothing:
what is loaded stays, and what checks leave is freed by counting. At 200,000 containers a process
holds some 20 MB more at most.
"""


def run() -> None:
    """Run the command, where it can be run."""
    if os.name != "posix":
        _refuse()
    gc.set_threshold(_GARBAGE, 10, 10)  # before anything is loaded
    from runner.cli import main

    try:
        main(prog_name="runner")
    finally:
        gc.freeze()  # the interpreter's end looks at everything once more


def _refuse() -> NoReturn:
    """Say where the runner works: nearly every module needs one that only POSIX has (`fcntl`)."""
    from runner.errors import ExitCode

    sys.stderr.write(
        f"runner: runs on Linux and macOS, not on {sys.platform}\n"
        "  hint: use it in a Linux container, or in WSL\n"
    )
    sys.exit(ExitCode.INVALID)


if __name__ == "__main__":
    run()
