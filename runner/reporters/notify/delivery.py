"""Delivery by Apprise (https://github.com/caronc/apprise); the only module that imports it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType
from apprise.common import PersistentStoreMode

from runner.reporters.notify.occasions import Message, Occasion

_KINDS: Final = {
    "failed": NotifyType.FAILURE,
    "recovered": NotifyType.SUCCESS,
    "vulnerabilities_green": NotifyType.SUCCESS,
    "freeze": NotifyType.WARNING,
}
_SECONDS: Final = 30.0
"""For one address; Apprise gives a connection four seconds to open and four to answer."""
_UNKNOWN: Final = "is no address that Apprise knows"


@dataclass(frozen=True)
class Delivery:
    """One message to one address."""

    service: str
    """What kind of service it is: ``Slack``, ``E-Mail``, …; empty where it is none."""
    trouble: str = ""
    """Why it did not arrive, not redacted; empty where the service took it."""


def services(urls: tuple[str, ...]) -> tuple[Delivery, ...]:
    """Say which services the addresses are of; nothing is sent."""
    return tuple(Delivery(_service(one)[0], "" if _service(one)[1] else _UNKNOWN) for one in urls)


def deliver(message: Message, urls: tuple[str, ...]) -> Iterator[Delivery]:
    """Send a message to every address."""
    for url in urls:
        service, apprise = _service(url)
        if apprise is None:
            yield Delivery("", _UNKNOWN)
            continue
        with LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
            arrived = apprise.notify(
                body=message.body,
                title=message.title,
                notify_type=_kind(message.occasion),
                body_format=NotifyFormat.MARKDOWN,
                timeout=_SECONDS,
            )
            said = log.getvalue().strip().replace("\n", "; ") if log is not None else ""
        yield Delivery(service, "" if arrived else said or "the service did not take it")


def _kind(occasion: Occasion) -> NotifyType:
    return _KINDS[occasion]


def _service(url: str) -> tuple[str, Apprise | None]:
    # No plugins of others, and nothing is kept on disk.
    asset = AppriseAsset(
        app_id="Upgrade Runner",
        app_desc="Upgrade Runner",
        plugin_paths=[],
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
    )
    apprise = Apprise(asset=asset)
    with LogCapture(level=logging.CRITICAL):  # type: ignore[no-untyped-call]
        added = apprise.add(url)
    return (str(apprise[0].service_name), apprise) if added else ("", None)
