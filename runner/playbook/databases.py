"""How a playbook names a database, and the program that tells a server's own revisions."""

from __future__ import annotations

from runner.model import ServiceDatabase
from runner.playbook.names import ENV_NAME
from runner.playbook.shapes import Convert, Field, ListOf, OneKeyOf, Record, Scalar, Text


def _without_password(url: str) -> str:
    login = url.partition("://")[2].rpartition("@")[0]
    if ":" in login or "@" in login:
        raise ValueError("a URL without a password; one that has it is a secret, for 'url_env'")
    return url


TARGET = ("url", "url_env")
"""The keys of which one names a database."""
TARGET_FIELDS = (
    Field(
        "url",
        Convert(Text(r"[a-z0-9+_]+://.*", "a database URL"), _without_password),
        "the database's URL, without a password: sqlite:///mlflow.db",
    ),
    Field("url_env", ENV_NAME, "the environment variable, one of 'secrets', that holds its URL"),
)
"""Both, as a shape reads them."""
REVISIONS = ListOf[str](Scalar(), least=1)
"""The shape of ``revisions``: an argv."""

SERVICE_DATABASE: OneKeyOf[ServiceDatabase] = OneKeyOf(
    Record(
        ServiceDatabase,
        (
            *TARGET_FIELDS,
            Field(
                "revisions",
                REVISIONS,
                'argv that prints the server\'s own {"heads": […], "revisions": […]}',
                required=True,
            ),
        ),
    ),
    TARGET,
)
"""The shape of a service's ``database``."""
