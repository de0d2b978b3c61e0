"""What the playground stands on: its page and files, and what it asks of the service."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import jsonschema_rs
import pytest
from standardwebhooks import Webhook
from starlette.testclient import TestClient
from tests.receiver import receiving
from tests.service.house import O1, House, open_house

from omnireel.api import pages
from omnireel.api.problems import Problem
from omnireel.api.trials import AT_ONCE, Trials
from omnireel.catalog.model import Terms
from omnireel.clock import SystemClock
from omnireel.errors import Unavailable
from omnireel.media.post import post_policy
from omnireel.models import MediaLimits
from omnireel.tasks.scopes import Scope

BUILT = Path(pages.__file__).parent / "playground"
MOST_SCRIPT = 60 * 1024


def test_the_scripts_are_small() -> None:
    scripts = [path.read_bytes() for path in BUILT.rglob("*.js")]

    assert scripts
    assert sum(len(gzip.compress(script, 9)) for script in scripts) <= MOST_SCRIPT


def test_the_page_allows_nothing_inline_and_nobody_else(house: House) -> None:
    answer = house.stranger().get("/")
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self';" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style| style=| on[a-z]+=", answer.text)
    assert answer.headers["Cache-Control"] == "no-cache"


def test_files_whose_names_change_are_kept_forever(house: House) -> None:
    page = house.stranger().get("/").text
    loaded = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)

    assert len(loaded) == 3
    for address in loaded:
        answer = house.stranger().get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.search(r"-[\w-]{8}\.\w+$", address)


@pytest.mark.parametrize("name", ["index.html", "none.js", "..%2Findex.html", ".hidden.js", "app", "a%00.js"])
def test_nothing_else_is_handed_out(house: House, name: str) -> None:
    assert house.stranger().get(f"/assets/{name}").status_code == 404


def test_there_is_a_clip_to_try(house: House) -> None:
    answer = house.stranger().get("/samples/pond.mp4", headers={"Range": "bytes=0-11"})

    assert answer.status_code == 206
    assert answer.content[4:8] == b"ftyp"


def test_pictures_may_come_from_where_files_are_kept(tmp_path: Path) -> None:
    with open_house(tmp_path, file_origin="https://bucket.example") as house:
        policy = house.stranger().get("/").headers["Content-Security-Policy"]

    assert "img-src 'self' blob: https://bucket.example" in policy
    assert "media-src 'self' blob: https://bucket.example" in policy
    assert policy.count("bucket.example") == 2


def test_the_page_tells_where_the_first_key_is_while_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "first-key"
    with open_house(tmp_path, first_key=str(path)) as house:
        before = house.stranger().get("/").text
        path.write_text("omr_live_secret")
        told = house.stranger().get("/").text

    assert str(path) not in before
    assert str(path) in told
    assert "omr_live_secret" not in told


def test_a_page_for_others_tells_nothing_of_files(house: House) -> None:
    assert 'name="omnireel-first-key" content=""' in house.stranger().get("/").text


def test_a_schema_says_what_files_may_measure(tmp_path: Path) -> None:
    terms = Terms(media=MediaLimits(image_bytes=1000, video_max_seconds=4))
    with open_house(tmp_path, terms=terms) as house:
        document = house.stranger().get("/models/kling/kling-video-o1/api_schema").json()
    properties = document["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]

    assert properties["images"]["x-media-limits"]["bytes"] == 1000
    assert properties["images"]["x-media-limits"]["formats"] == ["jpg", "png", "webp"]
    assert properties["videos"]["x-media-limits"]["max_seconds"] == 4


def test_a_tasks_request_can_be_asked_for_and_sent_again(
    house: House, picture: bytes, tmp_path: Path
) -> None:
    client = house.client()
    sent = client.post("/api/v1/media/files", files={"file": ("cat.png", picture)}).json()["data"]["url"]
    body = {
        "prompt": "<<<image_1>>> and <<<image_2>>>",
        "images": [sent, "https://example.com/dog.png"],
        "image_types": ["first_frame", "reference"],
        "mode": "std",
        "sound": "on",
        "aspect_ratio": "1:1",
        "duration": 10,
        "multi_shot": True,
        "shot_type": "intelligence",
        "seed": 0,
        "negative_prompt": "birds",
        "engine": "fake",
    }
    task_id = client.post(O1, json=body).json()["data"]["task_id"]

    asked = client.get(f"/api/v1/tasks/{task_id}?include=request").json()["data"]["request"]
    listed = client.get("/api/v1/tasks?include=request").json()["data"]["items"][0]["request"]
    again = client.post(f"/api/v1/{asked['model']}", json=asked["body"])

    assert asked["model"] == "kling/kling-video-o1"
    assert {**asked["body"], "images": None} == {**body, "images": None}
    assert house.stranger().get(asked["body"]["images"][0]).content == picture
    assert asked["body"]["images"][1] == "https://example.com/dog.png"
    assert listed["body"].keys() == body.keys()
    assert again.status_code == 200


def test_a_source_video_is_asked_for_without_what_it_rules_out(house: House, clip: bytes) -> None:
    client = house.client()
    sent = client.post("/api/v1/media/files", files={"file": ("clip.mp4", clip)}).json()["data"]["url"]
    task_id = house.submit(prompt="clay", videos=[sent], video_type="edit", keep_original_sound=True)

    asked = client.get(f"/api/v1/tasks/{task_id}?include=request").json()["data"]["request"]["body"]

    assert asked.keys() == {"prompt", "videos", "mode", "video_type", "keep_original_sound"}
    assert client.post(O1, json=asked).status_code == 200


def test_a_request_is_shown_only_to_those_who_ask_and_may(house: House) -> None:
    task_id = house.submit()
    other = house.client(house.keys.create("other", team="other").secret)

    assert "request" not in house.client().get(f"/api/v1/tasks/{task_id}").json()["data"]
    assert "request" not in house.client().get("/api/v1/tasks").json()["data"]["items"][0]
    assert other.get(f"/api/v1/tasks/{task_id}?include=request").status_code == 404
    assert house.client().get(f"/api/v1/tasks/{task_id}?include=key").status_code == 400


def test_the_status_is_for_whoever_has_a_key(house: House) -> None:
    house.submit()
    house.submit()
    house.claim()

    assert house.stranger().get("/api/v1/status").status_code == 401
    answer = house.client().get("/api/v1/status")

    document = house.app.openapi()
    content = document["paths"]["/api/v1/status"]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema_rs.validate({**content["schema"], "components": document["components"]}, answer.json())
    data = answer.json()["data"]
    assert (data["queue"]["pending"], data["queue"]["processing"], data["queue"]["most"]) == (1, 1, 1000)
    assert data["workers"] == {"live": 0, "slots": 0}
    assert data["disk"] == {"free_bytes": 10**12, "least_bytes": 10**6}
    assert data["sandbox"]["level"] == "none"
    assert (data["engines"], data["default_engine"], data["metering"]) == (["fake"], "fake", False)
    assert data["ready"] is True


def test_the_status_is_told_of_a_service_that_is_not_well(tmp_path: Path) -> None:
    def broken() -> str:
        raise Unavailable("no worker has reported")

    with open_house(tmp_path, checks={"worker": broken}) as house:
        answer = house.client().get("/api/v1/status")

    assert answer.status_code == 200
    assert answer.json()["data"]["ready"] is False
    assert answer.json()["data"]["checks"]["worker"] == {"ok": False, "reason": "no worker has reported"}


def test_a_message_can_be_sent_to_try_an_address(tmp_path: Path) -> None:
    policy = post_policy(allow_private=True)
    with receiving() as receiver, open_house(tmp_path, webhook_policy=policy) as house:
        client = house.client()
        took = client.post("/api/v1/webhooks/test", headers={"X-Webhook-URL": receiver.url}).json()["data"]
        message = receiver.wait(1)[0]
        secret = client.get("/api/v1/webhooks/secret").json()["data"]["secret"]

    headers = dict(message.headers)
    assert took["status_code"] == 204
    assert "error" not in took
    assert headers["webhook-id"] == took["delivery_id"]
    assert headers["x-modellix-event"] == "prediction.task.test"
    assert Webhook(secret).verify(message.body, headers)["data"]["event"] == "prediction.task.test"
    assert client.get("/api/v1/webhooks/deliveries").json()["data"]["items"] == []


def test_a_receiver_that_refuses_or_is_not_there_is_told(tmp_path: Path) -> None:
    policy = post_policy(allow_private=True)
    with receiving() as receiver, open_house(tmp_path, webhook_policy=policy) as house:
        receiver.say = lambda _: (410, {})
        gone = house.client().post("/api/v1/webhooks/test", headers={"X-Webhook-URL": receiver.url})
        nobody = house.client().post(
            "/api/v1/webhooks/test", headers={"X-Webhook-URL": "http://127.0.0.1:1/hook"}
        )

    assert (gone.json()["data"]["status_code"], gone.json()["data"]["error"]) == (410, "gone")
    assert nobody.json()["data"]["error"] == "unreachable"
    assert "status_code" not in nobody.json()["data"]


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://10.0.0.1/", "http://example.com/", "nonsense"]
)
def test_a_trial_goes_where_webhooks_may_and_nowhere_else(client: TestClient, url: str) -> None:
    answer = client.post("/api/v1/webhooks/test", headers={"X-Webhook-URL": url})

    assert answer.status_code == 400


def test_a_trial_needs_an_address_and_a_key_that_may(house: House) -> None:
    reader = house.client(house.keys.create("reader", scopes=frozenset({Scope.READ})).secret)

    assert house.client().post("/api/v1/webhooks/test").status_code == 400
    refused = reader.post("/api/v1/webhooks/test", headers={"X-Webhook-URL": "https://example.com"})
    assert refused.status_code == 401


def test_only_a_few_trials_go_on_at_once(house: House) -> None:
    trials = Trials(house.secrets, post_policy(allow_private=True), SystemClock())
    with receiving() as receiver:

        def another(_: object) -> tuple[int, dict[str, str]]:
            """Each is sent from within the one before, until there is no place."""
            if len(receiver.received) <= AT_ONCE:
                inner.append(attempt())
            return 200, {}

        def attempt() -> str:
            try:
                return str(trials.make("default", receiver.url).status_code)
            except Problem as problem:
                return str(problem.status)

        inner: list[str] = []
        receiver.say = another
        outermost = attempt()

    assert outermost == "200"
    assert sorted(inner) == ["200"] * (AT_ONCE - 1) + ["429"]
