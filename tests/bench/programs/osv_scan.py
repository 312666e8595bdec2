"""Look packages up in a database of OSV records: DATABASE VERSIONS CACHE OUTPUT.

VERSIONS is JSON, name to version. Writes the names of what affects them, and prints the seconds
that the reading took, without the start of the interpreter.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from packaging.version import Version

from runner.advisories.findings import Standing
from runner.advisories.osv import read_osv


def main(database: str, versions: str, cache: str, output: str) -> None:
    wanted = json.loads(Path(versions).read_text(encoding="utf-8"))
    start = time.perf_counter()
    reading = read_osv(Path(database), wanted, cache=Path(cache))
    seconds = time.perf_counter() - start
    found = [
        (one.package, sorted(one.names))
        for one in reading.findings()
        if one.standing(Version(wanted[one.package])) is Standing.AFFECTED
    ]
    Path(output).write_text(json.dumps(found), encoding="utf-8")
    sys.stdout.write(f"{seconds}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
