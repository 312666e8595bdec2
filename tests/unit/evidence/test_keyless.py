"""Keyless signatures, against fakes of the public interface of the package sigstore."""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sigstore.dsse import Statement
from sigstore.errors import VerificationError
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken, detect_credential
from sigstore.sign import Signer, SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from unit.evidence.dossiers import FOLDER, dossier
from unit.evidence.test_bundle import repacked
from unit.reporters import samples

from runner.errors import UsageError
from runner.evidence.container import Reader
from runner.evidence.keyless import KeylessSigner, KeylessTrust, signer, trust
from runner.evidence.keys import generate, read_public
from runner.evidence.sealing import SealError, seal
from runner.evidence.signing import KeyTrust
from runner.evidence.statement import PAYLOAD
from runner.evidence.verification import verify

WHO = "https://github.com/example/forgetrace/.github/workflows/release.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"


@dataclass
class FakeBundle:
    """What `Signer.sign_dsse` gives, as much as is used of it."""

    statement: Statement

    def to_json(self) -> str:
        payload = base64.b64encode(self.statement._contents).decode()
        envelope = {
            "payload": payload,
            "payloadType": PAYLOAD,
            "signatures": [{"sig": "AA=="}],
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "dsseEnvelope": envelope,
            },
            indent=2,
        )


@dataclass
class FakeSigner:
    """Signs nothing, but takes only what the package takes."""

    refuses: Exception | None = None
    signed: list[Statement] = field(default_factory=list)

    def sign_dsse(self, input_: Statement) -> FakeBundle:
        assert isinstance(input_, Statement)
        if self.refuses:
            raise self.refuses
        self.signed.append(input_)
        return FakeBundle(input_)


@dataclass
class FakeVerifier:
    """Believes everything, or nothing."""

    refuses: str = ""
    seen: list[Any] = field(default_factory=list)

    def verify_dsse(self, bundle: Any, policy: Any) -> tuple[str, bytes]:  # noqa: ANN401 - its
        self.seen.append((bundle, policy))
        if self.refuses:
            raise VerificationError(self.refuses)
        return "", b""


def sealed(folder: Path, fake: FakeSigner | None = None) -> Path:
    live = dossier(folder)
    (live / "verification" / "run.json").write_bytes(msgspec.json.encode(samples.mixed()))
    return seal(live, folder, KeylessSigner(fake or FakeSigner()))[0]


def trusting(verifier: FakeVerifier, monkeypatch: pytest.MonkeyPatch) -> KeylessTrust:
    monkeypatch.setattr(Bundle, "from_json", lambda line: line)
    return KeylessTrust(verifier, "policy", WHO)


def test_the_interface_that_is_faked_is_that_of_the_package() -> None:
    for function, names in (
        (Signer.sign_dsse, ["self", "input_"]),
        (SigningContext.signer, ["self", "identity_token", "cache"]),
        (SigningContext.from_trust_config, ["trust_config"]),
        (Verifier.verify_dsse, ["self", "bundle", "policy"]),
        (Verifier.production, ["offline"]),
        (Bundle.from_json, ["raw"]),
        (Bundle.to_json, ["self"]),
        (detect_credential, ["client_id"]),
    ):
        assert list(inspect.signature(function).parameters) == names
    assert {"identity", "issuer"} <= set(inspect.signature(Identity).parameters)


def test_what_is_signed_is_what_the_bundle_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeSigner()
    bundle = sealed(tmp_path, fake)
    (statement,) = fake.signed
    told = json.loads(statement._contents)
    assert [list(one["digest"]) for one in told["subject"]] == [["sha256"]]
    verifier = FakeVerifier()
    found = verify(bundle, trusting(verifier, monkeypatch))
    assert found.problems == ()
    assert f"every attestation is signed by {WHO}" in found.proved
    assert not any("when it was sealed" in one for one in found.unproved)
    ((line, policy),) = verifier.seen
    assert (json.loads(line)["mediaType"][-5:], policy) == ("+json", "policy")
    unsaid = verify(bundle)
    assert unsaid.holds
    assert any("neither --key nor --identity" in one for one in unsaid.unproved)


