"""What the OpenAI-shaped routes say to those who do not use the package."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient
from tests.service.house import BASE, House, open_house

from omnireel.catalog.model import Terms
from omnireel.models import MediaLimits
from omnireel.settings import PRICES
from omnireel.tasks.prices import PriceList
from omnireel.tasks.service import Admission

VIDEOS = "/v1/videos"


def error(answer: Any) -> dict[str, Any]:
    """The one thing in an error's body, with everything that belongs in it."""
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"error"}, found
    assert found["error"].keys() == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"]
    return dict(found["error"])


def test_a_video_can_be_asked_for_in_json(house: House, client: TestClient, picture: bytes) -> None:
    link = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    body = {"prompt": "a fox", "seconds": 6, "input_reference": {"image_url": link}, "seed": 7}
    video = client.post(VIDEOS, json=body).json()
    request = house.store.get("default", video["id"]).request

    assert (request.duration, request.seed) == (6, 7)
    assert request.images[0].blob_key is not None
    assert house.blobs.path(request.images[0].blob_key).read_bytes() == picture


def test_a_picture_may_be_a_file_that_was_sent_before(
    house: House, client: TestClient, picture: bytes
) -> None:
    sent = client.post("/api/v1/media/files", files={"file": ("fox.png", picture)}).json()["data"]
    body = {"prompt": "a fox", "input_reference": {"file_id": sent["file_id"]}}
    video = client.post(VIDEOS, json=body).json()
    form = {"prompt": "a fox", "input_reference[file_id]": sent["file_id"]}
    same = client.post(VIDEOS, files={name: (None, value) for name, value in form.items()}).json()

    pictures = [house.store.get("default", one["id"]).request.images for one in (video, same)]
    assert pictures[0] == pictures[1]
    assert pictures[0][0].blob_key is not None
    theirs = house.client(house.keys.create("theirs", "theirs").secret)
    assert error(theirs.post(VIDEOS, json=body))["code"] == "not_found"


def test_a_video_made_here_is_edited_by_its_id(
    house: House, client: TestClient, clip: bytes, tmp_path: Path
) -> None:
    source = client.post(VIDEOS, json={"prompt": "a fox"}).json()["id"]
    house.succeed(house.claim(), clip, tmp_path)
    by_json = client.post(f"{VIDEOS}/edits", json={"prompt": "as ink", "video": {"id": source}})
    by_form = client.post(f"{VIDEOS}/edits", files={"prompt": (None, "as ink"), "video[id]": (None, source)})

    assert [answer.json()["remixed_from_video_id"] for answer in (by_json, by_form)] == [source, source]
    missing = error(client.post(f"{VIDEOS}/edits", json={"prompt": "as ink"}))
    assert (missing["param"], missing["message"]) == ("video", "parameter 'video' is required")
    assert error(client.post(f"{VIDEOS}/edits", json={"prompt": "as ink", "video": 7}))["param"] == "video"


def test_nothing_extends_a_video_and_it_is_said(client: TestClient) -> None:
    answer = client.post(f"{VIDEOS}/extensions", json={"prompt": "on", "video": {"id": "x"}, "seconds": "4"})

    assert answer.status_code == 400
    assert (error(answer)["code"], "extended" in error(answer)["message"]) == ("not_supported", True)


ERRORS: tuple[tuple[str, str, int, str | None], ...] = (
    ("GET", "/v1/videos/unknown", 404, "not_found"),
    ("GET", "/v1/videos/unknown/content", 404, "not_found"),
    ("DELETE", "/v1/videos/unknown", 404, "not_found"),
    ("POST", "/v1/videos/unknown/remix", 415, "unsupported_media_type"),
    ("POST", "/v1/videos", 415, "unsupported_media_type"),
    ("POST", "/v1/videos/edits", 415, "unsupported_media_type"),
    ("PATCH", "/v1/videos", 405, "method_not_allowed"),
    ("GET", "/v1/chat/completions", 404, "not_found"),
    ("GET", "/v1/", 404, "not_found"),
    ("GET", "/v1", 404, "not_found"),
    ("GET", "/v1/videos?limit=0", 400, None),
    ("GET", "/v1/videos?order=up", 400, None),
    ("GET", "/v1/videos/unknown/content?variant=gif", 400, None),
)


def test_every_error_comes_in_openais_envelope(client: TestClient) -> None:
    for method, path, status, code in ERRORS:
        answer = client.request(method, path)
        assert (method, path, answer.status_code, error(answer)["code"]) == (method, path, status, code)


