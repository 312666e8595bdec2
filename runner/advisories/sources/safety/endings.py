"""What safety's exit codes mean, and what mends them.

From ``constants.py`` of safety 2.3.5 (to 69) and 3.7.0 (to 72).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.advisories.sources.base import Ended, SourceError
from runner.advisories.tools import Tool, last_words

CLEAN = 0
"""No vulnerability, or so it says: ``scan`` ends with it although its report lists some."""
VULNERABLE = 64
"""There are some."""


@dataclass(frozen=True)
class Ending:
    """An exit code that is no answer."""

    meaning: str
    """What it says."""
    mend: str
    """What to do."""


_LOGIN = "set SAFETY_API_KEY to a valid key, or name a local database (`database` or `osv`)"
_NETWORK = "let this machine reach the network, or name a local database (`database` or `osv`)"
_EXPORT = "make the database anew: runner advisories export --to safety-db"
_REPORT = "run it by hand, and report what it says to the runner's issues"

ENDINGS = {
    1: Ending("it failed, or crashed", _NETWORK),
    2: Ending("it did not accept its arguments", "use a version of safety that the runner ships"),
    65: Ending("its login or API key was refused", _LOGIN),
    66: Ending("its server had too many requests", "wait, or name a local database"),
    67: Ending("the local database cannot be loaded", _EXPORT),
    68: Ending("its database cannot be fetched", _NETWORK),
    69: Ending("its database is malformed, or of another schema", _EXPORT),
    70: Ending("it met a report that it cannot read", _REPORT),
    71: Ending("it cannot read a requirement", _REPORT),
    72: Ending("the e-mail address of its account is not verified", _LOGIN),
}
"""All others are unknown."""


def refuse(tool: Tool, ended: Ended, python: Path) -> None:
    """Raise SourceError for an exit code with which it has not looked."""
    if ended.exit_code in {CLEAN, VULNERABLE}:
        return
    ending = ENDINGS.get(ended.exit_code, Ending("nobody knows what that means", _REPORT))
    words = last_words(ended)
    mend = ending.mend
    if "safety auth login" in words:
        mend = _LOGIN
    elif "ModuleNotFoundError" in words or "No module named" in words:
        mend = f"its environment is damaged; remove {python.parents[1]}, and it is made anew"
    raise SourceError(
        f"{tool} ended with exit code {ended.exit_code}, {ending.meaning}: {words}", hint=mend
    )
