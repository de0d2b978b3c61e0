"""The wire without sockets: what to send, and what an answer means. Every client shares it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

from omnireel.client._fields import Fields, mapping, mapping_or_empty, mappings, number, text, whole
from omnireel.client._parts import checks_of, delivery_of, estimate_of, file_of, model_of, schema_of, task_of
from omnireel.client.errors import (
    APIError,
    AuthenticationError,
    InsufficientBalanceError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknown,
    RateLimitError,
    ServerError,
)
from omnireel.client.types import (
    Delivery,
    DeliveryPage,
    Estimate,
    File,
    Model,
    ModelSchema,
    Page,
    Readiness,
    Task,
    Usage,
)

DEFAULT_MODEL = "kling/kling-video-o1"
REPLY_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer that are read before giving up on it."""

REFUSED = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422, 429})
"""Statuses that promise a submit was not accepted. After any other failure nobody knows."""

REFUSED_EVER = frozenset({400, 402, 404, 405, 413, 415})
"""Those that promise it of earlier tries too: they hold for any, or come (402) after a look for the key."""

PROMISE = "x-idempotency-seconds"
"""The header by which a server says that it honours an Idempotency-Key, and for how long it remembers one."""

_ERRORS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    402: InsufficientBalanceError,
    403: AuthenticationError,
    404: NotFoundError,
}


@dataclass(frozen=True)
class Upload:
    """A file on its way to the server's own storage."""

    filename: str
    source: Path | bytes


@dataclass(frozen=True)
class Call:
    """One request. `repeatable` when sending it again cannot do anything twice.

    `key` marks a submit, whose outcome matters even when its answer is lost: its Idempotency-Key.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | Upload | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    repeatable: bool = True
    key: str | None = None


@dataclass(frozen=True)
class Reply:
    """An answer, whole. Header names are lower case; `tries` counts how often it was asked for."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    tries: int = 1

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")


@dataclass(frozen=True)
class Wishes:
    """What a submit asks for beside the video."""

    webhook_url: str | None = None
    priority: str | None = None
    deadline_seconds: int | None = None

    def headers(self) -> dict[str, str]:
        deadline = self.deadline_seconds
        named = {
            "X-Webhook-URL": _in_header("webhook_url", self.webhook_url),
            "X-Priority": _in_header("priority", self.priority),
            "X-Deadline-Seconds": None if deadline is None else str(deadline),
        }
        return {name: value for name, value in named.items() if value is not None}


def submit(model: str, body: Mapping[str, object], key: str, wishes: Wishes = Wishes()) -> Call:
    """Ask for a video. `model` is `provider/name`; `key` keeps the server from making it twice."""
    if not 0 < len(key) <= 255:
        raise InvalidRequestError(f"idempotency_key must have 1 to 255 characters, got {len(key)}")
    headers = {"Idempotency-Key": _in_header("idempotency_key", key) or ""} | wishes.headers()
    path = f"/api/v1/{_model(model)}/async"
    return Call("POST", path, body=json.dumps(body).encode(), headers=headers, repeatable=False, key=key)


def estimate(model: str, body: Mapping[str, object]) -> Call:
    return Call("POST", f"/api/v1/{_model(model)}/estimate", body=json.dumps(body).encode())


def show(task_id: str, *, hold: int = 0) -> Call:
    """Ask for a task's state; with `hold`, let the server keep the question up to that many seconds."""
    params = {"wait": "true", "timeout": str(hold)} if hold else {}
    return Call("GET", f"/api/v1/tasks/{_segment(task_id)}", params)


def events(task_id: str, last_event_id: str | None) -> Call:
    """Ask for a task's news as they come, after those already seen."""
    seen = (
        {} if last_event_id is None else {"Last-Event-ID": _in_header("last_event_id", last_event_id) or ""}
    )
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", **seen}
    return Call("GET", f"/api/v1/tasks/{_segment(task_id)}/events", headers=headers)


def tasks(
    cursor: str | None,
    *,
    status: str | None,
    model: str | None,
    created_after: datetime | None,
    created_before: datetime | None,
    limit: int,
) -> Call:
    params = {
        "status": status,
        "model": model,
        "created_after": _instant("created_after", created_after),
        "created_before": _instant("created_before", created_before),
    }
    return Call("GET", "/api/v1/tasks", _given(params) | _paged(limit, cursor))


