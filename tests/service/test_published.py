"""What is published about the service: catalogue, schemas, OpenAPI, pages, health."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient
from tests.service.house import BASE, O1, House, open_house

from omnireel.api.checks import free_disk, writable
from omnireel.catalog.models import MODELS
from omnireel.errors import Unavailable
from omnireel.tasks.database import open_database

SLUGS = ["kling/kling-video-o1", "kling/kling-v3-omni-video"]


def test_the_catalogue_lists_the_models_twice_over(client: TestClient) -> None:
    answer = client.get("/api/v1/models").json()

    assert (answer["code"], answer["message"]) == (0, "success")
    assert [model["slug"] for model in answer["models"]] == SLUGS
    assert answer["models"][0].keys() == {
        "slug",
        "provider",
        "model_id",
        "type",
        "display_name",
        "description",
        "docs_url",
        "categories",
    }
    assert answer["models"][0]["docs_url"] == f"{BASE}/docs"
    assert answer["data"] == {
        "items": answer["models"],
        "total": 2,
        "page": 1,
        "page_size": 20,
        "has_more": False,
    }


def test_the_catalogue_is_paged_and_filtered(client: TestClient) -> None:
    def page(query: str) -> tuple[list[str], bool]:
        data = client.get(f"/api/v1/models?{query}").json()["data"]
        return [item["slug"] for item in data["items"]], data["has_more"]

    assert page("page_size=1") == (SLUGS[:1], True)
    assert page("page_size=1&page=2") == (SLUGS[1:], False)
    assert page("page=3") == ([], False)
    assert page("category=video") == (SLUGS, False)
    assert page("category=image") == ([], False)


@pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page=0", "page=x"])
def test_a_page_that_cannot_be_is_400(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v1/models?{query}")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(
        ("Value out of range: parameter 'page", "Invalid format: parameter")
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_a_models_schema_is_open_and_judges_bodies(house: House, slug: str) -> None:
    document = house.stranger().get(f"/models/{slug}/api_schema").json()
    judge = jsonschema_rs.validator_for(
        document["post"]["requestBody"]["content"]["application/json"]["schema"]
    )

    assert document["servers"][0]["url"] == f"{BASE}/api/v1/{slug}"
    assert judge.is_valid({"prompt": "a cat", "duration": 5})
    assert not judge.is_valid({"prompt": "a cat", "videos": ["https://example.com/a.mp4"], "duration": 5})


def test_the_document_describes_the_wire(house: House) -> None:
    document = house.stranger().get("/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": BASE}]
    for slug in SLUGS:
        for suffix in ("", "/async"):
            body = document["paths"][f"/api/v1/{slug}{suffix}"]["post"]["requestBody"]
            rules = body["content"]["application/json"]["schema"]["allOf"]
            assert [rule["x-rule-id"] for rule in rules if "if" in rule]
    operations = [op for path in document["paths"].values() for op in path.values()]
    statuses = {status for op in operations for status in op["responses"]}
    # Submits have a 422 of their own; the framework's is nowhere.
    envelopes = [op["responses"]["422"] for op in operations if "422" in op["responses"]]
    assert [op["tags"] for op in operations if "422" in op["responses"]] == [["submit"]] * 2 * len(SLUGS)
    for envelope in envelopes:
        schema = envelope["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ProblemAnswer"}
    assert {"400", "401", "404", "413", "415", "429", "500", "503"} <= statuses
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_document_is_valid_and_its_operations_are_named_once(house: House) -> None:
    document = house.app.openapi()
    names = [op["operationId"] for path in document["paths"].values() for op in path.values()]

    assert len(names) == len(set(names))
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        ), name


def test_answers_keep_to_the_published_schema(house: House, tmp_path: Path) -> None:
    document = house.app.openapi()
    client = house.client()
    house.succeed_one(tmp_path)
    paths = {
        "/api/v1/tasks": "/api/v1/tasks",
        "/api/v1/tasks/{task_id}": f"/api/v1/tasks/{house.store.list('default').tasks[0].task_id}",
        "/api/v1/models": "/api/v1/models",
        "/api/v1/team/balance": "/api/v1/team/balance",
        "/api/v1/media/files": "/api/v1/media/files",
        "/healthz": "/healthz",
    }
    for path, asked in paths.items():
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        whole = {**content["schema"], "components": document["components"]}
        jsonschema_rs.validate(whole, client.get(asked).json())


class _Addresses(HTMLParser):
    """Everything in a page that a browser might load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"src", "srcset", "data", "poster", "spec-url"} | ({"href"} if tag == "link" else set())
        self.loaded += [value or "" for name, value in attrs if name in names]


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_loads_nothing_from_elsewhere(house: House, path: str) -> None:
    answer = house.stranger().get(path)
    parser = _Addresses()
    parser.feed(answer.text)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert all(
        address.startswith(("/", "data:")) and not address.startswith("//") for address in parser.loaded
    )
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*", policy)
    for address in parser.loaded:
        if address.startswith("/"):
            assert house.stranger().get(address).status_code == 200


