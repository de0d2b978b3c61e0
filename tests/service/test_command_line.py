"""The command line against the application itself, over a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.standalone import running_house
from tests.unit.cli.inside import Inside, prepare
from tests.unit.cli.shop import jsonl


@pytest.fixture
def omnireel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Inside]:
    """Commands that talk to a server without workers."""
    (tmp_path / "house").mkdir()
    with running_house(tmp_path / "house") as running:
        commands = prepare(tmp_path, monkeypatch, capfd)
        monkeypatch.setenv("OMNIREEL_BASE_URL", f"http://127.0.0.1:{running.port}")
        monkeypatch.setenv("OMNIREEL_API_KEY", running.key)
        yield commands


def test_a_batch_whose_answers_were_lost_makes_no_second_task(omnireel: Inside, picture: bytes) -> None:
    (omnireel.folder / "picture.png").write_bytes(picture)
    fox = {"prompt": "a fox", "mode": "std", "seed": 1}
    (omnireel.folder / "films.jsonl").write_text(
        jsonl(fox, fox, {"prompt": "pull out", "images": ["picture.png"], "id": "harbour"})
    )
    run = ("batch", "films.jsonl", "--no-download", "--timeout", "2")

    forecast = omnireel("batch", "films.jsonl", "--dry-run", "--max-cost", "0")
    first = omnireel(*run)
    state = omnireel.folder / "films.jsonl.state"
    facts = state.read_text().splitlines(keepends=True)
    # As if the process had died each time between the answer and writing it down.
    state.write_text("".join(fact for fact in facts if '"accepted"' not in fact))
    again = omnireel(*run)

    assert json.loads(forecast.out)["unsent"] == 3
    assert (first.code, again.code) == (124, 124)
    ids = [{json.loads(line)["task_id"] for line in ended.out.splitlines()} for ended in (first, again)]
    assert ids[0] == ids[1] == set(omnireel("task", "list", "-q").out.split())
    assert len(ids[0]) == 3


def test_what_a_caller_looks_at_is_there(omnireel: Inside, clip: bytes) -> None:
    (omnireel.folder / "clip.mp4").write_bytes(clip)

    task_id = omnireel("generate", "fox", "--no-wait", "--priority", "high").out.strip()
    link = omnireel("files", "upload", "-q", "clip.mp4").out.strip()
    restyled = omnireel("generate", "clay", "--video", link, "--no-wait")
    (file_id,) = omnireel("files", "list", "-q").out.split()

    assert restyled.code == 0, restyled.err
    assert omnireel("task", "cancel", task_id).out == "canceled\n"
    assert omnireel("task", "list", "--status", "canceled", "-q").out == f"{task_id}\n"
    assert omnireel("task", "delete", task_id).code == 0
    assert omnireel("files", "delete", file_id).code == 0
    assert omnireel("balance", "-q").out == "0.0000\n"
    assert "rule: " in omnireel("models", "describe", "kling/kling-video-o1").out
    assert omnireel("webhooks", "list", "--json").out == "[]\n"
    assert omnireel("verify", "clip.mp4", "-q").out == "unknown\n"
    assert json.loads(omnireel("auth", "status", "--json").out)["accepted"] is True
