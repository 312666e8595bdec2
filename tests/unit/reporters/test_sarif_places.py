"""Where packages stand in a file of requirements."""

from __future__ import annotations

import pytest

from runner.advisories.inventory import Component
from runner.model import Place
from runner.reporters.sarif.places import Places, places

MLFLOW = Component("mlflow", "3.6.0")


def line(text: str, component: Component = MLFLOW) -> int | None:
    found = places("requirements.txt", text, [component]).get(component.name)
    return found.line if found else None


@pytest.mark.parametrize(
    "text",
    [
        "mlflow==3.6.0",
        "mlflow == 3.6.0",
        "mlflow===3.6.0",
        "MLflow==3.6",
        "mlflow[extras,more]==3.6.0 ; python_version < '3.14'",
        "mlflow==3.6.0 \\\r",
        "mlflow==3.6.0 # the tracking server",
        "mlflow>=3",
        "mlflow",
        "mlflow\r",
        "mlflow @ https://example.org/mlflow.whl",
        '  "mlflow==3.6.0",',
        'name = "mlflow"',
    ],
)
def test_a_requirement_is_found(text: str) -> None:
    assert line(f"# mlflow==3.6.0\n{text}\n") == 2


@pytest.mark.parametrize(
    "text",
    [
        "mlflow-skinny==3.6.0",
        "mlflow is pinned below",
        "    --hash=sha256:mlflow==3.6.0",
        "-r mlflow.txt",
        "| mlflow | 3.6.0 |",
        "",
    ],
)
def test_what_is_no_requirement_of_it_is_passed_over(text: str) -> None:
    assert line(text) is None


def test_names_are_normalised() -> None:
    assert line("ruamel.yaml_CLib==1.0", Component("ruamel-yaml-clib", "1.0")) == 1


def test_of_several_lines_the_one_with_the_version_counts() -> None:
    text = "numpy==1.26.4 ; python_version < '3.12'\nnumpy==nonsense\nnumpy==2.1\nnumpy==2.1.0\n"
    assert line(text, Component("numpy", "2.1.0")) == 3
    assert line(text, Component("numpy", "2.2.0")) == 1


def test_lines_are_counted_as_editors_do() -> None:
    assert line("# a form feed \x0c and a\u2028separator\r\nmlflow==3.6.0") == 2


def test_a_place_has_the_column_of_the_name() -> None:
    found = places("pyproject.toml", '  "mlflow==3.6.0",', [MLFLOW])
    assert found == {"mlflow": Place("pyproject.toml", 1, 4)}


def test_a_package_that_stands_nowhere_has_another_place() -> None:
    where = Places({"mlflow": Place("a", 5, 1)}, Place("config/x.yaml", 1, 1))
    assert where.of("mlflow") == Place("a", 5, 1)
    assert where.of("zipp") == Place("config/x.yaml", 1, 1)
