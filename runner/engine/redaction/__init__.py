"""Keep secrets out of everything that is written.

A secret is known by the name of the environment variable that holds it; wherever its value
would be written, in any of its `forms`, ``[redacted NAME]`` stands instead, whose length tells
nothing of the value's. What only has the form of a secret (`formats`) is replaced too, and the
mark says which form that is.
"""

from runner.engine.redaction.forms import SHORTEST
from runner.engine.redaction.names import looks_secret, secrets_in
from runner.engine.redaction.records import scrubbed, scrubbed_json
from runner.engine.redaction.redactor import RedactedStream, Redactor

__all__ = [
    "SHORTEST",
    "RedactedStream",
    "Redactor",
    "looks_secret",
    "scrubbed",
    "scrubbed_json",
    "secrets_in",
]
