"""The loop that takes what is due from the outbox to its receivers.

One thread talks to the database; a few others wait for receivers. Any number of processes may run it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final

import structlog

from omnireel.clock import Clock
from omnireel.crashpoints import crash_point
from omnireel.errors import NotFound
from omnireel.media.post import Answer, Unreachable
from omnireel.signatures import sign
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.delivery import AttemptFault, DeliveryStatus, Due, Result, fault_of, seconds_asked
from omnireel.tasks.lanes import Lanes, Shares
from omnireel.tasks.webhook_secrets import WebhookSecrets
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.tracing import Kind, under

_REAP_EVERY: Final = 60.0
_PAUSE: Final = 1.0

Render = Callable[[str, str], bytes]
"""From a team and a task's id to the bytes that a poll would be answered with now. Raises NotFound."""

Post = Callable[[str, bytes, Mapping[str, str]], Answer]
"""Sends a body with headers to a URL. Raises Unreachable."""

log = structlog.get_logger(__name__)


class Courier:
    """Delivers webhooks.

    `look` is how often the outbox is looked at, and `drain` how long `run` goes on for attempts under way
    once it was told to stop; both in seconds.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        secrets: WebhookSecrets,
        *,
        render: Render,
        post: Post,
        clock: Clock,
        look: float = 0.5,
        drain: float = 20.0,
        shares: Shares | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        self._deliveries = deliveries
        self._secrets = secrets
        self._render = render
        self._post = post
        self._clock = clock
        self._look = look
        self._instruments = instruments or Instruments()
        self._drain = drain
        shares = shares or Shares()
        self._lanes = Lanes(shares)
        self._over: SimpleQueue[tuple[Due, Result]] = SimpleQueue()
        self._pool = ThreadPoolExecutor(shares.total, thread_name_prefix="webhook")
        self._reap_at = 0.0

    def run(self, stop: Event) -> None:
        """Deliver until `stop` is set. Once only."""
        try:
            while not stop.is_set():
                self._try(self._turn)
            deadline = time.monotonic() + self._drain
            while self._lanes.used and time.monotonic() < deadline:
                self._try(self._settle_one)
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _turn(self) -> None:
        """Begin what there is room for, then wait for something to end."""
        if time.monotonic() >= self._reap_at:
            self._reap_at = time.monotonic() + _REAP_EVERY
            self._deliveries.reap()
        while not self._lanes.full and self._over.empty():
            due = self._deliveries.claim(self._lanes.busy())
            if due is not None:
                self._lanes.turn(due.target, due.team)
                self._begin(due)
            elif not self._lanes.new_round():
                break
        self._settle_one()

    def _begin(self, due: Due) -> None:
        crash_point("before_delivery")
        body = due.body
        if body is None:
            try:
                body = self._render(due.team, due.task_id)
            except NotFound:
                self._settle(due, Result(AttemptFault.TASK_GONE, 0.0))
                return
            if not self._deliveries.freeze(due, body):
                return
        headers = _headers(due, body, self._secrets.signing(due.team), int(self._clock.now().timestamp()))
        self._lanes.enter(due.target, due.team)
        self._pool.submit(self._attempt, due, body, headers)

    def _attempt(self, due: Due, body: bytes, headers: Mapping[str, str]) -> None:
        result = Result(AttemptFault.UNREACHABLE, 0.0)
        span = self._instruments.tracer.begin(
            "webhook delivery",
            parent=due.trace,
            kind=Kind.CLIENT,
            facts={
                "omnireel.task": due.task_id,
                "omnireel.delivery": due.delivery_id,
                "omnireel.attempt": due.number,
            },
        )
        try:
            result = self._sent(due, body, headers)
        except Exception:
            log.exception("webhook attempt failed", delivery=due.delivery_id, task=due.task_id)
        finally:
            span.end(error=result.fault or "")
            self._over.put((due, result))

    def _sent(self, due: Due, body: bytes, headers: Mapping[str, str]) -> Result:
        try:
            answer = self._post(due.url, body, headers)
        except Unreachable as error:
            return Result(AttemptFault.UNREACHABLE, error.seconds)
        crash_point("mid_delivery")
        asked = seconds_asked(answer.retry_after, self._clock.now())
        return Result(fault_of(answer.status), answer.seconds, answer.status, asked)

    def _settle_one(self) -> None:
        try:
            due, result = self._over.get(timeout=self._look)
        except Empty:
            return
        self._lanes.leave(due.target, due.team, result.seconds)
        self._settle(due, result)

    def _settle(self, due: Due, result: Result) -> None:
        status = self._deliveries.settle(due, result)
        crash_point("after_delivery")
        self._count(due, status)
        # The address may hold a secret of its receiver's.
        with under(due.trace):
            self._tell(due, result, status)

    def _tell(self, due: Due, result: Result, status: DeliveryStatus | None) -> None:
        log.info(
            "webhook attempted",
            delivery=due.delivery_id,
            task=due.task_id,
            attempt=due.number,
            team=due.team,
            status_code=result.status_code,
            error=result.fault,
            delivery_status=status or "taken over",
        )

    def _count(self, due: Due, status: DeliveryStatus | None) -> None:
        metrics = self._instruments.metrics
        metrics.deliveries.labels(status or "taken_over").inc()
        if status is DeliveryStatus.DELIVERED and due.number == due.tries:
            late = self._clock.now().timestamp() - due.created_at
            metrics.delivery_delay.observe(max(0.0, late))

    def _try(self, step: Callable[[], None]) -> None:
        """What a fault leaves behind is taken up again when its lease has lapsed."""
        try:
            step()
        except DatabaseAway:
            time.sleep(_PAUSE)
        except Exception:
            log.exception("courier step failed")
            time.sleep(_PAUSE)


def _headers(due: Due, body: bytes, secrets: tuple[str, ...], timestamp: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Modellix-Event": due.event,
        "X-Modellix-Task-ID": due.task_id,
        "X-Modellix-Delivery-ID": due.delivery_id,
        "X-Modellix-Retry-Count": str(due.number - 1),
        "webhook-id": due.delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, due.delivery_id, timestamp, body),
    }
