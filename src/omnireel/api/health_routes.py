"""Is the process alive, and can it do its work?"""

from __future__ import annotations

import shutil
from pathlib import Path

from fastapi import APIRouter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from omnireel.api.answers import Answer, HealthAnswer, ReadyAnswer
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.rooms import Check, RoomsHere
from omnireel.errors import Unavailable
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.database import writing

router = APIRouter(route_class=LeanRoute, tags=["health"])


@router.get("/healthz", summary="The process answers")
async def healthz() -> Answer[HealthAnswer]:
    return Answer(data=HealthAnswer())


@router.get("/readyz", summary="Every part works", responses=problems(503))
def readyz(rooms: RoomsHere) -> Answer[ReadyAnswer]:
    if rooms.draining.is_set():
        raise Unavailable("the server is stopping")
    return Answer(data=ReadyAnswer(checks={name: check() for name, check in rooms.values.checks.items()}))


def writable(database: Engine) -> Check:
    """A check that a write transaction can be begun."""

    def check() -> str:
        try:
            with writing(database):
                return "writable"
        except (SQLAlchemyError, DatabaseAway) as error:
            raise Unavailable("the database cannot be written", retry_after=10) from error

    return check


def free_disk(folder: Path, least: int) -> Check:
    """A check that `folder` has at least so many bytes to spare."""

    def check() -> str:
        free = shutil.disk_usage(folder).free
        if free < least:
            raise Unavailable(f"the disk has {free} bytes free, {least} are needed", retry_after=60)
        return f"{free} bytes free"

    return check
