"""The documentation as it is built: whole, without a request to anybody, and leading somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tests.documents import ROOT
from tests.real_server import clean_environment

from omnireel.api.openapi import CATEGORIES
from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.errors import AttemptError
from omnireel.mcp.roots import Roots
from omnireel.mcp.tools import tools
from omnireel.settings import Settings

pytestmark = pytest.mark.system

LARGEST_PICTURE = 150 * 1024
LOADED = {
    ("link", "href"), ("script", "src"), ("img", "src"), ("img", "srcset"), ("source", "src"),
    ("iframe", "src"), ("video", "src"), ("audio", "src"), ("object", "data"), ("embed", "src"),
    ("use", "href"), ("form", "action"),
}  # fmt: skip
"""What a browser asks for by itself, or when a form is sent."""
NAMED_ONLY = {"canonical", "license"}
"""Relations of a link that nobody fetches."""
IN_CSS = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])((?:https?:)?//[^'")\s]+)""")
IN_SCRIPTS = re.compile(r"""(?:fetch|importScripts|import|open|Worker)\(\s*['"`]((?:https?:)?//[^'"`]+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` builds it, warnings being errors."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(folder / "read")]
    made = subprocess.run(
        [*command, "docs", str(folder / "html")],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=170,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder / "html"


class Addresses(HTMLParser):
    """What a page loads, what it links to, and the anchors it has."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.linked.append(given["href"])
        if given.get("rel") not in NAMED_ONLY:
            self.loaded += [value for name, value in given.items() if (tag, name) in LOADED]
        self.loaded += IN_CSS.findall(given.get("style", ""))


def read(page: Path) -> Addresses:
    found = Addresses()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def html(site: Path) -> Iterator[Path]:
    return site.rglob("*.html")


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    strangers = {
        f"{page.relative_to(site)}: {address}"
        for page in html(site)
        for address in read(page).loaded
        if urlsplit(address).netloc or address.startswith("//")
    }

    assert strangers == set()


def test_no_stylesheet_or_script_fetches_anything_from_elsewhere(site: Path) -> None:
    styles = {found for path in site.rglob("*.css") for found in IN_CSS.findall(path.read_text())}
    scripts = {found for path in site.rglob("*.js") for found in IN_SCRIPTS.findall(path.read_text())}
    pictures = {
        found
        for path in site.rglob("*.svg")
        for found in re.findall(r'href="(https?:[^"]+)"', path.read_text())
    }

    assert styles | scripts | pictures == set()


def test_every_link_inside_the_site_leads_somewhere(site: Path) -> None:
    anchors = {page.resolve(): read(page).anchors for page in html(site)}
    broken = [
        f"{page.relative_to(site)}: {address}"
        for page in html(site)
        for address in read(page).linked
        if not urlsplit(address).netloc and not _leads_somewhere(page, address, anchors)
    ]

    assert broken == []


def _leads_somewhere(page: Path, address: str, anchors: dict[Path, set[str]]) -> bool:
    parts = urlsplit(address)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
    if target.suffix != ".html" or not parts.fragment:
        return target.exists()
    return unquote(parts.fragment) in anchors.get(target, set())


def test_every_link_in_llms_txt_leads_to_a_page(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"^- \[[^\]]+\]\(([^)]+)\)", text, re.MULTILINE)

    assert len(links) > 20
    assert [link for link in links if not (site / link).is_file()] == []
    assert text.startswith("# Omnireel\n\n> ")


def test_llms_txt_names_every_page(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}

    assert {page for page in pages if f"{page}.md)" not in text and f"{page}.html)" not in text} == set()


def test_the_wire_page_has_every_rule_field_status_and_failure(site: Path) -> None:
    text = (site / "wire.html").read_text(encoding="utf-8")
    rules = [rule for model in MODELS.values() for rule in model.table(Terms(engines=("studio",)))]
    failures = {kind.type for kind in AttemptError.__subclasses__()} - {"canceled"}
    wanted = {rule.id for rule in rules if rule.conditional} | {rule.field for rule in rules} | failures
    wanted |= {str(status) for status in CATEGORIES}

    assert {name for name in wanted if f">{name}<" not in text} == set()


def test_the_references_have_every_setting_command_and_tool(site: Path) -> None:
    settings, commands, mcp = (
        (site / f"{page}.html").read_text(encoding="utf-8") for page in ("settings", "cli", "mcp")
    )

    assert {name for name in Settings.model_fields if f">{name}<" not in settings} == set()
    assert ">omnireel keys rotate<" in re.sub(r"</?span[^>]*>", "", commands)
    assert {tool.name for tool in tools(Roots([])) if f">{tool.name}<" not in mcp} == set()


def test_the_sdk_page_has_every_public_name(site: Path) -> None:
    import omnireel

    anchors = read(site / "sdk.html").anchors
    missing = [name for name in omnireel.__all__ if not any(found.endswith(f".{name}") for found in anchors)]

    assert set(missing) <= {"__version__", "webhooks", "Media"}


def test_its_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*/*"))

    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE] == []
