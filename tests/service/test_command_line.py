"""The command line against the application itself, over a socket."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from tests.service.standalone import running_house
from tests.unit.cli.inside import Inside, prepare
from tests.unit.cli.shop import jsonl

from omnireel import Client


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


def cancel_all(client: Client, count: int) -> None:
    """Cancel so many tasks, once they are there."""
    while len(tasks := list(client.tasks.list())) < count:
        time.sleep(0.1)
    for task in tasks:
        client.tasks.cancel(task.task_id)


def test_a_batch_whose_answers_were_lost_makes_no_second_task(omnireel: Inside, picture: bytes) -> None:
    (omnireel.folder / "picture.png").write_bytes(picture)
    fox = {"prompt": "a fox", "mode": "std", "seed": 1}
    (omnireel.folder / "films.jsonl").write_text(
        jsonl(fox, fox, {"prompt": "pull out", "images": ["picture.png"], "id": "harbour"})
    )

    forecast = omnireel("batch", "films.jsonl", "--dry-run", "--max-cost", "0")
    with Client() as client:
        canceling = Thread(target=cancel_all, args=(client, 3))
        canceling.start()
        first = omnireel("batch", "films.jsonl")
        canceling.join()
    state = omnireel.folder / "films.jsonl.state"
    facts = state.read_text().splitlines(keepends=True)
    # As if the process had died each time between the answer and writing it down.
    state.write_text("".join(fact for fact in facts if '"sent"' in fact or '"begun"' in fact))
    again = omnireel("batch", "films.jsonl")

    assert json.loads(forecast.out)["unsent"] == 3
    assert (first.code, again.code) == (1, 1)
    assert sorted(first.out.splitlines()) == sorted(again.out.splitlines())
    ids = {json.loads(line)["task_id"] for line in again.out.splitlines()}
    assert ids == set(omnireel("task", "list", "-q").out.split())
    assert len(ids) == 3


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
