"""What is expected of an image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runner.advisories.images.containers import Container
from runner.advisories.images.image import Image
from runner.advisories.sources.base import Ended
from runner.advisories.versions import parse_version
from runner.kinds.matching import PLAIN_TEXT, TextExpectation
from runner.kinds.verdicts import NOTHING, Redact
from runner.kinds.wording import quoted
from runner.model import Assertion
from runner.playbook.shapes import Boolean, Convert, Field, Integer, MapOf, OneKeyOf, Record, Text

_VERSION = re.compile(r"(?<![\w.+-])v?(\d+(?:\.\d+)+(?:[\w.+-]*\w)?)")
_SIZE = Text(pattern="[1-9][0-9]{0,8}(?:kB|MB|GB)", expected="a size like 900MB")
_UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9}
"""Units as docker writes sizes (IEC 80000-13 leaves these to powers of ten)."""
_ROOT = {"", "0", "root"}


@dataclass(frozen=True)
class Wanted:
    """Which container must have been made of the image; exactly one of both is stated."""

    port: int = 0
    """The TCP port of this machine that it publishes."""
    name: str = ""
    """Its name or id."""

    def describe(self) -> str:
        """Name it."""
        return f"container {self.name}" if self.name else f"container behind port {self.port}"


@dataclass(frozen=True)
class ImageExpectation:
    """What stands under ``expect``; everything stated must hold."""

    published: bool = False
    """Whether its registry must have it."""
    digest: str = ""
    """A digest that it must be known by: that of its manifest, or its id."""
    labels: Mapping[str, TextExpectation] = field(default_factory=dict)
    """Label to what is expected of its value."""
    user: str | None = None
    """Whom its processes must run as, as the image says it."""
    root: bool = True
    """Whether its processes may run as root."""
    max_size: int = 0
    """Bytes that it may have, unpacked; 0 for any."""
    version: str = ""
    """The first version that the command prints must be equal to this one (PEP 440)."""
    stdout: TextExpectation | None = None
    """What is expected of the command's standard output."""
    container: Wanted | None = None
    """The container that must have been made of this very image."""

    @property
    def of_a_command(self) -> bool:
        """Say whether something is expected that only a command can tell."""
        return bool(self.version or self.stdout)

    def hold(self, image: Image, redact: Redact) -> Iterator[Assertion]:
        """Hold what the image itself tells."""
        if self.digest:
            known = ", ".join(image.digests)
            yield Assertion("digest", self.digest, known, self.digest in image.digests)
        for name, expected in self.labels.items():
            value = image.labels.get(name)
            for one in expected.hold(f"label {name}", value or "", redact):
                there = value is not None
                yield one if there else Assertion(one.what, one.expected, NOTHING, holds=False)
        if self.user is not None:
            yield Assertion("user", quoted(self.user), quoted(image.user), image.user == self.user)
        if not self.root:
            alone = image.user.partition(":")[0] not in _ROOT
            yield Assertion("user", "not root", quoted(image.user), alone)
        if self.max_size:
            most = f"at most {self.max_size} bytes"
            yield Assertion("size", most, f"{image.size} bytes", image.size <= self.max_size)

    def hold_command(self, ended: Ended, redact: Redact) -> Iterator[Assertion]:
        """Hold what a command in it has told."""
        yield Assertion("exit code", "0", str(ended.exit_code), not ended.exit_code)
        printed = ended.stdout.decode("utf-8", "replace")
        if self.version:
            found = version_in(printed)
            same = bool(found) and parse_version(found) == parse_version(self.version)
            actual = found or f"none in {quoted(redact(printed))}"
            yield Assertion("version", self.version, actual, same)
        if self.stdout:
            yield from self.stdout.hold("stdout", printed, redact)

    def hold_container(self, container: Container | None, image: Image) -> Iterator[Assertion]:
        """Hold the container that was asked for, or that there is none."""
        if self.container is None:
            return
        what = f"image digest of the {self.container.describe()}"
        if container is None:
            yield Assertion(what, image.id, "no such container runs", holds=False)
        else:
            made_of = f"{container.image} ({container.reference or 'no name'})"
            yield Assertion(what, image.id, made_of, container.image == image.id)


def version_in(printed: str) -> str:
    """Give the first version in a text, normalised (PEP 440), or nothing."""
    for found in _VERSION.finditer(printed):
        try:
            return str(parse_version(found.group(1)))
        except ValueError:
            continue
    return ""


def _size(text: str) -> int:
    return int(text[:-2]) * _UNITS[text[-2:]]


def _version(text: str) -> str:
    return str(parse_version(text))


EXPECTATION = Record(
    ImageExpectation,
    (
        Field("published", Boolean(), "whether its registry must have it"),
        Field(
            "digest",
            Text(pattern="sha256:[0-9a-f]{64}", expected="sha256: and 64 hexadecimal digits"),
            "a digest that it must be known by: of its manifest, or its id",
        ),
        Field("labels", MapOf(PLAIN_TEXT, Text(), least=1), "label to what is expected of it"),
        Field("user", Text(empty=True), "whom its processes run as"),
        Field("root", Boolean(), "false where it must not run as root"),
        Field(
            "max_size",
            Convert(
                Text(pattern="[1-9][0-9]{0,8}(?:kB|MB|GB)", expected="a size like 900MB"), _size
            ),
            "the most that it may have, unpacked",
        ),
        Field("version", Convert(Text(), _version), "the version that the command prints first"),
        Field("stdout", PLAIN_TEXT, "what is expected of the command's standard output"),
        Field(
            "container",
            OneKeyOf(
                Record(
                    Wanted,
                    (
                        Field("port", Integer(1, 65535), "the TCP port that it publishes here"),
                        Field("name", Text(), "its name or id"),
                    ),
                ),
                ("port", "name"),
            ),
            "the container that must have been made of this image",
        ),
    ),
    least=1,
)
"""The shape of ``expect``."""
