"""An HTTP exchange as evidence: readable text without credentials."""

from __future__ import annotations

from collections.abc import Iterable

from runner.kinds.http.hiding import safe_url, safe_value
from runner.kinds.http.messages import Answer, Request, decoded
from runner.kinds.verdicts import Redact
from runner.kinds.wording import printable, seconds

BODY_SHOWN = 64 * 1024
"""Characters of a body that the evidence shows."""


def header_lines(mark: str, headers: Iterable[tuple[str, str]]) -> list[str]:
    """Write headers a line each, behind a mark; credentials are left out."""
    return [f"{mark} {printable(name)}: {safe_value(name, value)}" for name, value in headers]


def body_lines(body: bytes, charset: str, redact: Redact) -> list[str]:
    """Write a body, at most `BODY_SHOWN` characters of it."""
    text = redact(decoded(body, charset))
    if len(text) > BODY_SHOWN:
        return [text[:BODY_SHOWN], f"… {len(text) - BODY_SHOWN} characters left out"]
    return [text] if text else []


def transcript(
    request: Request, answer: Answer | None, silence: str, tries: str, redact: Redact
) -> str:
    """Write the last request and its answer, ``>`` before what was sent, ``<`` before the rest.

    ``silence`` says why there is no answer, ``tries`` how often it was tried.
    """
    lines = [f"> {request.method} {safe_url(request.url)}"]
    lines += header_lines(">", request.headers.items())
    lines += [">", *body_lines(request.body or b"", "", redact), ""]
    if answer is None:
        lines.append(f"< {silence}")
    else:
        lines += [f"< redirected: {hop}" for hop in answer.hops]
        lines.append(f"< {answer.status} {printable(answer.phrase)}")
        lines += header_lines("<", answer.headers)
        lines += ["<", *body_lines(answer.body, answer.charset, redact), ""]
        lines.append(f"last answer after {answer.duration:.3f} s, {len(answer.body)} bytes of body")
    lines.append(tries)
    return redact("\n".join(lines)) + "\n"


def tries_line(tries: int, duration: float) -> str:
    """Say how often it was tried."""
    return f"{tries} {'try' if tries == 1 else 'tries'} in {seconds(duration)}"
