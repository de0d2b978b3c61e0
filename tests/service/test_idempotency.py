"""Submits that happen once, however often they are sent."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.service.house import O1, OMNI, House, open_house
from tests.service.standalone import running_house

from omnireel.api.auth import Caller
from omnireel.api.once import once
from omnireel.api.problems import Problem
from omnireel.catalog.models import MODELS
from omnireel.catalog.validate import validate
from omnireel.tasks.keys import Access
from omnireel.tasks.service import Admission

CAT = {"prompt": "a cat", "duration": 5}


def send(house: House, body: Any, key: str = "k", *, path: str = O1, api_key: str | None = None) -> Any:
    return house.client(api_key).post(path, json=body, headers={"Idempotency-Key": key})


def task_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["task_id"])


def tasks(house: House) -> list[str]:
    return [task.task_id for task in house.store.list("default").tasks]


def test_the_same_request_again_is_answered_with_the_same_bytes_and_says_so(house: House) -> None:
    first, again = send(house, CAT), send(house, CAT)

    assert again.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert tasks(house) == [task_of(first)]


def test_every_answer_of_the_api_promises_to_know_a_key_again(house: House) -> None:
    answers = [
        house.stranger().get("/api/v1/apikey/validate"),
        house.stranger().post(O1, json=CAT),
        house.client().get("/api/v1/nothing"),
        send(house, CAT),
    ]
    house.draining.set()
    answers.append(send(house, CAT))

    assert [answer.status_code for answer in answers] == [200, 401, 404, 200, 503]
    assert {answer.headers["X-Idempotency-Seconds"] for answer in answers} == {"604800"}
    assert "X-Idempotency-Seconds" not in house.stranger().get("/healthz").headers


def test_a_request_is_the_same_whatever_the_order_of_its_fields(house: House) -> None:
    first = task_of(send(house, {"prompt": "a cat", "mode": "std"}))

    assert task_of(send(house, {"mode": "std", "prompt": "a cat", "videos": None})) == first


@pytest.mark.parametrize(
    ("path", "body"), [(O1, {"prompt": "a dog", "duration": 5}), (O1, {**CAT, "seed": 7}), (OMNI, CAT)]
)
def test_another_request_with_the_same_key_is_422(house: House, path: str, body: Any) -> None:
    send(house, CAT)

    answer = send(house, body, path=path)

    assert answer.status_code == 422
    assert answer.json()["code"] == 422
    assert answer.json()["message"].startswith("Idempotency conflict: ")
    assert len(tasks(house)) == 1


def test_media_count_by_their_content(house: House, picture: bytes, clip: bytes) -> None:
    bare = base64.b64encode(picture).decode()
    first = task_of(send(house, {"prompt": "a", "images": [bare]}))

    assert task_of(send(house, {"prompt": "a", "images": [f"data:image/png;base64,{bare}"]})) == first
    other = base64.b64encode(picture + b"\0").decode()
    assert send(house, {"prompt": "a", "images": [other]}).status_code == 422


def test_a_key_belongs_to_an_api_key(house: House) -> None:
    sibling = house.keys.create("second").secret

    assert task_of(send(house, CAT)) != task_of(send(house, CAT, api_key=sibling))


def test_an_invalid_request_is_not_remembered(house: House) -> None:
    assert send(house, {"prompt": "a cat", "duration": 7}).status_code == 400
    assert send(house, {"prompt": "a", "images": ["AAAA"]}).status_code == 400

    assert "Idempotent-Replayed" not in send(house, CAT).headers


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_of_no_length_or_too_much_is_400(house: House, key: str) -> None:
    answer = send(house, CAT, key)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Value out of range: parameter 'Idempotency-Key'")
    assert tasks(house) == []


def test_a_full_queue_does_not_keep_an_answer_back(tmp_path: Path) -> None:
    with open_house(tmp_path, admission=Admission(max_queued=1)) as house:
        first = task_of(send(house, CAT))

        assert send(house, CAT, "another").status_code == 503
        assert task_of(send(house, CAT)) == first


def test_while_the_first_is_being_answered_the_second_is_409(house: House) -> None:
    caller = Caller(Access("key-a", "default"), "r")
    name = once(caller, "k", validate(MODELS["kling/kling-video-o1"], CAT, house.values.terms)).name
    underway = house.app.state.rooms.underway

    with (
        underway.alone(name),
        pytest.raises(Problem, match="still being answered") as caught,
        underway.alone(name),
    ):
        pass
    assert (caught.value.status, caught.value.headers) == (409, {"Retry-After": "1"})
    with underway.alone(name):
        pass


def test_fifty_at_once_on_two_servers_make_one_task(database_place: str, tmp_path: Path) -> None:
    with (
        open_house(tmp_path / "a", database_url=database_place) as house,
        open_house(tmp_path / "b", database_url=database_place) as other,
        ThreadPoolExecutor(50) as pool,
    ):
        for server in (house, other):
            # The framework builds its routes at the first request, and does so in one thread at a time only.
            assert server.client().get("/nowhere").status_code == 404
        ways = [house, other] * 25
        answers = list(pool.map(lambda way: send(way, CAT, api_key=house.key), ways))

        made = tasks(house)
        assert len(made) == 1
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert {task_of(answer) for answer in answers if answer.status_code == 200} == set(made)
        assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 409)
        assert task_of(send(other, CAT, api_key=house.key)) == made[0]


def test_a_key_survives_a_restart(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        first, key = send(house, CAT), house.key
    with open_house(tmp_path) as house:
        assert send(house, CAT, api_key=key).content == first.content


def test_an_answer_lost_on_the_way_is_given_again(tmp_path: Path) -> None:
    with running_house(tmp_path) as server:
        body = json.dumps(CAT).encode()
        auth = {"Authorization": f"Bearer {server.key}"}
        head = (
            f"POST {O1} HTTP/1.1\r\nHost: a\r\nAuthorization: {auth['Authorization']}\r\n"
            f"Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        url = f"http://127.0.0.1:{server.port}"
        with (
            server.connect() as connection,
            httpx2.Client(base_url=url, headers=auth, trust_env=False) as client,
        ):
            connection.sendall(head.encode() + body)
            made = _first_task(client)
            # Its answer is never read.
            connection.close()
            answer = _asked_again(client)

            assert answer.headers["Idempotent-Replayed"] == "true"
            assert task_of(answer) == made
            assert len(client.get("/api/v1/tasks").json()["data"]["items"]) == 1


def _asked_again(client: httpx2.Client) -> httpx2.Response:
    """Its answer, once the first request has been answered: the task is there a moment before that."""
    deadline = time.monotonic() + 20
    while (answer := client.post(O1, json=CAT, headers={"Idempotency-Key": "k"})).status_code == 409:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


def _first_task(client: httpx2.Client) -> str:
    deadline = time.monotonic() + 20
    while not (items := client.get("/api/v1/tasks").json()["data"]["items"]):
        assert time.monotonic() < deadline
    return str(items[0]["task_id"])
