"""A webhook as it came: checked, and read. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Final

from omnireel.client import _wire
from omnireel.client._wire import Reply
from omnireel.client.errors import APIError, WebhookRefused
from omnireel.client.types import WebhookEvent
from omnireel.models import WEBHOOK_EVENTS
from omnireel.signatures import verifies

TOLERANCE: Final = 300.0
"""Seconds by which the sender's clock and ours may differ, the way here included."""

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def unwrap(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> WebhookEvent:
    """The event in a request, once its signature and its time are found right.

    `body` must be what came, byte for byte. `secret` is the team's `whsec_…`; `tolerance` and `now` (this
    moment, when left out) are in seconds. Raises WebhookRefused; ValueError for what is no secret.
    """
    content = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    message_id, signatures = given.get("webhook-id", ""), given.get("webhook-signature", "")
    timestamp = _timestamp(given.get("webhook-timestamp", ""))
    if not message_id or not signatures:
        raise WebhookRefused("the headers webhook-id and webhook-signature are required")
    if abs((time.time() if now is None else now) - timestamp) > tolerance:
        raise WebhookRefused(f"the webhook was signed more than {tolerance:g} s from now")
    if not verifies(secret, message_id, timestamp, content, signatures):
        raise WebhookRefused("no signature of the webhook fits the secret and the body")
    return _event(message_id, content)


def chosen(*secrets: str | None) -> str:
    """The first that there is. Raises ValueError when there is none."""
    found = next(filter(None, secrets), None)
    if found is None:
        raise ValueError("no webhook secret: pass secret, or set OMNIREEL_WEBHOOK_SECRET")
    return found


def _timestamp(text: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise WebhookRefused("the header webhook-timestamp must be unix seconds")
    return int(text)


def _event(message_id: str, content: bytes) -> WebhookEvent:
    try:
        task = _wire.read_task(Reply(200, {}, content))
    except APIError as error:
        raise WebhookRefused(f"the webhook is signed, but not understood: {error}") from error
    if task.status not in WEBHOOK_EVENTS:
        raise WebhookRefused(f"the webhook is signed, but its task is still {task.status}")
    return WebhookEvent(WEBHOOK_EVENTS[task.status], message_id, task)
