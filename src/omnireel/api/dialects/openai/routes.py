"""`/v1/videos` as the `openai` package speaks it: translated into our own submit and out of our own tasks."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import FileResponse

from omnireel.api.auth import ReaderHere, SubmitterHere
from omnireel.api.dialects.names import renaming
from omnireel.api.dialects.openai.asked import (
    EDIT_FIELDS,
    NAMES,
    REMIX_FIELDS,
    SOURCE,
    STAND_IN,
    created,
    edited,
    linked,
    named_video,
)
from omnireel.api.dialects.openai.content import Variant, check_done, content
from omnireel.api.dialects.openai.described import CREATE_BODY, EDIT_BODY, EXTEND_BODY, REMIX_BODY
from omnireel.api.dialects.openai.errors import openai_problems
from omnireel.api.dialects.openai.received import CREATE, EDIT, Received, received
from omnireel.api.dialects.openai.shown import (
    Video,
    VideoDeleted,
    VideoList,
    poll_after,
    resource,
    video,
    video_list,
)
from omnireel.api.gate import decode
from omnireel.api.inputs import Medium
from omnireel.api.once import REPLAYED, IdempotencyKey
from omnireel.api.problems import Problem
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.api.submitting import Asking, Wanted, check_open, submit_wanted
from omnireel.api.webhook_header import WebhookUrlHere
from omnireel.api.wishes import WishesHere
from omnireel.catalog.model import Model
from omnireel.errors import NotFound
from omnireel.models import Mode
from omnireel.tasks.store import Origin, TaskFilter

ORIGIN: Final = Origin("openai")
_POLL_AFTER: Final = "openai-poll-after-ms"
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            "video/mp4": {"schema": {"type": "string", "format": "binary"}},
            "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
        }
    },
    206: {"description": "The range asked for."},
    307: {"description": "Where the bucket hands the file out, when files are kept in one."},
}
_ABOUT_FILES: Final = """\
The thumbnail and the spritesheet are JPEGs. A spritesheet has up to 25 stills, spread evenly over the video,
in rows of five.
"""
_SUBMIT: Final = openai_problems(400, 401, 403, 404, 409, 413, 415, 429, 503)
_CANNOT_EXTEND: Final = (
    "videos are not extended here; to go on from a video, send its last frame as 'input_reference'"
)


class _VideoId(Convertor[str]):
    """Any part of a path but the name under which another dialect's routes lie."""

    regex = "(?!omni-video(?:/|$))[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("video", _VideoId())

Limit = Annotated[int, Query(ge=1, le=100)]
Order = Annotated[Literal["asc", "desc"], Query(description="By the time of the submit.")]
After = Annotated[str | None, Query(max_length=128, description="`last_id` of the page before.")]

router = APIRouter(prefix="/v1/videos", tags=["videos as OpenAI has them"])


@router.post("", summary="Make a video", responses=_SUBMIT, openapi_extra=CREATE_BODY)
async def create(
    request: Request,
    response: Response,
    caller: SubmitterHere,
    rooms: RoomsHere,
    wishes: WishesHere,
    webhook_url: WebhookUrlHere,
    key: IdempotencyKey = None,
) -> Video:
    check_open(rooms)
    asking = Asking(caller, wishes, webhook_url, key, ORIGIN)
    limit = rooms.values.media_limits.image_bytes
    async with received(request, rooms, caller.team, CREATE, limit=limit) as sent:
        return await run_in_threadpool(_create, sent, asking, rooms, response)


@router.get("", summary="The team's videos", responses=openai_problems(400, 401, 403, 404, 429, 503))
def index(
    caller: ReaderHere, rooms: RoomsHere, after: After = None, limit: Limit = 20, order: Order = "desc"
) -> VideoList:
    cursor = rooms.service.cursor_at(caller.team, after) if after else None
    wanted = TaskFilter(oldest_first=order == "asc")
    page = rooms.service.list(caller.team, wanted, limit=limit, cursor=cursor)
    return video_list(page.tasks, has_more=page.next_cursor is not None)


@router.post("/edits", summary="Repaint a video", responses=_SUBMIT, openapi_extra=EDIT_BODY)
async def edit(
    request: Request,
    response: Response,
    caller: SubmitterHere,
    rooms: RoomsHere,
    wishes: WishesHere,
    webhook_url: WebhookUrlHere,
    key: IdempotencyKey = None,
) -> Video:
    check_open(rooms)
    asking = Asking(caller, wishes, webhook_url, key, ORIGIN)
    limit = rooms.values.media_limits.video_bytes
    async with received(request, rooms, caller.team, EDIT, limit=limit) as sent:
        return await run_in_threadpool(_edit, sent, asking, rooms, response)


