"""Which tasks a list shows, from its query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime

from omnireel.api.rooms import RoomsHere
from omnireel.errors import InvalidRequest
from omnireel.models import TaskStatus
from omnireel.tasks.store import TaskFilter

Moment = Annotated[
    AwareDatetime | None,
    Query(description="RFC 3339 with an offset; tasks of this very moment are left out."),
]


def _filter(
    rooms: RoomsHere,
    status: Annotated[TaskStatus | None, Query()] = None,
    model: Annotated[
        str | None, Query(max_length=128, description="`provider/name`, or the name alone.")
    ] = None,
    created_after: Moment = None,
    created_before: Moment = None,
) -> TaskFilter:
    slug = None if model is None else _slug(model, rooms.models)
    return TaskFilter(status, slug, created_after, created_before)


def _slug(name: str, slugs: Iterable[str]) -> str:
    found = next((slug for slug in slugs if name in {slug, slug.rpartition("/")[2]}), None)
    if found is None:
        raise InvalidRequest(f"parameter 'model' must be one of {', '.join(sorted(slugs))}", field="model")
    return found


FilterHere = Annotated[TaskFilter, Depends(_filter)]
