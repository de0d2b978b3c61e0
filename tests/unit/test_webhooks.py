"""W3 and W4: our signatures and the official library's verdicts, ours and theirs, on whatever comes."""

from __future__ import annotations

import base64
import json
import random
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

import omnireel
from omnireel.models import TaskStatus
from omnireel.signatures import new_secret, sign
from omnireel.webhooks import WebhookRefused, unwrap

BODY = json.dumps(
    {"code": 0, "message": "success", "data": {"task_id": "task-t2v-1", "status": "success", "model_id": "m"}}
).encode()


def signed(*secrets: str, body: bytes = BODY, at: float | None = None) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": sign(secrets, "msg_1", timestamp, body),
    }


def official(secret: str, headers: dict[str, str], body: bytes = BODY) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def ours(secret: str, headers: dict[str, str], body: bytes = BODY) -> bool:
    try:
        unwrap(body, headers, secret)
    except WebhookRefused:
        return False
    return True


def test_a_secret_has_the_form_that_the_specification_asks_for() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    assert new_secret() != secret


def test_the_official_library_accepts_our_signature_and_we_its_own() -> None:
    secret = new_secret()
    headers = signed(secret)
    assert official(secret, headers)
    moment = datetime.fromtimestamp(int(headers["Webhook-Timestamp"]), UTC)
    theirs = Webhook(secret).sign("msg_1", moment, BODY.decode())
    assert ours(secret, {**headers, "Webhook-Signature": theirs})
    assert theirs == headers["Webhook-Signature"]


def test_while_secrets_overlap_either_verifies_and_no_other() -> None:
    new, old, other = new_secret(), new_secret(), new_secret()
    headers = signed(new, old)
    assert headers["Webhook-Signature"].count("v1,") == 2
    for verify in (official, ours):
        assert verify(new, headers)
        assert verify(old, headers)
        assert not verify(other, headers)


def test_ten_thousand_changed_messages_are_refused_by_both() -> None:
    secret = new_secret()
    headers = signed(secret)
    chance = random.Random(4)
    for _ in range(10_000):
        body = bytearray(BODY)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(7)
        assert not ours(secret, headers, bytes(body))
        assert not official(secret, headers, bytes(body))


@pytest.mark.parametrize("age", [-301, 301, 100_000])
def test_a_message_signed_more_than_five_minutes_from_now_is_refused(age: int) -> None:
    secret = new_secret()
    headers = signed(secret, at=time.time() - age)
    assert not ours(secret, headers)
    assert not official(secret, headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Webhook-Id", "msg_2"),
        ("Webhook-Id", ""),
        ("Webhook-Timestamp", ""),
        ("Webhook-Timestamp", "now"),
        ("Webhook-Timestamp", "-1"),
        ("Webhook-Timestamp", "1e400"),
        ("Webhook-Timestamp", "9" * 100),
        ("Webhook-Timestamp", "\u0661\u0662"),
        ("Webhook-Signature", ""),
        ("Webhook-Signature", "v1,"),
        ("Webhook-Signature", "v1,AAAA"),
        ("Webhook-Signature", "\ud83d"),
        ("Webhook-Signature", "v1a," + "A" * 88),
    ],
)
def test_a_wrong_header_is_refused(name: str, value: str) -> None:
    secret = new_secret()
    with pytest.raises(WebhookRefused):
        unwrap(BODY, {**signed(secret), name: value}, secret)


def test_an_event_is_the_task_as_a_poll_shows_it() -> None:
    secret = new_secret()
    event = unwrap(BODY.decode(), signed(secret), secret)
    assert (event.type, event.delivery_id) == ("prediction.task.succeeded", "msg_1")
    assert (event.task.task_id, event.task.status) == ("task-t2v-1", TaskStatus.SUCCESS)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"code":0}', BODY.replace(b'"success", "model', b'"pending", "model')]
)
def test_a_signed_message_that_tells_of_no_ending_is_refused(body: bytes) -> None:
    secret = new_secret()
    with pytest.raises(WebhookRefused, match="signed, but"):
        unwrap(body, signed(secret, body=body), secret)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_???", "whsec_" + base64.b64encode(b"x" * 23).decode()]
)
def test_what_is_no_secret_is_said_to_be_none(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        unwrap(BODY, signed(new_secret()), secret)


def test_the_package_itself_has_the_module() -> None:
    assert omnireel.webhooks.unwrap is unwrap


def test_the_tolerance_and_the_time_can_be_given() -> None:
    secret = new_secret()
    assert unwrap(BODY, signed(secret, at=1000), secret, now=1010, tolerance=10).delivery_id == "msg_1"
    with pytest.raises(WebhookRefused, match="more than 10 s"):
        unwrap(BODY, signed(secret, at=1000), secret, now=1011, tolerance=10)


def test_a_client_unwraps_with_the_secret_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMNIREEL_WEBHOOK_SECRET", raising=False)
    secret = new_secret()
    headers = signed(secret)
    with omnireel.Client("http://127.0.0.1:9", "key", webhook_secret=secret) as client:
        assert client.webhooks.unwrap(BODY, headers).delivery_id == "msg_1"
        assert client.with_options(timeout=1).webhooks.unwrap(BODY, headers).delivery_id == "msg_1"
        with pytest.raises(WebhookRefused):
            client.webhooks.unwrap(BODY, headers, new_secret())
    with (
        omnireel.Client("http://127.0.0.1:9", "key") as client,
        pytest.raises(ValueError, match="no webhook"),
    ):
        client.webhooks.unwrap(BODY, headers)
    monkeypatch.setenv("OMNIREEL_WEBHOOK_SECRET", secret)
    with omnireel.Client("http://127.0.0.1:9", "key") as client:
        assert client.webhooks.unwrap(BODY, headers).task.task_id == "task-t2v-1"
