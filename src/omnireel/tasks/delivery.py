"""Deliveries of webhooks as values, and the rules by which they end or are tried again. Pure.

The schedule is that of Standard Webhooks 1.0.0: ten attempts over 75 h 35 m 5 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

SCHEDULE: Final = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each attempt, since the one before it failed."""

JITTER: Final = 0.1
"""Each pause is longer or shorter by at most this share, so that many do not return together."""

LONGEST_WAIT: Final = 86_400.0
"""Seconds that a receiver's Retry-After may ask for."""

LONGEST_LOG: Final = 100
"""Attempts of one delivery, resends included."""


class DeliveryStatus(StrEnum):
    """What became of a delivery: pending → one of the others; a resend makes it pending again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    """The receiver does not want it (4xx), or there is nothing left to tell."""
    DEAD = "dead"
    """Tried as often as the schedule has it."""
    DISABLED = "disabled"
    """Not sent: the address has said that it is gone."""


class AttemptFault(StrEnum):
    """Why an attempt did not deliver."""

    UNFINISHED = "unfinished"
    """Under way, or its process died."""
    UNREACHABLE = "unreachable"
    REDIRECTED = "redirected"
    REJECTED = "rejected"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNEXPECTED = "unexpected_status"
    TASK_GONE = "task_gone"
    """The task was deleted before its first attempt."""


@dataclass(frozen=True)
class Due:
    """The right to make one attempt until the lease lapses; `token` is the fencing token.

    `body` is None until an attempt froze it. `number` counts all attempts from 1, `tries` those of this
    round.
    """

    delivery_id: str
    token: str
    team: str
    task_id: str
    event: str
    url: str
    target: str
    body: bytes | None
    number: int
    tries: int
    created_at: float = 0.0
    """When the task ended, unix seconds."""
    trace: str = ""
    """The `traceparent` of the task's submit."""


@dataclass(frozen=True)
class Result:
    """How an attempt went. `retry_after` is in seconds."""

    fault: AttemptFault | None
    seconds: float
    status_code: int | None = None
    retry_after: float = 0.0


@dataclass(frozen=True)
class Attempted:
    """An attempt as the log shows it."""

    number: int
    at: datetime
    status_code: int | None
    latency_ms: int | None
    error: str | None


@dataclass(frozen=True)
class Delivery:
    """A delivery as its team may see it."""

    delivery_id: str
    task_id: str
    event: str
    url: str
    status: DeliveryStatus
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: tuple[Attempted, ...]


@dataclass(frozen=True)
class DeliveryPage:
    """Some deliveries, newest first, and where to go on (None at the end)."""

    deliveries: tuple[Delivery, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Again:
    """To be tried again, so many seconds from now."""

    seconds: float


def fault_of(status: int) -> AttemptFault | None:
    """What an HTTP status means for a delivery; None when it was taken."""
    match status:
        case 410:
            return AttemptFault.GONE
        case 429:
            return AttemptFault.RATE_LIMITED
    by_class = {2: None, 3: AttemptFault.REDIRECTED, 4: AttemptFault.REJECTED, 5: AttemptFault.SERVER_ERROR}
    return by_class.get(status // 100, AttemptFault.UNEXPECTED)


def verdict(result: Result, tries: int, chance: float) -> DeliveryStatus | Again:
    """What follows from an attempt that was number `tries` of its round. `chance` is from 0 to 1."""
    match result.fault:
        case None:
            return DeliveryStatus.DELIVERED
        case AttemptFault.GONE:
            return DeliveryStatus.DISABLED
        case AttemptFault.REJECTED | AttemptFault.TASK_GONE:
            return DeliveryStatus.REJECTED
    if tries >= len(SCHEDULE):
        return DeliveryStatus.DEAD
    planned = SCHEDULE[tries] * (1 + JITTER * (2 * chance - 1))
    return Again(max(planned, min(result.retry_after, LONGEST_WAIT)))


def seconds_asked(retry_after: str | None, now: datetime) -> float:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110); 0 when it says nothing."""
    text = (retry_after or "").strip()[:64]
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment - now).total_seconds()) if moment.tzinfo else 0.0
