"""A dossier is sealed into the same bytes, and every change of a byte is noticed."""

from __future__ import annotations

import errno
import fcntl
import gzip
import io
import os
import random
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.evidence.dossiers import FILES, FOLDER, dossier, journal

from runner.errors import UsageError
from runner.evidence import sealing
from runner.evidence.completeness import ARTEFACTS
from runner.evidence.container import END, HEAD, PREFIX, Writer, header, padding
from runner.evidence.manifest import decode, encode
from runner.evidence.sealing import SealError, seal
from runner.evidence.verification import Verdict, verify

CHANCE = random.Random(7)  # noqa: S311 - the same changes in every run


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return seal(dossier(tmp_path), tmp_path)[0]


def changed(bundle: Path, content: bytes) -> Verdict:
    other = bundle.with_name("other.tar.gz")
    other.unlink(missing_ok=True)  # who writes over a file waits for the disk (ext4)
    other.write_bytes(content)
    return verify(other)


def repacked(bundle: Path, archive: bytes) -> Verdict:
    """Pack an archive as a forger would who knows the format."""
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.write(archive)
    writer.close()
    return changed(bundle, stream.getvalue())


def test_the_same_dossier_gives_the_same_bytes(tmp_path: Path, bundle: Path) -> None:
    assert bundle.name == f"{FOLDER}.tar.gz"
    (tmp_path / "other").mkdir()
    again = dossier(tmp_path / "other")
    for path in again.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    assert seal(again, tmp_path / "other")[0].read_bytes() == bundle.read_bytes()
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".part"] == []


def test_what_a_killed_sealing_has_left_goes_and_not_what_another_one_writes(
    tmp_path: Path,
) -> None:
    left, used = (tmp_path / f".other-1-2-20260101.tar.gz.{pid}.part" for pid in (1, 2))
    left.touch()
    with used.open("xb") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)
        sealed, _ = seal(dossier(tmp_path), tmp_path)
    assert sorted(tmp_path.glob("*.tar.gz*")) == [used, sealed]


def test_any_tar_opens_it(tmp_path: Path, bundle: Path) -> None:
    subprocess.run(["tar", "-xzf", bundle, "-C", tmp_path], check=True)
    expected = {path: content for path, content in FILES.items() if path != ".lock"}
    for path, content in expected.items():
        assert (tmp_path / FOLDER / path).read_bytes() == content
    manifest = decode((tmp_path / FOLDER / "manifest.json").read_bytes())
    assert [one.path for one in manifest.files] == sorted(
        [*expected, "upgrade.json", "journal.jsonl"], key=str.encode
    )
    sums = "".join(f"{one.sha256}  {one.path}\n" for one in manifest.files)
    tool = ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "-a", "256"]
    subprocess.run([*tool, "--check"], input=sums.encode(), cwd=tmp_path / FOLDER, check=True)
    with tarfile.open(bundle) as archive:
        assert {(one.mtime, one.uid, one.mode, one.uname) for one in archive} == {(0, 0, 0o644, "")}


def test_a_bundle_holds(bundle: Path) -> None:
    found = verify(bundle)
    assert (found.holds, found.problems) == (True, ())
    assert found.proved == (
        "all 6 files are those of its manifest, byte by byte",
        "the journal's 3 lines follow each other unbroken",
    )
    unsigned, *lacking = found.unproved
    assert unsigned == "who sealed it, and when: it is not signed"
    assert [one.split("lacks ")[1].split(" (")[0] for one in lacking] == list(ARTEFACTS)


def test_every_flipped_removed_or_added_byte_is_noticed(bundle: Path) -> None:
    content = bundle.read_bytes()
    for index in range(len(content)):
        for bit in (1, 128):
            flipped = bytearray(content)
            flipped[index] ^= bit
            problems = changed(bundle, bytes(flipped)).problems
            assert problems, f"byte {index}, bit {bit}"
            if PREFIX <= index < len(content) - 16 and not _names_a_place(problems):
                # A bit that stands for nothing: no entry is another.
                assert gzip.decompress(bytes(flipped)) == gzip.decompress(content), index
        assert changed(bundle, content[:index]).problems
        assert changed(bundle, content[:index] + content[index + 1 :]).problems
        assert changed(bundle, content[:index] + b"\0" + content[index:]).problems
    assert changed(bundle, content + b"\0").problems
    assert changed(bundle, content + content).problems


