"""Read how a service is deployed: where its users call it, its proxy, and its slots.

The file is TOML. In its texts ``{home}`` is the deployment's folder, ``{slot}`` the slot's name,
and ``$NAME`` a variable of its table ``env``, which the environment may set otherwise.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class RolloutError(Exception):
    """What was asked could not be done; ``hint`` says how it may be mended."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep the hint beside the message."""
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Slot:
    """A place for one server; a release is put into it, and traffic is given to it or not."""

    name: str
    """As the proxy names its server: ``blue``."""
    url: str
    """Where the server answers by itself, without the proxy, and without a slash at the end."""
    start: tuple[str, ...]
    """Starts it with what `Deployment.settings` says, and returns; something else keeps it."""
    stop: tuple[str, ...]
    """Stops it gracefully and returns once it has ended; it may be stopped already."""
    follow: tuple[str, ...]
    """Prints the last lines of its log, and those that come; ends when it is told to."""


@dataclass(frozen=True)
class Deployment:
    """A service as it is deployed."""

    env: dict[str, str]
    """Variables for its programs, over those of this process: ``DEPLOYMENT`` is the folder."""
    home: Path
    """The folder of everything that lasts: settings, state, environments."""
    up: tuple[str, ...]
    """Starts what keeps proxy and servers, and returns."""
    public: str
    """Where the users call it, without a slash at the end."""
    socket: Path
    """HAProxy's runtime API (stats socket with ``level admin``)."""
    backend: str
    """Name of the backend with the slots as servers."""
    slots: tuple[Slot, ...]
    """In order; at least one."""
    url_variable: str
    """The variable in which clients are told a URL."""
    healthy: float
    """Seconds for a started server to answer."""
    drain: float
    """Seconds for requests under way to end."""
    probe: str
    """Path of a read-only call that goes through to the data."""
    revisions: tuple[str, ...]
    """Prints ``{"heads": […], "revisions": […]}`` of a release's own migrations as JSON; empty
    where no release has any. ``{environment}``, ``{image}`` and ``{version}`` are the release's."""

    @property
    def settings(self) -> Path:
        """``KEY=VALUE`` lines of which release is in which slot, for what starts the servers."""
        return self.home / "slots.env"

    @property
    def state(self) -> Path:
        """What `record` keeps."""
        return self.home / "rollout.json"

    @property
    def proxy_state(self) -> Path:
        """What the proxy reads when it starts anew (``server-state-file``)."""
        return self.home / "run" / "proxy.state"

    def slot(self, name: str) -> Slot:
        """Give a slot by its name."""
        for one in self.slots:
            if one.name == name:
                return one
        message = f"there is no slot '{name}'"
        raise RolloutError(message, f"there are {', '.join(one.name for one in self.slots)}")


def read_deployment(path: Path, home: Path) -> Deployment:
    """Read the file; RolloutError where it cannot be read or lacks something."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return made(told, home.resolve())
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise RolloutError(message, "name it with --deployment FILE") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ValueError) as error:
        message = f"{path} describes no deployment: {error}"
        raise RolloutError(message, "see deployment/README.md") from error
    except KeyError as error:
        message = f"{path} does not say {error}"
        raise RolloutError(message, "see deployment/README.md") from error


def made(told: dict[str, Any], home: Path) -> Deployment:
    """Make the value of what was read."""
    proxy = told["proxy"]
    # What is set already counts: ports and folders of one machine are not those of another.
    env = {**{str(key): str(one) for key, one in told.get("env", {}).items()}, **os.environ}
    env = {key: env[key] for key in told.get("env", {})} | {"DEPLOYMENT": str(home)}
    fill = partial(filled, home=home, env=env)
    slots = tuple(slot_of(one, fill) for one in told["slots"])
    if len({one.name for one in slots}) != len(slots) or not slots:
        message = "'slots' must have names of their own, and be at least one"
        raise ValueError(message)
    return Deployment(
        env=env,
        home=home,
        up=tuple(map(fill, told["up"])),
        public=fill(told["public"]).rstrip("/"),
        socket=Path(fill(proxy["socket"])),
        backend=str(proxy["backend"]),
        slots=slots,
        url_variable=str(told.get("url_variable", "ROLLOUT_URL")),
        healthy=float(told.get("healthy", 120)),
        drain=float(told.get("drain", 60)),
        probe=str(told.get("probe", "/health")),
        revisions=tuple(map(fill, told.get("revisions", ()))),
    )


def slot_of(told: dict[str, Any], fill: Callable[[str], str]) -> Slot:
    """Make a slot."""
    name = str(told["name"])

    def argv(key: str) -> tuple[str, ...]:
        return tuple(fill(word).replace("{slot}", name) for word in told[key])

    url = fill(told["url"]).rstrip("/")
    return Slot(name, url, argv("start"), argv("stop"), argv("follow"))


def filled(text: object, *, home: Path, env: dict[str, str]) -> str:
    """Put the folder, and variables of ``[env]`` (``$NAME``), into a text."""
    if not isinstance(text, str):
        message = f"{text!r} is no text"
        raise TypeError(message)
    return Template(text.replace("{home}", str(home))).substitute(env)
