"""In generated files of every format a bump changes the version's characters, and nothing else.

Each strategy draws a pin and its file, in which ``@`` stands where the version goes and nowhere
else; around it stand comments and neighbours that look much like it.
"""

from __future__ import annotations

import json
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Pin, Release
from runner.release.formats import FORMATS, check, spots_of
from runner.release.spots import apply
from runner.release.values import values_of

Drawn: TypeAlias = tuple[Pin, str]

_VERSIONS = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}((a|b|rc)[0-9]{1,2})?", fullmatch=True)
_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
_KEYS = _NAMES.filter(lambda name: name not in {"y", "n", "yes", "no", "on", "off", "null", "true"})
_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="@\u0085"),
    max_size=30,
)
_PLAIN = st.text(st.sampled_from("abcXYZ 019.=:_"), max_size=20)
_QUOTES = st.sampled_from(["'", '"'])
_GAPS = st.sampled_from(["", " ", "  ", "\t"])


def _lines(draw: st.DrawFn, target: str, neighbours: st.SearchStrategy[str]) -> str:
    """Lay the target between lines that are none of the pin's business."""
    before = [draw(neighbours) for _ in range(int(draw(st.sampled_from("0123"))))]
    after = [draw(neighbours) for _ in range(int(draw(st.sampled_from("012"))))]
    return "\n".join([*before, target, *after])


def _comments(sign: str) -> st.SearchStrategy[str]:
    return _TEXTS.map(lambda text: f"{sign} {text}")


@st.composite
def _requirement(draw: st.DrawFn) -> Drawn:
    name = draw(_NAMES)
    written = draw(st.sampled_from([name, name.upper(), name.title()]))
    target = (
        written
        + draw(st.sampled_from(["", "[x]", "[ x , y ]"]))
        + draw(_GAPS)
        + draw(st.sampled_from(["==", "==="]))
        + draw(_GAPS)
        + "@"
        + draw(st.sampled_from(["", " ; python_version > '3'", " \\\n    ; sys_platform == 'x'"]))
        + draw(st.sampled_from(["", "  # 1.0"]))
    )
    others = _NAMES.map(lambda other: f"{name}-{other}==1.0 --hash=sha256:00")
    fixed = st.sampled_from(["", "-r base.txt", "--index-url https://example.org/x"])
    return Pin("f", "requirement", name), _lines(draw, target, _comments("#") | others | fixed)


@st.composite
def _pyproject(draw: st.DrawFn) -> Drawn:
    name, quote = draw(_NAMES), draw(_QUOTES)
    head = draw(
        st.sampled_from(
            [
                "[project]\nname = 'p'\ndependencies = [",
                "[project.optional-dependencies]\nx = [",
                "[dependency-groups]\nx = [",
            ]
        )
    )
    target = f"  {quote}{name}{draw(st.sampled_from(['', '[x]']))}=={draw(_GAPS)}@{quote},"
    others = _NAMES.map(lambda other: f'  "{name}-{other}>=1", # "{name}==1"')
    return Pin("f", "pyproject", name), f"{head}\n{_lines(draw, target, others)}\n]\n"


@st.composite
def _docker_arg(draw: st.DrawFn) -> Drawn:
    name, quote = draw(_NAMES).upper(), draw(st.sampled_from(["", "'", '"']))
    target = f"{draw(st.sampled_from(['ARG', 'arg']))} {name}={quote}@{quote}"
    others = _NAMES.map(lambda other: f"ARG {name}_{other}=1.0 {name}_=x")
    runs = _PLAIN.map(lambda text: f"RUN echo {name}={text}")
    return Pin("f", "docker_arg", name), _lines(draw, target, _comments("#") | others | runs)


@st.composite
def _docker_from(draw: st.DrawFn) -> Drawn:
    image = f"{draw(_NAMES)}/{draw(_NAMES)}"
    prefix = draw(st.sampled_from(["", "v", "release-"]))
    flag = draw(st.sampled_from(["", "--platform=linux/amd64 "]))
    target = f"FROM {flag}{image}:{prefix}@{draw(st.sampled_from(['', ' AS x', '-slim']))}"
    suffix = "-slim" if target.endswith("-slim") else ""
    others = _NAMES.map(lambda other: f"FROM {image}-{other}:1.0")
    pin = Pin("f", "docker_from", image, template=f"{prefix}{{version}}{suffix}")
    return pin, _lines(draw, target, _comments("#") | others)