def _names_a_place(problems: tuple[str, ...]) -> bool:
    """Say whether more is told than that something somewhere is not as it was."""
    return not all(one.startswith(("the gzip", "the bytes of")) for one in problems)


def test_every_changed_byte_of_the_archive_is_noticed_though_sealed_anew(bundle: Path) -> None:
    archive = bytearray(gzip.decompress(bundle.read_bytes()))
    assert repacked(bundle, bytes(archive)).holds
    for index in range(len(archive)):
        archive[index] ^= 1
        assert repacked(bundle, bytes(archive)).problems, f"byte {index}"
        archive[index] ^= 1


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Seal a dossier of some forty files that cannot be compressed."""
    live = dossier(tmp_path)
    for number in range(40):
        (live / f"verification/logs/{number}.log").write_bytes(CHANCE.randbytes(1_500))
    return seal(live, tmp_path)[0]


def test_5_000_random_changes_of_a_large_one_are_named(large: Path) -> None:
    content = large.read_bytes()
    starts = list(_starts(gzip.decompress(content)))
    inflated = _inflated(content)
    for _ in range(5_000):
        other = bytearray(content)
        start = CHANCE.randrange(len(other))
        other[start : start + CHANCE.randrange(3)] = CHANCE.randbytes(CHANCE.randrange(1, 3))
        if bytes(other) != content:
            problems = changed(large, bytes(other)).problems
            places = (inflated[max(0, start - 1)], inflated[start] + 512)
            told = {next(n for at, n in reversed(starts) if at <= one) for one in places}
            if "manifest.json" in told:  # a changed hash is told of the file that it belongs to
                told |= {"the first entry", *(name for _, name in starts)}
            if not PREFIX <= start < len(content) - 16:
                told |= {"the gzip", "the bytes of the archive"}
            assert any(one.startswith(tuple(told)) for one in problems), (start, told, problems)


def _inflated(content: bytes) -> list[int]:
    """Give how many bytes of the archive are known before each byte of the bundle."""
    inflate, known, found = zlib.decompressobj(31), 0, []
    for at in range(len(content)):
        found.append(known)
        known += len(inflate.decompress(content[at : at + 1]))
    return found


def test_5_000_random_changes_by_a_forger_are_named(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.evidence.container.LEVEL", 0)  # as valid, and quicker to make
    archive = gzip.decompress(large.read_bytes())
    starts = list(_starts(archive))
    for _ in range(5_000):
        other = bytearray(archive)
        at = CHANCE.randrange(len(other))
        other[at] ^= CHANCE.randrange(1, 256)
        name = next(name for start, name in reversed(starts) if start <= at)
        problems = repacked(large, bytes(other)).problems
        if name == "manifest.json":
            # A changed hash is told of the file that it belongs to, a changed path as another one.
            told = ("the first entry", *(one for _, one in starts))
            known = [
                one for one in problems if one.startswith(told) or "in its place stands" in one
            ]
        else:
            known = [one for one in problems if one.startswith(name)]
        assert known, (at, name, problems)


def _starts(archive: bytes) -> Iterator[tuple[int, str]]:
    """Give where each entry begins, and at last the end."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        for one in opened:
            yield one.offset, one.name.removeprefix(f"{FOLDER}/")
    yield len(archive) - len(END), "there is more in the archive"


def entries(*files: tuple[str, bytes]) -> bytes:
    return b"".join(
        header(name, len(content)) + content + padding(len(content)) for name, content in files
    )


def parts(bundle: Path) -> tuple[bytes, dict[str, bytes]]:
    with tarfile.open(bundle) as archive:
        found = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    return found.pop(f"{FOLDER}/manifest.json"), found


def test_what_a_forger_changes_is_named(bundle: Path) -> None:
    manifest, files = parts(bundle)
    first = (f"{FOLDER}/manifest.json", manifest)
    names = list(files)
    log = f"{FOLDER}/verification/logs/a.1.log"

    def problems(*listed: tuple[str, bytes], end: bytes = END) -> str:
        return "\n".join(repacked(bundle, entries(*listed) + end).problems)

    every = list(files.items())
    assert problems(first, *every) == ""
    missing = [one for one in every if one[0] != log]
    assert "verification/logs/a.1.log: in its place stands" in problems(first, *missing)
    assert "more in the archive" in problems(first, *every, (f"{FOLDER}/z", b"1"))
    assert "more in the archive" in problems(first, *every, (log, b"1"))
    assert "in its place stands" in problems(first, *reversed(every))
    assert "../evil" in problems(first, ("../evil", b""), *every)
    other = [(name, b"y" * 1000 if name == log else content) for name, content in every]
    assert problems(first, *other) == (
        "verification/logs/a.1.log: its content is not what the manifest says"
    )
    assert "is missing" in problems(first, *every[:-1])
    assert names[-1].rpartition("/")[2] in problems(first, *every[:-1])
    assert problems(first, *every, end=END[:512]) != ""
    assert "not a manifest.json" in problems(*every)