def cancel(task_id: str) -> Call:
    return Call("POST", f"/api/v1/tasks/{_segment(task_id)}/cancel")


def delete(task_id: str) -> Call:
    return Call("DELETE", f"/api/v1/tasks/{_segment(task_id)}")


def models() -> Call:
    return Call("GET", "/api/v1/models", {"page_size": "100"})


def describe(model: str) -> Call:
    return Call("GET", f"/models/{_model(model)}/api_schema")


def balance() -> Call:
    return Call("GET", "/api/v1/team/balance")


def validate_key() -> Call:
    return Call("GET", "/api/v1/apikey/validate")


def ready() -> Call:
    return Call("GET", "/readyz")


def upload(filename: str, source: Path | bytes) -> Call:
    return Call("POST", "/api/v1/media/files", body=Upload(filename, source), repeatable=False)


def files(cursor: str | None, *, limit: int) -> Call:
    return Call("GET", "/api/v1/media/files", _paged(limit, cursor))


def file(file_id: str) -> Call:
    return Call("GET", f"/api/v1/media/files/{_segment(file_id, 'file_id')}")


def delete_file(file_id: str) -> Call:
    return Call("DELETE", f"/api/v1/media/files/{_segment(file_id, 'file_id')}")


def deliveries(cursor: str | None, *, task_id: str | None, limit: int) -> Call:
    return Call("GET", "/api/v1/webhooks/deliveries", _given({"task_id": task_id}) | _paged(limit, cursor))


def delivery(delivery_id: str) -> Call:
    return Call("GET", f"/api/v1/webhooks/deliveries/{_segment(delivery_id, 'delivery_id')}")


def resend(delivery_id: str) -> Call:
    path = f"/api/v1/webhooks/deliveries/{_segment(delivery_id, 'delivery_id')}/resend"
    return Call("POST", path, repeatable=False)


def webhook_secret() -> Call:
    return Call("GET", "/api/v1/webhooks/secret")


def rotate_webhook_secret() -> Call:
    return Call("POST", "/api/v1/webhooks/secret/rotate", repeatable=False)


def read_receipt(reply: Reply) -> Task:
    """The new task. Raises OutcomeUnknown when the answer proves neither acceptance nor refusal."""
    if reply.status in REFUSED:
        raise error_in(reply)
    try:
        return task_of(_data(reply))
    except APIError as error:
        raise OutcomeUnknown(
            f"the server's answer ({reply.status}) does not tell whether the task was accepted: {error}",
            status=reply.status,
            request_id=reply.request_id,
        ) from error


def read_estimate(reply: Reply) -> Estimate:
    return estimate_of(_data(reply))


def read_task(reply: Reply) -> Task:
    return task_of(_data(reply))


def read_tasks(reply: Reply) -> Page[Task]:
    data = _data(reply)
    return Page(tuple(task_of(item) for item in mappings(data.get("items"))), _next(data))


def read_event(data: str) -> Task:
    """The task in an event's data. Raises ServerError."""
    try:
        return task_of(mapping(json.loads(data)))
    except (ValueError, RecursionError):
        raise ServerError("the server's event is not understood: it is not a JSON object") from None


def read_deliveries(reply: Reply) -> DeliveryPage:
    data = _data(reply)
    return DeliveryPage(tuple(delivery_of(item) for item in mappings(data.get("items"))), _next(data))


def read_delivery(reply: Reply) -> Delivery:
    return delivery_of(_data(reply))


def read_webhook_secret(reply: Reply) -> str:
    secret = text(_data(reply), "secret")
    if not secret:
        raise _unreadable(reply, "it holds no secret")
    return secret


def read_deleted(reply: Reply) -> None:
    """Nothing, when the deletion happened. Raises what the server says."""
    # What is gone at the second try went at the first, whose answer was lost.
    if reply.status != 404 or reply.tries == 1:
        _data(reply)


def read_models(reply: Reply) -> tuple[Model, ...]:
    return tuple(model_of(item) for item in mappings(_envelope(reply).get("models")))


def schema_reader(slug: str) -> Callable[[Reply], ModelSchema]:
    """Reads the schema of that model."""

    def read(reply: Reply) -> ModelSchema:
        if reply.status != 200:
            raise error_in(reply)
        return schema_of(slug, _object(reply))

    return read


def read_balance(reply: Reply) -> Decimal:
    """US dollars."""
    amount = number(_data(reply), "balance")
    if amount is None:
        raise _unreadable(reply, "it holds no balance")
    return Decimal(str(amount))