@st.composite
def _yaml(draw: st.DrawFn) -> Drawn:
    top, key, quote = draw(_KEYS), draw(_KEYS), draw(_QUOTES)
    if draw(st.sampled_from(["block", "flow"])) == "block":
        others = _KEYS.map(lambda other: f"  {key}-{other}: 1.0 # {key}: 2")
        target = f"  {key}:{draw(st.sampled_from([' ', '   ']))}{quote}x:@{quote} # 1.0"
        text = f"{top}:\n{_lines(draw, target, others | _comments('#'))}\n"
    else:
        text = f"{top}: {{{key}x: 1, {key}: {quote}x:@{quote}, {key}y: [1, '2']}}\n"
    return Pin("f", "yaml_path", f"{top}.{key}", template="x:{version}"), text


@st.composite
def _json(draw: st.DrawFn) -> Drawn:
    top, key = draw(_NAMES), draw(_NAMES)
    near = {f"{key}-{draw(_NAMES)}": draw(_TEXTS), "@": [1.5e3, None, {key: "1.0"}]}
    tree = {"first": near, top: [near, {**near, key: "\0"}], "last": draw(_TEXTS)}
    indent = draw(st.sampled_from(["", "2", "4"]))
    text = json.dumps(tree, indent=int(indent) if indent else None, ensure_ascii=False)
    text = text.replace("@", "at").replace("\\u0000", "@")
    return Pin("f", "json_path", f"{top}[1].{key}"), text


@st.composite
def _terraform(draw: st.DrawFn) -> Drawn:
    name = draw(_NAMES)
    others = _NAMES.map(lambda other: f'{name}_{other} = "1.0"')
    block = st.just(f'/* {name} = "1.0" */')
    target = draw(
        st.sampled_from(
            [
                f'{name}   = "@" # 1.0',
                f'variable "{name}" {{\n  type = string\n  default = "@"\n}}',
            ]
        )
    )
    signs = _comments("#") | _comments("//")
    return Pin("f", "terraform", name), _lines(draw, target, signs | others | block)


@st.composite
def _table(draw: st.DrawFn) -> Drawn:
    name = draw(_NAMES)
    cells = st.text(st.sampled_from("abc019. *`_-"), max_size=12)
    others = st.builds(lambda a, b: f"| {name}-{a} | {b} | 1.0 |", _NAMES, cells)
    head = "text\n\n| Name | Other | Version |\n| --- | :-: | --: |"
    target = f"|{draw(_GAPS)}{name} | {draw(cells)} |{draw(_GAPS)}@{draw(_GAPS)}|"
    pin = Pin("f", "table_row", name, {"Version": "{version}"})
    return pin, f"{head}\n{_lines(draw, target, others)}\n\nend | of | table\n"


@st.composite
def _regex(draw: st.DrawFn) -> Drawn:
    name = draw(_NAMES)
    others = _NAMES.map(lambda other: f"{name}{other} := 1.0")
    pin = Pin("f", "regex", rf"^{name} := (?P<version>[^ \r\n]+)")
    return pin, _lines(draw, f"{name} := @ # 1.0", others | _comments("#"))


DRAWN: dict[str, st.SearchStrategy[Drawn]] = {
    "requirement": _requirement(),
    "pyproject": _pyproject(),
    "docker_arg": _docker_arg(),
    "docker_from": _docker_from(),
    "yaml_path": _yaml(),
    "json_path": _json(),
    "terraform": _terraform(),
    "table_row": _table(),
    "regex": _regex(),
}


def test_every_format_has_its_files() -> None:
    assert set(DRAWN) == set(FORMATS)


@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data(), old=_VERSIONS, new=_VERSIONS)
def test_only_the_version_changes_there_and_back(
    name: str, data: st.DataObject, old: str, new: str
) -> None:
    pin, form = data.draw(DRAWN[name])
    ending, mark = (
        data.draw(st.sampled_from(["\n", "\r\n"])),
        data.draw(st.sampled_from(["", "\ufeff"])),
    )
    form = mark + form.replace("\n", ending) + data.draw(st.sampled_from(["", ending]))
    text, wanted = form.replace("@", old), form.replace("@", new)

    there = apply(text, spots_of(text, pin), values_of(Release("p", new)))

    assert there == wanted
    check(there, pin)
    assert apply(there, spots_of(there, pin), values_of(Release("p", old))) == text
