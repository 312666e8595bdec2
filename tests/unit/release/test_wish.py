"""What a bump makes of a release."""

from __future__ import annotations

import pytest

from runner.errors import UsageError
from runner.model import Release
from runner.release.wish import Wish

RELEASE = Release(
    "mlflow",
    "3.6.0",
    image="example.org:5000/a/mlflow:v3.6.0",
    image_template="example.org:5000/a/mlflow:v{version}",
    cves=("CVE-2026-1",),
    release_notes="https://example.org/v3.6.0/13.6.0/3.6.0.1",
)


def test_no_wish_changes_nothing() -> None:
    assert Wish().of(RELEASE) == RELEASE


def test_image_and_notes_follow_the_version() -> None:
    made = Wish(version="3.17.2").of(RELEASE)
    assert made.image == "example.org:5000/a/mlflow:v3.17.2"
    assert made.release_notes == "https://example.org/v3.17.2/13.6.0/3.6.0.1"
    assert made.cves == RELEASE.cves


def test_an_image_without_template_stays() -> None:
    assert Wish(version="4.0").of(Release("a", "1.0", image="a:1")).image == "a:1"


def test_what_is_wished_is_taken() -> None:
    made = Wish("3.7", "fine", "done", "x", ("CVE-2026-2", "CVE-2026-2"), "n").of(RELEASE)
    assert (made.version, made.status, made.upgrade_status) == ("3.7", "fine", "done")
    assert made.image == "example.org:5000/a/mlflow:x"
    assert (made.cves, made.release_notes) == (("CVE-2026-2",), "n")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("next"), "Invalid version: 'next'"),
        (Wish("3.5.9"), "3.5.9 is older than 3.6.0"),
        (Wish(status="a\nb"), "has control characters"),
        (Wish(cves=("CVE 1",)), "'CVE 1' is no id of an advisory"),
    ],
)
def test_what_cannot_be_is_refused(wish: Wish, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        wish.of(RELEASE)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_rollback_goes_back() -> None:
    assert Wish("3.5.9").of(RELEASE, allow_downgrade=True).version == "3.5.9"
