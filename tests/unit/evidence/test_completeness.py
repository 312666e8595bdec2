"""Which of the seven pieces of evidence a dossier lacks."""

from __future__ import annotations

import json

import pytest

from runner.evidence.completeness import ARTEFACTS, missing
from runner.evidence.contents import Contents
from runner.evidence.manifest import BundledFile

EXCHANGE = "> GET http://127.0.0.1:5050{}\n> Accept: */*\n>\n\n< 200 OK\n< Server: x\n"
IMAGE = {"reference": "example/mlflow:v1", "digest": f"sha256:{'a' * 64}", "other": 1}
WHOLE = {
    "image.json": json.dumps(IMAGE),
    "locks/after.txt": "",
    "locks/outdated.json": "",
    "upgrade.json": '{"package": "mlflow", "from": "3.6.0", "to": "3.17.2"}',
    "safety-after.json": "{}",
    "safety-before.json": "{}",
    "verification/artifacts/smoke/1.health.http.txt": EXCHANGE.format("/health"),
    "verification/artifacts/smoke/2.api.http.txt": EXCHANGE.format(
        "/api/2.0/mlflow/experiments/search?max_results=1"
    ),
    "verification/junit.xml": "",
    "verification/run.json": "{}",
}


def lacks(**changed: str | None) -> tuple[str, ...]:
    files = {path: text for path, text in {**WHOLE, **changed}.items() if text is not None}
    contents = Contents()
    for path, text in files.items():
        sink = contents.begin(BundledFile(path, len(text), ""))
        if sink:
            sink.take(text.encode())
    return missing(contents)


def test_a_whole_dossier_lacks_nothing() -> None:
    assert lacks() == ()
    assert missing(Contents()) == tuple(ARTEFACTS)


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("locks/after.txt", None, "lock"),
        ("locks/outdated.json", None, "lock"),
        ("safety-before.json", None, "safety-before"),
        ("safety-after.json", None, "safety-after"),
        ("image.json", None, "image-digest"),
        ("image.json", "{}", "image-digest"),
        ("image.json", '{"reference": "x", "digest": "sha256:ab"}', "image-digest"),
        ("image.json", '{"reference": "x", "digest": ""}', "image-digest"),
        ("verification/junit.xml", None, "test-reports"),
        ("preflight/run.json", "{}", "test-reports"),
        ("verification/artifacts/smoke/2.api.http.txt", None, "api-response"),
        ("verification/artifacts/smoke/1.health.http.txt", None, "health-response"),
    ],
)
def test_what_is_not_there_is_named(path: str, text: str | None, name: str) -> None:
    assert lacks(**{path: text}) == (name,)


@pytest.mark.parametrize(
    "text",
    [
        EXCHANGE.format("/health").replace("< 200 OK", "< connection refused"),
        EXCHANGE.format("/healthy"),
        EXCHANGE.format("/").replace("Server: x", "Location: /health"),
        "",
    ],
)
def test_a_question_without_an_answer_is_no_response(text: str) -> None:
    assert lacks(**{"verification/artifacts/smoke/1.health.http.txt": text}) == ("health-response",)


API = "verification/artifacts/smoke/2.api.http.txt"
OTHER = '{"package": "airflow", "from": "2.0", "to": "3.0"}'


@pytest.mark.parametrize(
    ("path", "upgrade", "expected"),
    [
        ("/ajax-api/3.0/mlflow/experiments/get", WHOLE["upgrade.json"], ()),
        ("/api/2.0/mlflow/runs/search", WHOLE["upgrade.json"], ("api-response",)),
        ("/experiments", WHOLE["upgrade.json"], ("api-response",)),
        ("/api/v1/dags", OTHER, ()),
        ("/v1/dags", OTHER, ("api-response",)),
        ("/v1/api/dags", "[]", ()),
    ],
)
def test_of_mlflow_it_is_the_experiments_api_that_must_answer(
    path: str, upgrade: str, expected: tuple[str, ...]
) -> None:
    assert lacks(**{API: EXCHANGE.format(path), "upgrade.json": upgrade}) == expected
