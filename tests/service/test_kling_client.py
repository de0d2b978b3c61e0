"""The Kling-shaped routes, as a program written for Kling calls them."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import jsonschema_rs
import jwt
import pytest
from starlette.testclient import TestClient
from tests.receiver import receiving
from tests.service.house import BASE, House, open_house
from tests.service.served import listening

from omnireel.api.dialects.told import told
from omnireel.catalog.model import Terms
from omnireel.clock import SystemClock
from omnireel.media.post import post, post_policy
from omnireel.models import Failed, ImageRole, VideoRequest, VideoRole
from omnireel.settings import PRICES
from omnireel.tasks.courier import Courier
from omnireel.tasks.key_pairs import KeyPair
from omnireel.tasks.prices import PriceList
from omnireel.tasks.scopes import Scope
from omnireel.tasks.service import Admission
from omnireel.tasks.store import NewTask

OMNI = "/v1/videos/omni-video"
LOCAL = post_policy(allow_private=True)


def token_of(pair: KeyPair, **claims: object) -> str:
    """A token as in Kling's documentation."""
    now = int(time.time())
    payload = {"iss": pair.access_key, "exp": now + 1800, "nbf": now - 5, **claims}
    return jwt.encode(payload, pair.secret_key, headers={"alg": "HS256", "typ": "JWT"})


def signing(house: House, **claims: object) -> Mapping[str, str]:
    """The headers of who signs tokens for the first key."""
    pair = house.pairs.of(house.keys.list()[0].key_id)
    return {"Authorization": f"Bearer {token_of(pair, **claims)}"}


def data_of(answer: Any) -> dict[str, Any]:
    """What a success brought."""
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert body.keys() == {"code", "message", "request_id", "data"}
    assert (body["code"], body["message"]) == (0, "SUCCEED")
    assert body["request_id"] == answer.headers["x-request-id"]
    return dict(body["data"])


def refusal(answer: Any) -> tuple[int, int, str]:
    """Status, code and message of an error."""
    body = answer.json()
    assert body.keys() == {"code", "message", "request_id"}, body
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, body["code"], body["message"]


def test_a_video_is_made_and_found_by_both_its_names(
    standing: House, port: int, tmp_path: Path, clip: bytes, picture: bytes
) -> None:
    house = standing
    with (
        listening(house, port),
        httpx2.Client(base_url=house.values.base_url, headers=signing(house), trust_env=False) as kling,
    ):
        body = {
            "model_name": "kling-v3-omni",
            "prompt": "Make the fox in <<<image_1>>> wave",
            "image_list": [{"image_url": base64.b64encode(picture).decode(), "type": "first_frame"}],
            "duration": "8",
            "mode": "std",
            "aspect_ratio": "9:16",
            "sound": "on",
            "callback_url": "",
            "external_task_id": "films/fox 1",
        }
        made = data_of(kling.post(OMNI, json=body))
        request = house.store.get("default", made["task_id"]).request
        house.succeed(house.claim(), clip, tmp_path)
        found = data_of(kling.get(f"{OMNI}/{made['task_id']}"))
        by_name = data_of(kling.get(f"{OMNI}/films%2Ffox%201"))
        (video,) = found["task_result"]["videos"]
        saved = httpx2.get(video["url"], trust_env=False)

    assert (made["task_status"], made["task_info"]) == ("submitted", {"external_task_id": "films/fox 1"})
    assert (made["task_result"], made["task_status_msg"], made["warnings"]) == ({"videos": []}, "", [])
    assert made["created_at"] == made["updated_at"] == pytest.approx(time.time() * 1000, abs=60_000)
    assert (request.model, request.duration, request.mode) == ("kling/kling-v3-omni-video", 8, "std")
    assert (request.aspect_ratio, request.sound) == ("9:16", True)
    assert request.image_types == (ImageRole.FIRST_FRAME,)
    assert (found["task_status"], found["watermark_info"]) == ("succeed", {"enabled": False})
    assert (found["final_unit_deduction"], found["warnings"]) == ("0.0000", ["no sound"])
    assert (video["id"], video["duration"]) == (made["task_id"], "5")
    assert found["updated_at"] >= found["created_at"]
    assert by_name["task_id"] == found["task_id"]
    assert saved.content == clip


