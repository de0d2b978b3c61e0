"""Who is to be told of a task's end, written with the task; and that they are to be told, with its outcome.

Both are statements inside the transactions of others, so neither can be there without the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, and_, case, exists, insert, literal, null, select

from omnireel.models import WEBHOOK_EVENTS, TaskStatus
from omnireel.tasks import base62
from omnireel.tasks.delivery import DeliveryStatus
from omnireel.tasks.tables import task, task_webhook, webhook_delivery, webhook_off

_RANDOM_CHARACTERS: Final = 22
_DEFAULT_PORT: Final = {"https": 443, "http": 80}


def subscribe(connection: Connection, task_id: str, url: str) -> None:
    """Have this address told when the task ends."""
    connection.execute(
        insert(task_webhook).values(
            task_id=task_id,
            delivery_id=f"msg_{base62.draw(_RANDOM_CHARACTERS)}",
            url=url,
            url_digest=hashlib.sha256(url.encode()).hexdigest(),
            target=target_of(url),
        )
    )


def announce(
    connection: Connection, task_ids: Sequence[str], status: TaskStatus, now: ColumnElement[float]
) -> None:
    """Put what is to be told of these tasks, which just ended so, into the outbox."""
    if not task_ids:
        return
    off = exists().where(
        webhook_off.c.team == task.c.team, webhook_off.c.url_digest == task_webhook.c.url_digest
    )
    values: dict[str, ColumnElement[Any]] = {
        "delivery_id": task_webhook.c.delivery_id,
        "team": task.c.team,
        "task_id": task.c.task_id,
        "event": literal(WEBHOOK_EVENTS[status]),
        "url": task_webhook.c.url,
        "url_digest": task_webhook.c.url_digest,
        "target": task_webhook.c.target,
        "status": case((off, literal(DeliveryStatus.DISABLED)), else_=literal(DeliveryStatus.PENDING)),
        "attempts": literal(0),
        "tries": literal(0),
        "due_at": now,
        "created_at": now,
        "ended_at": case((off, now), else_=null()),
    }
    told = and_(task_webhook.c.task_id == task.c.task_id, task_webhook.c.task_id.in_(task_ids))
    wanted = select(*values.values()).select_from(task_webhook).join(task, told)
    connection.execute(insert(webhook_delivery).from_select(list(values), wanted))


def target_of(url: str) -> str:
    """The receiver's host and port: those who share it share its fate."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or _DEFAULT_PORT[parts.scheme]}"[:300]
