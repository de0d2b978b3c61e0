"""The wire without sockets: what to send, and what an answer means. Every client shares it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

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
from omnireel.client.types import Delivery, DeliveryAttempt, DeliveryPage, Model, Resource, Task, TaskFault
from omnireel.models import TaskStatus

DEFAULT_MODEL = "kling/kling-video-o1"
REPLY_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer that are read before giving up on it."""

REFUSED = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422, 429})
"""Statuses that promise a submit was not accepted. After any other failure nobody knows."""

_STATUSES = {
    "pending": TaskStatus.PENDING,
    "queued": TaskStatus.PENDING,
    "success": TaskStatus.SUCCESS,
    "succeeded": TaskStatus.SUCCESS,
    "completed": TaskStatus.SUCCESS,
    "failed": TaskStatus.FAILED,
    "error": TaskStatus.FAILED,
    "canceled": TaskStatus.CANCELED,
    "cancelled": TaskStatus.CANCELED,
}

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
    """One request. `paid` marks a submit, whose outcome matters even when its answer is lost."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Upload | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    paid: bool = False

    @property
    def repeatable(self) -> bool:
        """True when sending it again cannot do anything twice."""
        return self.method == "GET"


@dataclass(frozen=True)
class Reply:
    """An answer, whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")


def submit(model: str, body: Mapping[str, object], key: str, webhook_url: str | None = None) -> Call:
    """Ask for a video. `model` is `provider/name`; `key` keeps the server from making it twice."""
    provider, _, name = model.partition("/")
    if not provider or not name:
        raise InvalidRequestError(f"model must look like 'provider/name', got {model[:80]!r}")
    path = f"/api/v1/{quote(provider, safe='')}/{quote(name, safe='')}/async"
    if webhook_url is not None and not (webhook_url.isascii() and webhook_url.isprintable()):
        raise InvalidRequestError("webhook_url must be a URL in ASCII")
    headers = {"Idempotency-Key": key}
    if webhook_url is not None:
        headers["X-Webhook-URL"] = webhook_url
    return Call("POST", path, body=json.dumps(body).encode(), headers=headers, paid=True)


def show(task_id: str, *, hold: int = 0) -> Call:
    """Ask for a task's state; with `hold`, let the server keep the question up to that many seconds."""
    params = {"wait": "true", "timeout": str(hold)} if hold else {}
    return Call("GET", f"/api/v1/tasks/{_segment(task_id)}", params)


def cancel(task_id: str) -> Call:
    return Call("POST", f"/api/v1/tasks/{_segment(task_id)}/cancel")


def delete(task_id: str) -> Call:
    return Call("DELETE", f"/api/v1/tasks/{_segment(task_id)}")


def models() -> Call:
    return Call("GET", "/api/v1/models")


def balance() -> Call:
    return Call("GET", "/api/v1/team/balance")


def deliveries(task_id: str | None, limit: int, cursor: str | None) -> Call:
    params = {"task_id": task_id, "limit": str(limit), "cursor": cursor}
    given = {name: value for name, value in params.items() if value is not None}
    return Call("GET", "/api/v1/webhooks/deliveries", given)


def resend(delivery_id: str) -> Call:
    return Call("POST", f"/api/v1/webhooks/deliveries/{_segment(delivery_id, 'delivery_id')}/resend")


def webhook_secret() -> Call:
    return Call("GET", "/api/v1/webhooks/secret")


def rotate_webhook_secret() -> Call:
    return Call("POST", "/api/v1/webhooks/secret/rotate")


def upload(filename: str, source: Path | bytes) -> Call:
    return Call("POST", "/api/v1/media/files", body=Upload(filename, source))


def _segment(value: str, name: str = "task_id") -> str:
    if not value:
        raise InvalidRequestError(f"{name} must not be empty")
    return quote(value, safe="")


def read_receipt(reply: Reply) -> Task:
    """The new task. Raises OutcomeUnknown when the answer proves neither acceptance nor refusal."""
    if reply.status in REFUSED:
        raise error_in(reply)
    try:
        return _task(_data(reply))
    except APIError as error:
        raise OutcomeUnknown(
            f"the server's answer ({reply.status}) does not tell whether the task was accepted: {error}",
            status=reply.status,
            request_id=reply.request_id,
        ) from error


def read_task(reply: Reply) -> Task:
    return _task(_data(reply))


def read_deliveries(reply: Reply) -> DeliveryPage:
    data = _data(reply)
    found = tuple(_delivery(item) for item in _mappings(data.get("items")))
    return DeliveryPage(found, _text(data, "next_cursor") or None)


def read_delivery(reply: Reply) -> Delivery:
    return _delivery(_data(reply))


def read_webhook_secret(reply: Reply) -> str:
    secret = _text(_data(reply), "secret")
    if not secret:
        raise _unreadable(reply, "it holds no secret")
    return secret


def read_deleted(reply: Reply) -> None:
    """Nothing, when the deletion happened. Raises what the server says."""
    _data(reply)


def read_models(reply: Reply) -> tuple[Model, ...]:
    return tuple(_model(item) for item in _mappings(_envelope(reply).get("models")))


def read_balance(reply: Reply) -> Decimal:
    """US dollars."""
    amount = _number(_data(reply), "balance")
    if amount is None:
        raise _unreadable(reply, "it holds no balance")
    return Decimal(str(amount))


