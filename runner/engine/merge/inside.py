"""Files of a shard's dossier, opened so that nothing but a file inside of it is ever read.

A shard is a download: a link in it could lead to anything that this machine can read, which the
joined dossier would then publish, and a pipe would be waited for.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

FOLDER = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY
"""Flags of open(2) for a folder."""
_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Unfit(Exception):  # noqa: N818 - it is an answer, not an error of the program
    """What was given is no shard, or not a whole one; the message is what to say of it."""


def no_way_out(live: Path, folder: Path) -> None:
    """Raise Unfit for a folder of a dossier from which a link leads out of that."""
    if not (live / folder).resolve().is_relative_to(live.resolve()):
        raise Unfit(f"{live}: {folder} is outside of it")


def descriptor(live: Path, name: str, folder: int | None = None) -> tuple[int, int]:
    """Open a file of a dossier; give its descriptor, and its size in bytes.

    ``folder`` is a descriptor of its folder where that was opened before, else the whole path is
    looked at. Raises Unfit for a link and for what is no file, OSError where it cannot be opened.
    """
    try:
        if folder is None:
            no_way_out(live, Path(name).parent)
            fd = os.open(live / name, _FILE)
        else:
            fd = os.open(name.rpartition("/")[2], _FILE, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unfit(f"{live}: {name} is a link") from error
        raise
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        os.close(fd)
        raise Unfit(f"{live}: {name} is no file")
    return fd, facts.st_size


def opened(live: Path, name: str) -> BinaryIO:
    """Open a file that every shard has; raises Unfit."""
    try:
        return os.fdopen(descriptor(live, name)[0], "rb")
    except FileNotFoundError:
        raise Unfit(f"{live}: there is no {name} in it; the run died, or is none of this") from None
    except OSError as error:
        raise Unfit(f"{live}: cannot read {name}: {error.strerror}") from error


def content(live: Path, name: str) -> bytes:
    """Read such a file; raises Unfit."""
    with opened(live, name) as stream:
        try:
            return stream.read()
        except OSError as error:
            raise Unfit(f"{live}: cannot read {name}: {error.strerror}") from error
