"""Push an image to a registry, and prove that what it has is that very image.

    python checks/rollout/push.py --image forgetrace/mlflow:v3.17.2 --registry registry.example/team

The image is tagged with the registry's name before its own, pushed, and asked back by the digest
that the registry gave; its id must be that of the local one. Without a registry nothing is pushed,
and that is said. Standard output is one JSON object. Exit codes: 0 it is there, or no registry is
configured; 1 the registry refuses, or has another image; 2 there is no such image, or no docker.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys

#: Of the last line that ``docker push`` prints for a tag.
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
#: Seconds for one transfer: an image has a gigabyte.
PATIENCE = 1800.0


class RefusedError(Exception):
    """What docker said no to."""


def main() -> int:
    """Push; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--image", required=True, help="the release's")
    parser.add_argument("--registry", required=True, help="host and path; empty for none")
    options = parser.parse_args()
    if not options.registry:
        print(json.dumps({"left out": "no registry is configured"}))
        return 0
    try:
        identifier = id_of(options.image)
    except (OSError, RefusedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    reference = f"{options.registry.rstrip('/')}/{options.image}"
    try:
        digest = pushed(options.image, reference)
        there = pulled(reference, digest)
    except (OSError, RefusedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if there != identifier:
        print(f"error: {digest} is {there}, expected {identifier}", file=sys.stderr)
        return 1
    print(json.dumps({"reference": reference, "digest": digest, "id": identifier}))
    return 0


def id_of(reference: str) -> str:
    """Give the id of a local image."""
    return docker("image", "inspect", "--format", "{{.Id}}", reference).strip()


def pushed(image: str, reference: str) -> str:
    """Tag and push; give the digest that the registry gave."""
    docker("tag", image, reference)
    told = docker("push", reference)
    found = DIGEST.findall(told)
    if not found:
        message = f"docker push {reference} told no digest"
        raise RefusedError(message)
    return str(found[-1])


def pulled(reference: str, digest: str) -> str:
    """Ask the registry for the image by its digest; give its id."""
    name = reference.rpartition(":")[0]
    docker("pull", f"{name}@{digest}")
    return id_of(f"{name}@{digest}")


def docker(*words: str) -> str:
    """Run docker to its end; what it says on standard error goes there."""
    argv = ("docker", *words)
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            timeout=PATIENCE,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        message = f"docker {words[0]} did not end within {PATIENCE:g} s"
        raise RefusedError(message) from error
    if done.returncode:
        print(done.stdout, file=sys.stderr, end="")
        message = f"docker {' '.join(words[:2])} ended with exit code {done.returncode}"
        raise RefusedError(message)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
