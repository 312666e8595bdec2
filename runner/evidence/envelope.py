"""DSSE envelopes (https://github.com/secure-systems-lab/dsse, protocol and envelope v1.0)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec

from runner.evidence.keys import Private, Public, is_signed, key_id, sign
from runner.evidence.statement import PAYLOAD


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature of an envelope."""

    keyid: str
    """SHA-256 of the public key's DER."""
    sig: str
    """Base64."""


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed statement."""

    payload: str
    """Base64."""
    payload_type: str = msgspec.field(name="payloadType")
    """What the payload is."""
    signatures: Annotated[tuple[Signature, ...], msgspec.Meta(min_length=1)]
    """At least one."""


def pack(statement: bytes, key: Private) -> bytes:
    """Give the envelope of a statement as one line of JSON."""
    signature = sign(key, encoded(PAYLOAD, statement))
    told = Signature(key_id(key.public_key()), base64.b64encode(signature).decode())
    envelope = Envelope(base64.b64encode(statement).decode(), PAYLOAD, (told,))
    return msgspec.json.encode(envelope) + b"\n"


def unpack(line: bytes) -> tuple[bytes, Envelope]:
    """Give statement and envelope of a line; raises ValueError for one of another form."""
    try:
        envelope = msgspec.json.decode(line, type=Envelope)
        payload = base64.b64decode(envelope.payload, validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error) as error:
        raise ValueError("is no DSSE envelope") from error
    if envelope.payload_type != PAYLOAD or base64.b64encode(payload).decode() != envelope.payload:
        raise ValueError("is no DSSE envelope of an in-toto statement")
    return payload, envelope


def is_by(envelope: Envelope, payload: bytes, key: Public) -> bool:
    """Say whether a key has signed an envelope."""
    data = encoded(envelope.payload_type, payload)
    for one in envelope.signatures:
        try:
            signature = base64.b64decode(one.sig, validate=True)
        except binascii.Error:
            continue
        if is_signed(key, signature, data):
            return True
    return False


def encoded(kind: str, payload: bytes) -> bytes:
    """Give DSSE's pre-authentication encoding (PAE): what is really signed."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)
