"""A team's tasks by age, page by page. Every choice among them has an index that is in that order."""

from __future__ import annotations

import binascii
import math
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, literal, select, tuple_

from omnireel.errors import InvalidFormat
from omnireel.tasks.store import TaskFilter
from omnireel.tasks.tables import task

_AGE: Final = (task.c.created_at, task.c.seq)
_PLACE: Final = struct.Struct(">dq")
_CURSOR_LENGTH: Final = 22


def matching(
    team: str, wanted: TaskFilter, cursor: str | None, kept: ColumnElement[bool]
) -> Select[tuple[Any, ...]]:
    """The rows from the cursor on. Raises InvalidFormat for a cursor that no page gave out."""
    oldest_first = wanted.oldest_first
    going_on = [] if cursor is None else [_beyond(cursor, oldest_first=oldest_first)]
    order = _AGE if oldest_first else tuple(column.desc() for column in _AGE)
    return select(task).where(task.c.team == team, *_conditions(wanted), *going_on, kept).order_by(*order)


def cursor_after(row: Row[*tuple[Any, ...]]) -> str:
    """Where the page after this row begins, whatever becomes of the row."""
    return urlsafe_b64encode(_PLACE.pack(row.created_at, row.seq)).decode().rstrip("=")


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    asked = {
        task.c.status: wanted.status,
        task.c.model: wanted.model,
    }
    after, before = wanted.created_after, wanted.created_before
    return [
        *(column == value for column, value in asked.items() if value is not None),
        *([] if after is None else [task.c.created_at > after.timestamp()]),
        *([] if before is None else [task.c.created_at < before.timestamp()]),
    ]


def _beyond(cursor: str, *, oldest_first: bool) -> ColumnElement[bool]:
    created_at, seq = _place(cursor)
    here = tuple_(literal(created_at), literal(seq))
    return tuple_(*_AGE) > here if oldest_first else tuple_(*_AGE) < here


def _place(cursor: str) -> tuple[float, int]:
    try:
        created_at, seq = _PLACE.unpack(urlsafe_b64decode(f"{cursor}=="))
        if len(cursor) == _CURSOR_LENGTH and math.isfinite(created_at):
            return created_at, seq
    except (binascii.Error, struct.error, ValueError):
        pass
    raise InvalidFormat("parameter 'cursor' must be one that a page gave out", field="cursor")