@router.post(
    "/extensions",
    summary="Refused: nothing here extends a video",
    response_model=None,
    responses=openai_problems(400, 401, 403, 429, 503),
    openapi_extra=EXTEND_BODY,
)
def extend(_caller: SubmitterHere) -> Response:
    raise Problem(400, "Invalid parameters", _CANNOT_EXTEND, code="not_supported")


@router.get("/{video_id:video}", summary="A video", responses=openai_problems(400, 401, 403, 404, 429, 503))
def retrieve(video_id: str, response: Response, caller: ReaderHere, rooms: RoomsHere) -> Video:
    task = rooms.service.get(caller.team, video_id)
    if not task.status.terminal:
        response.headers[_POLL_AFTER] = str(poll_after(task))
    return video(task)


@router.delete(
    "/{video_id:video}",
    summary="Forget a video that has ended, and its files",
    responses=openai_problems(400, 401, 403, 404, 429, 503),
)
def delete(video_id: str, caller: SubmitterHere, rooms: RoomsHere) -> VideoDeleted:
    rooms.service.delete(caller.team, video_id)
    return VideoDeleted(id=video_id)


@router.head("/{video_id:video}/content", include_in_schema=False)
@router.get(
    "/{video_id:video}/content",
    summary="A finished video's file, its thumbnail or its spritesheet",
    description=_ABOUT_FILES,
    response_class=FileResponse,
    responses=_FILES | openai_problems(400, 401, 403, 404, 416, 429, 503),
)
def download(
    request: Request, video_id: str, caller: ReaderHere, rooms: RoomsHere, variant: Variant = "video"
) -> Response:
    return content(request, rooms.service.get(caller.team, video_id), variant, rooms)


@router.post(
    "/{video_id:video}/remix",
    summary="Repaint a video that was made here",
    responses=_SUBMIT,
    openapi_extra=REMIX_BODY,
)
async def remix(
    request: Request,
    video_id: str,
    response: Response,
    caller: SubmitterHere,
    rooms: RoomsHere,
    wishes: WishesHere,
    webhook_url: WebhookUrlHere,
    key: IdempotencyKey = None,
) -> Video:
    check_open(rooms)
    asking = Asking(caller, wishes, webhook_url, key, ORIGIN)
    async with rooms.bodies.take(request, caller.team) as body:
        return await run_in_threadpool(_remix, body, video_id, asking, rooms, response)


def _create(sent: Received, asking: Asking, rooms: Rooms, response: Response) -> Video:
    def link_of(file_id: str) -> str:
        return rooms.sign(rooms.files.get(asking.caller.team, file_id).key)

    strict = rooms.values.terms.strict
    wanted = created(sent.fields, sent.media, rooms.models, strict=strict, link_of=link_of)
    return _queued(wanted, asking, rooms, response)


def _edit(sent: Received, asking: Asking, rooms: Rooms, response: Response) -> Video:
    strict = rooms.values.terms.strict
    if SOURCE in sent.media:
        source, model, mode = sent.media[SOURCE], rooms.models[STAND_IN], Mode.STD
    else:
        source, model, mode = _made_here(named_video(sent.fields), asking, rooms)
    return _queued(
        edited(sent.fields, source, model, mode, EDIT_FIELDS, strict=strict), asking, rooms, response
    )


def _remix(body: bytearray, video_id: str, asking: Asking, rooms: Rooms, response: Response) -> Video:
    strict = rooms.values.terms.strict
    fields = decode(body, {}).fields
    source, model, mode = _made_here(video_id, asking, rooms)
    return _queued(edited(fields, source, model, mode, REMIX_FIELDS, strict=strict), asking, rooms, response)


def _made_here(video_id: str, asking: Asking, rooms: Rooms) -> tuple[Medium, Model, Mode]:
    """A finished video as a source, the model that made it and in which mode."""
    task = rooms.service.get(asking.caller.team, video_id)
    check_done(task)
    made = resource(task, "primary")
    model = rooms.models.get(task.request.model)
    if made is None or model is None:
        raise NotFound(f"video {video_id!r} can no longer be repainted")
    return linked(rooms.sign(made.key)), model, task.request.mode


def _queued(wanted: Wanted, asking: Asking, rooms: Rooms, response: Response) -> Video:
    with renaming(NAMES):
        accepted = submit_wanted(wanted, asking, rooms)
    response.headers.update(REPLAYED if accepted.replayed else {})
    return video(rooms.service.get(asking.caller.team, accepted.task_id))
