"""models, files, balance and webhooks, as callers use them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.cli.inside import Inside
from tests.unit.client.loopback import Answer, Loopback, enveloped, refused

from omnireel.api.links import Links
from omnireel.api.openapi import model_document
from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS

FILE = {
    "file_id": "file-1", "type": "video", "url": "http://h/files/uploads/file-1/clip.mp4?signature=1",
    "filename": "clip.mp4", "size": 3_000_000, "created_at": "2026-03-01T12:00:00.000Z",
}  # fmt: skip
DELIVERY = {
    "delivery_id": "msg_1",
    "task_id": "task-t2v-abc",
    "event": "prediction.task.succeeded",
    "url": "https://hooks.example/",
    "status": "dead",
    "attempts": [
        {"number": 1, "at": "2026-03-01T12:00:01.000Z", "status_code": 500, "error": "server_error"},
        {"number": 2, "at": "2026-03-01T12:00:06.000Z", "error": "unreachable", "latency_ms": 5000},
    ],
}


@pytest.fixture
def described(server: Loopback) -> dict[str, Any]:
    """The schema that our own server publishes."""
    model = MODELS["kling/kling-video-o1"]
    document = model_document(model, Terms(engines=("studio",)), Links(server.base_url))
    server.script = [Answer(200, json.dumps(document).encode())]
    schema: dict[str, Any] = document["post"]["requestBody"]["content"]["application/json"]["schema"]
    return schema


@pytest.mark.usefixtures("described")
def test_a_model_is_described_field_by_field_and_rule_by_rule(inside: Inside) -> None:
    text = inside("models", "describe", "kling/kling-video-o1").out

    assert text.startswith("kling/kling-video-o1  POST http")
    assert "string, 1 to 2500 characters, required" in text
    assert '"std" | "pro", default "pro"' in text
    assert "list of string, 1 to 7 of them" in text
    assert "rule: With `multi_shot` true, `shot_type` is required." in text
    assert "null" not in text


def test_a_description_for_programs_is_the_schema(inside: Inside, described: dict[str, Any]) -> None:
    assert json.loads(inside("models", "describe", "kling/kling-video-o1", "--json").out) == described
    assert "prompt" in inside("models", "describe", "kling/kling-video-o1", "-q").out.splitlines()


def test_an_unknown_model_is_1(inside: Inside, server: Loopback) -> None:
    server.script = [refused(404, "Resource not found: there is no such model")]

    assert inside("models", "describe", "kling/none").code == 1


def test_models_alone_lists_them(inside: Inside, server: Loopback) -> None:
    server.script = [Answer(200, json.dumps({"code": 0, "models": [{"slug": "a/b"}]}).encode())]

    assert inside("models", "-q").out == inside("models", "list", "-q").out == "a/b\n"
    assert json.loads(inside("models", "list", "--jsonl").out)["slug"] == "a/b"


def test_the_balance_is_a_number(inside: Inside, server: Loopback) -> None:
    server.script = [enveloped({"balance": 12.5})]

    assert inside("balance").out == "12.5000 USD\n"
    assert inside("balance", "-q").out == "12.5000\n"


def test_files_are_uploaded_listed_and_taken_away(inside: Inside, server: Loopback) -> None:
    (inside.folder / "clip.mp4").write_bytes(b"clip")
    listed = enveloped({"items": [FILE], "used_bytes": 3_000_000, "quota_bytes": 10 * 2**30})
    server.script = [enveloped(FILE), enveloped(FILE), listed, listed, enveloped({"file_id": "file-1"})]

    sent = inside("files", "upload", "clip.mp4")
    link = inside("files", "upload", "-q", "clip.mp4")
    shown = inside("files", "list")
    gone = inside("files", "delete", "file-1")

    assert sent.out == f"file-1  {FILE['url']}\n"
    assert link.out == f"{FILE['url']}\n"
    assert shown.out == "file-1  video    2.9 MiB  clip.mp4\n"
    assert "2.9 MiB of 10240.0 MiB used" in shown.err
    assert (gone.out, server.seen[-1].method) == ("file-1\n", "DELETE")


def test_a_file_that_is_not_there_is_2(inside: Inside, server: Loopback) -> None:
    ended = inside("files", "upload", "missing.mp4")

    assert (ended.code, server.seen) == (2, [])
    assert "missing.mp4" in ended.err


def test_a_webhook_is_shown_with_every_attempt(inside: Inside, server: Loopback) -> None:
    server.script = [enveloped(DELIVERY)]

    lines = inside("webhooks", "get", "msg_1").out.splitlines()

    assert lines[1] == "status   dead"
    assert lines[-2].endswith("500  server_error")
    assert lines[-1].endswith("unreachable  5000 ms")
    assert inside("webhooks", "get", "msg_1", "-q").out == "dead\n"


def test_webhooks_come_line_by_line(inside: Inside, server: Loopback) -> None:
    server.script = [enveloped({"items": [DELIVERY, DELIVERY], "has_more": False})]

    lines = inside("webhooks", "list", "--jsonl").out.splitlines()

    assert [json.loads(line)["delivery_id"] for line in lines] == ["msg_1", "msg_1"]
