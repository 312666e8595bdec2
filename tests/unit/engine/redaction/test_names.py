"""Which variables hold secrets, and which values cannot be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.engine.redaction import Redactor, looks_secret, secrets_in

SECRET = (
    "AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AZURE_CLIENT_SECRET AZURE_STORAGE_ACCOUNT_KEY "
    "ARTIFACTORY_PASSWORD CI_JOB_TOKEN DATABASE_PASSWORD DB_PASS DOCKER_AUTH_CONFIG_PASSWORD "
    "GH_TOKEN GITHUB_TOKEN ACTIONS_RUNTIME_TOKEN ACTIONS_ID_TOKEN_REQUEST_TOKEN "
    "MLFLOW_TRACKING_PASSWORD MLFLOW_TRACKING_TOKEN MYSQL_PWD NPM_TOKEN OPENAI_API_KEY "
    "PGPASSWORD POSTGRES_PASSWORD SAFETY_API_KEY SENTRY_DSN SLACK_BOT_TOKEN SNYK_TOKEN "
    "TWINE_PASSWORD VAULT_TOKEN RUNNER_KEY_PASSPHRASE my_secret SECRET_KEY GOOGLE_CREDENTIALS"
)
OTHERS = (
    "PWD OLDPWD PATH HOME SSH_AUTH_SOCK AWS_ACCESS_KEY_ID AWS_WEB_IDENTITY_TOKEN_FILE "
    "GIT_ASKPASS ACTIONS_ID_TOKEN_REQUEST_URL GOOGLE_APPLICATION_CREDENTIALS_FILE "
    "PASSWORD_STORE_DIR TOKEN_TTL TOKENIZERS_PARALLELISM COMPASS KEYBOARD MONKEY XAUTHORITY "
    "SECRET_NAME PASSWORD_FILE PATTERN"
)


@pytest.mark.parametrize("name", SECRET.split())
def test_a_name_that_looks_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", OTHERS.split())
def test_a_name_that_does_not(name: str) -> None:
    assert not looks_secret(name)


def test_what_the_values_say(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch()
    environment = {
        "A_TOKEN": "of-eight",
        "B_TOKEN": "seven-7",
        "C_TOKEN": str(file),
        "D_TOKEN": "/looks/like/a/path/and/is/none",
        "DATABASE_URL": "postgresql://user:p%40ssword@host/db",
        "ADDRESS": "https://user@host/",
        "ODD": "http://[::1:user@host",
        "PLAIN": "nothing-secret",
    }
    assert secrets_in(environment) == {
        "A_TOKEN": "of-eight",
        "D_TOKEN": "/looks/like/a/path/and/is/none",
        "DATABASE_URL": "p@ssword",
    }
    assert secrets_in({"X_TOKEN": "~nobody-of-this-name/file"}) == {
        "X_TOKEN": "~nobody-of-this-name/file"
    }


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("abc", "too short"),
        ("aaaaaaaaaa", "too common"),
        ("54321", "too common"),
        ("Password", "too common"),
        ("3.6.0", "too common"),
        ("redacted K", "too common"),
    ],
)
def test_what_is_refused(value: str, why: str) -> None:
    redactor = Redactor({"K": value}, common=("mlflow 3.6.0",))
    assert redactor.warnings == (f"the value of K is {why} to be redacted",)
    assert redactor.text(f"- {value} -") == f"- {value} -"
