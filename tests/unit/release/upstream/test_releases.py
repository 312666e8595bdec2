"""Feeds of releases: Atom as GitHub writes it, RSS, and what is neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from unit.kinds.servers import Server, bomb, free_port, redirect, serving, text
from unit.release.upstream.asking import ATOM, entry, feed, question

from runner.model import Release
from runner.release.upstream.base import UpstreamError
from runner.release.upstream.releases import RELEASES, advisories_in, read_feed

WHERE = "https://example.org/releases.atom"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def versions(*entries: str) -> list[str]:
    told = read_feed(feed(*entries), WHERE, "demo")
    return [str(one.version) for one in told.announcements]


def test_an_entry_gives_version_date_address_and_advisories() -> None:
    content = "&lt;p&gt;Fixes CVE-2026-1001 and ghsa-2222-3333-4444&lt;/p&gt;"
    told = read_feed(feed(entry("v1.2.0", "Demo 1.2", content)), WHERE, "demo")
    (one,) = told.announcements
    assert str(one.version) == "1.2.0"
    assert one.published == "2026-03-01T10:00:00Z"
    assert one.address == "https://example.org/o/demo/releases/tag/v1.2.0"
    assert one.advisories == ("CVE-2026-1001", "GHSA-2222-3333-4444")
    assert told.notes == ("the feed goes back to 1.2.0; of older versions it says nothing",)


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.2", "1.2"),
        ("1.2.3", "1.2.3"),
        ("demo-1.2.3", "1.2.3"),
        ("demo_v1.2.3", "1.2.3"),
        ("v1.2.0rc1", "1.2rc1"),
        ("v1.2.0-rc.1", "1.2rc1"),
        ("release/v2.0.0", "2.0"),
        ("v1.2.0.post1", "1.2.post1"),
    ],
)
def test_tags_are_read_as_people_write_them(tag: str, version: str) -> None:
    from packaging.version import Version

    assert list(map(Version, versions(entry(tag)))) == [Version(version)]


def test_the_tag_wins_over_a_title_that_names_another_version() -> None:
    assert versions(entry("v1.2.0", "Upgrade from 1.1.0 to 1.2.0")) == ["1.2.0"]


def test_an_entry_without_tag_is_read_by_its_title() -> None:
    assert versions(entry("nightly", "Demo 1.4.0"), entry("weekly", "no version")) == ["1.4.0"]


def test_the_first_of_two_entries_with_one_version_counts() -> None:
    two = feed(entry("v1.2.0", content="CVE-2026-1001"), entry("v1.2.0"))
    assert read_feed(two, WHERE, "demo").announcements[0].advisories == ("CVE-2026-1001",)


def test_rss_is_read_too() -> None:
    data = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>
    <item><title>demo 1.5</title><link>javascript:alert(1)</link>
    <pubDate>Mon, 02 Mar 2026 00:00:00 +0000</pubDate>
    <description>CVE-2026-1005</description></item></channel></rss>"""
    (one,) = read_feed(data, WHERE, "demo").announcements
    assert (str(one.version), one.published) == ("1.5", "2026-03-02T00:00:00Z")
    assert one.advisories == ("CVE-2026-1005",)
    assert not one.address


def test_a_date_that_is_none_is_left_out() -> None:
    (one,) = read_feed(feed(entry("v1.2", updated="soon")), WHERE, "demo").announcements
    assert not one.published


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is no feed"),
        (b"", "is no feed"),
        (b'{"releases": []}', "is no feed"),
        (feed(entry("v1.2"))[:-40], "not well-formed XML"),
        (ATOM.format(entries="").encode(), "tells of no version of demo"),
        (feed(entry("nightly")), "tells of no version of demo"),
        (b"x" * (4 << 20) + b"x", "larger than 4 MiB"),
    ],
)
def test_what_is_no_feed_of_releases_is_an_error(data: bytes, said: str) -> None:
    with pytest.raises(UpstreamError, match=said) as caught:
        read_feed(data, WHERE, "demo")
    assert caught.value.message.startswith(WHERE)
    assert "upstream.releases" in caught.value.hint


def test_entities_do_not_grow() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    data = f'<!DOCTYPE feed [<!ENTITY e0 "boom">{levels}]>'.encode()
    hostile = feed(entry("v1.2", "&e11;")).replace(b"<feed", data + b"<feed", 1)
    with pytest.raises(UpstreamError, match="not well-formed"):
        read_feed(hostile, WHERE, "demo")


def test_advisories_are_found_in_html_once_each_and_in_order() -> None:
    told = 'cve-2026-115886, CVE-2026-96775 <a href="https://x/CVE-2026-5">x</a> CVE-2026-96775'
    assert advisories_in(f"{told} CVE-2026-12 XCVE-2026-9999") == (
        "CVE-2026-96775",
        "CVE-2026-115886",
    )
    assert advisories_in('<a href="https://x/CVE-2026-5555">the flaw</a>') == ("CVE-2026-5555",)


@pytest.mark.parametrize(
    ("notes", "address"),
    [
        ("https://github.com/o/demo/releases/tag/v1.0", "https://github.com/o/demo/releases.atom"),
        ("https://github.com/o/demo/releases", "https://github.com/o/demo/releases.atom"),
        ("https://github.com/o/demo/blob/main/CHANGES.md", ""),
        ("https://github.com.evil.example/o/demo/releases", ""),
        ("", ""),
    ],
)
def test_the_feed_is_beside_release_notes_on_github(
    tmp_path: Path, notes: str, address: str
) -> None:
    one = question(tmp_path, release=Release("demo", "1.0", release_notes=notes))
    assert RELEASES.address(one) == address
    assert "upstream.releases" in RELEASES.missing(one)


def test_the_feed_of_the_playbook_is_fetched(tmp_path: Path, server: Server) -> None:
    server.answers["/feed"] = text(200, feed(entry("v1.2")))
    told = RELEASES.ask(question(tmp_path, releases=f"{server.url}/feed?all=1"))
    assert [str(one.version) for one in told.announcements] == ["1.2"]
    assert server.seen[0][1] == "/feed?all=1"
    assert "atom" in server.seen[0][2]["accept"]


def test_a_feed_that_is_not_there_is_an_error(tmp_path: Path, server: Server) -> None:
    server.answers["/moved"] = redirect(301, "/feed")
    server.answers["/packed"] = bomb(1 << 20)
    one = question(tmp_path, releases=f"{server.url}/gone")
    for path, said in [
        ("/gone", "status 404"),
        ("/moved", "status 301"),
        ("/packed", "compressed"),
    ]:
        settings = structs.replace(one.settings, releases=f"{server.url}{path}")
        with pytest.raises(UpstreamError, match=said) as caught:
            RELEASES.ask(replace(one, settings=settings))
        assert "upstream.releases" in caught.value.hint


def test_a_server_that_is_down_is_an_error(tmp_path: Path) -> None:
    one = question(tmp_path, releases=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UpstreamError, match="refused") as caught:
        RELEASES.ask(one)
    assert "upstream.releases" in caught.value.hint