def test_elsewhere_errors_stay_our_own(client: TestClient) -> None:
    for path in ("/api/v1/tasks/unknown", "/v2/videos", "/v1x", "/api/v1/videos"):
        answer = client.get(path).json()
        assert (path, answer.keys(), answer["code"]) == (path, {"code", "message"}, 404)


def test_a_fault_shows_nothing_of_the_inside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.store, "get", lambda *_: 1 // 0)
    answer = house.client().get(f"{VIDEOS}/any")

    assert answer.status_code == 500
    assert (error(answer)["type"], "zero" in answer.text) == ("server_error", False)


def test_who_cannot_pay_is_told_so_and_not_to_try_again(tmp_path: Path) -> None:
    with open_house(tmp_path, prices=PriceList(PRICES, 10.05)) as house:
        answer = house.client().post(VIDEOS, json={"prompt": "a fox"})

    assert answer.status_code == 429
    assert error(answer)["code"] == error(answer)["type"] == "insufficient_quota"
    assert answer.headers["x-should-retry"] == "false"


def test_what_a_video_costs_is_set_aside_as_for_any_task(tmp_path: Path) -> None:
    with open_house(tmp_path, prices=PriceList(PRICES, 10.05)) as house:
        house.teams.credit("default", Decimal(1))
        assert house.client().post(VIDEOS, json={"prompt": "a fox", "seconds": "4"}).status_code == 200
        assert house.client().get("/api/v1/team/balance").json()["data"]["balance"] == 0.664


def test_limits_are_the_same_as_everywhere(tmp_path: Path) -> None:
    with open_house(tmp_path, requests_per_minute=1, admission=Admission(max_queued=0)) as house:
        full = house.client().post(VIDEOS, json={"prompt": "a fox"})
        fast = house.client().get(VIDEOS)

    assert (full.status_code, error(full)["code"]) == (503, "service_unavailable")
    assert (fast.status_code, error(fast)["code"]) == (429, "rate_limit_exceeded")
    assert int(fast.headers["retry-after"]) > 0
    assert fast.headers["x-ratelimit-limit"] == "1"


def test_a_server_that_stops_takes_nothing_more(house: House) -> None:
    house.draining.set()
    for path, body in ((VIDEOS, {"prompt": "a"}), (f"{VIDEOS}/x/remix", {"prompt": "a"})):
        answer = house.client().post(path, json=body)
        assert (answer.status_code, error(answer)["type"]) == (503, "server_error")


def test_a_strict_server_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    with open_house(tmp_path, terms=Terms(strict=True)) as house:
        answer = house.client().post(VIDEOS, json={"prompt": "a fox", "images": ["a.png"]})

    assert (answer.status_code, error(answer)["param"]) == (400, "images")


def test_names_of_our_own_mean_nothing_here(house: House, client: TestClient) -> None:
    video = client.post(VIDEOS, json={"prompt": "a fox", "images": ["x"], "duration": 9}).json()

    assert video["warnings"] == [
        "the unknown field 'images' was ignored",
        "the unknown field 'duration' was ignored",
    ]
    assert house.store.get("default", video["id"]).request.images == ()


STRANGE = (
    b"",
    b"[]",
    b"{",
    b'{"prompt": 7}',
    b'{"prompt": "a", "model": ["x"]}',
    b'{"prompt": "a", "input_reference": "x"}',
    b'{"prompt": "a", "input_reference": []}',
    b'{"prompt": "a", "input_reference": {}}',
    b'{"prompt": "a", "input_reference": {"image_url": 7}}',
    b'{"prompt": "a", "input_reference": {"image_url": ""}}',
    b'{"prompt": "a", "input_reference": {"image_url": "http://a/b", "file_id": "c"}}',
    b'{"prompt": "a", "input_reference": {"\\ud800": "x"}}',
    b'{"prompt": "a", "seconds": 1e999}',
    b'{"prompt": "a", "size": "\\u0000"}',
)


def test_a_strange_body_is_400_and_nothing_is_queued(house: House, client: TestClient) -> None:
    for body in STRANGE:
        answer = client.post(VIDEOS, content=body, headers={"Content-Type": "application/json"})
        assert (body, answer.status_code) == (body, 400), answer.text
        assert error(answer)["type"] == "invalid_request_error"
    assert house.store.waiting() == 0


