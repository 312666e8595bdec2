"""What a rehearsal must know of a database, whatever its engine is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from runner.kinds.database.base import Engine, Workbench
from runner.kinds.database.contents import Contents


class Scratch(Protocol):
    """A database of the rehearsal's own."""

    @property
    def engine(self) -> Engine:
        """The way to it."""

    @property
    def address(self) -> str:
        """Its address, in the form in which the user has that of the original."""

    def make(self) -> None:
        """Make it, without any table; raises DatabaseError."""

    def fill(self, dump: Path, bench: Workbench) -> Contents:
        """Restore a dump into it once it was made, and read it; raises DatabaseError."""

    def read(self, bench: Workbench) -> Contents:
        """Read it as it is now; raises DatabaseError."""

    def drop(self) -> None:
        """Take it away, with everything that restores have put beside it; raises DatabaseError."""


class Original(Protocol):
    """The user's database, which is only read."""

    @property
    def engine(self) -> Engine:
        """The way to it."""

    @property
    def shown(self) -> str:
        """Its address, without a password."""

    @property
    def server(self) -> str:
        """The server that scratch databases are made on, without a password; empty for a file."""

    def size(self) -> int:
        """Give its bytes; 0 where it is not there yet."""

    def empty(self) -> bool:
        """Tell whether it has nothing to be copied, because it is not there or has no table."""

    def sha256(self, bench: Workbench) -> str:
        """Hash all that must not change; empty where it is not there."""

    def scratch(self, folder: Path, name: str) -> Scratch:
        """Name a scratch database like it, below a folder where it is a file."""

    def clean(self, prefix: str) -> tuple[str, ...]:
        """Take away what rehearsals that were killed left on the server, and name it."""