def test_a_link_is_no_file(bundle: Path) -> None:
    manifest, files = parts(bundle)
    name, content = next(iter(files.items()))
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    forged = entries((f"{FOLDER}/manifest.json", manifest)) + link.tobuf() + content
    assert repacked(bundle, forged).problems


def test_paths_that_leave_the_folder_are_refused(bundle: Path) -> None:
    manifest, _ = parts(bundle)
    for path in ("/etc/passwd", "../a", "a/../../b", "a//b", "C:/a", "a\\b", "manifest.json", ""):
        text = manifest.replace(
            b'"path": "journal.jsonl"', f'"path": {path!r}'.replace("'", '"').encode()
        )
        found = repacked(bundle, entries((f"{FOLDER}/manifest.json", text)) + END)
        assert found.problems[0].startswith("manifest.json: "), path


def test_a_manifest_in_another_form_is_refused(bundle: Path) -> None:
    manifest, files = parts(bundle)
    forged = entries((f"{FOLDER}/manifest.json", manifest + b" "), *files.items()) + END
    assert "not written in the form" in repacked(bundle, forged).problems[0]
    with pytest.raises(ValueError, match="not written"):
        decode(encode(decode(manifest)) + b"\n")


def test_a_journal_whose_chain_is_broken_is_told(tmp_path: Path) -> None:
    live = dossier(tmp_path)
    whole = journal(5)
    lines = whole.splitlines(keepends=True)
    for broken, told in (
        (b"".join([lines[0], *lines[2:]]), "line 2 does not follow"),
        (b"".join([*lines[:2], b"{}\n", *lines[3:]]), "line 3 is no line"),
        (whole.replace(b'"event": "e"', b'"event": "f"', 1), "line 2 does not follow"),
    ):
        (live / "journal.jsonl").write_bytes(broken)
        (problem,) = verify(seal(live, tmp_path)[0]).problems
        assert problem.startswith(f"journal.jsonl: {told}")
    (live / "journal.jsonl").write_bytes(whole + b'{"torn')
    torn = verify(seal(live, tmp_path)[0])
    assert torn.holds
    assert "the journal's last line, which breaks off" in torn.unproved


def test_what_is_no_bundle(tmp_path: Path, bundle: Path) -> None:
    assert changed(bundle, b"").problems == ("the gzip header is not that of a bundle",)
    assert changed(bundle, gzip.compress(b"x")).problems[0].startswith("the gzip header")
    assert changed(bundle, HEAD).problems[0].startswith("the gzip header")
    assert "breaks off" in changed(bundle, bundle.read_bytes()[:PREFIX]).problems[0]
    assert repacked(bundle, b"\0" * 512).problems == ("the first entry has no header of tar's",)
    with pytest.raises(UsageError, match="cannot read"):
        verify(tmp_path / "gone")


FOREIGN = "the gzip header is not that of a bundle"


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_entry_changed_by_plain_tools_is_named(tmp_path: Path, bundle: Path, form: int) -> None:
    """Unpacked, changed, and packed again by tar and gzip, whose headers are others."""
    with tarfile.open(bundle) as archive:
        archive.extractall(tmp_path, filter="data")
    home = tmp_path / FOLDER
    long = f"verification/{'n' * 120}.txt"
    names = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert names >= {"verification/run.json", "upgrade.json"}

    def packed() -> Verdict:
        with tarfile.open(tmp_path / "again.tar.gz", "w:gz", format=form) as archive:
            archive.add(home, arcname=FOLDER)
        return verify(tmp_path / "again.tar.gz")

    untouched = packed()
    assert untouched.problems == (FOREIGN,)
    (home / "verification/run.json").write_text("x")
    (home / "upgrade.json").unlink()
    (home / long).write_text("x")
    (home / "link").symlink_to("/etc/passwd")
    found = packed()
    assert found.problems == (
        FOREIGN,
        "upgrade.json: is missing",
        "verification/run.json: its content is not what the manifest says",
        *sorted(
            f"{one}: stands there, and the manifest does not name it" for one in (long, "link")
        ),
    )
    told = " ".join((*found.unproved, *untouched.unproved))
    assert "not signed" not in told
    assert "no journal" not in told
    assert "cannot be read to its end" in told
    assert found.proved == untouched.proved == ()


