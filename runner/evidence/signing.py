"""What signs statements, and what trusts signatures: a local key, or sigstore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runner.evidence.envelope import is_by, pack, unpack
from runner.evidence.keys import Private, Public
from runner.evidence.manifest import ATTESTATIONS


class Signer(Protocol):
    """Signs statements."""

    @property
    def entry(self) -> str:
        """Name of the entry in the bundle."""

    @property
    def git(self) -> bool:
        """Whether it can name a git commit as a subject."""

    def sign(self, statement: bytes) -> bytes:
        """Give a line with the signed statement; raises SealError."""


class Trust(Protocol):
    """Says which signatures count."""

    @property
    def entry(self) -> str:
        """Name of the entry in the bundle that it is about."""

    @property
    def whom(self) -> str:
        """Who must have signed: ``the key``."""

    def doubt(self, line: bytes) -> str:
        """Say why a line is not signed as it must be; empty where it is."""


@dataclass(frozen=True)
class KeySigner:
    """Signs with a private key."""

    key: Private
    """Ed25519, or ECDSA P-256."""
    entry: str = ATTESTATIONS
    """As `Signer` has it."""
    git: bool = True
    """As `Signer` has it."""

    def sign(self, statement: bytes) -> bytes:
        """Give a DSSE envelope."""
        return pack(statement, self.key)


@dataclass(frozen=True)
class KeyTrust:
    """Trusts what a key has signed."""

    key: Public
    """Of whom it must be signed."""
    entry: str = ATTESTATIONS
    """As `Trust` has it."""
    whom: str = "the key"
    """As `Trust` has it."""

    def doubt(self, line: bytes) -> str:
        """Look at the signatures of an envelope."""
        payload, envelope = unpack(line)
        return "" if is_by(envelope, payload, self.key) else "is not signed by the key"
