"""Every route of the OpenAPI document, asked with every kind of bad key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.service.house import O1, House

from omnireel.tasks.keys import new_secret

OPEN = {
    ("get", "/api/v1/apikey/validate"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/models/{provider}/{model}/api_schema"),
    ("get", "/files/{key}"),
}


def operations(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of everything that is published."""
    paths = house.app.openapi()["paths"]
    return [(method, path, what) for path, methods in paths.items() for method, what in methods.items()]


def changed(key: str) -> str:
    """The key with one letter of its random part replaced, so that its checksum is wrong."""
    return key[:12] + ("a" if key[12] != "a" else "b") + key[13:]


def bad_headers(house: House) -> dict[str, dict[str, str]]:
    revoked = house.keys.create("revoked")
    house.keys.revoke(revoked.key_id)
    return {
        "none": {},
        "empty": {"Authorization": ""},
        "no scheme": {"Authorization": house.key},
        "another scheme": {"Authorization": f"Basic {house.key}"},
        "no key": {"Authorization": "Bearer "},
        "malformed": {"Authorization": "Bearer hello"},
        "endless": {"Authorization": "Bearer " + "x" * 10_000},
        "not ASCII": {"Authorization": "Bearer \u00fc\u00fc"},
        "two keys": {"Authorization": f"Bearer {house.key} {house.key}"},
        "wrong checksum": {"Authorization": f"Bearer {changed(house.key)}"},
        "unknown": {"Authorization": f"Bearer {new_secret()}"},
        "revoked": {"Authorization": f"Bearer {revoked.secret}"},
    }


def check_words(path: str, refusal: dict[str, Any]) -> None:
    """Each dialect refuses in its own envelope, all other paths in ours."""
    if path.startswith("/v1/videos/omni-video"):
        assert refusal.keys() == {"code", "message", "request_id"}
        assert refusal["code"] in (1001, 1002)
    elif path.startswith("/v1/"):
        assert refusal.keys() == {"error"}
        assert refusal["error"]["code"] == "invalid_api_key"
    else:
        assert refusal.keys() == {"code", "message"}
        assert refusal["message"].startswith("Authentication failed: ")


def test_every_route_that_needs_a_key_refuses_every_bad_one(house: House) -> None:
    asked = 0
    for method, path, what in operations(house):
        if (method, path) in OPEN:
            continue
        assert what["security"], f"{method} {path} is published without its key"
        for kind, headers in bad_headers(house).items():
            encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
            concrete = path.replace("{task_id}", "task-t2v-x").replace("{file_id}", "file-x")
            answer = house.stranger().request(method, concrete, headers=encoded)

            assert answer.status_code == 401, (method, path, kind, answer.text)
            check_words(path, answer.json())
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert house.key not in answer.text
            assert "X-RateLimit-Limit" not in answer.headers
            asked += 1

    assert asked >= 12 * 12
    assert house.store.waiting() == 0


def test_the_open_routes_are_exactly_these(house: House) -> None:
    without = {(method, path) for method, path, what in operations(house) if not what.get("security")}

    assert without == OPEN


def test_a_good_key_in_any_case_of_the_scheme_is_taken(house: House) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = house.stranger().get("/api/v1/tasks", headers={"Authorization": f"{scheme} {house.key}"})
        assert answer.status_code == 200


def test_validating_a_key_always_answers_200(house: House) -> None:
    verdicts = {}
    for kind, headers in {**bad_headers(house), "good": {"Authorization": f"Bearer {house.key}"}}.items():
        encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        answer = house.stranger().get("/api/v1/apikey/validate", headers=encoded)
        assert answer.status_code == 200, kind
        assert (answer.json()["code"], answer.json()["message"]) == (0, "success")
        verdicts[kind] = answer.json()["data"]["is_valid"]

    assert [kind for kind, valid in verdicts.items() if valid] == ["good"]


def test_a_revoked_key_stops_working_at_once(house: House) -> None:
    key = house.keys.create("short-lived")
    client = house.client(key.secret)
    assert client.get("/api/v1/tasks").status_code == 200

    house.keys.revoke(key.key_id)

    assert client.get("/api/v1/tasks").status_code == 401


def test_the_balance_is_what_is_stored(house: House) -> None:
    answer = house.client().get("/api/v1/team/balance")

    assert answer.json() == {"code": 0, "message": "success", "data": {"balance": 0.0}}
    assert isinstance(json.loads(answer.text)["data"]["balance"], float)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", O1, "POST"),
        ("DELETE", f"{O1}/async", "POST"),
        ("PUT", "/api/v1/media/files", "GET, POST"),
        ("POST", "/files/a", "GET, HEAD"),
        ("POST", "/api/v1/models", "GET"),
        ("PATCH", "/api/v1/tasks/task-x", "DELETE, GET"),
        ("OPTIONS", "/healthz", "GET"),
    ],
)
def test_a_wrong_method_names_the_right_ones(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert answer.json() == {
        "code": 405,
        "message": f"Method not allowed: {method} does not go with '{path}'; allowed: {allowed}",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/api/v1/kling/kling-video-o2",
        "/api/v1/Kling/kling-video-o1",
        "/api/v1/kling/KLING-VIDEO-O1/async",
        "/api/v1/kling/kling-video-o1/Async",
        "/api/v1/kling/kling-video-o1/",
        "/api/v1/tasks/",
        "/API/v1/tasks",
        "/docs/",
        "/docs/../app.py",
        "/models/kling/kling-video-o2/api_schema",
        "/" + "x" * 5000,
        "/%00%ff%0a",
    ],
)
def test_an_unknown_path_is_404_in_the_envelope_and_never_a_redirect(client: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = client.request(method, path, follow_redirects=False)

        assert answer.status_code in ((404, 405) if path.startswith("/models") else (404,)), answer.text
        assert answer.json()["message"].startswith(("Resource not found: ", "Method not allowed: "))
        assert len(answer.text) < 300


def test_every_answer_carries_an_id_and_takes_a_sane_one(client: TestClient, house: House) -> None:
    given = client.get("/api/v1/tasks", headers={"X-Request-ID": "trace-1.a_B"})
    odd = client.get("/api/v1/tasks", headers={"X-Request-ID": "a b<script>"})
    lost = house.stranger().get("/nowhere")

    assert given.headers["X-Request-ID"] == "trace-1.a_B"
    assert odd.headers["X-Request-ID"].startswith("req-")
    assert lost.headers["X-Request-ID"] != odd.headers["X-Request-ID"]


def test_a_submits_id_is_the_tasks(house: House) -> None:
    house.client().post(O1, json={"prompt": "a cat"}, headers={"X-Request-ID": "mine-7"})

    task = house.store.list("default").tasks[0]
    assert task.request_id == "mine-7"
