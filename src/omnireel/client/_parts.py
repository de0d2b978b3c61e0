"""JSON objects of the wire as the SDK's values. What is missing or of a wrong type is left out."""

from __future__ import annotations

from omnireel.client._fields import (
    Fields,
    amount,
    mapping_or_empty,
    mappings,
    moment,
    number,
    text,
    texts,
    whole,
)
from omnireel.client.errors import ServerError
from omnireel.client.types import (
    Check,
    Delivery,
    DeliveryAttempt,
    Estimate,
    File,
    Model,
    ModelSchema,
    Resource,
    Task,
    TaskFault,
)
from omnireel.models import TaskStatus

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


def task_of(data: Fields) -> Task:
    """Raises ServerError for what names no task."""
    if not text(data, "task_id") or not text(data, "status"):
        raise ServerError("the server's answer is not understood: it names no task")
    result = mapping_or_empty(data.get("result"))
    metadata = mapping_or_empty(result.get("metadata"))
    milliseconds = number(data, "duration")
    return Task(
        task_id=text(data, "task_id"),
        model_id=text(data, "model_id"),
        status=_STATUSES.get(text(data, "status").lower(), TaskStatus.PROCESSING),
        progress=number(data, "progress"),
        note=text(data, "note"),
        queue_position=whole(data, "queue_position"),
        eta_seconds=number(data, "eta_seconds"),
        created_at=moment(data, "created_at"),
        started_at=moment(data, "started_at"),
        completed_at=moment(data, "completed_at"),
        expires_at=moment(data, "expires_at"),
        processing_seconds=None if milliseconds is None else milliseconds / 1000,
        resources=tuple(_resource(item) for item in mappings(result.get("resources"))),
        engine=text(metadata, "engine") or None,
        seed=whole(metadata, "seed"),
        warnings=texts(metadata.get("warnings")),
        charged=text(mapping_or_empty(data.get("billing")), "amount") or None,
        error=_fault(mapping_or_empty(data.get("error"))),
        raw=data,
    )


def delivery_of(item: Fields) -> Delivery:
    return Delivery(
        delivery_id=text(item, "delivery_id"),
        task_id=text(item, "task_id"),
        event=text(item, "event"),
        url=text(item, "url"),
        status=text(item, "status"),
        created_at=moment(item, "created_at"),
        next_attempt_at=moment(item, "next_attempt_at"),
        attempts=tuple(_attempt(attempt) for attempt in mappings(item.get("attempts"))),
        raw=item,
    )


def file_of(item: Fields) -> File:
    """Raises ServerError for what names no file."""
    if not text(item, "url"):
        raise ServerError("the server's answer is not understood: it holds no link")
    return File(
        file_id=text(item, "file_id"),
        type=text(item, "type"),
        url=text(item, "url"),
        filename=text(item, "filename"),
        size=whole(item, "size"),
        created_at=moment(item, "created_at"),
        expires_at=moment(item, "expires_at"),
        raw=item,
    )


def model_of(item: Fields) -> Model:
    return Model(
        slug=text(item, "slug"),
        provider=text(item, "provider"),
        model_id=text(item, "model_id"),
        type=text(item, "type"),
        display_name=text(item, "display_name"),
        description=text(item, "description"),
    )


def schema_of(slug: str, document: Fields) -> ModelSchema:
    """Out of an OpenAPI-shaped document."""
    body: object = document
    for name in ("post", "requestBody", "content", "application/json", "schema"):
        body = mapping_or_empty(body).get(name)
    servers = mappings(document.get("servers"))
    return ModelSchema(
        slug=slug,
        url=text(servers[0], "url") if servers else "",
        schema=mapping_or_empty(body),
        raw=document,
    )


def estimate_of(data: Fields) -> Estimate:
    return Estimate(
        expected_seconds=number(data, "expected_seconds"),
        samples=whole(data, "samples") or 0,
        queue_position=whole(data, "queue_position"),
        price=amount(data, "price"),
        raw=data,
    )


def checks_of(data: Fields) -> dict[str, Check]:
    named = mapping_or_empty(data.get("checks")).items()
    found = {name: mapping_or_empty(check) for name, check in named}
    return {name: Check(check.get("ok") is True, text(check, "reason")) for name, check in found.items()}


def _resource(item: Fields) -> Resource:
    type_ = text(item, "type") or "video"
    return Resource(
        url=text(item, "url"),
        type=type_,
        role=text(item, "role") or ("primary" if type_ == "video" else type_),
        format=text(item, "format"),
        width=whole(item, "width"),
        height=whole(item, "height"),
        size=whole(item, "size"),
        sha256=text(item, "sha256").lower() or None,
        duration=number(item, "duration"),
        fps=number(item, "fps"),
    )


def _fault(error: Fields) -> TaskFault | None:
    if not error:
        return None
    type_ = text(error, "type") or "task_failed"
    return TaskFault(type_, text(error, "message") or type_, error.get("retryable") is True)


def _attempt(item: Fields) -> DeliveryAttempt:
    return DeliveryAttempt(
        number=whole(item, "number") or 0,
        at=moment(item, "at"),
        status_code=whole(item, "status_code"),
        latency_ms=whole(item, "latency_ms"),
        error=text(item, "error") or None,
    )
