"""The service as its users may see it."""

from __future__ import annotations

import platform
import time

from fastapi import APIRouter, Request

from omnireel.api.answers import (
    Answer,
    CheckAnswer,
    DiskAnswer,
    QueueAnswer,
    SandboxAnswer,
    StatusAnswer,
    WorkersAnswer,
)
from omnireel.api.auth import ReaderHere
from omnireel.api.checks import look
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.api.standing import Standing, tasks_in
from omnireel.errors import Unavailable
from omnireel.models import TaskStatus
from omnireel.tasks.gauges import QueueState

_ABOUT = """\
Queue, workers, sandbox, free disk and versions, for whoever has a key. Numbers are of the whole service, not
of the team, and at most five seconds old. It is 200 also while a check fails; `ready` says so.
"""

router = APIRouter(route_class=LeanRoute, prefix="/api/v1", tags=["health"])


@router.get("/status", summary="How the service is", description=_ABOUT, responses=problems(401, 429, 503))
def status(request: Request, _caller: ReaderHere, rooms: RoomsHere) -> Answer[StatusAnswer]:
    standing = rooms.values.standing
    state = standing.queue()
    if state is None:
        raise Unavailable("the database cannot be read", retry_after=10)
    return Answer(data=_status(request.app.version, rooms, standing, state))


def _status(version: str, rooms: Rooms, standing: Standing, state: QueueState) -> StatusAnswer:
    checks = look(rooms.values.checks)
    return StatusAnswer(
        version=version,
        python=platform.python_version(),
        uptime_seconds=round(time.monotonic() - standing.began, 1),
        ready=not rooms.stopping and all(report.ok for report in checks.values()),
        queue=QueueAnswer(
            pending=tasks_in(state, TaskStatus.PENDING),
            processing=tasks_in(state, TaskStatus.PROCESSING),
            oldest_seconds=round(state.oldest, 1),
            most=standing.most_queued,
        ),
        workers=WorkersAnswer(live=state.crew.workers, slots=state.crew.slots),
        webhooks_pending=state.webhooks,
        disk=DiskAnswer(free_bytes=standing.free_disk(), least_bytes=standing.least_free),
        sandbox=SandboxAnswer(level=standing.sandbox_level, description=standing.sandbox),
        engines=list(standing.engines),
        default_engine=standing.default_engine,
        metering=standing.metering,
        retention_days=standing.retention_days,
        checks={name: CheckAnswer(ok=report.ok, reason=report.reason) for name, report in checks.items()},
    )