def test_a_video_is_repainted(house: House, client: TestClient, clip: bytes) -> None:
    source = {"video_url": base64.b64encode(clip).decode(), "refer_type": "base", "keep_original_sound": "no"}
    made = data_of(client.post(OMNI, json={"prompt": "<<<video_1>>> as clay", "video_list": [source]}))
    request = house.store.get("default", made["task_id"]).request

    assert (request.video_type, request.keep_original_sound) == (VideoRole.EDIT, False)
    assert request.videos[0].blob_key is not None
    assert house.blobs.path(request.videos[0].blob_key).read_bytes() == clip


def test_tasks_are_listed_by_number_of_page(house: House, client: TestClient) -> None:
    ids = [data_of(client.post(OMNI, json={"prompt": f"fox {n}"}))["task_id"] for n in range(5)]

    def page(query: str) -> list[str]:
        return [task["task_id"] for task in client.get(f"{OMNI}{query}").json()["data"]]

    assert page("") == ids[::-1]
    assert page("?pageNum=1&pageSize=2") == [ids[4], ids[3]]
    assert page("?pageNum=3&pageSize=2") == [ids[0]]
    assert page("?pageNum=4&pageSize=2") == []
    for query in ("?pageNum=0", "?pageNum=1001", "?pageSize=0", "?pageSize=501", "?pageSize=x"):
        assert refusal(client.get(f"{OMNI}{query}"))[:2] == (400, 1201)


def test_a_page_may_be_longer_than_the_services_own(house: House, client: TestClient) -> None:
    new = NewTask("", "default", VideoRequest("kling/kling-video-o1", "a fox"), "fake", 7)
    for n in range(130):
        house.store.add(replace(new, task_id=f"task-t2v-{n}"))
    names = [f"task-t2v-{n}" for n in reversed(range(130))]

    def page(query: str) -> list[str]:
        return [task["task_id"] for task in client.get(f"{OMNI}{query}").json()["data"]]

    assert page("?pageSize=120") == names[:120]
    assert page("?pageNum=2&pageSize=120") == names[120:]


def test_failures_and_cancels_are_failed_and_say_why(house: House, client: TestClient) -> None:
    failed = data_of(client.post(OMNI, json={"prompt": "a fox"}))["task_id"]
    house.store.finish(house.claim(), Failed("engine_failed", "the engine broke"))
    stopped = data_of(client.post(OMNI, json={"prompt": "a fox"}))["task_id"]
    house.store.cancel("default", stopped)
    running = data_of(client.post(OMNI, json={"prompt": "a fox"}))["task_id"]
    house.claim()

    shown = [data_of(client.get(f"{OMNI}/{task}")) for task in (failed, stopped, running)]
    assert [task["task_status"] for task in shown] == ["failed", "failed", "processing"]
    assert [task["task_status_msg"] for task in shown] == [
        "engine_failed: the engine broke",
        "canceled: the task was stopped before it was done",
        "",
    ]


def test_a_name_is_taken_once_for_each_team(house: House, client: TestClient) -> None:
    body = {"prompt": "a fox", "external_task_id": "fox"}
    first = data_of(client.post(OMNI, json=body))["task_id"]
    theirs = house.client(house.keys.create("theirs", "theirs").secret)

    status, code, message = refusal(client.post(OMNI, json=body))
    assert (status, code) == (400, 1201)
    assert message == f"parameter 'external_task_id' is taken by task '{first}'"
    assert house.store.waiting() == 1
    assert data_of(theirs.post(OMNI, json=body))["task_id"] != first
    assert refusal(theirs.get(f"{OMNI}/{first}"))[:2] == (404, 1203)


def test_one_idempotency_key_makes_one_task(client: TestClient) -> None:
    def create(name: str) -> Any:
        body = {"prompt": "a fox", "external_task_id": name}
        return client.post(OMNI, json=body, headers={"Idempotency-Key": "fox"})

    first, again = create("fox"), create("fox")

    assert data_of(first)["task_id"] == data_of(again)["task_id"]
    assert again.headers["idempotent-replayed"] == "true"
    other = client.post(OMNI, json={"prompt": "a cat"}, headers={"Idempotency-Key": "fox"})
    assert refusal(other)[:2] == (400, 1201)


def test_a_token_that_is_no_good_is_refused_by_klings_codes(house: House) -> None:
    later = int(time.time()) + 3600
    wrong: dict[int, dict[str, object]] = {
        1004: {"exp": 1},
        1003: {"nbf": later, "exp": later},
        1002: {"iss": "x"},
    }
    for code, claims in wrong.items():
        answer = house.stranger().get(OMNI, headers=dict(signing(house, **claims)))
        assert refusal(answer)[:2] == (401, code)


