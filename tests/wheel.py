"""Look into a built wheel, and lay out a copy of the tests that cannot see the sources.

``python tests/wheel.py DIST COPY``: DIST is the folder with the one wheel, COPY is made anew.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The repository."""
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", ".coverage*", ".hypothesis", "__pycache__", "*.pyc"
)
"""What no copy needs."""
NOT_COPIED = {".git", "runner", "dist", "build", "analysis_outputs"}
"""Top-level names left out of the copy, the sources of the package first of all."""


def problems(wheel: zipfile.ZipFile) -> Iterator[str]:
    """Say what is wrong with the files in a wheel."""
    names = set(wheel.namelist())
    tops = {name.split("/", 1)[0] for name in names}
    strangers = {top for top in tops if top != "runner" and not top.endswith(".dist-info")}
    if strangers:
        yield f"top-level names other than runner: {', '.join(sorted(strangers))}"
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "runner").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in names if name.startswith("runner/")}
    for name in sorted(sources ^ packed):
        yield f"{name} is only in the {'sources' if name in sources else 'wheel'}"
    for name in sorted(sources & packed):
        if wheel.read(name) != (ROOT / name).read_bytes():
            yield f"{name} is not as in the sources"
    for name in ("runner/py.typed", "runner/data/playbook.schema.json"):
        if name not in names:
            yield f"{name} is missing"
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        yield "the licence is missing"


def copy(target: Path) -> None:
    """Copy the repository without the package, for tests that must meet the installed one."""
    target.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name in NOT_COPIED or path.name.startswith((".venv", ".mypy", ".ruff")):
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, ignore=LEFT_OUT)
        else:
            shutil.copy2(path, target)


def main() -> int:
    """Check the wheel; make the copy only of what is sound."""
    dist, target = Path(sys.argv[1]), Path(sys.argv[2])
    wheels = list(dist.glob("*.whl"))
    if len(wheels) != 1:
        sys.stderr.write(f"expected one wheel in {dist}, found {len(wheels)}\n")
        return 1
    with zipfile.ZipFile(wheels[0]) as archive:
        found = list(problems(archive))
    for problem in found:
        sys.stderr.write(f"{wheels[0].name}: {problem}\n")
    if not found:
        copy(target)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
