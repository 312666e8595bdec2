"""Every format finds its spots, changes only them, and says where it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Pin, Release
from runner.release.formats import FORMATS, check, spots_of
from runner.release.spots import PinError, apply
from runner.release.values import values_of

OLD = values_of(Release("mlflow", "3.6.0", status="⚠️ old"))
NEW = values_of(Release("mlflow", "3.17.2", status="fine {version}"))

CASES: dict[str, tuple[Pin, str]] = {
    "requirement": (
        Pin("r.txt", "requirement", "MLflow"),
        (
            "# mlflow==1\n-r other.txt\nmlflow-skinny==3.6.0\nmlflow[auth"
            ",db] == @ ; x > '3' # mlflow\n"
        ),
    ),
    "requirement-arbitrary": (Pin("r.txt", "requirement", "mlflow"), "mlflow===@\r\nb==1\r\n"),
    "requirement-last": (Pin("r.txt", "requirement", "a_b"), "A.b==@"),
    "pyproject": (
        Pin("p", "pyproject", "mlflow"),
        (
            '[project]\nname = "mlflow==9"\n# "mlflow==3.6.0"\ndependencies = [\n  "a>=1",\n'
            "  \"mlflow[x]==@; python_version>'3'\",\n]\n"
        ),
    ),
    "pyproject-optional": (
        Pin("p", "pyproject", "mlflow"),
        '[project.optional-dependencies]\nx = [\'mlflow (==@)\', """b"""]\n',
    ),
    "pyproject-group": (
        Pin("p", "pyproject", "mlflow"),
        '[dependency-groups]\ndev = ["mlflow==@", {include-group = "b"}]\nb = ["c"]\n',
    ),
    "poetry": (
        Pin("p", "pyproject", "mlflow"),
        '[tool.poetry.dependencies]\nother = "3.6.0"\nmlflow = "@"\npython = "^3.11"\n',
    ),
    "poetry-table": (
        Pin("p", "pyproject", "mlflow"),
        '[tool.poetry.group.x.dependencies]\nmlflow = {extras = ["a"], version = "==@"}\n',
    ),
    "docker_arg": (
        Pin("D", "docker_arg", "V"),
        "# ARG V=1\nARG OTHER_V=1 V=@ X=2\nRUN echo V=3\n",
    ),
    "docker_arg-quoted": (Pin("D", "docker_arg", "V"), 'arg A=1 \\\n  V="@"\n'),
    "docker_arg-single": (Pin("D", "docker_arg", "V"), "ARG V='@'"),
    "docker_from": (
        Pin("D", "docker_from", "example/mlflow", template="v{version}"),
        "FROM other:v3.6.0\nFROM --platform=linux/amd64 example/mlflow:v@ AS x\nFROM x\n",
    ),
    "yaml_path": (
        Pin("c", "yaml_path", "services.mlflow.image", template="a/mlflow:v{version}"),
        "# image: a/mlflow:v1\nservices:\n  mlflow: {image: 'a/mlflow:v@'} # c\n  x: {image: y}\n",
    ),
    "yaml_path-list": (
        Pin("c", "yaml_path", 'a[1].env[name=V]."b.c"'),
        (
            "---\nother: 1\n---\na:\n- 1\n- env:\n  - {name: X, b.c: '1'}"
            '\n  - name: V\n    b.c: "@"\n'
        ),
    ),
    "json_path": (
        Pin("j", "json_path", "a[1].x[name=n].v"),
        (
            '{"v": "3.6.0", "a": [{}, {"w": {"v": 1}, "x": [{"name": "m"}'
            ', 3, {"name": "n" , "v" : "@"}]}]}'
        ),
    ),
    "terraform": (
        Pin("t", "terraform", "v"),
        '# v = "1"\n/* \nv = "2" */\nother_v = "3"\nv   = "@" // x\n',
    ),
    "terraform-variable": (
        Pin("t", "terraform", "v"),
        (
            'variable "v" {\n  description = "a } {"\n  validation {\n  }\n  default = "@"\n}\n'
            'variable "w" {\n  default = "1"\n}\n'
        ),
    ),
    "regex": (Pin("x", "regex", r"^v=(?P<version>\S+)\r?$"), "a\nv=@\nvv=1\n"),
    "regex-first": (Pin("x", "regex", r"^v=(?P<version>\S+)"), "v=@"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_only_the_version_changes_and_changes_back(name: str, mark: str, ending: str) -> None:
    pin, template = CASES[name]
    template = mark + template.replace("\r\n", "\n").replace("\n", ending)
    old, new = template.replace("@", "3.6.0"), template.replace("@", "3.17.2")

    there = apply(old, spots_of(old, pin), NEW)

    assert there == new
    check(there, pin)
    assert apply(there, spots_of(there, pin), OLD) == old
    assert apply(there, spots_of(there, pin), NEW) == there


_LINES = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029")
)
_VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}(rc[0-9])?", fullmatch=True)


@given(noise=st.lists(_LINES, max_size=4), old=_VERSIONS, new=_VERSIONS)
def test_comments_of_any_text_stay(noise: list[str], old: str, new: str) -> None:
    comments = "".join(f"# {one}\n" for one in noise)
    hash_formats = {"requirement", "pyproject", "docker_arg", "docker_from", "yaml_path"}
    for name in (*hash_formats, "poetry", "terraform"):
        pin, template = CASES[name]
        text = comments + template.replace("@", old) + comments
        values = values_of(Release("mlflow", new))
        if name == "docker_from":
            values = {**values, "version": new.replace("!", "")}
        changed = apply(text, spots_of(text, pin), values)
        assert changed == comments + template.replace("@", new) + comments


def test_hashes_of_the_old_version_go() -> None:
    pin = Pin("r.txt", "requirement", "mlflow")
    text = (
        "a==1 --hash=sha256:00\nmlflow==3.6.0 ; x \\\n    --hash=sha2"
        "56:aa \\\n    --hash=sha256:bb\n    # via x\nb==2"
    )

    assert apply(text, spots_of(text, pin), NEW) == (
        "a==1 --hash=sha256:00\nmlflow==3.17.2 ; x\n    # via x\nb==2"
    )
    assert apply(text, spots_of(text, pin), OLD) == text


def test_a_digest_of_the_old_image_goes() -> None:
    pin = Pin("D", "docker_from", "a/b")
    text = "FROM a/b:3.6.0@sha256:00ff AS x\n"
    assert apply(text, spots_of(text, pin), NEW) == "FROM a/b:3.17.2 AS x\n"


TABLE = (
    "a | b\n\n| **Part** | Version | `Status` |\n|:--|---|:-:|\n"
    "| other \\| MLflow | 1 | x |\n| `MLflow` | 3.6.0 |  ⚠️ old  |\n\n| MLflow | 9 | 9 |\n"
)
ROW = Pin("S", "table_row", "MLflow", {"Version": "{version}", "Status": "{status}"})


def test_cells_of_a_row_change() -> None:
    changed = apply(TABLE, spots_of(TABLE, ROW), NEW)
    assert changed == TABLE.replace("3.6.0 |  ⚠️ old", "3.17.2 |  fine {version}")
    assert apply(changed, spots_of(changed, ROW), OLD) == TABLE


def test_a_row_without_outer_bars_is_one() -> None:
    text = "a | b\n--|--\nMLflow | 3.6.0"
    pin = Pin("S", "table_row", "MLflow", {"b": "{version}"})
    assert apply(text, spots_of(text, pin), NEW) == text.replace("3.6.0", "3.17.2")


@pytest.mark.parametrize(
    ("pin", "text", "message"),
    [
        (Pin("f", "requirement", "x"), "y==1\n", "f: requirement 'x' was not found"),
        (Pin("f", "requirement", "x"), "\nx>=1\n", "f:2: x is not pinned to one version"),
        (Pin("f", "requirement", "x"), "x==1.*\n", "f:1: x is not pinned to one version"),
        (Pin("f", "requirement", "x"), "x==1,<2\n", "f:1: x is not pinned to one version"),
        (
            Pin("f", "requirement", "x"),
            "x==1 ; a\nx==2 ; b\n",
            "f: requirement 'x' was found 2 times (lines 1, 2), where 1 was expected",
        ),
        (Pin("f", "pyproject", "x"), "=", "f: no TOML: Invalid statement (at line 1, column 1)"),
        (
            Pin("f", "pyproject", "x"),
            '[project]\ndependencies = ["x>=1"]',
            "f:2: x is not pinned to one version",
        ),
        (
            Pin("f", "pyproject", "x"),
            '[tool.poetry.dependencies]\nx = "^1"',
            "f:2: x is not pinned to one version",
        ),
        (Pin("f", "docker_arg", "X"), "ARG X\n", "f: docker_arg 'X' was not found"),
        (Pin("f", "docker_from", "a"), "FROM a\n", "f: docker_from 'a' was not found"),
        (
            Pin("f", "yaml_path", "a"),
            "a: [",
            "f:1: no YAML: expected the node content, but found '<stream end>'",
        ),
        (Pin("f", "yaml_path", "a"), "[" * 5000, "f: no YAML: too deep"),
        (Pin("f", "yaml_path", "a"), "b: 1\na: |\n  x\n", "f:2: a is no simple scalar"),
        (Pin("f", "yaml_path", "a"), 'a: "\\x31"', "f:1: a is no simple scalar"),
        (Pin("f", "yaml_path", "a.b[0]"), "a: 1", "f: yaml_path 'a.b[0]' was not found"),
        (Pin("f", "yaml_path", "a]"), "a: 1", "f: 'a]' is no path, at character 2"),
        (Pin("f", "json_path", "a"), '{"a": 1', "f:1: no JSON: Expecting ',' delimiter"),
        (Pin("f", "json_path", "a"), "[" * 100_000, "f: no JSON: too deep"),
        (Pin("f", "json_path", "a"), '{\n"a": 1}', "f:2: a is no string without escapes"),
        (Pin("f", "json_path", "a"), '{"a": "\\u0031"}', "f:1: a is no string without escapes"),
        (
            Pin("f", "json_path", "a[x=1].b"),
            '{"a": [{"y": 1}]}',
            "f: json_path 'a[x=1].b' was not found",
        ),
        (Pin("f", "terraform", "v"), 'variable "v" {\n', "f: terraform 'v' was not found"),
        (
            Pin("f", "regex", "("),
            "",
            "f: regex '(': missing ), unterminated subpattern at position 0",
        ),
        (Pin("f", "regex", "x"), "x", "f: regex 'x' has no group named 'version'"),
        (
            Pin("f", "table_row", "a", {"C": ""}),
            "| H | B |\n|--|--|\n| a | b |",
            "f:3: the table has no column 'C'",
        ),
        (
            Pin("f", "table_row", "a", {"B": ""}),
            "| H | B |\n|--|--|\n| a |",
            "f:3: the row has no cell for 'B'",
        ),
        (Pin("f", "table_row", "a", {"B": ""}), "| a | b |\n", "f: table_row 'a' was not found"),
    ],
)
def test_what_is_not_there_as_declared_is_told_with_its_place(
    pin: Pin, text: str, message: str
) -> None:
    with pytest.raises(PinError) as caught:
        spots_of(text, pin)
    assert caught.value.message == message
    assert caught.value.hint


def test_a_pin_may_be_there_several_times() -> None:
    pin = Pin("f", "requirement", "x", times=2)
    text = "x==1 ; a\nx==1 ; b\n"
    assert apply(text, spots_of(text, pin), {"version": "2"}) == "x==2 ; a\nx==2 ; b\n"


def test_a_change_that_breaks_the_file_is_found() -> None:
    pin = Pin("f", "yaml_path", "a")
    text = "a: 1"
    with pytest.raises(PinError, match="no YAML"):
        check(apply(text, spots_of(text, pin), {"version": "[x"}), pin)


def test_every_format_is_registered_by_its_name() -> None:
    assert all(name == one.name for name, one in FORMATS.items())
    assert len(FORMATS) == 9
