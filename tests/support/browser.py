"""A headless Chromium that loads nothing but what it is told to, and tells of all that goes wrong.

Playwright drives the browser of the system; it downloads none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""Commands under which systems have it."""
_QUIET = (
    "--no-first-run", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def executable() -> str | None:
    """Give the path of the browser; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser with a profile of its own, which goes when it ends."""
    # Chromium refuses its sandbox to root, as in most containers.
    arguments = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(_QUIET)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page, and what it did while it was looked at."""

    page: Page
    """Open."""
    troubles: list[str] = field(default_factory=list)
    """Messages of the console, among them violations of the page's policy, and exceptions."""
    requests: list[str] = field(default_factory=list)
    """Addresses that were asked for."""

    def axe(self) -> list[str]:
        """Let axe (https://github.com/dequelabs/axe-core) look at it; a line for each finding."""
        source = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
        self.page.evaluate(source)
        found = self.page.evaluate("axe.run()")
        return [
            f"{one['id']}: {node['target']}: {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]


def visit(context: BrowserContext, path: Path, fragment: str = "") -> Visit:
    """Open a file in a new tab."""
    found = Visit(context.new_page())
    found.page.on("console", lambda message: found.troubles.append(message.text))
    found.page.on("pageerror", lambda error: found.troubles.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(path.as_uri() + fragment)
    return found