def test_whoever_shows_nothing_or_nonsense_is_refused(house: House) -> None:
    stranger = house.stranger()

    assert refusal(stranger.get(OMNI))[:2] == (401, 1001)
    for header in ("Bearer", "Basic abc", "Bearer nonsense", "Bearer a.b.c", f"Bearer {house.key}x"):
        assert refusal(stranger.get(OMNI, headers={"Authorization": header}))[:2] == (401, 1002)


def test_a_token_may_do_what_its_key_may_and_counts_for_its_team(house: House) -> None:
    reader = house.keys.create("reader", scopes=frozenset({Scope.READ}))
    headers = {"Authorization": f"Bearer {token_of(house.pairs.of(reader.key_id))}"}
    looked = house.stranger().get(OMNI, headers=headers)
    asked = house.stranger().post(OMNI, headers=headers, json={"prompt": "a fox"})

    assert looked.status_code == 200
    assert looked.headers["x-ratelimit-remaining"] == "599"
    assert refusal(asked)[:2] == (403, 1103)
    house.keys.revoke(reader.key_id)
    assert refusal(house.stranger().get(OMNI, headers=headers))[:2] == (401, 1002)


def test_a_token_opens_no_other_path(house: House) -> None:
    for path in ("/v1/videos", "/api/v1/tasks", "/api/v1/team/balance"):
        assert house.stranger().get(path, headers=dict(signing(house))).status_code == 401


def test_every_error_comes_in_klings_envelope(client: TestClient) -> None:
    for method, path, status, code in (
        ("GET", f"{OMNI}/unknown", 404, 1203),
        ("DELETE", OMNI, 404, 1202),
        ("PUT", f"{OMNI}/unknown", 404, 1202),
        ("POST", f"{OMNI}/unknown", 404, 1202),
        ("POST", OMNI, 415, 1200),
        ("GET", f"{OMNI}/{'x' * 300}", 400, 1201),
    ):
        assert (method, path, *refusal(client.request(method, path))[:2]) == (method, path, status, code)


WRONG = (
    (b"", 1200, "the body is empty"),
    (b"[]", 1200, "must be a JSON object"),
    (b"{}", 1201, "parameter 'prompt' is required"),
    (b'{"prompt": "a", "image_list": [{"image_url": "ftp://x"}]}', 1201, "'image_list[0].image_url' must be"),
    (b'{"prompt": "a", "image_list": [{"image_url": "QUJD"}]}', 1201, "'image_list[0].image_url'"),
    (b'{"prompt": "a", "image_list": [{"image_url": ""}]}', 1201, "image_url' is required"),
    (b'{"prompt": "a", "image_list": [{"image_url": "x", "\\ud800": 1}]}', 1200, "half of a surrogate pair"),
    (
        b'{"prompt": "a", "image_list": [{"image_url": "x", "b": "%s"}]}' % (b"A" * 70_000),
        1200,
        "'image_list[0]' beside its medium must be at most 65536 bytes",
    ),
    (b'{"prompt": "a", "image_list": "x"}', 1201, "'image_list' must be an array of objects"),
    (
        b'{"prompt": "a", "video_list": [{"video_url": "http://a/b"}, {"video_url": "http://a/c"}]}',
        1201,
        "'video_list' must have exactly 1 entry",
    ),
    (b'{"prompt": "a <<<image_1>>>"}', 1201, "no entries were sent in 'image_list'"),
    (
        b'{"prompt": "a", "sound": "on", "video_list": [{"video_url": "http://a/b"}]}',
        1201,
        "when 'video_list' is given",
    ),
    (b'{"prompt": "a", "callback_url": "http://127.0.0.1/"}', 1201, "'callback_url' is no good"),
    (b'{"prompt": "a", "mode": "4k"}', 1201, "'mode' must be"),
)


def test_what_is_wrong_is_named_as_kling_names_it(house: House, client: TestClient) -> None:
    for body, code, words in WRONG:
        answer = client.post(OMNI, content=body, headers={"Content-Type": "application/json"})
        status, told_code, message = refusal(answer)
        assert (status, told_code, body) == (400, code, body)
        assert words in message
    assert house.store.waiting() == 0


