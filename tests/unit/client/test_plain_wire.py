"""The client at another origin of the wire, one that has only what its vendor documents."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.unit.client.loopback import Answer, Loopback, Seen, enveloped, refused

from omnireel import Client, InsufficientBalanceError, NotFoundError, OutcomeUnknown

TASK = "task-v2v-4mZ"
ROW = {"file_id": "file-1", "type": "image", "url": "https://host/f.png", "filename": "a.png", "size": 9}
RECEIPT = {
    "status": "pending",
    "task_id": TASK,
    "model_id": "kling-video-o1",
    "get_result": {"method": "GET", "url": f"https://host/api/v1/tasks/{TASK}"},
}
DONE = RECEIPT | {
    "status": "success",
    "duration": 61_000,
    "result": {
        "resources": [{"url": "https://host/v.mp4", "type": "video", "width": 1920, "height": 1080}],
        "metadata": {"video_count": 1, "request_id": "r"},
    },
    "billing": {"amount": "0.56"},
}
MODEL = {"slug": "kling/kling-video-o1", "provider": "kling", "model_id": "kling-video-o1", "type": "video"}
MODELS = json.dumps({"code": 0, "message": "success", "models": [MODEL]}).encode()
SCHEMA = b"""{"servers": [{"url": "https://host/api/v1/kling/kling-video-o1"}], "post": {"requestBody":
    {"content": {"application/json": {"schema": {"type": "object", "required": ["prompt"]}}}}}}"""
CALLS = {
    ("POST", "/api/v1/kling/kling-video-o1/async"): enveloped(RECEIPT),
    ("GET", f"/api/v1/tasks/{TASK}"): enveloped(DONE),
    ("GET", "/api/v1/apikey/validate"): enveloped({"is_valid": True}),
    ("GET", "/api/v1/team/balance"): enveloped({"balance": 4.25}),
    ("POST", "/api/v1/media/files"): enveloped(ROW),
    ("GET", "/api/v1/media/files"): enveloped({"items": [ROW]}),
    ("DELETE", "/api/v1/media/files/file-1"): enveloped({"file_id": "file-1", "deleted": True}),
    ("GET", "/api/v1/models"): Answer(200, MODELS),
    ("GET", "/models/kling/kling-video-o1/api_schema"): Answer(200, SCHEMA),
}


def plain(seen: Seen) -> Answer:
    call = (seen.method, seen.path.partition("?")[0])
    return CALLS.get(call, refused(404, "Resource not found: no such endpoint"))


def test_a_video_is_made_and_followed_there(server: Loopback, client: Client) -> None:
    server.script = [plain]

    result = client.videos.create_and_wait("clay", video="https://host/clip.mp4", timeout=30)
    (event,) = client.tasks.events(TASK)

    assert (result.url, result.task.charged, result.task.processing_seconds) == (
        "https://host/v.mp4",
        "0.56",
        61,
    )
    assert (event.type, event.event_id) == ("terminal", None)


def test_everything_else_that_is_there_works(server: Loopback, client: Client) -> None:
    server.script = [plain]

    file = client.files.upload(b"picture", filename="a.png")

    assert [found.file_id for found in client.files.list()] == ["file-1"]
    assert client.files.get("file-1") == file
    client.files.delete("file-1")
    with pytest.raises(NotFoundError):
        client.files.get("file-2")
    assert client.files.usage().quota_bytes is None
    assert client.key_is_valid()
    assert client.balance() == Decimal("4.25")
    assert [model.slug for model in client.models.list()] == ["kling/kling-video-o1"]
    assert client.models.describe("kling/kling-video-o1").schema["required"] == ["prompt"]


def test_what_is_not_there_is_told(server: Loopback, client: Client) -> None:
    server.script = [plain]

    for call in (lambda: list(client.tasks.list()), lambda: client.tasks.cancel(TASK), client.readiness):
        with pytest.raises(NotFoundError):
            call()


def test_a_paid_request_is_sent_once_whatever_becomes_of_it(server: Loopback, client: Client) -> None:
    def failing(seen: Seen) -> Answer:
        return refused(500, "Internal error: x") if seen.method == "POST" else plain(seen)

    server.script = [failing]
    with pytest.raises(OutcomeUnknown):
        client.videos.create("clay")
    server.script = [refused(402, "Insufficient balance: 0.00")]
    with pytest.raises(InsufficientBalanceError):
        client.videos.create("clay")

    assert [seen.method for seen in server.seen].count("POST") == 2
