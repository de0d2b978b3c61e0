"""A task's news as a stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from omnireel.api.auth import ReaderHere
from omnireel.api.events import event_id, glimpse_of, news
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.rooms import RoomsHere

_STREAMED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_ABOUT = """\
Server-sent events: `status` at once and whenever the status changes, `progress` in between, one `terminal` at
the end. The data of each is the `data` of a poll. A comment comes every 15 seconds. Send the last event's id
as `Last-Event-ID` to go on after an interruption; 204 means that nothing more will come.
"""

LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=200)]

router = APIRouter(route_class=LeanRoute, prefix="/api/v1/tasks", tags=["tasks"])


@router.get(
    "/{task_id}/events",
    summary="A task's news as they come",
    description=_ABOUT,
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        204: {"description": "The task has ended and its last event is seen."},
        **problems(400, 401, 404, 429, 503),
    },
)
async def events(
    request: Request, task_id: str, caller: ReaderHere, rooms: RoomsHere, last_seen: LastEventId = ""
) -> Response:
    task = await run_in_threadpool(rooms.service.get, caller.team, task_id)
    if task.status.terminal and last_seen == event_id(glimpse_of(task)):
        return Response(status_code=204)
    stream = news(request, rooms, task, last_seen)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_STREAMED)
