"""What a report of safety tells, whichever command wrote it, and how it is read from its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from runner.advisories.severity import UNRATED, Severity
from runner.advisories.sources.base import SourceError
from runner.advisories.tools import harmless

T = TypeVar("T")
_MOST = 200
"""Characters of a message that may quote the report."""


@dataclass(frozen=True)
class Flaw:
    """A vulnerability as safety tells it."""

    id: str
    """Its own id, as it stands there."""
    package: str
    """Name as safety spells it."""
    version: str
    """The version that was held against it."""
    specs: tuple[str, ...]
    """Affected versions, as specifiers."""
    fixed: tuple[str, ...] = ()
    """Versions that are named as fixed."""
    aliases: tuple[str, ...] = ()
    """Other names."""
    severity: Severity = UNRATED
    """The highest of its vectors."""
    published: str = ""
    """As it stands there."""
    links: tuple[str, ...] = ()
    """As they stand there."""


@dataclass(frozen=True)
class Told:
    """A report."""

    version: str
    """Of the safety that wrote it."""
    local: str
    """The local database that it looked into; empty for the online one."""
    scanned: Mapping[str, str]
    """Names, as safety spells them, to versions."""
    flaws: tuple[Flaw, ...]
    """Those that it ignored too: the waivers of the playbook are the only ones."""


def decode(data: bytes, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """Read a report strictly; raises SourceError for one that is cut, or of another program."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise SourceError(
            f"what safety wrote is no report of `{what}`: {harmless(str(error))[:_MOST]}",
            hint="another program or version may have written it; see the raw report",
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(
            f"the report of `{what}` is cut short, or no JSON: {error}",
            hint="see that the disk is not full, and run it again",
        ) from error
