"""The fingerprint of a check: what ``--resume`` compares before it takes a result over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import msgspec

from runner.model import Check, Release, Service, Step

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def digest(value: object) -> str:
    """Give the SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


class Fingerprint(msgspec.Struct):
    """Makes fingerprints for the checks of one release under one profile.

    Where something is written does not count, nor does what changes while an upgrade goes on
    (the release's ``status`` lines), nor the value of a secret.
    """

    release: Release
    """The tracked dependency."""
    profile: str = ""
    """The profile laid over."""
    services: Mapping[str, Service] = msgspec.field(default_factory=dict)
    """By name."""
    _digests: dict[str, str] = msgspec.field(default_factory=dict)

    def of(self, check: Check, written: list[object]) -> str:
        """Give the fingerprint; ``written`` is what the kinds made the actions of."""
        release = self.release
        retry = check.retry
        return digest(
            [
                [release.package, release.version, release.image, release.image_template],
                self.profile,
                [check.id, check.area, check.expect, check.needs, check.timeout],
                [retry.attempts, retry.delay, retry.backoff],
                [check.allow_failure, check.artifacts],
                [[name, self._service(name)] for name in check.services],
                [_step(step, own) for step, own in zip(check.steps, written, strict=True)],
            ]
        )

    def _service(self, name: str) -> str:
        service = self.services.get(name)
        if service is None:
            return ""
        if name not in self._digests:
            value = msgspec.to_builtins(service)
            del value["place"]
            value["env"] = _shown(service.env, service.secrets)
            self._digests[name] = digest(value)
        return self._digests[name]


def _step(step: Step, written: object) -> list[object]:
    env = _shown(step.env, step.secrets) if step.secrets else step.env
    options = [step.secrets, step.cwd, step.timeout, step.always]
    return [step.id, step.kind, written, env, options]


def _shown(env: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, str | None]:
    return {name: None if name in secrets else value for name, value in env.items()}
