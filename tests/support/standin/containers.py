"""The stand-in in containers: an image of each version, on a PostgreSQL that is in one as well.

The images are the tests' base with one small layer, so that a container is up in about a second.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from support.containers import BASE, PLUGIN, docker
from support.standin import Standin

if TYPE_CHECKING:
    from support.postgres import Cluster

_HERE = Path(__file__).parent
_PYTHON = "/usr/lib/python3/dist-packages"
_COMPOSE = """\
services:
  web:
    image: ${IMAGE}
    network_mode: host
    command: [python3, -m, standin, serve, "${DATABASE}", "${PORT}"]
    environment: [PGUSER, PGPASSWORD, STANDIN_BREAKS, STANDIN_FAULT, STANDIN_NAP]
    stop_signal: SIGKILL
"""
_SERVICE = """\
    compose: {file: compose.yaml, service: web}
    env: {IMAGE: "${{ release.image }}", PORT: "${{ vars.port }}", DATABASE: "${{ vars.database }}"}
"""
_MIGRATE = (
    "docker run --rm --network host --env PGUSER --env PGPASSWORD --env STANDIN_FAULT "
    "--env STANDIN_NAP --label com.docker.compose.project=$COMPOSE_PROJECT_NAME "
    "$RELEASE_IMAGE python3 -m standin migrate $VAR_DATABASE"
)


@dataclass(frozen=True)
class Images:
    """Images of the versions that are rehearsed."""

    name: str
    """Without the tag, which is the version."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Give their whole names: the first version, the last, and those that a bisection asks."""
        return tuple(f"{self.name}:{version}" for version in ("1.0", "1.3", "1.4", "2.0"))

    def containers(self) -> list[str]:
        """Give the containers of them, ended ones too."""
        mine = [word for tag in self.tags for word in ("--filter", f"ancestor={tag}")]
        return docker("ps", "--all", "--quiet", *mine).split()


@contextlib.contextmanager
def images() -> Iterator[Images]:
    """Build the images, and remove them after the block."""
    made = Images(f"runner-test/standin-{secrets.token_hex(4)}")
    with tempfile.TemporaryDirectory() as name:
        package = Path(name, "standin")
        package.mkdir()
        shutil.copy(_HERE / "program.txt", package / "__main__.py")
        Path(name, "Dockerfile").write_text(f"FROM {BASE}\nCOPY standin {_PYTHON}/standin\n")
        for tag in made.tags:
            (package / "__init__.py").write_text(f"VERSION = {tag.rpartition(':')[2]!r}\n")
            docker("build", "--quiet", "--tag", tag, name)
    try:
        yield made
    finally:
        docker("rmi", *made.tags)


def contained(app: Standin, made: Images, server: Cluster, database: str) -> Standin:
    """Give the stand-in whose server is a container, and whose database is on a server."""
    app = app.to(server, database)
    (app.repository / "compose.yaml").write_text(_COMPOSE)
    app.git("add", "compose.yaml")
    image = f'image: "{made.name}:1.0", image_template: "{made.name}:{{version}}"'
    app.edit('version: "1.0"}', f'version: "1.0", {image}}}')
    app.edit(
        '    run: [python, -m, standin, serve, "${{ vars.database }}", "${{ vars.port }}"]\n',
        _SERVICE,
    )
    app.edit("within: 4s", "within: 20s")
    app.edit(
        'run: [python, -m, standin, migrate, "${{ vars.database }}"]',
        f"run: {json.dumps(_MIGRATE)}",
    )
    return replace(app, env={**app.env, "DOCKER_CONFIG": str(PLUGIN)})
