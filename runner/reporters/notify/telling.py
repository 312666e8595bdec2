"""Who is told what, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from runner.model import NotifyTarget
from runner.reporters.notify.occasions import Message

_SHORTEST = 8
"""Characters of a part of an address that may be a secret."""


@dataclass(frozen=True)
class Told:
    """A message to a role, at one of its addresses."""

    role: str
    """Who."""
    message: Message
    """What."""
    service: str = ""
    """How: ``Slack``, …; empty where that is not known."""
    trouble: str = ""
    """Why it did not arrive; empty where it did."""


def plan(
    messages: Iterable[Message], targets: Iterable[NotifyTarget]
) -> Iterator[tuple[NotifyTarget, Message]]:
    """Give who is to be told what."""
    wanted = tuple(targets)
    for message in messages:
        yield from ((one, message) for one in wanted if message.occasion in one.of)


def tell(
    messages: Iterable[Message],
    targets: Iterable[NotifyTarget],
    environ: Mapping[str, str],
    *,
    dry_run: bool = False,
) -> Iterator[Told]:
    """Tell everybody what is theirs, and give what became of each; ``dry_run`` sends nothing.

    Addresses come from the environment alone. What is given may quote parts of them.
    """
    for target, message in plan(messages, targets):
        urls = addresses(environ.get(target.urls, ""))
        if not urls:
            yield Told(target.role, message, trouble=f"{target.urls} is not set")
            continue
        from runner.reporters.notify.delivery import deliver, services

        done = services(urls) if dry_run else deliver(message, urls)
        yield from (Told(target.role, message, one.service, one.trouble) for one in done)


def addresses(value: str) -> tuple[str, ...]:
    """Split the value of a variable: addresses stand on lines, or with blanks between them."""
    return tuple(value.split())


def secrets_in_addresses(name: str, value: str) -> dict[str, str]:
    """Give what must not be shown of addresses: each of them, and the parts that tell of nothing.

    An address of a webhook is a secret as a whole, and its token is a part of the path.
    """
    found = {name: value}
    for number, url in enumerate(addresses(value)):
        parts = urlsplit(url)
        words = (*parts.path.split("/"), *parts.query.replace("&", "=").split("="), parts.username)
        hidden = [parts.password, *(word for word in words if word and len(word) >= _SHORTEST)]
        for at, word in enumerate(filter(None, (url, *hidden))):
            found[f"{name}.{number}.{at}"] = unquote(word)
            found[f"{name}.{number}.{at}.quoted"] = word
    return found
