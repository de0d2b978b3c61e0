"""Prompts, events and what is remembered, on the way from a request to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.cli.inside import Inside
from tests.unit.cli.test_generate_command import DATA, RUNNING, finished, happy
from tests.unit.client.loopback import (
    HANG_UP,
    Answer,
    Loopback,
    Seen,
    closed_port,
    enveloped,
    receipt,
    refused,
)

from omnireel.cli.task import known_tasks

SUBMITTED = enveloped(receipt())


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_run_is_generate(inside: Inside, server: Loopback) -> None:
    server.script = happy(server)

    assert inside("run", "a fox", "-o", "out.mp4").out == "out.mp4\n"


def test_a_prompt_may_stand_on_stdin(inside: Inside, server: Loopback) -> None:
    server.script = [SUBMITTED]

    inside("generate", "-", "--no-wait", stdin="a fox\nin the snow\n")

    assert server.seen[0].json["prompt"] == "a fox\nin the snow"


@pytest.mark.parametrize("text", ["", " \n", "x" * 70_000])
def test_a_prompt_that_is_none_is_2_and_never_sent(inside: Inside, server: Loopback, text: str) -> None:
    ended = inside("generate", "-", stdin=text)

    assert (ended.code, ended.out) == (2, "")
    assert "standard input" in ended.err
    assert server.seen == []


def test_pictures_are_counted_from_the_first_frame_to_the_last(inside: Inside, server: Loopback) -> None:
    server.script = [SUBMITTED]

    inside("generate", "x", "--last-frame", "https://h/z.png", "--image", "https://h/m.png",
           "--first-frame", "https://h/a.png", "--no-wait")  # fmt: skip

    assert server.seen[0].json["images"] == ["https://h/a.png", "https://h/m.png", "https://h/z.png"]
    assert server.seen[0].json["image_types"] == ["first_frame", "reference", "last_frame"]


def test_every_wish_reaches_the_server(inside: Inside, server: Loopback) -> None:
    server.script = [SUBMITTED]

    inside("generate", "x", "--video", "https://h/a.mp4", "--video-type", "reference", "--priority", "high",
           "--keep-original-sound", "--deadline", "60", "--no-wait")  # fmt: skip

    seen = server.seen[0]
    assert (seen.json["video_type"], seen.json["keep_original_sound"]) == ("reference", True)
    assert (seen.headers["x-priority"], seen.headers["x-deadline-seconds"]) == ("high", "60")


def test_events_are_told_line_by_line(inside: Inside, server: Loopback) -> None:
    server.script = happy(server)

    told = events(inside("generate", "fox", "--jsonl", "-o", "out.mp4").out)

    assert [event["event"] for event in told] == ["status", "status", "terminal", "saved"]
    assert {event["task_id"] for event in told} == {"task-t2v-abc"}
    assert told[1]["progress"] == 0.4
    assert told[-1]["files"] == ["out.mp4"]


def test_a_failure_is_an_event_too(inside: Inside, server: Loopback) -> None:
    error = {"type": "engine_failed", "message": "no clay left", "retryable": False}
    server.script = [SUBMITTED, enveloped(receipt() | {"status": "failed", "error": error})]

    ended = inside("generate", "fox", "--jsonl")

    assert ended.code == 1
    last = events(ended.out)[-1]
    assert last["event"] == "error"
    assert last["error"]["type"] == "engine_failed"


def history(inside: Inside) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(inside("task", "history", "--json").out)
    return found


def test_what_was_asked_for_is_remembered_without_its_words(inside: Inside, server: Loopback) -> None:
    server.script = happy(server)

    inside("generate", "a secret plan", "-o", "out.mp4")

    (entry,) = history(inside)
    assert (entry["task_id"], entry["origin"], entry["status"]) == (
        "task-t2v-abc",
        server.base_url,
        "success",
    )
    assert (entry["engine"], entry["model_id"]) == ("studio", "kling-video-o1")
    file = inside.home / ".local" / "state" / "omnireel" / "history.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in file.read_text()


def test_history_is_newest_first_and_can_be_forgotten(inside: Inside, server: Loopback) -> None:
    for name in ("task-t2v-1", "task-t2v-2"):
        made = {"created_at": f"2026-03-0{name[-1]}T00:00:00.000Z"}
        server.script = [enveloped(receipt(name) | made)]
        inside("generate", "x", "--no-wait")

    assert inside("task", "history", "-q").out == "task-t2v-2\ntask-t2v-1\n"
    assert inside("task", "history", "-q", "--limit", "1").out == "task-t2v-2\n"
    assert inside("task", "history", "--clear").code == 0
    assert history(inside) == []


def test_a_history_that_cannot_be_written_costs_a_remark(inside: Inside, server: Loopback) -> None:
    server.script = [SUBMITTED]
    (inside.home / ".local").write_text("a file where a folder should be")

    ended = inside("generate", "x", "--no-wait")

    assert (ended.code, ended.out) == (0, "task-t2v-abc\n")
    assert "not kept in the history" in ended.err


def test_lines_that_are_damaged_are_passed_over(inside: Inside, server: Loopback) -> None:
    server.script = [SUBMITTED]
    inside("generate", "x", "--no-wait")
    file = inside.home / ".local" / "state" / "omnireel" / "history.jsonl"
    file.write_text('{"task_id": 1}\n[]\n{"cut' + "\n" + file.read_text() + '{"task_id": "cut')

    assert [entry["task_id"] for entry in history(inside)] == ["task-t2v-abc"]


def test_a_task_is_waited_for_with_events(inside: Inside, server: Loopback) -> None:
    server.script = [enveloped(RUNNING), finished(server)]

    told = events(inside("task", "wait", "task-t2v-abc", "--jsonl").out)

    assert [event["event"] for event in told] == ["status", "terminal", "done"]


def test_a_refused_submit_is_not_remembered(inside: Inside, server: Loopback) -> None:
    server.script = [refused(400, "Invalid parameters: no")]
    inside("generate", "x")

    assert history(inside) == []


def test_a_download_is_checked_and_saved(inside: Inside, server: Loopback) -> None:
    server.script = [finished(server), Answer(200, DATA)]

    assert inside("task", "download", "task-t2v-abc", "-o", "out.mp4").out == "out.mp4\n"
    assert Path(inside.folder / "out.mp4").read_bytes() == DATA


def test_tasks_are_listed_as_they_were_asked_for(inside: Inside, server: Loopback) -> None:
    page = [receipt("task-t2v-1"), RUNNING | {"created_at": "2026-03-01T12:00:00.000Z"}]
    server.script = [enveloped({"items": page, "has_more": True, "next_cursor": "more"})]

    ended = inside(
        "task",
        "list",
        "--status",
        "processing",
        "--since",
        "2026-03-01",
        "--limit",
        "2",
        "--model",
        "kling/x",
    )
    lines = inside("task", "list", "--jsonl", "--limit", "1").out.splitlines()

    assert ended.out.splitlines()[0].endswith("task-t2v-1  kling-video-o1")
    assert "40%  task-t2v-abc" in ended.out
    query = parse_qs(urlsplit(server.seen[0].path).query)
    assert query == {
        "status": ["processing"], "model": ["kling/x"], "limit": ["2"],
        "created_after": ["2026-03-01T00:00:00+00:00"],
    }  # fmt: skip
    assert [json.loads(line)["task_id"] for line in lines] == ["task-t2v-1"]


def test_a_beginning_that_is_none_is_2(inside: Inside, server: Loopback) -> None:
    assert inside("task", "list", "--since", "lately").code == 2
    assert server.seen == []


def several(server: Loopback) -> None:
    """The first fails, the others are done."""

    def answer(seen: Seen) -> Answer:
        if seen.path.startswith("/files/"):
            return Answer(200, DATA)
        task_id = seen.path.partition("?")[0].rpartition("/")[2]
        if task_id == "task-t2v-1":
            error = {"type": "engine_failed", "message": "no clay left", "retryable": False}
            return enveloped(receipt(task_id) | {"status": "failed", "error": error})
        made = json.loads(finished(server).body)["data"]
        return enveloped(made | {"task_id": task_id})

    server.script = [answer]


def test_several_tasks_are_waited_for_and_one_that_fails_keeps_none(inside: Inside, server: Loopback) -> None:
    several(server)

    ended = inside("task", "wait", "task-t2v-1", "task-t2v-2", "task-t2v-3")
    document = json.loads(inside("task", "wait", "task-t2v-1", "task-t2v-2", "--json").out)

    assert (ended.code, len(ended.out.splitlines())) == (1, 2)
    assert "task-t2v-1: no clay left" in ended.err
    assert [task["status"] for task in document["tasks"]] == ["failed", "success"]


def test_several_tasks_need_a_folder(inside: Inside, server: Loopback) -> None:
    assert inside("task", "wait", "a", "b", "-o", "out.mp4").code == 2
    assert server.seen == []


def test_when_the_time_is_up_all_that_are_left_are_named(inside: Inside, server: Loopback) -> None:
    server.script = [enveloped(RUNNING)]

    ended = inside("task", "wait", "task-t2v-abc", "task-t2v-2", "--timeout", "0")

    assert ended.code == 124
    assert "omnireel task wait task-t2v-abc task-t2v-2" in ended.err


def test_shells_complete_the_tasks_of_the_history(inside: Inside, server: Loopback) -> None:
    server.script = [SUBMITTED]
    inside("generate", "x", "--no-wait")

    with inside.patch.context() as patch:
        patch.chdir(inside.folder)
        assert known_tasks("task-") == [("task-t2v-abc", "pending")]
        assert known_tasks("other") == []


def test_errors_are_documents_too(inside: Inside, server: Loopback) -> None:
    ended = inside("generate", "-", "--json", stdin="")

    assert json.loads(ended.out)["error"]["type"] == "invalid_request"


def test_a_server_that_is_not_there_sends_one_to_the_doctor(nowhere: Inside) -> None:
    ended = nowhere("balance", "--base-url", f"http://127.0.0.1:{closed_port()}", OMNIREEL_API_KEY="k")

    assert ended.code == 1
    assert "omnireel doctor" in ended.err


def test_a_dry_run_tells_price_and_time_and_sends_nothing(inside: Inside, server: Loopback) -> None:
    estimate = {"price": "0.4200", "expected_seconds": 31.5, "samples": 4, "queue_position": 3}
    server.script = [enveloped(estimate)]

    text = inside("generate", "fox", "--dry-run").out
    document = json.loads(inside("generate", "fox", "--dry-run", "--json").out)

    assert text == "price    at most 0.4200 USD\ntime     about 32 s of work\nqueue    place 3\n"
    assert document == estimate
    assert {seen.path for seen in server.seen} == {"/api/v1/kling/kling-video-o1/estimate"}


def test_a_lost_answer_says_how_to_ask_again_without_a_second_video(inside: Inside, server: Loopback) -> None:
    server.script = [HANG_UP, refused(404, "Resource not found: nothing here")]

    ended = inside("generate", "fox", "--idempotency-key", "mine-1")

    assert ended.code == 1
    assert "--idempotency-key mine-1" in ended.err
    assert server.seen[0].headers["idempotency-key"] == "mine-1"


def test_a_poster_is_saved_instead(inside: Inside, server: Loopback) -> None:
    made = json.loads(finished(server).body)["data"]
    video = made["result"]["resources"][0]
    made["result"]["resources"].append(video | {"role": "poster", "type": "image", "format": "jpg"})
    server.script = [enveloped(made), Answer(200, DATA)]

    assert inside("task", "download", "task-t2v-abc", "--poster", "-o", "still.jpg").out == "still.jpg\n"
