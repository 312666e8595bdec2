"""This repository's own stages ``rollout`` and ``rollback``: real servers, real migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from support.site import LOCK, Client, Site, site


@pytest.fixture
def deployed() -> Iterator[Site]:
    """Give MLflow 3.6.0 as it is deployed, in the slot blue."""
    with site({}) as made:
        made.adopt("3.6.0")
        yield made


@pytest.mark.slow
def test_there_with_a_migration_and_back_again(deployed: Site) -> None:
    """Both are killed where MLflow itself is at work; the other steps are those of any service."""
    client = Client(deployed.url)
    run = client.write(7)
    deployed.bump("3.17.2")
    deployed.kill("run", "rollout", check="migrate")
    deployed.kill("run", "rollout", "--resume", check="start-the-release")
    deployed.runner("run", "rollout", "--resume")
    decided = deployed.log("rollout", "choose-the-way")
    assert "blue-green is refused: the release migrates the database from bf29a5ff90ea" in decided
    assert (deployed.version(), client.read(run)) == ("3.17.2", 7)
    for name in ("a-client-of-before", "a-client-of-the-release"):
        assert '"verified": true' in deployed.log("rollout", name)
    assert '"of clients": ["3.17.2", "3.6.0"]' in deployed.log("rollout", "a-client-of-the-release")
    late = client.write(8)
    told = deployed.runner("rollback", "--dry-run").stdout
    assert "runs: 3 rows more" in told  # the two clients', and ours
    assert re.search(r"artifacts: [1-9]\d* written since the backup", told)

    for check in ("restore-the-database", "start-the-release-of-before"):
        deployed.kill("rollback", "--yes", check=check)
    deployed.runner("rollback", "--yes")
    assert (deployed.version(), client.read(run)) == ("3.6.0", 7)
    with pytest.raises(AssertionError, match="RESOURCE_DOES_NOT_EXIST"):
        client.read(late)
    logged = deployed.home / "mlartifacts/0"
    assert (logged.joinpath(run).exists(), logged.joinpath(late).exists()) == (True, False)
    assert "mlflow==3.6.0" in (deployed.clone / LOCK).read_text()
    assert '"verified": true' in deployed.log("rollback", "a-client")


@pytest.mark.slow
def test_blue_green_between_releases_of_one_schema(deployed: Site) -> None:
    """From 3.5 to 3.7 MLflow has brought no migration: both serve, and users notice nothing."""
    deployed.bump("3.7.0")
    over, written, troubles = Event(), list[tuple[str, int]](), list[str]()

    def use(user: int) -> None:
        client, number = Client(deployed.url), user
        while not over.wait(0.05):
            try:
                run = client.write(number)
                written.append((run, number))
                assert client.read(run) == number
            except Exception as error:  # noqa: BLE001 - whatever it is, a request has failed
                troubles.append(repr(error))
            number += 10

    threads = [Thread(target=use, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        deployed.runner("run", "rollout")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert troubles == []
    assert '"strategy": "blue-green"' in deployed.log("rollout", "choose-the-way")
    assert deployed.version() == "3.7.0"
    assert len(written) > 1
    client = Client(deployed.url)
    assert {run: client.read(run) for run, _ in written} == dict(written)
