"""The package index, through the real pip, from a server on this machine."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from unit.advisories.repositories import program
from unit.kinds.servers import Handler, Server, document, endless, free_port, serving, text
from unit.release.upstream.asking import listed, question, wheel

from runner.release.upstream import INDEX as NAME
from runner.release.upstream import source
from runner.release.upstream.base import Question, UpstreamError
from runner.release.upstream.index import INDEX, Settings, environment
from runner.release.upstream.index_probe import folder_page, origin, why

PAGE = "/simple/demo/"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        running.answers[PAGE] = document(
            listed(wheel("1.0"), wheel("1.1", upload_time="2026-01-02T03:04:05Z"))
        )
        yield running


def asked(tmp_path: Path, server: Server, **env: str) -> Question:
    return question(tmp_path, {"PIP_INDEX_URL": f"{server.url}/simple", **env})


def trouble(one: Question) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        INDEX.ask(one)
    assert caught.value.hint
    assert caught.value.message.isprintable()
    return caught.value


def test_versions_come_with_the_date_of_the_index(tmp_path: Path, server: Server) -> None:
    one = asked(tmp_path, server)
    told = source(NAME).ask(one)
    assert [(str(offer.version), offer.uploaded) for offer in told.offers] == [
        ("1.0", ""),
        ("1.1", "2026-01-02T03:04:05Z"),
    ]
    assert len(told.notes) == 1
    assert told.notes[0].startswith(f"asked {server.url} through pip ")
    assert "vnd.pypi.simple.v1+json" in server.seen[0][2]["accept"]
    assert not list(one.door.scratch.iterdir())
    assert INDEX.address(one)
    assert not INDEX.missing(one)


def test_credentials_of_the_index_reach_it_and_nothing_else(tmp_path: Path, server: Server) -> None:
    url = server.url.replace("://", "://corp:hunter22@")
    one = question(tmp_path, {"PIP_INDEX_URL": f"{url}/tok3n/simple"})
    seen: list[str] = []

    def guarded(handler: Handler) -> None:
        seen.append(handler.state.seen[-1][2].get("authorization", ""))
        text(401, "", WWW_Authenticate="Basic")(handler)

    server.answers["/tok3n/simple/demo/"] = guarded
    error = trouble(one)
    assert error.message == f"the package index: {server.url}: status 401"
    assert base64.b64encode(b"corp:hunter22").decode() in "".join(seen)
    server.answers["/tok3n/simple/demo/"] = document(listed(wheel("1.1")))
    told = INDEX.ask(one)
    shown = f"{told!r}{error.message}{error.hint}"
    assert "hunter22" not in shown
    assert "tok3n" not in shown
    assert "hunter22" in told.variables["UV_DEFAULT_INDEX"]


def test_a_package_that_no_index_has_is_an_error(tmp_path: Path, server: Server) -> None:
    server.answers[PAGE] = text(404, "no")
    error = trouble(asked(tmp_path, server))
    assert error.message == f"no version of demo in {server.url}"
    assert "release.package" in error.hint


def test_a_page_without_files_is_no_news(tmp_path: Path, server: Server) -> None:
    server.answers[PAGE] = document(listed())
    assert "no version of demo" in trouble(asked(tmp_path, server)).message


def test_one_index_of_two_that_is_down_is_an_error(tmp_path: Path, server: Server) -> None:
    down = f"http://127.0.0.1:{free_port()}/simple"
    message = trouble(asked(tmp_path, server, PIP_EXTRA_INDEX_URL=down)).message
    assert message.startswith(f"the package index: {down.removesuffix('/simple')}: ")
    assert "refused" in message.lower()


def test_one_index_of_two_that_does_not_have_it_is_none(tmp_path: Path, server: Server) -> None:
    (folder := tmp_path / "files").mkdir()
    extra = f"{server.url}/other {folder.as_uri()}"
    told = INDEX.ask(asked(tmp_path, server, PIP_EXTRA_INDEX_URL=extra))
    assert len(told.offers) == 2
    assert told.variables["UV_INDEX"].split() == extra.split()


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"<p>log in", "neither JSON nor HTML"), (b"\xff\xfe", "neither"), (b"{}", "list of files")],
)
def test_a_page_of_something_else_is_an_error(
    tmp_path: Path, server: Server, body: bytes, said: str
) -> None:
    server.answers[PAGE] = text(200, body)
    assert said in trouble(asked(tmp_path, server)).message


def test_a_page_without_end_is_cut(tmp_path: Path, server: Server) -> None:
    server.answers[PAGE] = endless(80 << 20)
    assert "larger than 64 MiB" in trouble(asked(tmp_path, server)).message


def test_files_beside_the_index_count(tmp_path: Path, server: Server) -> None:
    (links := tmp_path / "links").mkdir()
    (links / "demo-1.5-py3-none-any.whl").touch()
    (links / "other-9.0-py3-none-any.whl").touch()
    told = INDEX.ask(asked(tmp_path, server, PIP_FIND_LINKS=f"{links} {tmp_path / 'gone'}"))
    assert [str(one.version) for one in told.offers] == ["1.0", "1.1", "1.5"]
    assert len(told.notes) == 1
    (other := tmp_path / "other").mkdir()
    env = {"PIP_FIND_LINKS": links.as_uri(), "PIP_NO_INDEX": "1"}
    told = INDEX.ask(asked(other, server, **env))
    assert [str(one.version) for one in told.offers] == ["1.5"]
    assert not told.notes


def test_names_that_are_not_the_packages_are_told(tmp_path: Path, server: Server) -> None:
    server.answers[PAGE] = document(listed(wheel("1.1"), {"filename": "other-1.0.tar.gz"}))
    told = INDEX.ask(asked(tmp_path, server))
    assert told.notes[1] == "files with a name that is not the package's: 1"


def test_an_interpreter_without_pip_leaves_it_to_the_runners(
    tmp_path: Path, server: Server
) -> None:
    one = asked(tmp_path, server)
    bare = program(one.door, "bare", f'exec {one.python} -S "$@"')  # type: ignore[arg-type]
    assert len(INDEX.ask(replace(one, python=bare)).offers) == 2


def test_an_interpreter_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    one = question(tmp_path)
    mute = program(one.door, "mute", "echo broken >&2; exit 3")  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.executable", mute)
        message = trouble(replace(one, python="/no/such/python")).message
    assert "the package index was not asked" in message
    assert "broken" in message
    assert "no/such" in message


def test_an_answer_that_is_too_large_is_refused(tmp_path: Path) -> None:
    one = question(tmp_path)
    flood = program(one.door, "flood", 'truncate -s 1G "$4"')  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.executable", flood)
        assert "too much" in trouble(replace(one, python=flood)).message


def test_uv_is_set_up_as_pip_is_unless_somebody_has_done_it() -> None:
    told = Settings(("https://a/simple", "https://b/simple"), ("/wheels",), "/ca.pem")
    assert environment(told, {}) == {
        "UV_DEFAULT_INDEX": "https://a/simple",
        "UV_INDEX": "https://b/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels",
        "SSL_CERT_FILE": "/ca.pem",
    }
    own = {"UV_INDEX_URL": "https://c", "SSL_CERT_FILE": "/own.pem"}
    assert environment(told, own) == {}
    assert environment(Settings(), {}) == {}


def test_the_probe_shows_no_user_path_or_query() -> None:
    assert origin("https://u:p@host.example:8443/tok3n/simple?x=1") == "https://host.example:8443"
    assert origin("https://host.example/simple") == "https://host.example"
    assert origin("file:///srv/simple") == "file:///srv/simple"


def test_the_probe_names_the_inmost_cause() -> None:
    inner = OSError(2, "nothing there")
    assert why(RuntimeError("https://u:p@host", inner)) == "RuntimeError: nothing there"
    assert why(KeyError("x")) == "KeyError: KeyError"
    deep: BaseException = ValueError("last")
    for _ in range(20):
        deep = RuntimeError(deep)
    assert why(deep).startswith("RuntimeError: ")


def test_the_probe_reads_an_index_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    url = (tmp_path / "demo").as_uri()
    assert folder_page(url) == {"status": 404}
    (tmp_path / "demo" / "index.html").write_text("<a>", encoding="utf-8")
    assert folder_page(url)["body"] == "<a>"
    assert os.sep in url
