"""Pages of an index: JSON and HTML, broken and hostile ones too."""

from __future__ import annotations

import json

import pytest
from unit.release.upstream.asking import listed, wheel

from runner.release.upstream.pages import File, files_of, offers_of

JSON = "application/vnd.pypi.simple.v1+json"


def test_a_json_page_gives_dates_pythons_and_yanked_files() -> None:
    page = listed(
        wheel("1.1", requires_python=">=3.9", upload_time="2026-01-02T03:04:05Z", yanked=False),
        wheel("1.2", requires_python=None, yanked="broken"),
        wheel("1.3", yanked=True),
    )
    found = files_of(json.dumps(page), f"{JSON}; charset=utf-8")
    name = "demo-{}-py3-none-any.whl"
    assert found == (
        File(name.format("1.1"), ">=3.9", "2026-01-02T03:04:05Z"),
        File(name.format("1.2"), yanked="broken"),
        File(name.format("1.3"), yanked=""),
    )


def test_an_html_page_gives_the_same_but_dates() -> None:
    page = """<!DOCTYPE html><html><body>
    <a href="../../files/demo-1.1.tar.gz#sha256=00" data-requires-python="&gt;=3.9">demo</a>
    <a href="demo-1.2%2Blocal-py3-none-any.whl" data-yanked="bad\x1b[31m wheel">x</a>
    <a href="demo-1.3.tar.gz" data-yanked>x</a><a name="top">no file</a>
    <a href="http://[broken/demo-1.4.tar.gz">x</a>
    </body></html>"""
    assert files_of(page, "text/html") == (
        File("demo-1.1.tar.gz", ">=3.9"),
        File("demo-1.2+local-py3-none-any.whl", yanked="bad wheel"),
        File("demo-1.3.tar.gz", yanked=""),
    )


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("{", JSON, "no JSON"),
        ("[]", JSON, "no JSON"),
        ('{"versions": []}', JSON, "no list of files"),
        ('{"message": "log in"}', "application/json", "no list of files"),
        ("just text", "text/plain", "neither JSON nor HTML"),
        ("", "text/html", "neither JSON nor HTML"),
    ],
)
def test_what_is_no_page_is_an_error_and_not_an_empty_page(
    body: str, kind: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        files_of(body, kind)


def test_entries_that_are_no_files_are_passed_over() -> None:
    page = {"files": ["x", {"url": "no name"}, {"filename": 3}, wheel("1.1")]}
    assert len(files_of(json.dumps(page), JSON)) == 1


def test_versions_come_in_order_with_the_first_upload_and_every_python() -> None:
    offers, strange = offers_of(
        [
            File("demo-1.10.tar.gz", ">=3.10", "2026-02-02T00:00:00Z"),
            File("demo-1.10-py3-none-any.whl", ">=3.9", "2026-02-01T00:00:00Z"),
            File("demo-1.9.zip", "", "yesterday"),
        ],
        "demo",
    )
    assert [str(one.version) for one in offers] == ["1.9", "1.10"]
    assert not strange
    assert offers[0].uploaded == ""
    assert offers[1].uploaded == "2026-02-01T00:00:00Z"
    assert sorted(map(str, offers[1].requires)) == [">=3.10", ">=3.9"]


def test_a_version_is_yanked_where_no_file_of_it_stands() -> None:
    files = [
        File("demo-1.1.tar.gz", yanked=""),
        File("demo-1.1-py3-none-any.whl", yanked="leaks"),
        File("demo-1.2.tar.gz", yanked="leaks"),
        File("demo-1.2-py3-none-any.whl"),
        File("demo-1.3.tar.gz", yanked=""),
    ]
    offers, _ = offers_of(files, "demo")
    assert [one.yanked for one in offers] == ["leaks", None, ""]
    assert offers[0].requires == ()


def test_names_of_other_packages_and_broken_ones_are_counted() -> None:
    files = [
        File("demo-1.1.tar.gz"),
        File("other-1.1.tar.gz"),
        File("demo-x.whl"),
        File("demo.tar.gz"),
        File("demo-1.0.win32.exe"),
        File("demo-1.0.egg"),
    ]
    offers, strange = offers_of(files, "demo")
    assert [str(one.version) for one in offers] == ["1.1"]
    assert strange == 3


def test_a_python_that_cannot_be_read_asks_for_nothing() -> None:
    offers, _ = offers_of([File("demo-1.1.tar.gz", ">=3.x, nonsense")], "demo")
    assert list(map(str, offers[0].requires)) == [""]