def test_no_page_names_another_host(house: House) -> None:
    for path in ("/", "/docs"):
        hosts = set(re.findall(r"https?://[^/\s\"'<]+", house.stranger().get(path).text))
        assert hosts <= {BASE}


def test_links_never_follow_the_host_header(house: House) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    task_id = house.submit()

    for path in (f"/api/v1/tasks/{task_id}", "/", "/openapi.json", "/api/v1/models"):
        assert "evil.example" not in house.client().get(path, headers=headers).text
    receipt = house.client().post(O1, json={"prompt": "a"}, headers=headers).json()["data"]
    assert receipt["get_result"]["url"].startswith(f"{BASE}/")


def test_health_needs_no_key(house: House) -> None:
    assert house.stranger().get("/healthz").json()["data"] == {"status": "ok"}


def test_readiness_says_how_every_part_is(tmp_path: Path) -> None:
    def broken() -> str:
        raise Unavailable("no worker has reported for 60 seconds", retry_after=10)

    checks: dict[str, Any] = {"disk": free_disk(tmp_path, 1), "sandbox": lambda: "bubblewrap"}
    with open_house(tmp_path / "a", checks=checks) as house:
        ready = house.stranger().get("/readyz")
        house.draining.set()
        draining = house.stranger().get("/readyz")
    with open_house(tmp_path / "b", checks={**checks, "workers": broken}) as house:
        unready = house.stranger().get("/readyz")

    assert ready.json()["data"]["checks"]["sandbox"] == {"ok": True, "reason": "bubblewrap"}
    assert draining.status_code == 503
    assert unready.status_code == 503
    assert unready.headers["Retry-After"] == "10"
    assert unready.json()["message"] == "Service unavailable: no worker has reported for 60 seconds"


def test_a_database_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "omnireel.db"
    database = open_database(path)
    assert writable(database)() == "writable"
    database.dispose()

    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(Unavailable, match="cannot be written"):
        writable(database)()
    database.dispose()


def test_too_little_disk_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="bytes free"):
        free_disk(tmp_path, 10**18)()


def test_every_models_example_is_accepted(client: TestClient) -> None:
    for model in MODELS.values():
        assert client.post(f"/api/v1/{model.slug}", json=dict(model.example)).status_code == 200


def test_a_fault_inside_shows_nothing_of_itself(tmp_path: Path) -> None:
    def broken() -> str:
        raise ZeroDivisionError("s3cret")

    with open_house(tmp_path, checks={"broken": broken}) as house:
        answer = house.stranger().get("/readyz")

    assert answer.status_code == 500
    assert answer.json()["code"] == 500
    assert answer.json()["message"].startswith("Internal error: ")
    assert "s3cret" not in answer.text
    assert answer.headers["X-Request-ID"]
