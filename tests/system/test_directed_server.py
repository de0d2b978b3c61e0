"""A server whose director is a language model: told by the settings, asked in a box, and done without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.language_model import a_script, a_shot, answers, language_model, says_it
from tests.real_server import real_server

from omnireel import Client

pytestmark = pytest.mark.system

KEY = "sk-a-key-of-the-operators"


def test_a_video_is_directed_by_the_model_or_else_by_the_rules_and_says_by_whom(tmp_path: Path) -> None:
    script = a_script(a_shot("A fox by the sea", seconds=2), a_shot("It looks up", seconds=3))
    with language_model(script) as model:
        table = {"base_url": model.base_url, "model": "a-model", "api_key": {"env": "MODEL_KEY"}}
        with (
            real_server(tmp_path, OMNIREEL_DIRECTOR=json.dumps(table), MODEL_KEY=KEY) as server,
            Client(server.origin, server.key) as client,
        ):
            by_model = client.videos.create_and_wait("un renard fake:board", multi_shot=True)
            model.habit = answers(b"out of memory", 500)
            by_rules = client.videos.create_and_wait("un renard fake:board")
            model.habit = says_it
    assert model.keys == [f"Bearer {KEY}"] * 2
    assert by_model.task.raw["result"]["metadata"]["director"] == "model"
    assert by_model.warnings == ("A fox by the sea | It looks up",)
    assert by_rules.task.raw["result"]["metadata"]["director"] == "rules"
    sentence = "The rules directed this video and not the language model: it did not take the question."
    assert by_rules.warnings[0] == sentence
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]
