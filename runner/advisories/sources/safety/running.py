"""How safety is started: in a fresh room, where no setting and no report of another run lies.

Options are those that both 2.3.5 and 3.7.0 have (``cli.py`` of both), where not said otherwise.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.inventory import Inventory
from runner.advisories.sources.base import Door, Ended, SourceError
from runner.advisories.sources.safety.endings import refuse
from runner.advisories.tools import Tool, harmless, last_words

KEY = "SAFETY_API_KEY"
"""The variable that holds the key of an account; it is never an argument."""
_STAGE = "SAFETY_STAGE"
"""A key may be used in the stages ``cicd`` and ``production`` only (safety 3)."""
_MOST_BYTES = 256 << 20
"""Of a report."""
_NO_TELEMETRY = {2: "--disable-optional-telemetry-data", 3: "--disable-optional-telemetry"}
_CHECK_POLICY = "security:\n  continue-on-vulnerability-error: false\n"
_SCAN_POLICY = 'version: "3.0"\n'
"""Policies that ignore nothing; without one, a ``.safety-policy.yml`` of the repository counts."""
_CACHE_SECONDS = "3600"
_NOWHERE = "http://127.0.0.1:9"
"""Discard (RFC 863): nothing answers there."""
_OFFLINE = {
    # With a key, safety passes over --db and asks its server.
    KEY: "",
    # 3.7.0 fetches settings of its login even so, and can wait for them for long.
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
    **dict.fromkeys(("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"), ""),
}
"""With a local database nothing is asked of anybody."""


@dataclass(frozen=True)
class Room:
    """A fresh folder for one run."""

    folder: Path
    """The whole of it."""

    @property
    def home(self) -> Path:
        """Stands for the user's: no login, no policy and no cached database of another run."""
        return self.folder / "home"

    @property
    def project(self) -> Path:
        """Holds the requirements and nothing else."""
        return self.folder / "project"

    @property
    def requirements(self) -> Path:
        """What is to be looked at."""
        return self.project / "requirements.txt"

    @property
    def policy(self) -> Path:
        """A policy that ignores nothing."""
        return self.folder / "policy.yml"

    @property
    def report(self) -> Path:
        """Where safety writes."""
        return self.folder / "report.json"


def furnish(inventory: Inventory, door: Door) -> Room:
    """Make a room for an inventory."""
    room = Room(Path(tempfile.mkdtemp(prefix="safety-", dir=door.scratch)))
    room.home.mkdir()
    room.project.mkdir()
    lines = [f"{one.name}=={one.version}\n" for one in inventory.components]
    room.requirements.write_text("".join(lines), encoding="utf-8")
    return room


def check(tool: Tool, python: Path, room: Room, door: Door, database: Path | None) -> Ended:
    """Run ``safety check`` with a local database, or with the online one, which it then caches."""
    room.policy.write_text(_CHECK_POLICY, encoding="utf-8")
    where = ("--cache", _CACHE_SECONDS) if database is None else ("--db", str(database))
    argv = (
        *("check", "--file", str(room.requirements), *where),
        *("--policy-file", str(room.policy), "--disable-audit-and-monitor"),
        # Other formats render texts of the database, and crash where they are missing.
        *("--output", "bare", "--save-json", str(room.report)),
    )
    return _run(tool, python, argv, room, door, {} if database is None else _OFFLINE)


def scan(tool: Tool, python: Path, room: Room, door: Door) -> Ended:
    """Run ``safety scan`` of 3.x with the key of an account."""
    room.policy.write_text(_SCAN_POLICY, encoding="utf-8")
    argv = (
        *("scan", "--target", str(room.project), "--policy-file", str(room.policy)),
        *("--output", "json", "--save-as", "json", str(room.report)),
    )
    stage = door.env.get(_STAGE) or "cicd"
    return _run(tool, python, argv, room, door, {_STAGE: stage})


def _run(
    tool: Tool,
    python: Path,
    argv: tuple[str, ...],
    room: Room,
    door: Door,
    env: Mapping[str, str],
) -> Ended:
    quiet = _NO_TELEMETRY[int(tool.version.split(".", maxsplit=1)[0])]
    own = {"HOME": str(room.home), "SAFETY_SYSTEM_CONFIG_PATH": str(room.home), "SAFETY_DB_DIR": ""}
    ended = door.run(
        (str(python), "-I", "-W", "ignore", "-m", "safety", quiet, *argv), env={**own, **env}
    )
    for stream in (ended.stdout, ended.stderr):
        text = stream.decode("utf-8", "replace")
        door.log("".join(f"{harmless(line)}\n" for line in text.splitlines()))
    refuse(tool, ended, python)
    return ended


def take_report(tool: Tool, room: Room, ended: Ended) -> bytes:
    """Give the report of this run; raises SourceError where it has written none."""
    try:
        if room.report.stat().st_size > _MOST_BYTES:
            raise SourceError(
                f"the report of {tool} is larger than {_MOST_BYTES} bytes",
                hint="scan fewer packages, or look into the raw report",
            )
        return room.report.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{tool} ended with exit code {ended.exit_code} and wrote no report: "
            f"{last_words(ended)}",
            hint="run it again; if it does so again, report it to the runner's issues",
        ) from error
