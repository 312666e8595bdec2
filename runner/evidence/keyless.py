"""Keyless signatures by sigstore: a certificate for minutes, and an entry in a public log.

The package ``sigstore`` (https://docs.sigstore.dev/language_clients/python/) is an extra, and is
imported only here. It gives and takes sigstore bundles (media type
``application/vnd.dev.sigstore.bundle.v0.3+json``), each with a DSSE envelope inside.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec

from runner.errors import UsageError
from runner.evidence.manifest import KEYLESS
from runner.evidence.sealing import SealError
from runner.evidence.statement import PAYLOAD

_INSTALL = "pip install 'upgrade-runner[sigstore]'"


class _Envelope(msgspec.Struct, frozen=True):
    """What is read of the envelope in a sigstore bundle."""

    payload: str
    kind: str = msgspec.field(name="payloadType")


class _Bundle(msgspec.Struct, frozen=True):
    """What is read of a sigstore bundle."""

    envelope: _Envelope = msgspec.field(name="dsseEnvelope")


def payload_of(line: bytes) -> bytes:
    """Give the statement in a sigstore bundle; raises ValueError for one of another form."""
    try:
        envelope = msgspec.json.decode(line, type=_Bundle).envelope
        payload = base64.b64decode(envelope.payload, validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error) as error:
        raise ValueError("is no sigstore bundle with a DSSE envelope") from error
    if envelope.kind != PAYLOAD:
        raise ValueError("is no sigstore bundle of an in-toto statement")
    return payload


@dataclass(frozen=True)
class KeylessSigner:
    """Signs as whom an OIDC token says."""

    signer: Any
    """A ``sigstore.sign.Signer``."""
    entry: str = KEYLESS
    """As `Signer` has it."""
    git: bool = False
    """The package takes only SHA-2 and SHA-3 digests of subjects."""

    def sign(self, statement: bytes) -> bytes:
        """Give a sigstore bundle; raises SealError."""
        from sigstore.dsse import Statement

        try:
            signed: str = self.signer.sign_dsse(Statement(statement)).to_json()
        except Exception as error:
            raise _refused(error) from error
        return msgspec.json.encode(msgspec.json.decode(signed)) + b"\n"


def signer() -> KeylessSigner:
    """Find the OIDC token of the CI job, and get a certificate for it.

    Raises UsageError where the package or the token is not there, and SealError where sigstore
    says no.
    """
    try:
        from sigstore.models import ClientTrustConfig
        from sigstore.oidc import IdentityToken, detect_credential
        from sigstore.sign import SigningContext
    except ImportError as error:
        raise UsageError("the package sigstore is not installed", hint=_INSTALL) from error
    try:
        token = detect_credential()
        if token:
            context = SigningContext.from_trust_config(ClientTrustConfig.production())
            # One certificate for all statements: it is kept for as long as it is valid.
            with context.signer(IdentityToken(token)) as found:
                return KeylessSigner(found)
    except Exception as error:
        raise _refused(error) from error
    raise UsageError(
        "there is no OIDC token to sign with",
        hint="in GitHub Actions give the job `permissions: id-token: write`, or use --key",
    )


def _refused(error: Exception) -> SealError:
    """Say what went wrong; the package's errors never hold the token."""
    return SealError(
        f"sigstore cannot sign: {type(error).__name__}: {error}",
        hint="look at https://status.sigstore.dev, or sign with --key",
    )


@dataclass(frozen=True)
class KeylessTrust:
    """Trusts what an identity has signed."""

    verifier: Any
    """A ``sigstore.verify.Verifier``."""
    policy: Any
    """A ``sigstore.verify.policy.Identity``."""
    whom: str
    """The identity."""
    entry: str = KEYLESS
    """As `Trust` has it."""

    def doubt(self, line: bytes) -> str:
        """Let the package look at certificate, log entry and signature."""
        from sigstore.errors import Error
        from sigstore.models import Bundle

        try:
            self.verifier.verify_dsse(Bundle.from_json(line), self.policy)
        except Error as error:
            return f"is not signed by {self.whom}: {error}"
        return ""


def trust(identity: str, issuer: str) -> KeylessTrust:
    """Trust an identity, as its issuer knows it, by the root of trust that is kept locally.

    Raises UsageError where the package or its root of trust is not there.
    """
    try:
        from sigstore.verify import Verifier
        from sigstore.verify.policy import Identity
    except ImportError as error:
        raise UsageError("the package sigstore is not installed", hint=_INSTALL) from error
    try:
        verifier = Verifier.production(offline=True)
    except Exception as error:
        raise UsageError(
            f"sigstore's root of trust cannot be read: {error}",
            hint="verify something once with a network: `python -m sigstore verify …`",
        ) from error
    policy = Identity(identity=identity, issuer=issuer)
    return KeylessTrust(verifier, policy, f"{identity} (by {issuer})")