def read_upload(reply: Reply) -> str:
    """The link that stands for the file in later requests."""
    link = _text(_data(reply), "url")
    if not link:
        raise _unreadable(reply, "it holds no link")
    return link


def error_in(reply: Reply) -> APIError:
    """The error an unsuccessful answer stands for."""
    message = _message(reply)
    if reply.status == 429:
        wait = retry_after(reply.headers.get("retry-after"))
        return RateLimitError(message, status=429, request_id=reply.request_id, retry_after=wait)
    others = InvalidRequestError if 400 <= reply.status < 500 else ServerError
    kind = _ERRORS.get(reply.status, others)
    return kind(message, status=reply.status, request_id=reply.request_id)


def retry_after(value: str | None) -> float | None:
    """Seconds the server asks for; None when it does not, or names a date (which trusts two clocks)."""
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _message(reply: Reply) -> str:
    try:
        text = _text(_mapping(json.loads(reply.content)), "message")
    except (ValueError, RecursionError):
        text = ""
    return text or f"the server answered {reply.status} without an explanation"


def _envelope(reply: Reply) -> Mapping[str, Any]:
    if reply.status != 200:
        raise error_in(reply)
    try:
        envelope = _mapping(json.loads(reply.content))
    except (ValueError, RecursionError):
        raise _unreadable(reply, "it is not a JSON object") from None
    if envelope.get("code") != 0:
        raise _unreadable(reply, f"its code is not 0 ({_text(envelope, 'message')[:200]})")
    return envelope


def _data(reply: Reply) -> Mapping[str, Any]:
    try:
        return _mapping(_envelope(reply).get("data"))
    except ValueError:
        raise _unreadable(reply, "it has no data") from None


def _unreadable(reply: Reply, why: str) -> ServerError:
    return ServerError(
        f"the server's answer is not understood: {why}", status=reply.status, request_id=reply.request_id
    )


def _task(data: Mapping[str, Any]) -> Task:
    if not _text(data, "task_id") or not _text(data, "status"):
        raise ServerError("the server's answer is not understood: it names no task")
    result = _mapping_or_empty(data.get("result"))
    metadata = _mapping_or_empty(result.get("metadata"))
    milliseconds = _number(data, "duration")
    return Task(
        task_id=_text(data, "task_id"),
        model_id=_text(data, "model_id"),
        status=_STATUSES.get(_text(data, "status").lower(), TaskStatus.PROCESSING),
        progress=_number(data, "progress"),
        note=_text(data, "note"),
        queue_position=_whole(data, "queue_position"),
        eta_seconds=_number(data, "eta_seconds"),
        created_at=_moment(data, "created_at"),
        expires_at=_moment(data, "expires_at"),
        processing_seconds=None if milliseconds is None else milliseconds / 1000,
        resources=tuple(_resource(item) for item in _mappings(result.get("resources"))),
        engine=_text(metadata, "engine") or None,
        seed=_whole(metadata, "seed"),
        warnings=_texts(metadata.get("warnings")),
        charged=_text(_mapping_or_empty(data.get("billing")), "amount") or None,
        error=_fault(_mapping_or_empty(data.get("error"))),
        raw=data,
    )


def _resource(item: Mapping[str, Any]) -> Resource:
    type_ = _text(item, "type") or "video"
    return Resource(
        url=_text(item, "url"),
        type=type_,
        role=_text(item, "role") or ("primary" if type_ == "video" else type_),
        format=_text(item, "format"),
        width=_whole(item, "width"),
        height=_whole(item, "height"),
        size=_whole(item, "size"),
        sha256=_text(item, "sha256").lower() or None,
        duration=_number(item, "duration"),
        fps=_number(item, "fps"),
    )


def _fault(error: Mapping[str, Any]) -> TaskFault | None:
    if not error:
        return None
    type_ = _text(error, "type") or "task_failed"
    return TaskFault(type_, _text(error, "message") or type_, error.get("retryable") is True)


def _delivery(item: Mapping[str, Any]) -> Delivery:
    return Delivery(
        delivery_id=_text(item, "delivery_id"),
        task_id=_text(item, "task_id"),
        event=_text(item, "event"),
        url=_text(item, "url"),
        status=_text(item, "status"),
        created_at=_moment(item, "created_at"),
        next_attempt_at=_moment(item, "next_attempt_at"),
        attempts=tuple(_attempt(attempt) for attempt in _mappings(item.get("attempts"))),
        raw=item,
    )


def _attempt(item: Mapping[str, Any]) -> DeliveryAttempt:
    return DeliveryAttempt(
        number=_whole(item, "number") or 0,
        at=_moment(item, "at"),
        status_code=_whole(item, "status_code"),
        latency_ms=_whole(item, "latency_ms"),
        error=_text(item, "error") or None,
    )


def _model(item: Mapping[str, Any]) -> Model:
    return Model(
        slug=_text(item, "slug"),
        provider=_text(item, "provider"),
        model_id=_text(item, "model_id"),
        type=_text(item, "type"),
        display_name=_text(item, "display_name"),
        description=_text(item, "description"),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - json.loads raises ValueError too
    return value


def _mapping_or_empty(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _number(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _whole(data: Mapping[str, Any], name: str) -> int | None:
    value = _number(data, name)
    return None if value is None else int(value)


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(data, name))
    except ValueError:
        return None
