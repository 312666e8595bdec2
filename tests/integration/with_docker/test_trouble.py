"""What goes wrong with containers: the reason, their last words, a mend, and nothing left."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.command import environment
from support.containers import BASE, PLUGIN, compose_client, docker, free_port, require_images

PLAYBOOK = """\
release: {package: shop, version: "1.0", image: "%(image)s"}
pins: [{file: requirements.txt, requirement: shop}]
services:
  web:
    compose: {file: compose.yaml, service: web}
    ready: {url: "http://127.0.0.1:%(port)d/", within: 3s}
stages:
  verification:
    - area: Served
      run: "true"
      services: [web]
      expect: The container answers.
    - area: Image
      uses: image
      with: {reference: "${{ release.image }}"}
      expect: {root: true}
"""
COMPOSE = """\
version: "2.4"
services:
  web:
    image: %(image)s
    command: [sh, -c, "%(script)s"]
    stop_signal: SIGKILL
    volumes: [data:/data]
    ports: ["127.0.0.1:%(port)d:8000"%(also)s]%(more)s
volumes: {data: {}}
"""
SERVE = "echo kept >>/data/file; exec python3 -m http.server 8000"
MISSING = "upgrade-runner/base:no-such-tag"


@dataclass
class Shop:
    """A repository with a service in a container, whose volume holds what its users have."""

    folder: Path
    port: int
    project: str
    variables: dict[str, str]
    """Which bring the Compose that is meant."""

    def write(
        self, script: str = SERVE, *, more: str = "", also: str = "", image: str = BASE
    ) -> None:
        values = {
            "image": image,
            "port": self.port,
            "script": script,
            "more": more,
            "also": also,
        }
        (self.folder / "config").mkdir(exist_ok=True)
        (self.folder / "config/shop_release.yaml").write_text(PLAYBOOK % values)
        (self.folder / "requirements.txt").write_text("shop==1.0\n")
        (self.folder / "compose.yaml").write_text(COMPOSE % values)

    def run(self, *before: str, **variables: str) -> dict[str, Any]:
        """Run the stage, by another program where one stands before it, and give its record."""
        subprocess.run(
            (*before, sys.executable, "-m", "runner", "validate"),
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        record = self.folder / "analysis_outputs/live/verification/run.json"
        told: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        return told

    def environment(self, **variables: str) -> dict[str, str]:
        return environment({"COMPOSE_PROJECT_NAME": self.project, **self.variables, **variables})

    def compose(self, *words: str) -> None:
        subprocess.run(
            (*compose_client(self.environment()), *words),
            cwd=self.folder,
            env=self.environment(),
            check=True,
            capture_output=True,
        )

    def assert_only_its_data_is_left(self) -> None:
        mine = f"label=com.docker.compose.project={self.project}"
        assert docker("ps", "--all", "--quiet", "--filter", mine) == ""
        assert docker("network", "ls", "--quiet", "--filter", mine) == ""
        volume = f"{self.project}_data:/data"
        seen = docker("run", "--rm", "--network", "none", "-v", volume, BASE, "cat", "/data/file")
        assert seen.startswith("kept\n")


@pytest.fixture(params=["docker-compose", "docker compose"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Give one whose service has run once, and has left something in its volume."""
    require_images()
    plugins = PLUGIN if request.param == "docker compose" else tmp_path / "no-plugins"
    project = f"runner-test-{secrets.token_hex(4)}"
    made = Shop(tmp_path, free_port(), project, {"DOCKER_CONFIG": str(plugins)})
    made.write("echo kept >>/data/file")
    made.compose("up", "web")
    made.compose("down")
    made.write()
    yield made
    made.compose("down", "--volumes")


def test_one_that_is_well(shop: Shop) -> None:
    told = shop.run()
    assert [one["outcome"] for one in told["results"]] == ["passed", "passed"]
    shop.assert_only_its_data_is_left()


DIES = "echo its last words; exit 3"
SICK = """
    depends_on: {sick: {condition: service_healthy}}
  sick:
    image: %s
    stop_signal: SIGKILL
    command: [sh, -c, "echo what ails it; sleep 60"]
    healthcheck: {test: ["CMD", "false"], interval: 1s, retries: 1}"""


@pytest.mark.parametrize(
    ("script", "more", "reason", "tail"),
    [
        (DIES, "", "service web died: its container has ended; its log ends: ", "its last words"),
        ("echo busy; sleep 60", "", "service web: no answer from http://127.0.0.1:", "busy"),
        (SERVE, SICK % BASE, "service web: ", "what ails it"),
    ],
    ids=["dies", "never answers", "waits for one that is sick"],
)
def test_one_that_does_not_come_up(
    shop: Shop, script: str, more: str, reason: str, tail: str
) -> None:
    shop.write(script, more=more)
    told = shop.run()
    served = told["results"][0]
    assert served["outcome"] == "errored"
    assert served["reason"].startswith(reason)
    assert served["hint"]
    assert tail in told["services"][0]["tail"]
    assert told["exit_code"] == 3
    shop.assert_only_its_data_is_left()


def test_a_tag_that_does_not_exist(shop: Shop) -> None:
    shop.write(image=MISSING)
    served, image = shop.run()["results"]
    assert served["outcome"] == "errored"
    assert served["hint"].startswith("build the image, or let this machine reach its registry")
    assert image["outcome"] == "failed"
    assert image["reason"].startswith(f"there is no image {MISSING}")
    assert image["hint"] == f"build it, or fetch it: docker pull {MISSING}"
    shop.assert_only_its_data_is_left()


def test_the_port_that_would_answer_is_in_use(shop: Shop) -> None:
    with closing(listening(shop.port)):
        served = shop.run()["results"][0]
    assert served["outcome"] == "errored"
    assert f"port {shop.port} is held by another process" in served["reason"]
    assert served["hint"] == "stop it, or give the service another port"
    shop.assert_only_its_data_is_left()


def test_another_port_is_in_use(shop: Shop) -> None:
    with closing(listening(port := free_port())):
        shop.write(also=f', "127.0.0.1:{port}:9000"')
        served = shop.run()["results"][0]
    assert served["outcome"] == "errored"
    assert served["hint"] == "stop what holds the port, or give the service another one"
    shop.assert_only_its_data_is_left()


def listening(port: int) -> socket.socket:
    holder = socket.create_server(("127.0.0.1", port))
    holder.listen()
    return holder


def test_no_daemon(shop: Shop, tmp_path: Path) -> None:
    told = shop.run(DOCKER_HOST=f"unix://{tmp_path}/none")
    for result in told["results"]:
        assert result["outcome"] == "errored"
        assert "systemctl start docker" in result["hint"]


def test_a_daemon_that_one_may_not_talk_to(shop: Shop) -> None:
    path = shop.folder / "docker.sock"
    with closing(socket.socket(socket.AF_UNIX)) as holder:
        holder.bind(str(path))
        holder.listen()
        path.chmod(0)
        told = shop.run(*as_anyone(), DOCKER_HOST=f"unix://{path}")
    for result in told["results"]:
        assert result["outcome"] == "errored"
        assert "add the user to the group 'docker'" in result["hint"]


def as_anyone() -> tuple[str, ...]:
    """Give the program that takes from root what lets it open any file (capabilities(7))."""
    sets = ("--bounding-set", "--inh-caps")
    taken = "-dac_override,-dac_read_search"
    return ("setpriv", *(f"{one}={taken}" for one in sets)) if os.geteuid() == 0 else ()
