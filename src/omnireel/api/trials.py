"""A signed message sent at once to a webhook address, so that its owner sees how it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from threading import BoundedSemaphore
from typing import Final

import msgspec

from omnireel.api.problems import Problem
from omnireel.clock import Clock
from omnireel.media.egress import EgressPolicy
from omnireel.media.post import TOTAL_SECONDS, Unreachable, post
from omnireel.signatures import sign
from omnireel.tasks.delivery import AttemptFault, fault_of
from omnireel.tasks.webhook_secrets import WebhookSecrets

EVENT: Final = "prediction.task.test"
AT_ONCE: Final = 4
"""Trials of all teams: each holds a thread for as long as its receiver is silent."""


@dataclass(frozen=True)
class Trial:
    """How it went."""

    delivery_id: str
    seconds: float
    status_code: int | None = None
    fault: AttemptFault | None = None


class Trials:
    """Sends messages that tell of no task and leave no trace, under the policy that guards webhooks."""

    def __init__(self, secrets: WebhookSecrets, policy: EgressPolicy, clock: Clock) -> None:
        self._secrets = secrets
        self._policy = policy
        self._clock = clock
        self._places = BoundedSemaphore(AT_ONCE)

    def make(self, team: str, url: str) -> Trial:
        """Send one message, which takes at most 15 seconds. Raises Problem when too many are under way."""
        name = f"test-{token_hex(12)}"
        message = {"code": 0, "message": "success", "data": {"event": EVENT, "delivery_id": name}}
        body = msgspec.json.encode(message)
        with self._place():
            try:
                answer = post(url, body, self._headers(team, name, body), policy=self._policy)
            except Unreachable as error:
                return Trial(name, error.seconds, fault=AttemptFault.UNREACHABLE)
        return Trial(name, answer.seconds, answer.status, fault_of(answer.status))

    def _headers(self, team: str, name: str, body: bytes) -> dict[str, str]:
        timestamp = int(self._clock.now().timestamp())
        return {
            "Content-Type": "application/json",
            "X-Modellix-Event": EVENT,
            "X-Modellix-Delivery-ID": name,
            "webhook-id": name,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._secrets.signing(team), name, timestamp, body),
        }

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            wait = {"Retry-After": str(int(TOTAL_SECONDS))}
            raise Problem(429, "Concurrent limit exceeded", f"at most {AT_ONCE} tests at once", wait)
        try:
            yield
        finally:
            self._places.release()