def test_who_is_not_believed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = sealed(tmp_path)
    (problem,) = verify(bundle, trusting(FakeVerifier("wrong identity"), monkeypatch)).problems
    assert problem == (
        f"attestations.sigstore.jsonl: line 1 is not signed by {WHO}: wrong identity"
    )
    public, _ = generate("ed25519", tmp_path / "key", "")
    (problem,) = verify(bundle, KeyTrust(read_public(public))).problems
    assert problem == ("attestations.sigstore.jsonl: is not signed by the key, but in another way")


def test_a_statement_of_another_bundle_does_not_count(tmp_path: Path) -> None:
    bundle = sealed(tmp_path)
    with bundle.open("rb") as stream:
        archive = Reader(stream).take(1 << 24)
    start = archive.index(b'{"mediaType"')
    for old, new, told in (
        (b'"payload":"eyJ', b'"payload":"eyK', "does not say what verification/run.json"),
        (b'"payload":"eyJ', b'"payload":"!yJ', "is no sigstore bundle with"),
        (b"dsseEnvelope", b"dsseEnvelopf", "is no sigstore bundle with"),
        (b"vnd.in-toto", b"vnd.in-tota", "is no sigstore bundle of"),
    ):
        line = archive[start:].replace(old, new, 1)[: len(archive) - start]
        found = repacked(bundle, archive[:start] + line)
        assert any(told in one for one in found.problems), found.problems
    assert f"{FOLDER}/attestations.sigstore.jsonl".encode() in archive


def test_what_sigstore_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(SealError, match="sigstore cannot sign: OSError: no network") as told:
        sealed(tmp_path, FakeSigner(OSError("no network")))
    assert "--key" in told.value.hint
    assert list(tmp_path.glob("*.gz")) == []


def a_token() -> str:
    claims = {"aud": "sigstore", "sub": "repo:x", "iss": ISSUER, "iat": 1, "nbf": 1, "exp": 1 << 40}
    parts = ({"alg": "none"}, claims)
    texts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts
    ]
    return ".".join((*texts, "AA"))


def test_the_token_of_the_job_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, tokens = FakeSigner(), []

    class Context:
        @contextlib.contextmanager
        def signer(self, identity_token: IdentityToken) -> Iterator[FakeSigner]:
            tokens.append(str(identity_token))
            yield fake

    monkeypatch.setattr("sigstore.oidc.detect_credential", a_token)
    monkeypatch.setattr(ClientTrustConfig, "production", lambda: "config")
    monkeypatch.setattr(SigningContext, "from_trust_config", lambda _config: Context())
    assert signer() == KeylessSigner(fake)
    assert tokens == [a_token()]


def test_without_a_token_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: None)
    with pytest.raises(UsageError, match="no OIDC token") as told:
        signer()
    assert "id-token: write" in told.value.hint


def test_an_unreachable_service_is_said_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise OSError("cannot connect")

    monkeypatch.setattr("sigstore.oidc.detect_credential", a_token)
    monkeypatch.setattr(ClientTrustConfig, "production", unreachable)
    with pytest.raises(SealError, match="OSError: cannot connect") as told:
        signer()
    assert a_token() not in f"{told.value} {told.value.hint}"


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sigstore.oidc", "sigstore.verify"):
        monkeypatch.setitem(sys.modules, name, None)
    for use in (signer, lambda: trust(WHO, ISSUER)):
        with pytest.raises(UsageError, match="sigstore is not installed") as told:
            use()
        assert "upgrade-runner[sigstore]" in told.value.hint


def test_the_root_of_trust_is_read_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def production(*, offline: bool) -> FakeVerifier:
        asked.append(offline)
        if len(asked) > 1:
            raise OSError("nothing there")
        return FakeVerifier()

    monkeypatch.setattr(Verifier, "production", production)
    found = trust(WHO, ISSUER)
    assert (asked, found.entry) == ([True], "attestations.sigstore.jsonl")
    assert WHO in found.whom
    assert isinstance(found.policy, Identity)
    with pytest.raises(UsageError, match="root of trust cannot be read: nothing there"):
        trust(WHO, ISSUER)