def read_validity(reply: Reply) -> bool:
    return _data(reply).get("is_valid") is True


def read_readiness(reply: Reply) -> Readiness:
    """What a server says of itself, ready or not. Raises what it says when that is neither."""
    if reply.status not in (200, 503):
        raise error_in(reply)
    document = _object(reply)
    checks = checks_of(mapping_or_empty(document.get("data")))
    return Readiness(reply.status == 200, text(document, "message"), checks)


def read_file(reply: Reply) -> File:
    return file_of(_data(reply))


def read_files(reply: Reply) -> Page[File]:
    data = _data(reply)
    return Page(tuple(file_of(item) for item in mappings(data.get("items"))), _next(data))


def read_usage(reply: Reply) -> Usage:
    data = _data(reply)
    return Usage(whole(data, "used_bytes"), whole(data, "quota_bytes"))


def error_in(reply: Reply) -> APIError:
    """The error an unsuccessful answer stands for."""
    message = _message(reply)
    if reply.status == 429:
        wait = asked_pause(reply.headers)
        return RateLimitError(message, status=429, request_id=reply.request_id, retry_after=wait)
    others = InvalidRequestError if 400 <= reply.status < 500 else ServerError
    kind = _ERRORS.get(reply.status, others)
    return kind(message, status=reply.status, request_id=reply.request_id)


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait; a date is measured by the server's own clock, if it shows it."""
    value = headers.get("retry-after")
    return retry_after(value) if value is None or value[:1].isdigit() else _seconds_between(headers)


def retry_after(value: str | None) -> float | None:
    """Seconds in a Retry-After; None when there are none, or a date (which trusts two clocks)."""
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def promise_in(reply: Reply) -> bool | None:
    """Whether the origin honours an Idempotency-Key; None when the answer may be a gate's, not its own."""
    if PROMISE in reply.headers:
        return True
    if reply.status >= 500:
        return None
    try:
        own = isinstance(mapping(json.loads(reply.content)).get("code"), int)
    except (ValueError, RecursionError):
        return None
    return False if own else None


def _seconds_between(headers: Mapping[str, str]) -> float | None:
    try:
        until = parsedate_to_datetime(headers["retry-after"])
        return max(0.0, (until - parsedate_to_datetime(headers["date"])).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def _model(slug: str) -> str:
    provider, _, name = slug.partition("/")
    if not provider or not name:
        raise InvalidRequestError(f"model must look like 'provider/name', got {slug[:80]!r}")
    return f"{quote(provider, safe='')}/{quote(name, safe='')}"


def _segment(value: str, name: str = "task_id") -> str:
    if not value:
        raise InvalidRequestError(f"{name} must not be empty")
    return quote(value, safe="")


def _in_header(name: str, value: str | None) -> str | None:
    if value is not None and not (value.isascii() and value.isprintable()):
        raise InvalidRequestError(f"{name} must be plain ASCII")
    return value


def _instant(name: str, moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{name} must have a time zone")
    return moment.isoformat()


def _given(params: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}


def _paged(limit: int, cursor: str | None) -> dict[str, str]:
    return {"limit": str(limit)} | _given({"cursor": cursor})


def _next(data: Fields) -> str | None:
    return text(data, "next_cursor") or None


def _message(reply: Reply) -> str:
    try:
        words = text(mapping(json.loads(reply.content)), "message")
    except (ValueError, RecursionError):
        words = ""
    return words or f"the server answered {reply.status} without an explanation"


def _object(reply: Reply) -> Fields:
    try:
        return mapping(json.loads(reply.content))
    except (ValueError, RecursionError):
        raise _unreadable(reply, "it is not a JSON object") from None


def _envelope(reply: Reply) -> Fields:
    if reply.status != 200:
        raise error_in(reply)
    envelope = _object(reply)
    if envelope.get("code") != 0:
        raise _unreadable(reply, f"its code is not 0 ({text(envelope, 'message')[:200]})")
    return envelope


def _data(reply: Reply) -> Fields:
    try:
        return mapping(_envelope(reply).get("data"))
    except ValueError:
        raise _unreadable(reply, "it has no data") from None


def _unreadable(reply: Reply, why: str) -> ServerError:
    return ServerError(
        f"the server's answer is not understood: {why}", status=reply.status, request_id=reply.request_id
    )
