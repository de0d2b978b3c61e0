"""The README's promises that code can check."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.chaos.results import RESULTS
from tests.chaos.table import table

import omnireel
from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.validate import validate
from omnireel.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTING = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)


def test_every_setting_is_listed_with_its_default() -> None:
    listed = {name: shown.strip("`") for name, shown in SETTING.findall(README)}

    assert list(listed) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default = json.dumps(field.default) if isinstance(field.default, bool) else str(field.default)
        expected = {"None": "–"}.get(default, default.removesuffix(".0"))
        assert listed[name] == expected or name == "media_limits", name


def test_the_table_of_faults_is_that_of_the_last_run() -> None:
    assert "\n".join(table(json.loads(RESULTS.read_text()))) in README


def test_links_inside_the_repository_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_bodies_sent_by_curl_are_accepted() -> None:
    bodies = re.findall(r"-d '(\{.*?\})'", README)

    assert len(bodies) == 3
    for body in bodies:
        validate(MODELS["kling/kling-video-o1"], json.loads(body), Terms(engines=("studio",)))


@pytest.mark.parametrize("name", ["Client", "TaskFailed", "RateLimitError", "OutcomeUnknown"])
def test_the_names_it_mentions_exist(name: str) -> None:
    assert name in README
    assert hasattr(omnireel, name)