def test_a_large_picture_in_json_is_taken_and_a_large_anything_else_is_not(
    house: House, client: TestClient
) -> None:
    big = "A" * 100_000
    picture = client.post(VIDEOS, json={"prompt": "a", "input_reference": {"image_url": big}})
    beside = client.post(VIDEOS, json={"prompt": "a", "input_reference": {"image_url": "x", "b": big}})
    other = client.post(VIDEOS, json={"prompt": "a", "style": big})

    assert "the file is" in error(picture)["message"]
    assert (
        error(beside)["message"]
        == "parameter 'input_reference' beside its medium must be at most 65536 bytes"
    )
    assert error(other)["message"] == "parameter 'style' must be at most 65536 bytes of JSON, got 100002"


def test_a_strange_form_is_400(client: TestClient) -> None:
    strange: tuple[tuple[list[tuple[str, bytes]], str], ...] = (
        ([("input_reference", b"a"), ("input_reference", b"b")], "may come once, got 2"),
        ([("prompt", b"x" * 70_000)], "'prompt' must be at most 65536 bytes"),
        ([("prompt", b"\xff")], "'prompt' is not UTF-8"),
        ([(f"field{n}", b"") for n in range(1001)], "at most 1000 fields"),
    )
    for fields, message in strange:
        answer = client.post(VIDEOS, files=[(name, (None, value)) for name, value in fields])
        assert answer.status_code == 400
        assert message in error(answer)["message"]


def test_a_form_whose_file_is_too_large_is_413(tmp_path: Path) -> None:
    with open_house(tmp_path, media_limits=MediaLimits(image_bytes=1000)) as house:
        answer = house.client().post(
            VIDEOS, files={"prompt": (None, "a"), "input_reference": ("a.png", b"x" * 2000)}
        )

    assert (answer.status_code, error(answer)["code"]) == (413, "payload_too_large")


def test_no_key_is_401(house: House) -> None:
    for method, path in (("POST", VIDEOS), ("GET", VIDEOS), ("GET", "/v1/models"), ("GET", f"{VIDEOS}/x")):
        answer = house.stranger().request(method, path)
        assert (answer.status_code, error(answer)["code"]) == (401, "invalid_api_key")


def test_anothers_videos_are_not_found(house: House, client: TestClient, clip: bytes, tmp_path: Path) -> None:
    video = client.post(VIDEOS, json={"prompt": "a fox"}).json()["id"]
    house.succeed(house.claim(), clip, tmp_path)
    theirs = house.client(house.keys.create("theirs", "theirs").secret)

    assert theirs.get(VIDEOS).json()["data"] == []
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", ""), ("POST", "/remix")):
        body = {"prompt": "mine now"} if method == "POST" else None
        assert theirs.request(method, f"{VIDEOS}/{video}{path}", json=body).status_code == 404


def test_a_range_of_a_video_is_served(house: House, client: TestClient, clip: bytes, tmp_path: Path) -> None:
    video = client.post(VIDEOS, json={"prompt": "a fox"}).json()["id"]
    house.succeed(house.claim(), clip, tmp_path)
    part = client.get(f"{VIDEOS}/{video}/content", headers={"Range": "bytes=10-19"})
    beyond = client.get(f"{VIDEOS}/{video}/content", headers={"Range": "bytes=999999999-"})
    head = client.head(f"{VIDEOS}/{video}/content")

    assert (part.status_code, part.content) == (206, clip[10:20])
    assert (beyond.status_code, error(beyond)["code"]) == (416, "range_not_satisfiable")
    assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(clip))


def test_answers_keep_to_the_published_schema(
    house: House, client: TestClient, clip: bytes, tmp_path: Path
) -> None:
    document = house.app.openapi()
    queued = client.post(VIDEOS, json={"prompt": "a fox"}).json()
    house.succeed(house.claim(), clip, tmp_path)

    def judge(method: str, path: str, status: int, answer: object) -> None:
        content = document["paths"][path][method]["responses"][str(status)]["content"]["application/json"]
        jsonschema_rs.validate({**content["schema"], "components": document["components"]}, answer)

    judge("post", VIDEOS, 200, queued)
    judge("get", VIDEOS, 200, client.get(VIDEOS).json())
    judge("get", f"{VIDEOS}/{{video_id}}", 200, client.get(f"{VIDEOS}/{queued['id']}").json())
    judge("get", "/v1/models", 200, client.get("/v1/models").json())
    judge("post", VIDEOS, 400, client.post(VIDEOS, json={}).json())
    judge("get", f"{VIDEOS}/{{video_id}}", 404, client.get(f"{VIDEOS}/x").json())
    judge("delete", f"{VIDEOS}/{{video_id}}", 200, client.delete(f"{VIDEOS}/{queued['id']}").json())
    assert json.dumps(document).count(BASE) >= 1