def test_limits_and_money_are_the_same_as_everywhere(tmp_path: Path) -> None:
    body = {"prompt": "a fox"}
    with open_house(tmp_path / "full", requests_per_minute=1, admission=Admission(max_queued=0)) as house:
        assert refusal(house.client().post(OMNI, json=body))[:2] == (503, 5001)
        fast = house.client().get(OMNI)
        assert refusal(fast)[:2] == (429, 1302)
        assert int(fast.headers["retry-after"]) > 0
    with open_house(tmp_path / "shop", prices=PriceList(PRICES, 10.05)) as house:
        assert refusal(house.client().post(OMNI, json=body))[:2] == (429, 1102)
        house.teams.credit("default", Decimal(2))
        made = data_of(house.client().post(OMNI, json=body))["task_id"]
        house.succeed(house.claim(), b"a video", tmp_path)
        assert data_of(house.client().get(f"{OMNI}/{made}"))["final_unit_deduction"] == "0.5600"


def test_a_strict_server_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    with open_house(tmp_path, terms=Terms(strict=True)) as house:
        answer = house.client().post(OMNI, json={"prompt": "a fox", "images": ["http://a/b.png"]})

    assert refusal(answer)[:2] == (400, 1201)


def test_a_fault_shows_nothing_of_the_inside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.store, "list", lambda *_, **__: 1 // 0)

    status, code, message = refusal(house.client().get(OMNI))
    assert (status, code, "zero" in message) == (500, 5000, False)


@pytest.fixture(params=["sqlite", "postgresql"])
def local(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house whose callbacks may go to this machine, on each database."""
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_house(tmp_path, webhook_policy=LOCAL, database_url=url) as house:
        yield house


def test_the_end_is_told_to_the_callback_in_klings_words(local: House, tmp_path: Path) -> None:
    client = local.client()
    with receiving() as receiver:
        body = {"prompt": "a fox", "callback_url": receiver.url, "external_task_id": "fox"}
        made = data_of(client.post(OMNI, json=body))["task_id"]
        native = client.post(
            "/api/v1/kling/kling-video-o1", json={"prompt": "a"}, headers={"X-Webhook-URL": receiver.url}
        )
        local.succeed(local.claim(), b"a video", tmp_path)
        local.succeed(local.claim(), b"a video", tmp_path)
        courier = Courier(
            local.deliveries,
            local.secrets,
            render=lambda team, task_id: told(
                local.store.get(team, task_id),
                lambda key: local.blobs.sign(key, local.values.link_lifetime),
            ),
            post=partial(post, policy=LOCAL),
            clock=SystemClock(),
            look=0.05,
            drain=0.0,
        )
        stop = Event()
        thread = Thread(target=courier.run, args=(stop,))
        thread.start()
        came = {delivery.headers["x-modellix-task-id"]: delivery for delivery in receiver.wait(2)}
        stop.set()
        thread.join(60)

    told_of = httpx2.Response(200, content=came[made].body).json()
    shown = data_of(client.get(f"{OMNI}/{made}"))
    assert told_of["task_id"] == made
    assert told_of["task_info"] == {"external_task_id": "fox"}
    assert told_of["task_status"] == "succeed"
    assert told_of.keys() == shown.keys()
    assert told_of["task_result"]["videos"][0]["url"].startswith(f"{BASE}/files/results/{made}/")
    assert "webhook-signature" in came[made].headers
    ours = httpx2.Response(200, content=came[native.json()["data"]["task_id"]].body).json()
    assert ours["data"]["status"] == "success"


def test_answers_keep_to_the_published_schema(house: House, client: TestClient) -> None:
    document = house.app.openapi()
    made = client.post(OMNI, json={"prompt": "a fox"})

    def judge(method: str, path: str, status: int, answer: object) -> None:
        content = document["paths"][path][method]["responses"][str(status)]["content"]["application/json"]
        jsonschema_rs.validate({**content["schema"], "components": document["components"]}, answer)

    judge("post", OMNI, 200, made.json())
    judge("get", OMNI, 200, client.get(OMNI).json())
    judge("get", f"{OMNI}/{{name}}", 200, client.get(f"{OMNI}/{made.json()['data']['task_id']}").json())
    judge("post", OMNI, 400, client.post(OMNI, json={}).json())
    judge("get", f"{OMNI}/{{name}}", 404, client.get(f"{OMNI}/x").json())
