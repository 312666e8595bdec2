"""The kind itself: look an image up, look into it, record it, and hold it against expectations.

Its bill of materials is made where what is in it is listed, by a scan of the kind ``advisories``
with the subject ``image``: ``sbom-*.cdx.json`` has the packages of its interpreter, and the image's
reference and digest, those of ``image.json``, as what they are of.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from runner.advisories.images.client import Client, find_client
from runner.advisories.images.containers import by_name, by_port
from runner.advisories.images.document import NAME, document, version_of
from runner.advisories.images.errors import ImageError, MissingImageError
from runner.advisories.images.image import Image
from runner.advisories.sources.base import Ended
from runner.kinds.base import Context, Kind
from runner.kinds.door import ContextDoor
from runner.kinds.image.expectation import EXPECTATION, ImageExpectation, version_in
from runner.kinds.references import ENGINE, REFERENCE
from runner.kinds.verdicts import NOTHING, failed, judge, with_verdict
from runner.kinds.wording import shell_line
from runner.model import Assertion, Outcome, StepReport
from runner.playbook.shapes import Choice, Field, ListOf, Record, Scalar

_NEVER, _MISSING, _ALWAYS = "never", "missing", "always"
_MEND = "the log and image.json say what it is; build or fetch the release's own"


@dataclass(frozen=True)
class ImageParameters:
    """What stands under ``with``."""

    reference: str
    """The image, as the engine knows it."""
    engine: str = ""
    """``docker`` or ``podman``; empty for the one that is there."""
    pull: str = _NEVER
    """Whether it is fetched first: ``never``, ``missing`` or ``always``."""
    run: tuple[str, ...] = ()
    """A program in the image and its arguments; nothing is run where it is empty."""


@dataclass(frozen=True)
class ImageAction:
    """Look at an image, and hold it against what is expected."""

    parameters: ImageParameters
    """Which image, and what is done with it."""
    expect: ImageExpectation
    """What is expected of it."""

    def describe(self) -> tuple[str, ...]:
        """Say what is looked at, and what is run."""
        wanted = self.parameters
        lines = [f"look at the image {wanted.reference} (pull: {wanted.pull})"]
        if wanted.run:
            lines.append(f"in it, without network: {shell_line(wanted.run)}")
        if self.expect.container:
            lines.append(f"compare it with the image of the {self.expect.container.describe()}")
        return tuple(lines)

    def run(self, context: Context) -> StepReport:
        """Do it; what the engine cannot say is errored, an image that is not there is failed."""
        look = _Look(self, context)
        try:
            report = look.report()
        except ImageError as error:
            report = StepReport(Outcome.ERRORED, error.message, error.hint)
        door = look.door
        return replace(report, executions=tuple(door.executions), artifacts=tuple(door.artifacts))


class _Look:
    """One look at an image."""

    def __init__(self, action: ImageAction, context: Context) -> None:
        self._wanted, self._expect = action.parameters, action.expect
        self._context = context
        self.door = ContextDoor(context)

    def report(self) -> StepReport:
        """Ask everything; raises ImageError."""
        client = find_client(self.door, self._wanted.engine)
        published = tuple(self._published(client))
        try:
            image = self._image(client)
        except MissingImageError as error:
            there = Assertion("image", self._wanted.reference, NOTHING, holds=False)
            hint = f"build it, or fetch it: {client.engine} pull {self._wanted.reference}"
            missing = failed(f"there is no image {self._wanted.reference}: {error.message}", hint)
            report = StepReport(missing.outcome, assertions=(*published, there))
            return with_verdict(report, missing)
        self._context.log(_line(image))
        ended = client.run_in(image, self._wanted.run) if self._wanted.run else None
        version = version_in(ended.stdout.decode("utf-8", "replace")) if ended else ""
        self._record(client, image, version)
        assertions = (*published, *self._held(client, image, ended))
        outputs = {"digest": image.digest, "id": image.id, "version": version}
        verdict = judge(assertions, _MEND)
        report = StepReport(verdict.outcome, assertions=assertions, outputs=outputs)
        return with_verdict(report, verdict)

    def _published(self, client: Client) -> tuple[Assertion, ...]:
        if not self._expect.published:
            return ()
        there = client.published(self._wanted.reference)
        actual = "published" if there else NOTHING
        return (Assertion("registry", "published", actual, there),)

    def _image(self, client: Client) -> Image:
        if self._wanted.pull == _ALWAYS:
            client.pull(self._wanted.reference)
        try:
            return client.inspect(self._wanted.reference)
        except MissingImageError:
            if self._wanted.pull != _MISSING:
                raise
        client.pull(self._wanted.reference)
        return client.inspect(self._wanted.reference)

    def _held(self, client: Client, image: Image, ended: Ended | None) -> tuple[Assertion, ...]:
        there = Assertion("image", self._wanted.reference, self._wanted.reference, holds=True)
        redact = self._context.redact
        assertions = [there, *self._expect.hold(image, redact)]
        if ended is not None:
            assertions += self._expect.hold_command(ended, redact)
        if (wanted := self._expect.container) is not None:
            name, port = wanted.name, wanted.port
            found = by_name(client, name) if name else by_port(client, port)
            assertions += self._expect.hold_container(found, image)
        return tuple(assertions)

    def _record(self, client: Client, image: Image, version: str) -> None:
        """Put the release's own image into the dossier, and leave out any other."""
        if image.reference == self._context.release.image:
            told = version or version_of(image, self._context.recall(NAME))
            content = document(image, client.engine, told, self._context.commit)
            self.door.artifacts.append(self._context.record(NAME, content))


def _line(image: Image) -> str:
    user = image.user or "root"
    return (
        f"{image.reference}: digest {image.digest}, id {image.id}, user {user}, "
        f"{image.size} bytes, built {image.created or 'nobody knows when'}"
    )


def _build(parameters: ImageParameters, expectation: ImageExpectation) -> ImageAction:
    if expectation.of_a_command and not parameters.run:
        raise ValueError("'version' and 'stdout' are expected of a command: name it under 'run'")
    return ImageAction(parameters, expectation)


IMAGE = Kind(
    name="image",
    summary="Look at a container image: that it is there, what it is, and what answers in it.",
    parameters=Record(
        ImageParameters,
        (
            Field("reference", REFERENCE, "the image, as the engine knows it", required=True),
            ENGINE,
            Field(
                "pull",
                Choice((_NEVER, _MISSING, _ALWAYS)),
                "whether it is fetched from its registry first (default: never)",
            ),
            Field("run", ListOf(Scalar(), least=1), "a program in the image, and its arguments"),
        ),
    ),
    expectation=EXPECTATION,
    build=_build,
)
"""The kind for container images."""
