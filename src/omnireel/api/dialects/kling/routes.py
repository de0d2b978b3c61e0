"""`/v1/videos/omni-video` as Kling has it: translated into our own submit and out of our own tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from omnireel.api.dialects.kling.asked import CALLBACK, MEDIA, Asked, asked
from omnireel.api.dialects.kling.caller import KlingReader, KlingSubmitter
from omnireel.api.dialects.kling.described import ABOUT, CREATE_BODY
from omnireel.api.dialects.kling.errors import kling_problems
from omnireel.api.dialects.kling.shown import KlingAnswer, KlingListAnswer, kling_task
from omnireel.api.dialects.names import renaming
from omnireel.api.gate import decode
from omnireel.api.lean import LeanRoute
from omnireel.api.once import REPLAYED, IdempotencyKey
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.api.submitting import Accepted, Asking, check_open, submit_wanted
from omnireel.api.webhook_header import WebhookUrlHere, check_target
from omnireel.api.wishes import WishesHere
from omnireel.errors import NotFound
from omnireel.models import Task
from omnireel.tasks.store import Origin

DIALECT: Final = "kling"
_PAGE: Final = 100
"""As many tasks as the service lists at once."""

PageNum = Annotated[int, Query(ge=1, le=1000)]
PageSize = Annotated[int, Query(ge=1, le=500)]
Name = Annotated[str, Path(max_length=255, description="The task's id, or its `external_task_id`.")]

router = APIRouter(route_class=LeanRoute, prefix="/v1/videos/omni-video", tags=["videos as Kling has them"])


@router.post(
    "",
    summary="Make a video",
    description=ABOUT,
    responses=kling_problems(400, 401, 403, 404, 409, 413, 415, 429, 503),
    openapi_extra=CREATE_BODY,
)
async def create(
    request: Request,
    response: Response,
    caller: KlingSubmitter,
    rooms: RoomsHere,
    wishes: WishesHere,
    webhook_url: WebhookUrlHere,
    key: IdempotencyKey = None,
) -> KlingAnswer:
    check_open(rooms)
    asking = Asking(caller, wishes, webhook_url, key)
    async with rooms.bodies.take(request, caller.team) as body:
        accepted = await run_in_threadpool(_create, body, asking, rooms)
    response.headers.update(REPLAYED if accepted.replayed else {})
    task = await run_in_threadpool(rooms.service.get, caller.team, accepted.task_id)
    return KlingAnswer(request_id=caller.request_id, data=kling_task(task, rooms.sign))


@router.get(
    "",
    summary="The team's tasks, newest first",
    responses=kling_problems(400, 401, 403, 429, 503),
)
def index(
    caller: KlingReader,
    rooms: RoomsHere,
    page: Annotated[PageNum, Query(alias="pageNum")] = 1,
    size: Annotated[PageSize, Query(alias="pageSize")] = 30,
) -> KlingListAnswer:
    tasks = _page(rooms, caller.team, (page - 1) * size, size)
    return KlingListAnswer(
        request_id=caller.request_id, data=[kling_task(task, rooms.sign) for task in tasks]
    )


@router.get(
    "/{name:path}",
    summary="A task, by its id or by what its caller calls it",
    responses=kling_problems(400, 401, 403, 404, 429, 503),
)
def show(name: Name, caller: KlingReader, rooms: RoomsHere) -> KlingAnswer:
    return KlingAnswer(
        request_id=caller.request_id, data=kling_task(_find(rooms, caller.team, name), rooms.sign)
    )


def _create(body: bytearray, asking: Asking, rooms: Rooms) -> Accepted:
    sent = decode(body, MEDIA)
    understood = asked(sent.fields, sent.media, rooms.models, strict=rooms.values.terms.strict)
    with renaming(understood.names):
        return submit_wanted(understood.wanted, _with_origin(asking, understood, rooms), rooms)


def _with_origin(asking: Asking, understood: Asked, rooms: Rooms) -> Asking:
    url = understood.callback_url
    if url is not None:
        check_target(url, f"parameter '{CALLBACK}'", CALLBACK, rooms)
    origin = Origin(DIALECT, understood.external_id)
    return replace(asking, origin=origin, webhook_url=url or asking.webhook_url)


def _page(rooms: Rooms, team: str, skip: int, size: int) -> list[Task]:
    first = rooms.service.list(team, limit=min(size, _PAGE), skip=skip)
    tasks, cursor = list(first.tasks), first.next_cursor
    while cursor is not None and len(tasks) < size:
        page = rooms.service.list(team, limit=min(size - len(tasks), _PAGE), cursor=cursor)
        tasks, cursor = [*tasks, *page.tasks], page.next_cursor
    return tasks


def _find(rooms: Rooms, team: str, name: str) -> Task:
    try:
        return rooms.service.get(team, name)
    except NotFound:
        return rooms.service.named(team, name)
