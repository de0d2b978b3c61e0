"""A real browser looking at a real server, and what it must never see."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
ARTEFACTS = ROOT / "web" / "artefacts"
# As root a browser has no sandbox of its own, and one that calls home is no test of ours.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Said by the browser of any answer that is no success, whoever expected it.
_REFUSED = "Failed to load resource"


def chromium() -> str | None:
    """The system's own browser."""
    return os.environ.get("OMNIREEL_TEST_CHROMIUM") or shutil.which("chromium")


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield running
        finally:
            running.close()


class Visit:
    """Somebody at the page. `close` fails when the page complained, or asked another server for anything.

    Another server than the `bucket`, that is, where links to files lead on to.
    """

    def __init__(
        self,
        browser: Browser,
        origin: str,
        key: str = "",
        *,
        scheme: str = "light",
        language: str = "en-GB",
        width: int = 1440,
        height: int = 900,
        bucket: str = "",
    ) -> None:
        self.origin = origin
        self._origins = tuple(f"{one}/" for one in (origin, bucket) if one)
        self.expects_refusals = False
        """Whether answers that are no success belong to the test."""
        self._complaints: list[str] = []
        self._elsewhere: list[str] = []
        self.asked: list[tuple[str, str]] = []
        """Methods and paths of what the page asked for."""
        self._context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=language,
            accept_downloads=True,
        )
        if key:
            self._context.add_init_script(f"sessionStorage.setItem('omnireel-key', '{key}')")
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self.page.on("request", self._seen)

    def open(self, where: str = "") -> Page:
        """A screen, by what stands behind the #."""
        self.page.goto(f"{self.origin}/{where}")
        return self.page

    def picture(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")

    def close(self) -> None:
        self._context.close()
        assert self._complaints == []
        assert self._elsewhere == []

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if not (self.expects_refusals and message.text.startswith(_REFUSED)):
            self._complaints.append(message.text)

    def _seen(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.asked.append((request.method, parts.path))
        if parts.scheme != "blob" and not request.url.startswith(self._origins):
            self._elsewhere.append(request.url)
