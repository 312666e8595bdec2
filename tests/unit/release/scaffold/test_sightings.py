"""What is seen is what the formats find; what merely looks like it is not."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from runner.release.scaffold.names import image_of, is_version_key, names_of, template_of
from runner.release.scaffold.sightings import Sightings, pinned, sight

APP = names_of("apache-Air_flow")


def seen(package: str = "mlflow", **files: str) -> Sightings:
    """Look at files whose names have ``__`` for a slash and a last ``_`` for the dot."""
    named = {
        PurePosixPath(".".join(name.replace("__", "/").rsplit("_", 1))): text
        for name, text in files.items()
    }
    return sight(package, named)


def pins(found: Sightings) -> list[tuple[str, str, str, int]]:
    return [(one.pin.selector, one.pin.template, one.version, one.pin.times) for one in found.pins]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3.6.0", ("{version}", "3.6.0")),
        ("v3.6.0rc1", ("v{version}", "3.6.0rc1")),
        ("^3.6", ("^{version}", "3.6")),
        ("2.9.3-python3.11", ("{version}-python3.11", "2.9.3")),
        ("latest", None),
        ("3", None),
        (">=3.6", None),
        ("", None),
    ],
)
def test_a_version_with_little_around_it(value: str, expected: tuple[str, str] | None) -> None:
    assert template_of(value) == expected


def test_images_and_keys_go_by_the_names_of_the_project() -> None:
    assert image_of("x/air-flow:v1.2", APP) == ("x/air-flow:v{version}", "1.2")
    assert image_of("host:80/air_flow:1.2", APP) == ("host:80/air_flow:{version}", "1.2")
    assert image_of("x/other:1.2", APP) is None
    assert image_of("x/air-flow:latest", APP) is None
    assert image_of("x/air-flow", APP) is None
    assert is_version_key("airFlowVersion", APP)
    assert is_version_key("APACHE_AIR_FLOW_VERSION", APP)
    assert not is_version_key("my_air_flow_version", APP)


def test_yaml_is_read_by_structure() -> None:
    found = seen(
        a_yaml="m:\n  - {name: a, image: t/mlflow:1.2}\n  - {name: b, image: t/mlflow:v1.2}\n",
        b_yml="- image: t/mlflow:1.2\n- image: t/mlflow:1.2\n---\nx.y: {mlflow: '1.2'}\n",
        c_yaml="{{ template }}: [\n",
        d_yaml="a: {repository: t/mlflow, tag: latest}\n'a\"b': {mlflow: '1.2'}\n",
    )
    assert sorted(pins(found)) == [
        ('"x.y".mlflow', "{version}", "1.2", 1),
        ("[0].image", "t/mlflow:{version}", "1.2", 1),
        ("[1].image", "t/mlflow:{version}", "1.2", 1),
        ("m[name=a].image", "t/mlflow:{version}", "1.2", 1),
        ("m[name=b].image", "t/mlflow:v{version}", "1.2", 1),
    ]


def test_json_terraform_and_dockerfiles() -> None:
    found = seen(
        a_json='{"dependencies": {"mlflow": "^1.2"}, "list": [{"mlflow_version": "1.2"}]}',
        b_json="{broken",
        package_lock_json='{"mlflow": "1.2"}',
        c_tfvars='mlflow_version = "1.2"\nother_version = "1.2"\n',
        d_tf='variable "mlflow_version" {}\nvariable "mlflow" {\n  default = "v1.2"\n}\n',
        e_dockerfile="ARG MLFLOW_VERSION=1.2\nARG MLFLOW_PORT=5.0\nFROM x/mlflow:1.2\n",
    )
    assert sorted(pins(found)) == [
        ("MLFLOW_VERSION", "{version}", "1.2", 1),
        ("dependencies.mlflow", "^{version}", "1.2", 1),
        ("list[0].mlflow_version", "{version}", "1.2", 1),
        ("mlflow", "v{version}", "1.2", 1),
        ("mlflow_version", "{version}", "1.2", 1),
        ("x/mlflow", "{version}", "1.2", 1),
    ]


def test_one_line_twice_is_one_pin_of_two() -> None:
    found = seen(requirements_txt="mlflow==1.2 ; a\nmlflow==1.2 ; b\n")
    assert pins(found) == [("mlflow", "{version}", "1.2", 2)]


def test_the_version_of_most_places_wins_and_of_two_the_newer() -> None:
    found = seen(
        requirements_txt="mlflow==1.10\n", x__requirements_txt="mlflow==1.9\n",
    )  # fmt: skip
    assert (found.version, [one.version for one in found.others]) == ("1.10", ["1.9"])
    three = seen(
        requirements_txt="mlflow==1.10\n",
        x__requirements_txt="mlflow==1.9\n",
        y__requirements_txt="mlflow==1.9\n",
    )
    assert three.version == "1.9"


def test_what_cannot_be_pinned_is_told() -> None:
    found = seen(requirements_in="mlflow>=1\n", constraints_txt="mlflow==1.2\nmlflow==1.3\n")
    assert found.pins == ()
    assert "mlflow is not pinned to one version" in found.notes[0]
    assert found.notes[1] == "constraints.txt: holds mlflow in 2 versions"


def test_a_row_is_taken_where_a_column_holds_the_version() -> None:
    table = "| Part | Pinned |\n|--|--|\n| **mlflow** | 1.2 |\n| flask | 1.2 |\n"
    other = "| Part | Pinned |\n|--|--|\n| mlflow | 1.1 |\n\n| mlflow | no table |\n"
    found = seen(requirements_txt="mlflow==1.2\n", a_md=table, b_md=other)
    assert [one.pin.columns for one in found.pins] == [{}, {"Pinned": "{version}"}]


def test_what_is_pinned_at_all() -> None:
    files = {
        PurePosixPath("requirements.txt"): "A_b[x]==1\nc>=2\n# d==3\n",
        PurePosixPath("pyproject.toml"): 'dependencies = [\n  "e == 5",\n]\n',
        PurePosixPath("notes.txt"): "f==6\n",
    }
    assert pinned(files) == {"a-b": "1", "e": "5"}
