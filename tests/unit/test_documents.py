"""What the documentation shows and does not run: request bodies, settings, alerts."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.documents import ROOT

from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.validate import validate
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.sidecar.options import SidecarOptions
from omnireel.engines.spec import Options, checked
from omnireel.settings import Settings

DOCS = ROOT / "docs"
FORMS: dict[str, type[Options]] = {"diffusers": DiffusersOptions, "sidecar": SidecarOptions}


def tool(name: str) -> ModuleType:
    """A script of `tools/`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def blocks(page: str, language: str) -> Iterator[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    yield from re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_request_among_the_jobs_is_accepted() -> None:
    bodies = [json.loads(text) for text in blocks("jobs.md", "json")]

    assert len(bodies) > 10
    for body in bodies:
        validate(MODELS["kling/kling-video-o1"], body, Terms(engines=("studio",)))


def test_each_jobs_picture_was_made_from_the_prompt_above_it() -> None:
    text = (DOCS / "jobs.md").read_text(encoding="utf-8")
    picture = r"^```json\n([^`]*?)^```\n\n!\[[^\]]+\]\(images/jobs/([\w-]+)\.jpg\)"
    shown = {name: json.loads(body)["prompt"] for body, name in re.findall(picture, text, re.MULTILINE)}

    assert shown == {made.name: made.prompt for made in tool("make_docs_pictures").PICTURES}


@pytest.mark.parametrize("page", ["settings.md", "scaling.md", "money.md"])
def test_every_settings_file_is_taken(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = list(blocks(page, "toml"))

    assert found
    for text in found:
        (tmp_path / "omnireel.toml").write_text(text, encoding="utf-8")
        assert Settings() != Settings.model_construct()


MODEL_PAGES = ["open-models.md", *(f"models/{path.name}" for path in sorted(DOCS.glob("models/*.md")))]


@pytest.mark.parametrize("page", MODEL_PAGES)
def test_every_engine_with_a_model_is_taken_as_it_is_shown(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in blocks(page, "toml"):
        (tmp_path / "omnireel.toml").write_text(text, encoding="utf-8")
        settings = Settings()
        assert settings.engines
        for name, table in settings.engines.items():
            checked(FORMS[table.kind], name, table.options)
        named = {leg.engine for legs in settings.routes.values() for leg in legs}
        assert named <= {"studio", *settings.engines}


@pytest.mark.parametrize("page", ["mcp.md", "wire.md", "s3.md"])
def test_other_json_is_json(page: str) -> None:
    found = list(blocks(page, "json"))

    assert found
    for text in found:
        json.loads(text)


def test_no_page_links_to_a_picture_that_is_missing() -> None:
    pages = DOCS.glob("*.md")
    missing = [
        f"{page.name}: {picture}"
        for page in pages
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        if not (DOCS / picture).is_file()
    ]

    assert missing == []
