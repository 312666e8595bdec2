"""The stages ``rollout`` and ``rollback`` on containers with PostgreSQL, by the profile docker."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import pytest
from support.containers import FORMER, POSTGRES, free_port, image, require_images
from support.site import Client, Site, site

PASSWORD = "of-a-test-alone"


@pytest.fixture
def deployed() -> Iterator[Site]:
    """Give MLflow 3.6.0 in a container, in the slot blue, with an empty PostgreSQL."""
    require_images()
    port = str(free_port())
    variables = {
        "COMPOSE_PROJECT_NAME": f"rollout-test-{os.urandom(4).hex()}",
        "DATABASE_PORT": port,
        "PGPASSWORD": PASSWORD,
        "POSTGRES_IMAGE": POSTGRES,
        "RESTART": "no",
        "WORKERS": "1",
    }
    url = f"postgresql://mlflow@127.0.0.1:{port}/mlflow"
    options = ("--profile", "docker", "--set", f"vars.database_url={url}")
    with site(variables, "deployment/containers.toml", *options) as made:
        compose = ("docker-compose", "-f", "deployment/blue-green.yml")
        env = {**made.env, "DEPLOYMENT": str(made.home)}
        try:
            reachable(port)
            # The first server is told no more than a user's, and decides on jobs by itself.
            jobs = made.env.pop("MLFLOW_SERVER_ENABLE_JOB_EXECUTION")
            made.adopt(FORMER, image(FORMER))
            made.env["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = jobs
            yield made
        finally:
            subprocess.run(
                [*compose, "down", "--volumes"],
                cwd=made.clone,
                env=env,
                capture_output=True,
                check=False,
            )


def reachable(port: str) -> None:
    """Wait for the database: who starts it for the first time waits for its files."""
    argv = ["pg_isready", "--host", "127.0.0.1", "--port", port, "--username", "mlflow"]
    for _ in range(600):
        if subprocess.run(argv, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    pytest.fail("the database does not come up")


@pytest.mark.slow
def test_there_and_back_in_containers(deployed: Site) -> None:
    client = Client(deployed.url)
    run = client.write(7)
    client.register()
    deployed.bump("3.17.2")
    done = deployed.runner("run", "rollout")
    assert PASSWORD not in done.stdout + done.stderr
    assert (deployed.version(), client.read(run)) == ("3.17.2", 7)
    assert '"verified": true' in deployed.log("rollout", "a-client-of-before")
    late = client.write(8)
    deployed.runner("rollback", "--yes")
    assert (deployed.version(), client.read(run)) == ("3.6.0", 7)
    with pytest.raises(AssertionError, match="RESOURCE_DOES_NOT_EXIST"):
        client.read(late)
    logged = deployed.home / "mlartifacts/0"
    assert (logged.joinpath(run).exists(), logged.joinpath(late).exists()) == (True, False)
    for path in (deployed.clone / "analysis_outputs/live").rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()
