"""``http``: one request, repeated until its answer is as expected or the time is over."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs

from runner.kinds.base import Context, Kind
from runner.kinds.http.exchange import exchange
from runner.kinds.http.expectation import EXPECTATION, HEADER_NAME, HttpExpectation
from runner.kinds.http.hiding import safe_url
from runner.kinds.http.messages import Answer, NoAnswerError, Request, first_request
from runner.kinds.http.transcript import transcript, tries_line
from runner.kinds.literals import JSON, JsonValue
from runner.kinds.verdicts import PASSED, Verdict, errored, judge, with_verdict
from runner.kinds.wording import printable, seconds
from runner.model import Assertion, Outcome, StepReport
from runner.playbook.durations import DURATION
from runner.playbook.shapes import Choice, Field, Integer, MapOf, OneKeyOf, Record, Scalar, Text

_FIRST_PAUSE = 0.2
_LAST_PAUSE = 1.0
_BACKOFF = 1.5
_SHORTEST_TRY = 1.0
"""Seconds that the last try within the time has, at least, so that it can tell something."""


@dataclass(frozen=True)
class HttpParameters:
    """What stands under ``with``."""

    url: str
    """With http or https."""
    method: str = "GET"
    """In capitals."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Over those that are sent anyway."""
    body: str | None = None
    """Sent as UTF-8."""
    json: tuple[JsonValue, ...] = ()
    """A JSON value to send, or nothing."""
    within: float = 0.0
    """Seconds within which the expectation must come true; at 0 there is one try."""
    timeout: float = 10.0
    """Seconds for one try."""
    redirects: int = 5
    """How many redirects are followed; at 0 a redirect is the answer."""
    ca_file: str = ""
    """PEM file, relative to the repository, trusted in place of the system's certificates."""

    def request(self, context: Context, limit: float) -> Request:
        """Make the request; raise NoAnswerError where the address is none."""
        body, defaults = None if self.body is None else self.body.encode(errors="replace"), {}
        if self.json:
            body = json.dumps(self.json[0]).encode()
            defaults = {"Content-Type": "application/json"}
        request = first_request(self.method, self.url, self.headers, body, defaults)
        return replace(
            request,
            redirects=self.redirects,
            timeout=limit,
            ca_file=context.repository / self.ca_file if self.ca_file else None,
            env=context.env,
        )


@dataclass(frozen=True)
class _Try:
    """One request, and what became of it."""

    verdict: Verdict
    request: Request | None
    answer: Answer | None
    assertions: tuple[Assertion, ...]
    final: bool


@dataclass(frozen=True)
class HttpAction:
    """Send a request, and hold its answer against what is expected."""

    parameters: HttpParameters
    """The request."""
    expect: HttpExpectation
    """What is expected of the answer."""

    def describe(self) -> tuple[str, ...]:
        """Give method and address, and how long it is tried."""
        within = self.parameters.within
        tried = f" (tried for up to {seconds(within)})" if within else ""
        return (f"{self.parameters.method} {safe_url(self.parameters.url)}{tried}",)

    def run(self, context: Context) -> StepReport:
        """Try until everything holds or the time is over; the last try counts."""
        begun, limit = time.monotonic(), context.remaining
        tries, pause, said = 0, _FIRST_PAUSE, ""
        while True:
            tries += 1
            result = self._try(context, begun + self.parameters.within - time.monotonic())
            said = self._log(context, result, said)
            left = begun + self.parameters.within - time.monotonic()
            if result.verdict is PASSED or result.final or left <= 0:
                break
            if not context.wait(min(pause, left)) or context.remaining <= 0:
                break
            pause = min(pause * _BACKOFF, _LAST_PAUSE)
        verdict = _in_time(result.verdict, context, limit)
        line = tries_line(tries, time.monotonic() - begun)
        report = self._reported(context, result, verdict, line)
        if verdict.reason and tries > 1:
            report = structs.replace(report, reason=f"{verdict.reason} ({line})")
        return report

    def _try(self, context: Context, left: float) -> _Try:
        limit = self.parameters.timeout
        if self.parameters.within:
            limit = min(limit, max(left, _SHORTEST_TRY))
        request = None
        try:
            request = self.parameters.request(context, limit)
            answer = exchange(request, lambda: bool(context.stopping) or context.remaining <= 0)
        except NoAnswerError as error:
            verdict = structs.replace(error.verdict, reason=context.redact(error.verdict.reason))
            silence = Assertion("status", self.expect.wanted(), "no answer", holds=False)
            return _Try(verdict, request, None, (silence,), error.final)
        assertions = self.expect.hold(answer, context.redact)
        return _Try(judge(assertions), request, answer, assertions, final=False)

    def _log(self, context: Context, result: _Try, said: str) -> str:
        """Log what a try came to, unless the one before came to the same."""
        found = [f"{result.answer.status} {result.answer.phrase}"] if result.answer else []
        found += [result.verdict.reason] if result.verdict.reason else []
        line = printable(f"{self.describe()[0]}: {'; '.join(found)}")
        if line != said:
            context.log(line)
        return line

    def _reported(self, context: Context, result: _Try, verdict: Verdict, line: str) -> StepReport:
        report = StepReport(verdict.outcome, assertions=result.assertions)
        if result.request is not None:
            silence = "" if result.answer else verdict.reason
            text = transcript(result.request, result.answer, silence, line, context.redact)
            report = structs.replace(
                report,
                artifacts=(context.save("http.txt", text.encode(errors="backslashreplace")),),
            )
        return with_verdict(report, verdict)


def _in_time(verdict: Verdict, context: Context, limit: float) -> Verdict:
    """Say that the step was ended, where it did not pass before that."""
    if verdict.outcome is Outcome.PASSED:
        return verdict
    if context.stopping:
        return errored(f"interrupted by {context.stopping}")
    if context.remaining <= 0:
        return errored(f"timed out after {seconds(limit)}: {verdict.reason}", verdict.hint)
    return verdict


@dataclass(frozen=True)
class _Payload:
    """A JSON value, told apart from none."""

    def read(self, node: Any, key: str) -> tuple[JsonValue, ...]:  # noqa: ANN401 - a yaml.Node
        """Read it into a tuple of one."""
        return (JSON.read(node, key),)

    def schema(self) -> dict[str, Any]:
        """Give the schema that accepts everything."""
        return JSON.schema()


_URL = Text(
    pattern=r"https?://[^\s/?#][^\s]*|[\s\S]*\$\{\{[\s\S]*",
    expected="an address that begins with http:// or https://",
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

HTTP = Kind(
    name="http",
    summary="Send an HTTP request, and judge its answer.",
    parameters=OneKeyOf(
        Record(
            HttpParameters,
            (
                Field("url", _URL, "the address, with http or https", required=True),
                Field("method", Choice(_METHODS), "the method (default: GET)"),
                Field("headers", MapOf(Scalar(), HEADER_NAME), "header to its value"),
                Field("body", Text(empty=True), "text to send"),
                Field("json", _Payload(), "JSON value to send"),
                Field("within", DURATION, "try again until everything holds, for this long"),
                Field("timeout", DURATION, "time for one try (default: 10s)"),
                Field("redirects", Integer(0, 20), "redirects that are followed (default: 5)"),
                Field("ca_file", Text(), "PEM file to trust in place of the system's"),
            ),
        ),
        ("body", "json"),
        exactly=False,
    ),
    expectation=EXPECTATION,
    build=HttpAction,
)
"""The kind for servers that speak HTTP."""
