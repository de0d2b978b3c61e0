"""What callers see of money and of what their key may do."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.service.house import O1, OMNI, House, open_house

from omnireel.models import Mode
from omnireel.settings import PRICES
from omnireel.tasks.prices import PriceList
from omnireel.tasks.scopes import Scope

BALANCE = "/api/v1/team/balance"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[House]:
    """A house that charges."""
    with open_house(tmp_path, prices=PriceList(PRICES, 10.05)) as opened:
        yield opened


def balance(house: House) -> float:
    return float(house.client().get(BALANCE).json()["data"]["balance"])


def test_a_task_is_paid_for_when_it_succeeds(shop: House, tmp_path: Path) -> None:
    shop.teams.credit("default", Decimal(2))
    task_id = shop.submit(duration=10)
    assert "billing" not in shop.client().get(f"/api/v1/tasks/{task_id}").json()["data"]
    assert balance(shop) == 0.88
    shop.succeed(shop.claim(), b"a video", tmp_path)
    task = shop.client().get(f"/api/v1/tasks/{task_id}").json()["data"]
    assert (task["status"], task["billing"]) == ("success", {"amount": "1.1200"})
    assert balance(shop) == 0.88


def test_a_canceled_task_costs_nothing(shop: House) -> None:
    shop.teams.credit("default", Decimal(2))
    task_id = shop.submit()
    task = shop.client().post(f"/api/v1/tasks/{task_id}/cancel").json()["data"]
    assert (task["status"], task["billing"]) == ("canceled", {"amount": "0.0000"})
    assert balance(shop) == 2


def test_an_edit_is_charged_by_the_length_of_its_clip(shop: House, tmp_path: Path) -> None:
    shop.teams.credit("default", Decimal(2))
    task_id = shop.submit(videos=["https://example.com/a.mp4"], mode="std")
    assert balance(shop) == 1.1558
    shop.succeed(shop.claim(), b"five seconds", tmp_path)
    task = shop.client().get(f"/api/v1/tasks/{task_id}").json()["data"]
    assert task["billing"] == {"amount": "0.4200"}
    assert balance(shop) == 1.58


@pytest.mark.parametrize("path", [O1, f"{O1}/async", OMNI])
def test_a_team_that_cannot_pay_is_402_and_nothing_is_recorded(shop: House, path: str) -> None:
    shop.teams.credit("default", Decimal("0.5"))
    answer = shop.client().post(path, json={"prompt": "a cat"})
    assert answer.status_code == 402
    assert answer.json() == {
        "code": 402,
        "message": "Insufficient balance: the task may cost 0.5600 USD and the team has 0.5000 USD",
    }
    assert shop.store.list("default").tasks == ()
    assert balance(shop) == 0.5


def test_who_cannot_pay_has_nothing_stored(shop: House, picture: bytes) -> None:
    body = {"prompt": "a cat", "images": [base64.b64encode(picture).decode()]}
    assert shop.client().post(O1, json=body).status_code == 402
    assert list(shop.blobs.list("inputs")) == []


def test_a_bad_request_of_a_poor_team_is_still_a_bad_request(shop: House) -> None:
    assert shop.client().post(O1, json={"prompt": "a cat", "duration": 7}).status_code == 400


def test_a_balance_is_a_number_with_up_to_four_decimals(shop: House) -> None:
    for amount, written in (("0.1", 0.1), ("0.2", 0.3), ("123456789.1234", 123456789.4234)):
        shop.teams.credit("default", Decimal(amount))
        text = shop.client().get(BALANCE).text
        assert json.loads(text)["data"]["balance"] == written
        assert len(text.split(".")[1].split("}")[0]) <= 4


def test_teams_have_purses_of_their_own(shop: House) -> None:
    rich = shop.keys.create("key", "rich")
    shop.teams.credit("rich", Decimal(1))
    assert shop.client().post(O1, json={"prompt": "a cat"}).status_code == 402
    assert shop.client(rich.secret).post(O1, json={"prompt": "a cat"}).status_code == 200


def test_nothing_is_charged_where_nothing_has_a_price(house: House, tmp_path: Path) -> None:
    task_id = house.succeed_one(tmp_path)
    task = house.client().get(f"/api/v1/tasks/{task_id}").json()["data"]
    assert task["billing"] == {"amount": "0.0000"}
    assert house.teams.movements("default", 10) == ()


READS = [
    ("GET", "/api/v1/tasks"),
    ("GET", "/api/v1/tasks/task-x"),
    ("GET", "/api/v1/media/files"),
    ("GET", BALANCE),
]
WRITES = [
    ("POST", O1),
    ("POST", f"{O1}/async"),
    ("POST", OMNI),
    ("POST", "/api/v1/tasks/task-x/cancel"),
    ("POST", "/api/v1/media/files"),
    ("DELETE", "/api/v1/media/files/file-x"),
]


@pytest.mark.parametrize(
    ("scope", "refused", "allowed"), [(Scope.READ, WRITES, READS), (Scope.SUBMIT, READS, WRITES)]
)
def test_a_key_is_401_where_its_scope_does_not_reach(
    house: House, scope: Scope, refused: list[tuple[str, str]], allowed: list[tuple[str, str]]
) -> None:
    client = house.client(house.keys.create("key", scopes=frozenset({scope})).secret)
    for method, path in refused:
        answer = client.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.json()["message"].startswith("Authentication failed: this key may not ")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    for method, path in [*allowed, ("GET", "/api/v1/models")]:
        assert client.request(method, path).status_code != 401, (method, path)
    assert client.get("/api/v1/apikey/validate").json()["data"]["is_valid"]


def test_the_document_lists_402_where_money_is_spent(house: House) -> None:
    paths = house.app.openapi()["paths"]
    charging = {
        path for path, methods in paths.items() if "402" in str(methods.get("post", {}).get("responses"))
    }
    assert charging == {O1, f"{O1}/async", OMNI, f"{OMNI}/async"}


def test_the_default_prices_are_for_both_modes() -> None:
    assert PRICES["kling/kling-video-o1"] == {Mode.STD: Decimal("0.0840"), Mode.PRO: Decimal("0.1120")}
