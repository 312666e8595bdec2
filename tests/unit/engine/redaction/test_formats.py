"""What has the form of a secret is not shown, though nobody has named its value.

The samples are put together here: a scanner of repositories would take whole ones for real.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.redaction import Redactor
from runner.engine.redaction.formats import RULES

WORD = "Zm9vYmFyYmF6cXV4Q29ycmVjdEhvcnNlQmF0dGVyeVN0YXBsZTAxMjM0NTY3ODkwYWJjZGVm"
HEX = "0123456789abcdef" * 4
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 2
BODY = "\n".join(WORD[:64] for _ in range(5))
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\nQ2Fr\n-----END RSA PRIVATE KEY-----"
OPEN_PEM = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\nQ2Fr"
HEAD = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")

# Name of the rule, what is written, and what of it must not be shown.
SAMPLES: list[tuple[str, str, str]] = [
    ("private key", f"key: {PEM} end", WORD[:64]),
    ("private key", json.dumps({"key": PEM}), WORD[:64]),
    ("private key", f"{OPEN_PEM}\n\nsomething else", WORD[:64]),
    ("authorization", f"> Authorization: Bearer {WORD}", WORD),
    ("authorization", f"Proxy-Authorization: Basic {WORD[:12]}", WORD[:12]),
    ("authorization", f'{{"authorization": "token {WORD[:20]}"}}', WORD[:20]),
    ("authorization", 'AUTHORIZATION: Digest username="u", response="0a4f"', "0a4f"),
    ("cookie", f"Set-Cookie: session={WORD}; HttpOnly", WORD),
    ("header", f"X-Api-Key: {WORD[:16]}", WORD[:16]),
    ("password", f"postgresql:\\/\\/user:{WORD[:9]}@host\\/db", WORD[:9]),
    ("password", f"u=postgresql%3A%2F%2Fuser%3A{WORD[:9]}%40host%2Fdb", WORD[:9]),
    ("bearer token", f"sent Bearer {WORD}", WORD),
    ("token", f"&access_token={WORD}&x=1", WORD),
    ("AWS secret", f"aws_secret_access_key = {WORD[:40]}", WORD[:40]),
    ("Azure key", f"AccountName=a;AccountKey={WORD}==;Endpoint=x", WORD),
    ("npm token", f"//host/:_authToken={WORD}", WORD),
    ("npm token", f"npm_{WORD[:36]}", WORD[:36]),
    ("AWS access key", f"AKIA{UPPER[:16]}", UPPER[:16]),
    ("GitHub token", f"ghp_{WORD[:36]}", WORD[:36]),
    ("GitHub token", f"github_pat_{WORD}", WORD),
    ("GitLab token", f"glpat-{WORD[:20]}", WORD[:20]),
    ("Slack token", f"xoxb-1234567890-{WORD[:24]}", WORD[:24]),
    ("Slack webhook", f"https://hooks.slack.com/services/T0/B0/{WORD[:24]}", WORD[:24]),
    ("PyPI token", f"pypi-AgE{WORD}", WORD),
    ("JSON web token", f"{HEAD}.{WORD}.{WORD[:43]}", WORD),
    ("Google API key", f"AIza{WORD[:35]}", WORD[:35]),
    ("Google OAuth token", f"ya29.{WORD}", WORD),
    ("Stripe key", f"sk_live_{WORD[:24]}", WORD[:24]),
    ("SendGrid key", f"SG.{WORD[:22]}.{WORD[:43]}", WORD[:43]),
    ("Hugging Face token", f"hf_{WORD[:34]}", WORD[:34]),
    ("Databricks token", f"dapi{HEX[:32]}", HEX[:32]),
    ("API key", f"sk-ant-{WORD}", WORD),
    ("Vault token", f"hvs.{WORD[:24]}", WORD[:24]),
    ("Docker token", f"dckr_pat_{WORD[:27]}", WORD[:27]),
    ("DigitalOcean token", f"dop_v1_{HEX}", HEX),
    ("Grafana token", f"glsa_{WORD[:32]}_{HEX[:8]}", WORD[:32]),
    ("Atlassian token", f"ATATT3x{WORD}", WORD),
    ("RubyGems key", f"rubygems_{HEX[:48]}", HEX[:48]),
    ("age key", f"AGE-SECRET-KEY-1{UPPER[:58]}", UPPER[:58]),
]
PASSWORDS = [
    (
        "postgresql://user:hunter22@host:5432/db",
        "postgresql://user:[redacted password]@host:5432/db",
    ),
    ("https://:hunter22@host/", "https://:[redacted password]@host/"),
    ("a mysql+pymysql://u:p@ss@host b", "a mysql+pymysql://u:[redacted password]@host b"),
    (f"https://{WORD[:40]}@host/x.git", "https://[redacted password]@host/x.git"),
]
HARMLESS = """\
https://host/path?mail=someone@example.org and someone@example.org: 3 cookies, no cookie
ssh://git@host/repository https://user@host/ ghp_short AKIA npm_config_registry hf_hub
-----BEGIN CERTIFICATE-----
authorization is needed; the authorization of it, Bearer of news: token
sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
[redacted TOKEN] Authorization: [redacted authorization]
"""


def test_every_rule_has_a_sample() -> None:
    assert {name for name, _, _ in SAMPLES} == {rule.name for rule in RULES}
    assert all(rule.source for rule in RULES)


@pytest.mark.parametrize(("name", "shown", "secret"), SAMPLES)
def test_what_has_the_form_of_a_secret_is_replaced(name: str, shown: str, secret: str) -> None:
    clean = Redactor().text(f"before {shown}\nafter\n")
    assert f"[redacted {name}]" in clean
    assert secret not in clean
    assert clean.startswith("before ")
    assert clean.endswith("\nafter\n")
    assert Redactor().text(clean) == clean


@pytest.mark.parametrize(("name", "shown", "secret"), SAMPLES)
def test_it_is_replaced_wherever_a_read_breaks_off(name: str, shown: str, secret: str) -> None:
    whole = f"before {shown}\nafter\n".encode()
    expected = Redactor().data(whole)
    for cut in range(len(whole) + 1):
        stream = Redactor().stream()
        out = stream.feed(whole[:cut]) + stream.feed(whole[cut:]) + stream.close()
        assert out == expected, (name, cut)
    assert secret.encode() not in expected


@pytest.mark.parametrize(("shown", "clean"), PASSWORDS)
def test_passwords_of_addresses(shown: str, clean: str) -> None:
    assert Redactor().text(shown) == clean
    for cut in range(len(shown)):
        stream = Redactor().stream()
        out = stream.feed(shown[:cut].encode()) + stream.feed(shown[cut:].encode())
        assert (out + stream.close()).decode() == clean, cut


def test_what_only_looks_like_one_stays() -> None:
    assert Redactor().text(HARMLESS) == HARMLESS


def test_json_stays_json() -> None:
    for _, shown, _ in SAMPLES:
        document = json.dumps({"text": shown, "more": [shown, 'and "quoted"\n']})
        json.loads(Redactor().text(document))


def _pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    turn = 0
    while data:
        size = sizes[turn % len(sizes)]
        yield data[:size]
        data, turn = data[size:], turn + 1


@given(
    st.lists(st.sampled_from([one for _, one, _ in SAMPLES] + [" ", "\n", '"', "://", "noise"])),
    st.lists(st.integers(1, 200), min_size=1, max_size=6),
)
def test_any_mixture_in_any_pieces_is_as_the_whole(words: list[str], sizes: list[int]) -> None:
    whole = "".join(words).encode()
    stream = Redactor().stream()
    out = b"".join(stream.feed(piece) for piece in _pieces(whole, sizes)) + stream.close()
    assert out == Redactor().data(whole)


def test_what_is_held_back_has_a_bound() -> None:
    stream, given_out = Redactor().stream(), 0
    for _ in range(64):
        given_out += len(stream.feed(b"-----BEGIN RSA PRIVATE KEY-----" + b"A" * 4096))
    assert given_out > 0
    stream = Redactor().stream()
    stream.feed(b"Authorization: ")
    held = 0
    for _ in range(1024):
        held += 4096 - len(stream.feed(b"a" * 4096))
    assert held < 1 << 17 or held > 4096 * 1000  # all of it replaced, or let go
