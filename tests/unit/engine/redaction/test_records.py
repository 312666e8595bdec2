"""A record without its secrets is a record still."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from runner.engine.redaction import Redactor, scrubbed


@dataclass(frozen=True)
class Record:
    """With every shape that records have."""

    text: str
    many: tuple[str, ...]
    by_name: dict[str, str]
    number: int = 3
    nothing: str | None = None


@pytest.mark.parametrize("mark", ["", "\n", '"', "\\"])
def test_every_text_is_cleaned_and_the_form_stays(mark: str) -> None:
    secret = f"hunter22{mark}x"
    redactor = Redactor({"TOKEN": secret})
    record = Record(f"is {secret}", (f"-{secret}", "other"), {"hunter22": secret})
    assert scrubbed(record, redactor) == Record(
        "is [redacted TOKEN]",
        ("-[redacted TOKEN]", "other"),
        {"hunter22": "[redacted TOKEN]"},
    )


def test_a_secret_that_is_the_name_of_a_field_leaves_it_alone() -> None:
    record = Record("many by_name", (), {})
    clean = scrubbed(record, Redactor({"T": "by_name"}))
    assert clean == Record("many [redacted T]", (), {})


def test_a_record_without_secrets_is_the_same_object() -> None:
    record = Record("a\nb", ("c",), {})
    assert scrubbed(record, Redactor({"T": "hunter22"})) is record
