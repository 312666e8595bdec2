"""Secrets do not reach the evidence, whatever the pieces they come in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.redaction import Redactor

SECRETS = {"A": "hunter22", "B": "hunter22-longer", "C": "s3cr3t\nline two", "D": 'quo"te\\d'}


def test_the_longer_secret_wins() -> None:
    assert Redactor(SECRETS).text("x hunter22-longer y") == "x [redacted B] y"


def test_json_form_and_single_lines() -> None:
    redactor = Redactor(SECRETS)
    assert redactor.text('{"a": "quo\\"te\\\\d"}') == '{"a": "[redacted D]"}'
    assert redactor.text("line two") == "[redacted C]"


def test_nothing_to_redact_gives_the_same_object() -> None:
    data = b"nothing here"
    assert Redactor(SECRETS).data(data) is data
    assert Redactor().text("x") == "x"


def test_too_short_is_refused_with_a_warning() -> None:
    redactor = Redactor({"PIN": "123"})
    assert redactor.text("123") == "123"
    assert redactor.warnings == ("the value of PIN is too short to be redacted",)


@given(
    st.lists(st.sampled_from([*SECRETS.values(), "hunter", "-", "noise ", "]"]), max_size=8),
    st.lists(st.integers(1, 7), min_size=1, max_size=8),
)
def test_a_stream_in_any_pieces_equals_the_whole_without_secrets(
    words: list[str], sizes: list[int]
) -> None:
    whole = "".join(words).encode()
    stream = Redactor(SECRETS).stream()
    out, rest, turn = b"", whole, 0
    while rest:
        size = sizes[turn % len(sizes)]
        out += stream.feed(rest[:size])
        rest, turn = rest[size:], turn + 1
    out += stream.close()
    for secret in SECRETS.values():
        assert secret.encode() not in out


def test_the_longer_secret_wins_over_a_break_between_the_two() -> None:
    stream = Redactor(SECRETS).stream()
    out = stream.feed(b"x hunter22") + stream.feed(b"-longer y") + stream.close()
    assert out == b"x [redacted B] y"


def test_a_cut_does_not_go_through_a_secret() -> None:
    stream = Redactor({"X": "abcab", "Y": "abzz"}).stream()
    assert stream.feed(b"- abcab") + stream.feed(b"c") + stream.close() == b"- [redacted X]c"


def test_many_secrets_are_searched_for_in_groups() -> None:
    secrets = {f"S{number}": f"value-{number:04}" for number in range(200)}
    text = " ".join(secrets.values())
    assert Redactor(secrets).text(text) == " ".join(f"[redacted {name}]" for name in secrets)


def test_bytes_that_are_no_text_come_through() -> None:
    data = bytes([0xF5]) * 600 + b"hunter22" + bytes([0xFB]) * 300
    assert Redactor(SECRETS).data(data) == data.replace(b"hunter22", b"[redacted A]")


def test_what_only_looks_like_a_secret_comes_through() -> None:
    stream = Redactor(SECRETS).stream()
    assert stream.feed(b"abc hunt") + stream.feed(b"ing") + stream.close() == b"abc hunting"


def test_the_password_in_a_secret_address_is_secret_by_itself() -> None:
    address = "postgresql://mlflow:p%40ss-w0rd@db/mlflow"
    redactor = Redactor({"DATABASE_URL": address, "PGPASSWORD": "other-one"})
    assert redactor.text(f"connect {address}") == "connect [redacted DATABASE_URL]"
    assert redactor.text("FATAL: p@ss-w0rd is wrong") == "FATAL: [redacted DATABASE_URL] is wrong"
    both = Redactor({"DATABASE_URL": address, "PGPASSWORD": "p@ss-w0rd"})
    assert both.text("p@ss-w0rd") == "[redacted PGPASSWORD]"


def test_a_common_password_in_an_address_makes_no_noise() -> None:
    redactor = Redactor({"DATABASE_URL": "postgresql://postgres:postgres@db/x"})
    assert redactor.text("postgres is up") == "postgres is up"
    assert redactor.warnings == ()
