"""Keys that bundles are signed with: Ed25519 (RFC 8032), or ECDSA over P-256 with SHA-256."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from runner.errors import UsageError

Kind: TypeAlias = Literal["ed25519", "ecdsa-p256"]
"""What a key can be. Only Ed25519 gives the same signature for the same bytes."""
Private: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
"""A key that signs."""
Public: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey
"""A key that verifies."""
PASSPHRASE = "RUNNER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
"""The environment variable with the passphrase of a private key, if it has one."""
_LARGEST = 1 << 16


def generate(kind: Kind, file: Path, passphrase: str) -> tuple[Path, str]:
    """Write a private key, only for its owner to read, and its public key beside it.

    Gives the path of the public key and its id. Raises UsageError where a file exists already or
    cannot be written.
    """
    private: Private = (
        ed25519.Ed25519PrivateKey.generate()
        if kind == "ed25519"
        else ec.generate_private_key(ec.SECP256R1())
    )
    sealed = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed
    )
    beside = file.with_name(f"{file.name}.pub")
    _create(beside, _pem(private.public_key()), 0o644)
    try:
        _create(file, pem, 0o600)
    except UsageError:
        beside.unlink()
        raise
    return beside, key_id(private.public_key())


def _create(file: Path, content: bytes, mode: int) -> None:
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(fd, "wb") as stream:  # noqa: PTH123 - of a descriptor
            stream.write(content)
    except OSError as error:
        raise UsageError(
            f"cannot write {file}: {error.strerror}", hint="name a file that does not exist yet"
        ) from error


def read_private(file: Path, passphrase: str) -> Private:
    """Read a private key (PEM); raises UsageError, which never holds what was read."""
    try:
        key = serialization.load_pem_private_key(_read(file), passphrase.encode() or None)
    except (ValueError, TypeError):
        hint = f"a key made by `runner keygen`; its passphrase, if it has one, is in {PASSPHRASE}"
        raise UsageError(f"{file}: is no private key that can be read", hint=hint) from None
    if isinstance(key, ed25519.Ed25519PrivateKey) or _is_p256(key):
        return key  # type: ignore[return-value] # _is_p256 has looked
    raise UsageError(
        f"{file}: is neither Ed25519 nor ECDSA P-256", hint="`runner keygen` makes one"
    )


def read_public(file: Path) -> Public:
    """Read a public key (PEM); raises UsageError."""
    try:
        key = serialization.load_pem_public_key(_read(file))
    except ValueError:
        raise UsageError(
            f"{file}: is no public key", hint="`runner keygen` writes FILE.pub"
        ) from None
    if isinstance(key, ed25519.Ed25519PublicKey) or _is_p256(key):
        return key  # type: ignore[return-value] # _is_p256 has looked
    raise UsageError(
        f"{file}: is neither Ed25519 nor ECDSA P-256", hint="`runner keygen` makes one"
    )


def _is_p256(key: object) -> bool:
    known = (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)
    return isinstance(key, known) and isinstance(key.curve, ec.SECP256R1)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def key_id(key: Public) -> str:
    """Give the SHA-256 of a public key's DER, in hexadecimal."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _pem(key: Public) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form)


def sign(key: Private, data: bytes) -> bytes:
    """Give the signature of some bytes."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def is_signed(key: Public, signature: bytes, data: bytes) -> bool:
    """Say whether a signature of some bytes is that of a key."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
