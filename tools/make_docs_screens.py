"""Take the documentation's pictures of the playground, with a real browser at a real server.

    python tools/make_docs_screens.py [--into docs/images/playground] [--keep FOLDER]

Needs Chromium. The studio engine restyles the demo's clip first, so that there is something to show.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Final

from make_docs_pictures import DEMO, LARGEST
from playwright.sync_api import Page, ViewportSize, sync_playwright

from omnireel import Client
from omnireel.cli.child_server import child_server

_PROMPT: Final = "Restyle the source video into a clay-animation look"
_SIZE: Final[ViewportSize] = {"width": 1280, "height": 800}


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the documentation's pictures of the playground.")
    parser.add_argument("--into", type=Path, default=Path("docs/images/playground"))
    parser.add_argument("--keep", type=Path, help="A folder where the server's data stay.")
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.keep or Path(folder)
        with child_server(work / "data", work / "server.log", print) as address:
            key = (work / "data" / "first-key").read_text(encoding="ascii").strip()
            _visit(address, key, _made(address, key), arguments.into)


def _made(address: str, key: str) -> str:
    """The id of a finished task whose source the page can show beside it."""
    with Client(address, key) as client:
        source = client.files.upload(DEMO)
        result = client.videos.create_and_wait(_PROMPT, video=source.url, mode="std", seed=7)
        return result.task.task_id


def _visit(address: str, key: str, task_id: str, into: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport=_SIZE, locale="en-GB")
        context.add_init_script(f"sessionStorage.setItem('omnireel-key', '{key}')")
        page = context.new_page()
        page.goto(f"{address}/")
        page.get_by_label("Prompt", exact=True).fill("A red fox walks through falling snow, slow push in")
        page.wait_for_timeout(2000)
        _save(page, into / "create.jpg")
        page.goto(f"{address}/#/task/{task_id}")
        page.wait_for_timeout(4000)
        _save(page, into / "result.jpg")
        browser.close()


def _save(page: Page, path: Path) -> None:
    """A JPEG of the best quality that fits."""
    for quality in range(85, 40, -5):
        picture = page.screenshot(type="jpeg", quality=quality)
        if len(picture) <= LARGEST:
            path.write_bytes(picture)
            return
    raise ValueError(f"{path} does not fit into {LARGEST} bytes")


if __name__ == "__main__":
    main()
