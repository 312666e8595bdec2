from __future__ import annotations

from pathlib import Path

import pytest

from runner.release.spots import PinError
from runner.release.texts import LIMIT, encode, read


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbfa\r\nb", "é\n\n".encode(), b"a\rb\n"])
def test_a_text_goes_back_to_its_bytes(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a"
    file.write_bytes(content)
    assert encode(read(file, "a")) == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\n\xff", "a.txt:2: not UTF-8"),
        (b"a\0", "a.txt: holds a NUL character"),
        (b"a" * (LIMIT + 1), "a.txt: larger than 4 MiB"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "a"
    file.write_bytes(content)
    with pytest.raises(PinError) as caught:
        read(file, "a.txt")
    assert caught.value.message == message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PinError, match=r"^a\.txt: cannot be read: No such file"):
        read(tmp_path / "x", "a.txt")