def test_what_a_foreign_archive_may_be(bundle: Path) -> None:
    archive = gzip.decompress(bundle.read_bytes())
    manifest, files = parts(bundle)
    first = (f"{FOLDER}/manifest.json", manifest)
    name = next(iter(files))
    device = tarfile.TarInfo(name)
    device.type = tarfile.CHRTYPE
    cases = {
        archive[:700]: "manifest.json",
        archive[: len(archive) - 3000]: "is missing",
        entries(first, *files.items(), (name, b"x")) + END: "does not name it",
        entries(first) + device.tobuf() + END: "its content is not",
        entries(*files.items()) + END: "it holds no manifest.json",
        entries((first[0], b"{}"), *files.items()) + END: "manifest.json: ",
        b"x" * 2048: "an entry has no header",
        entries(first) + bytes(range(256)) * 8: "an entry has no header",
    }
    for content, told in cases.items():
        found = changed(bundle, gzip.compress(content)).problems
        assert found[0] == FOREIGN
        assert told in " ".join(found)


@pytest.mark.parametrize("flags", [1, 2, 4, 8, 16, 30])
def test_a_gzip_header_of_any_form_is_passed_over(bundle: Path, flags: int) -> None:
    sealed = bundle.read_bytes()[PREFIX:]
    head = bytes((0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 0, 3))
    head += b"\3\0abc" if flags & 4 else b""
    head += b"name\0" if flags & 8 else b""
    head += b"comment\0" if flags & 16 else b""
    head += b"\1\2" if flags & 2 else b""
    assert changed(bundle, head + sealed).problems == (FOREIGN,)
    if flags & 8:
        assert changed(bundle, head[:13] + b"x" * 100).problems == (FOREIGN,)


def test_a_foreign_bomb_is_not_inflated_to_its_end(bundle: Path) -> None:
    manifest, _ = parts(bundle)
    bomb = tarfile.TarInfo(f"{FOLDER}/bomb")
    bomb.size = 1 << 40
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        archive = entries((f"{FOLDER}/manifest.json", manifest)) + bomb.tobuf(form)
        found = changed(bundle, gzip.compress(archive)).problems
        assert found[0] == FOREIGN
        assert "it inflates to more than is compared" in found


def test_a_bomb_does_not_fill_the_memory(bundle: Path) -> None:
    manifest, _ = parts(bundle)
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.write(entries((f"{FOLDER}/manifest.json", manifest)))
    for _ in range(256):
        writer.write(bytes(1 << 20))
    writer.close()
    assert changed(bundle, stream.getvalue()).problems


def test_a_full_disk_leaves_no_half_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = dossier(tmp_path)

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SealError, match="No space left"):
        seal(live, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["live"]


def test_what_is_no_evidence_is_refused(tmp_path: Path) -> None:
    live = dossier(tmp_path)
    (live / "link").symlink_to("/etc/passwd")
    with pytest.raises(SealError, match="neither a file nor a folder"):
        seal(live, tmp_path)
    (live / "link").unlink()
    (live / "manifest.json").write_text("{}")
    with pytest.raises(SealError, match="is no path in a dossier"):
        seal(live, tmp_path)
    (live / "upgrade.json").write_text("[]")
    with pytest.raises(SealError, match="is no dossier"):
        seal(live, tmp_path)
    with pytest.raises(UsageError, match="there is no dossier"):
        seal(tmp_path / "nowhere", tmp_path)


def test_a_file_that_changes_meanwhile_is_not_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = dossier(tmp_path)
    told = sealing._manifest(live)
    (live / "upgrade.json").write_bytes((live / "upgrade.json").read_bytes().replace(b"1", b"2"))
    monkeypatch.setattr(sealing, "_manifest", lambda _live: told)
    with pytest.raises(SealError, match="changed while it was sealed"):
        seal(live, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["live"]
