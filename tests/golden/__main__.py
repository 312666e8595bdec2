"""Make the example anew: ``make reports``; hold another run against it: ``ARGS=--check``.

``ARGS=--again`` only makes the reports of the kept run again, after a change of a reporter.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from golden.making import keep, rebuilt, rehearsed, told_otherwise


def main() -> int:
    """Make it, or compare; the exit code is 1 where another run tells something else."""
    parser = argparse.ArgumentParser(prog="make reports", description=__doc__)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="compare with the kept one, keep that")
    group.add_argument("--again", action="store_true", help="the same run, its reports anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="upgrade-runner-example-") as name:
        folder = Path(name)
        (folder / "again").mkdir()
        made = rebuilt(folder / "again") if options.again else rehearsed(folder)
        if options.check:
            found = told_otherwise(made / "live")
            sys.stdout.writelines(f"{line}\n" for line in found)
            return 1 if found else 0
        keep(made, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
