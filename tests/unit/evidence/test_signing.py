"""Signed bundles: what is attested, who signed it, and what others make of it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from in_toto_attestation.v1.statement import Statement  # type: ignore[import-untyped]
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._key import SSlibKey
from unit.evidence.dossiers import FOLDER, dossier
from unit.reporters import samples

from runner.errors import UsageError
from runner.evidence.container import Reader
from runner.evidence.keys import Kind, generate, key_id, read_private, read_public
from runner.evidence.sealing import SealError, is_signed, seal
from runner.evidence.signing import KeySigner, KeyTrust
from runner.evidence.verification import verify


def signed(folder: Path, kind: Kind = "ed25519", passphrase: str = "") -> tuple[Path, Path]:
    """Seal a dossier with a run, and give bundle and public key."""
    public, _ = generate(kind, folder / "key", passphrase)
    live = dossier(folder)
    (live / "verification" / "run.json").write_bytes(msgspec.json.encode(samples.mixed()))
    return seal(live, folder, KeySigner(read_private(folder / "key", passphrase)))[0], public


def attestations(bundle: Path, folder: str = FOLDER) -> list[bytes]:
    import tarfile

    with tarfile.open(bundle) as archive:
        stream = archive.extractfile(f"{folder}/attestations.intoto.jsonl")
        assert stream is not None
        return stream.read().splitlines()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-p256"])
def test_a_signature_is_demanded_of_its_key(tmp_path: Path, kind: Kind) -> None:
    bundle, public = signed(tmp_path, kind)
    found = verify(bundle, KeyTrust(read_public(public)))
    assert found.problems == ()
    assert "every attestation is signed by the key" in found.proved
    other, _ = generate("ed25519", tmp_path / "other", "")
    assert verify(bundle, KeyTrust(read_public(other))).problems == (
        "attestations.intoto.jsonl: line 1 is not signed by the key",
    )
    without = verify(bundle)
    assert without.holds
    assert any("neither --key" in one for one in without.unproved)


def test_others_can_verify_it(tmp_path: Path) -> None:
    bundle, public = signed(tmp_path, "ecdsa-p256")
    (line,) = attestations(bundle)
    envelope = Envelope.from_dict(json.loads(line))
    crypto = read_public(public)
    envelope.verify([SSlibKey.from_crypto(crypto, key_id(crypto))], 1)
    statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
    Statement.validate(Statement.copy_from_pb(_pb(statement)))
    assert statement["predicate"]["result"] == "FAILED"
    assert statement["subject"][1] == {"name": "commit", "digest": {"gitCommit": "c0ffee"}}


def test_others_can_verify_every_statement_of_the_example() -> None:
    """DSSE by securesystemslib; Statement and predicates by the packages of in-toto."""
    example = Path(__file__).resolve().parents[3] / "reports" / "example"
    crypto = read_public(example / "key.pub")
    key = SSlibKey.from_crypto(crypto, key_id(crypto))
    (bundle,) = example.glob("*.tar.gz")
    folder = bundle.name.removesuffix(".tar.gz")
    manifest = hashlib.sha256((example / "manifest.json").read_bytes()).hexdigest()
    found: Counter[str] = Counter()
    for line in attestations(bundle, folder):
        envelope = Envelope.from_dict(json.loads(line))
        envelope.verify([key], 1)
        statement = json.loads(envelope.payload)
        assert statement["subject"][0] == {
            "name": f"{folder}/manifest.json",
            "digest": {"sha256": manifest},
        }
        kind = statement["predicateType"]
        Statement.validate(Statement.copy_from_pb(_pb(statement)))
        PREDICATES[kind](statement["predicate"])
        found[kind] += 1
        damaged = json.loads(line) | {"payload": base64.b64encode(b"{}").decode()}
        with pytest.raises(VerificationError):
            Envelope.from_dict(damaged).verify([key], 1)
    assert set(found) == set(PREDICATES)


def _test_result(predicate: dict[str, object]) -> None:
    from google.protobuf.json_format import ParseDict
    from in_toto_attestation.predicates.test_result.v0 import (  # type: ignore[import-untyped]
        test_result_pb2,
    )

    parsed = ParseDict(predicate, test_result_pb2.TestResult())
    assert parsed.result in {"PASSED", "WARNED", "FAILED"}
    assert parsed.configuration[0].digest["sha256"]
    assert [*parsed.passed_tests, *parsed.warned_tests, *parsed.failed_tests]


def _vulns(predicate: dict[str, object]) -> None:
    """Hold it against the fields of vulns v0.2, of which the package has no protobuf.

    Fields that it does not know are to be passed over, as in-toto says.
    """
    told = msgspec.convert(predicate, _Vulns)
    assert told.scanner.uri.startswith("pkg:")
    assert told.metadata.scanStartedOn <= told.metadata.scanFinishedOn
    assert all(one.id for one in told.scanner.result)


class _Database(msgspec.Struct):
    lastUpdate: datetime  # noqa: N815 - as it is written
    uri: str = ""
    version: str = ""


class _Severity(msgspec.Struct):
    method: str
    score: str


class _Found(msgspec.Struct):
    id: str
    severity: list[_Severity]
    annotations: list[dict[str, str]] = []


class _Scanner(msgspec.Struct):
    uri: str
    db: _Database
    result: list[_Found]
    version: str = ""


class _Metadata(msgspec.Struct):
    scanStartedOn: datetime  # noqa: N815 - as it is written
    scanFinishedOn: datetime  # noqa: N815 - as it is written


class _Vulns(msgspec.Struct):
    scanner: _Scanner
    metadata: _Metadata


PREDICATES: dict[str, Callable[[dict[str, object]], None]] = {
    "https://in-toto.io/attestation/test-result/v0.1": _test_result,
    "https://in-toto.io/attestation/vulns/v0.2": _vulns,
}


def _pb(statement: dict[str, object]) -> object:
    from google.protobuf.json_format import ParseDict
    from in_toto_attestation.v1 import statement_pb2  # type: ignore[import-untyped]

    return ParseDict({**statement, "type": statement.pop("_type")}, statement_pb2.Statement())


def test_an_unsigned_bundle_is_none_where_a_key_is_given(tmp_path: Path) -> None:
    public, _ = generate("ed25519", tmp_path / "key", "")
    bundle, _ = seal(dossier(tmp_path), tmp_path)
    assert verify(bundle, KeyTrust(read_public(public))).problems == ("it is not signed",)


def test_a_signed_bundle_is_not_lost(tmp_path: Path) -> None:
    bundle, _ = signed(tmp_path)
    before = bundle.read_bytes()
    with pytest.raises(UsageError, match="is signed"):
        seal(tmp_path / "live", tmp_path)
    for number in (1, 2):
        assert seal(tmp_path / "live", tmp_path, aside=True)[0] == bundle
        assert not is_signed(bundle)
        assert (tmp_path / f"{FOLDER}.signed-{number}.tar.gz").read_bytes() == before
        bundle.write_bytes(before)
    bundle.write_bytes(before[:200])
    assert not is_signed(bundle)


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    bundle, public = signed(tmp_path)
    key = KeyTrust(read_public(public))
    content = bundle.read_bytes()
    other = tmp_path / "other"
    for index in range(len(content)):
        other.unlink(missing_ok=True)  # who writes over a file waits for the disk (ext4)
        other.write_bytes(content[:index] + bytes([content[index] ^ 4]) + content[index + 1 :])
        assert verify(other, key).problems, f"byte {index}"


def test_a_statement_of_another_bundle_does_not_count(tmp_path: Path) -> None:
    from unit.evidence.test_bundle import entries, repacked

    bundle, _ = signed(tmp_path)
    with bundle.open("rb") as stream:
        archive = Reader(stream).take(1 << 24)
    run = msgspec.json.encode(samples.mixed())
    forged = archive.replace(b'"failed"', b'"passed"')
    assert forged != archive
    assert repacked(bundle, forged).problems
    assert run in archive
    line = attestations(bundle)[0] + b"\n"
    name = f"{FOLDER}/attestations.intoto.jsonl"
    start = archive.index(entries((name, line))[:512])
    for content, told in (
        (line + line, "one line for each stage"),
        (b"{}\n", "is no DSSE envelope"),
        (line.replace(b"vnd.in-toto", b"vnd.in-tota"), "is no DSSE envelope of"),
        (_with_payload(line, b'{"a":1}'), "does not say what verification/run.json"),
    ):
        again = archive[:start] + entries((name, content)) + bytes(1024)
        found = repacked(bundle, again)
        assert any(told in one for one in found.problems), told


def _with_payload(line: bytes, payload: bytes) -> bytes:
    envelope = json.loads(line)
    return json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}).encode() + b"\n"


def test_a_run_that_cannot_be_read_is_not_signed(tmp_path: Path) -> None:
    generate("ed25519", tmp_path / "key", "")
    key = KeySigner(read_private(tmp_path / "key", ""))
    live = dossier(tmp_path)
    with pytest.raises(SealError, match=r"verification/run\.json: is not the record"):
        seal(live, tmp_path, key)
    (live / "verification" / "run.json").unlink()
    with pytest.raises(SealError, match="no run of a stage"):
        seal(live, tmp_path, key)


def test_a_private_key_is_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "key"
    generate("ecdsa-p256", file, "a passphrase")
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in file.read_bytes()
    assert key_id(read_private(file, "a passphrase").public_key()) == key_id(
        read_public(file.with_name("key.pub"))
    )
    for wrong in ("", "another"):
        with pytest.raises(UsageError, match="is no private key that can be read") as told:
            read_private(file, wrong)
        assert "passphrase" not in str(told.value.message)
    with pytest.raises(UsageError, match="File exists"):
        generate("ed25519", file, "")
    (tmp_path / "key.pub").unlink()
    with pytest.raises(UsageError, match="File exists"):
        generate("ed25519", file, "")
    assert not (tmp_path / "key.pub").exists()


def test_other_keys_are_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP384R1())
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "pub").write_bytes(key.public_key().public_bytes(pem, form))
    (tmp_path / "key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    for read in (lambda: read_public(tmp_path / "pub"), lambda: read_private(tmp_path / "key", "")):
        with pytest.raises(UsageError, match="neither Ed25519 nor ECDSA P-256"):
            read()
    with pytest.raises(UsageError, match="is no public key"):
        read_public(tmp_path / "key")
    with pytest.raises(UsageError, match="cannot read"):
        read_public(tmp_path / "gone")
