"""Roll a release out behind HAProxy, step by step; each step is a check of the playbook.

    python checks/rollout/rollout.py decide --version 3.17.2 --lock requirements.txt

Where the servers are, and how they are started, is said in a file (``--deployment``); see
deployment/README.md. Standard output is one JSON object of what was done. Exit codes: 0 done; 1 it
was refused, or the server is not as it should be; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import ending
import going
import wayback
from clients import execute, migrate, release_of, url_of, within
from deployed import Deployment, RolloutError, read_deployment
from environments import environment, place_of
from proxy import Proxy
from record import Record, Release, read_record
from strategies import AUTO, BLUE_GREEN, ROLLING, STOP, RefusedError

if TYPE_CHECKING:
    from going import Told

#: Where the deployment lives unless DEPLOYMENT says otherwise.
HOME = "analysis_outputs/deployment"
TAKING_A_RELEASE = ("environment", "adopt", "decide", "back")
NEEDING_A_DECISION = ("close", "stop", "migrate", "start", "move")
PLAIN = {
    "up": ending.up,
    "close": going.close,
    "stop": going.stop,
    "start": going.start,
    "move": going.move,
    "settle": ending.settle,
}


def main() -> int:
    """Carry out one step; return the exit code."""
    options = arguments().parse_args()
    try:
        deployment = read_deployment(options.deployment, options.home)
        record = read_record(deployment)
        if options.step == "exec":
            return run_as_client(deployment, record, options)
        if options.step == "way":  # the proxy is not asked, which may be down
            print(json.dumps(asdict(wayback.way_to(record, options.version))))
            return 0
        print(json.dumps(step(deployment, record, options)))
    except RefusedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except RolloutError as error:
        print(f"error: {error}; {error.hint}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--deployment", type=Path, default=Path("deployment/local.toml"))
    common.add_argument("--home", type=Path, default=Path(os.environ.get("DEPLOYMENT", HOME)))
    steps = parser.add_subparsers(dest="step", required=True)
    for name in TAKING_A_RELEASE:
        one = steps.add_parser(name, parents=[common])
        one.add_argument("--package", default="mlflow")
        one.add_argument("--version", required=True)
        one.add_argument("--image", default="")
        one.add_argument("--lock", type=Path, required=name == "environment")
        if name == "decide":
            one.add_argument("--strategy", choices=(AUTO, BLUE_GREEN, ROLLING, STOP), default=AUTO)
            one.add_argument("--revision", default="", help="where the database's schema stands")
        if name == "adopt":
            one.add_argument("--slot", required=True)
    for name in (*PLAIN, "show"):
        steps.add_parser(name, parents=[common])
    one = steps.add_parser("way", parents=[common])
    known = os.environ.get("RELEASE_VERSION")
    one.add_argument("--version", default=known, required=not known, help="to go back to")
    one = steps.add_parser("soak", parents=[common])
    one.add_argument("--seconds", type=float, required=True)
    one = steps.add_parser("exec", parents=[common])
    one.add_argument("--as", dest="who", choices=("old", "new"), required=True)
    one.add_argument("--at", choices=("public", "old", "new"), default="public")
    one.add_argument("--when", choices=("always", "closed", "restoring"), default="always")
    for parsed in (one, steps.add_parser("migrate", parents=[common])):
        parsed.add_argument("argv", nargs="+")
    return parser


def step(deployment: Deployment, record: Record, options: argparse.Namespace) -> Told:
    """Carry out what was asked for."""
    proxy, name = Proxy(deployment), options.step
    if name in NEEDING_A_DECISION and not record.strategy:
        message = "nothing was decided, or it was given up"
        raise RolloutError(message, "run the check that decides on the strategy first")
    if name in TAKING_A_RELEASE:
        return with_release(deployment, proxy, record, options)
    if name == "migrate":
        return migrate(deployment, record, tuple(options.argv))
    if name == "soak":
        return ending.soak(deployment, proxy, record, options.seconds)
    if name == "show":
        return {**asdict(record), "traffic": list(proxy.live())}
    return PLAIN[name](deployment, proxy, record)


def with_release(
    deployment: Deployment, proxy: Proxy, record: Record, options: argparse.Namespace
) -> Told:
    """Carry out a step that is about a release."""
    version, lock = options.version, options.lock
    folder = str(place_of(deployment, version, lock)) if lock else ""
    release = Release(version, folder, options.image)
    if options.step == "environment":
        made = environment(deployment, options.package, version, lock)
        return {"environment": folder, "version": version, "made": made}
    if options.step == "decide":
        wished = f"{options.strategy}@{options.revision}"
        return going.decide(deployment, proxy, record, release, wished)
    if options.step == "adopt":
        return ending.adopt(deployment, proxy, release, options.slot)
    return wayback.back(deployment, proxy, record, release)


def run_as_client(deployment: Deployment, record: Record, options: argparse.Namespace) -> int:
    """Run a program, and give its exit code."""
    # What others write to meanwhile cannot be read twice and found equal, and what was not put
    # back needs no proof that it is as it was.
    left_out = {
        "closed": record.strategy != STOP and f"{record.strategy}: the old servers go on serving",
        "restoring": not record.restores and "the data stay as they are: none are put back",
    }
    if reason := left_out.get(options.when):
        print(json.dumps({"left out": reason}))
        return 0
    url = url_of(deployment, record, options.at)
    env = within(deployment, release_of(record, options.who), url)
    return execute(tuple(options.argv), env)


if __name__ == "__main__":
    sys.exit(main())
