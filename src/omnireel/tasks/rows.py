"""Rows as values, and values as rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from omnireel.models import Progress, Task, TaskStatus, VideoRequest
from omnireel.tasks.codec import decode_outcome, decode_request, decode_route, encode_request, encode_route
from omnireel.tasks.store import Claim, Glimpse, NewTask


def new_row(new: NewTask) -> dict[str, Any]:
    """All of a fresh task's columns but its times."""
    return {
        "task_id": new.task_id,
        "team": new.team,
        "request_id": new.request_id,
        "request": encode_request(new.request),
        "engine": new.engine,
        "model": new.request.model,
        "workload": workload(new.engine, new.request),
        "seed": new.seed,
        "priority": new.wishes.priority,
        "status": TaskStatus.PENDING,
        "cancel_requested": False,
        "attempt": 0,
        "progress": 0.0,
        "progress_note": "",
        "note": "",
        "charged": Decimal(0),
        "reserved": new.quote.reserved if new.quote else Decimal(0),
        "rate": new.quote.rate if new.quote else None,
        "trace": new.trace or None,
        "dialect": new.origin.dialect,
        "external_id": new.origin.external_id,
        "route": encode_route(new.route),
    }


def workload(engine: str, request: VideoRequest) -> str:
    """What tasks must share for one's duration to foretell another's."""
    return f"{engine} {request.task_kind} {request.mode} {request.duration or 'source'}"


def input_keys(new: NewTask) -> list[str]:
    """The blobs a task reads, each once."""
    return sorted({ref.blob_key for ref in new.request.inputs if ref.blob_key is not None})


def to_task(row: Row[*tuple[Any, ...]], *, position: int | None, eta: float | None) -> Task:
    return Task(
        task_id=row.task_id,
        team=row.team,
        request=decode_request(row.request),
        status=TaskStatus(row.status),
        created_at=moment(row.created_at),
        attempt=row.attempt,
        progress=Progress(row.progress, row.progress_note),
        cancel_requested=row.cancel_requested,
        started_at=maybe_moment(row.started_at),
        completed_at=maybe_moment(row.completed_at),
        expires_at=maybe_moment(row.expires_at),
        queue_position=position,
        eta_seconds=eta,
        request_id=row.request_id,
        outcome=None if row.outcome is None else decode_outcome(row.outcome),
        charged=f"{row.charged:.4f}",
        dialect=row.dialect,
        external_id=row.external_id,
    )


def to_claim(row: Row[*tuple[Any, ...]]) -> Claim:
    return Claim(
        task_id=row.task_id,
        token=row.token,
        attempt=row.attempt,
        request=decode_request(row.request),
        engine=row.engine,
        seed=row.seed,
        note=row.note,
        team=row.team,
        request_id=row.request_id,
        trace=row.trace or "",
        dialect=row.dialect,
        submitted_at=row.created_at,
        claimed_at=row.started_at,
        route=decode_route(row.route),
        canceled=row.cancel_requested,
    )


def to_glimpse(row: Row[*tuple[Any, ...]]) -> Glimpse:
    return Glimpse(TaskStatus(row.status), row.attempt, Progress(row.progress, row.progress_note))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def maybe_moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment(seconds)
