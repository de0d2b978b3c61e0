"""Every error Omnireel raises on purpose, in one tree.

    OmnireelError
    ├── InvalidRequest            the caller can mend it; nothing was queued or charged
    │   ├── MissingParameter      a required field is absent, or contradicts another
    │   ├── InvalidFormat         wrong type, not JSON, not the media it claims to be
    │   └── OutOfRange            right type, outside a limit
    ├── IdempotencyConflict       the Idempotency-Key stands for another request
    ├── AuthenticationFailed      no key, or a key nobody made
    │   └── NotPermitted          a good key that may not do this
    ├── InsufficientBalance       the team has less than the task may cost; nothing was queued or charged
    ├── QuotaExceeded             the team's uploaded files would take more than they may
    ├── NotFound                  no such task, model, file (or it is somebody else's)
    ├── Unavailable               try later: draining, queue full, disk full
    │   └── StorageAway           the store of files cannot be used just now
    ├── CannotStart               the service cannot run as installed or configured; says what to change
    └── AttemptError              an attempt ended without a clip
        ├── Canceled              the caller asked for the stop
        │   └── HandedOver        the worker must go; another attempt goes on from what is remembered
        ├── InvalidMedia          an input is not usable media, found after fetching it
        ├── FetchFailed           an input's address could not be read, or may not be
        ├── EngineFailed          the engine could not make the clip
        ├── EngineUnavailable     the engine cannot run on this machine; says what to install
        ├── EngineLost            the engine's server went away with the work; another engine may do it
        ├── OutcomeUnknown        somebody may have been paid for it, so it is not done again
        ├── DeadlineExceeded      the caller's own deadline passed first
        └── WorkerLost            the machinery failed, not the request; worth another attempt
            └── DeviceBroken      the GPU gives errors to this process; another process may do better

`category` is the first half of the wire's error message; `type` is the machine word a failed task carries.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar


class OmnireelError(Exception):
    """The root. `str(error)` is a sentence for the person who can act on it."""


class InvalidRequest(OmnireelError):
    """The request cannot be accepted as sent.

    `field` names the parameter at fault and `rule` the published rule it breaks, when there is one.
    """

    category: ClassVar[str] = "Invalid parameters"

    def __init__(self, message: str, *, field: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.rule = rule


class MissingParameter(InvalidRequest):
    """A required parameter is absent, or two parameters contradict each other."""


class InvalidFormat(InvalidRequest):
    """A value has the wrong type or cannot be read as what it should be."""

    category: ClassVar[str] = "Invalid format"


class OutOfRange(InvalidRequest):
    """A value is well formed but outside its limits."""

    category: ClassVar[str] = "Value out of range"


class IdempotencyConflict(OmnireelError):
    """The Idempotency-Key came with another request before."""


class AuthenticationFailed(OmnireelError):
    """The key is missing, malformed, unknown, revoked or expired, or may not do what was asked."""


class NotPermitted(AuthenticationFailed):
    """The key is good and may not do what was asked."""


class InsufficientBalance(OmnireelError):
    """The team cannot pay for the task. USD."""

    def __init__(self, price: Decimal, balance: Decimal) -> None:
        super().__init__(f"the task may cost {price:.4f} USD and the team has {balance:.4f} USD")
        self.price = price
        self.balance = balance


class QuotaExceeded(OmnireelError):
    """The team's uploaded files may not take as much as they would with this one. Bytes."""

    def __init__(self, size: int, *, used: int, quota: int) -> None:
        super().__init__(
            f"the team's uploaded files may take {quota} bytes together, {used} are used and this one has "
            f"{size}; delete files or wait until some expire"
        )
        self.size = size
        self.used = used
        self.quota = quota


class NotFound(OmnireelError):
    """Nothing by that name is visible to this caller."""


class Unavailable(OmnireelError):
    """The service cannot take the request now. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageAway(Unavailable):
    """The store of files cannot be reached or refuses us. `reason` is for the operator, not for callers."""

    def __init__(self, reason: str) -> None:
        super().__init__("the storage is away; send the request again in a moment")
        self.reason = reason


class CannotStart(OmnireelError):
    """The service cannot run as it is installed or configured. Addressed to the operator."""


class AttemptError(OmnireelError):
    """An attempt at a task ended without a clip.

    `type` goes to the caller as `error.type`; `retryable` tells whether sending the request again may help.
    """

    type: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False


class Canceled(AttemptError):
    """The caller asked for the stop. Raised by `Run.report` inside an engine."""

    type: ClassVar[str] = "canceled"


class HandedOver(Canceled):
    """The worker must go. What runs elsewhere is left running: the next attempt finds it by its note."""


class InvalidMedia(AttemptError):
    """An input turned out not to be media this service accepts."""

    type: ClassVar[str] = "invalid_media"


class FetchFailed(AttemptError):
    """An input's address could not be read, or the egress policy refuses it."""

    type: ClassVar[str] = "fetch_failed"


class EngineFailed(AttemptError):
    """The engine ran and could not make the clip."""

    type: ClassVar[str] = "engine_failed"


class EngineUnavailable(AttemptError):
    """The engine cannot run here; the message says what to install."""

    type: ClassVar[str] = "engine_unavailable"


class EngineLost(AttemptError):
    """Whoever did the work for the engine cannot be reached any more, or has forgotten it."""

    type: ClassVar[str] = "engine_lost"
    retryable: ClassVar[bool] = True


class OutcomeUnknown(AttemptError):
    """The work may have been ordered, and paid for, without our hearing of it."""

    type: ClassVar[str] = "outcome_unknown"


class DeadlineExceeded(AttemptError):
    """The task had not ended by the time its caller set."""

    type: ClassVar[str] = "deadline_exceeded"


class WorkerLost(AttemptError):
    """The machinery failed (a killed child, a lost worker, no disk), not the request."""

    type: ClassVar[str] = "worker_lost"
    retryable: ClassVar[bool] = True


class DeviceBroken(WorkerLost):
    """The device answers with errors that outlast the call. Only a new process can use it again."""
