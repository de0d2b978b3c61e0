"""Files sent once and referred to by many requests."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from omnireel.api.answers import Answer, FileAnswer, FileDeletedAnswer, FileListAnswer
from omnireel.api.auth import ReaderHere, SubmitterHere
from omnireel.api.body import stated_length
from omnireel.api.form import FORM_OVERHEAD
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.api.scratch import scratch_file
from omnireel.api.task_answer import wire_time
from omnireel.api.upload import FIELD, receive_file
from omnireel.crashpoints import crash_point
from omnireel.errors import InvalidRequest
from omnireel.media.limits import check_size
from omnireel.media.sniff import Sniffed, sniff
from omnireel.models import MediaLimits
from omnireel.tasks.files import MediaFile
from omnireel.tasks.places import UPLOADS

LONGEST_NAME = 255
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_FORM = {
    "type": "object",
    "required": [FIELD],
    "properties": {
        FIELD: {"type": "string", "format": "binary", "description": "≤ 16 MiB image, ≤ 200 MiB video."}
    },
}
_EXTRA = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]

router = APIRouter(route_class=LeanRoute, prefix="/api/v1/media/files", tags=["media files"])


@router.post(
    "",
    summary="Upload a picture or a clip",
    description="Kept for 7 days. A team's files may take `quota_bytes` together, which the list tells.",
    responses=problems(400, 401, 413, 415, 429, 503),
    openapi_extra=_EXTRA,
)
async def upload(request: Request, caller: SubmitterHere, rooms: RoomsHere) -> Answer[FileAnswer]:
    limit = rooms.values.upload_video_bytes
    length = stated_length(request, limit, slack=FORM_OVERHEAD)
    await run_in_threadpool(_check_room, length, caller.team, rooms)
    async with rooms.uploads.place(length, caller.team):
        with scratch_file(rooms.values.scratch) as path:
            filename = await receive_file(request, path, limit=limit)
            file = await run_in_threadpool(_keep, path, filename, caller.team, rooms)
    return Answer(data=_file_answer(file, rooms))


@router.get("", summary="The team's files, newest first", responses=problems(400, 401, 429, 503))
def index(
    caller: ReaderHere, rooms: RoomsHere, limit: Limit = 20, cursor: Cursor = None
) -> Answer[FileListAnswer]:
    page = rooms.files.page(caller.team, limit, cursor)
    usage = rooms.files.usage(caller.team)
    answer = FileListAnswer(
        items=[_file_answer(file, rooms) for file in page.files],
        next_cursor=page.next_cursor,
        has_more=page.next_cursor is not None,
        used_bytes=usage.used,
        quota_bytes=usage.quota,
    )
    return Answer(data=answer)


@router.get("/{file_id}", summary="One file, with a link to it", responses=problems(401, 404, 429, 503))
def show(file_id: str, caller: ReaderHere, rooms: RoomsHere) -> Answer[FileAnswer]:
    return Answer(data=_file_answer(rooms.files.get(caller.team, file_id), rooms))


@router.delete("/{file_id}", summary="Forget a file", responses=problems(401, 404, 429, 503))
def delete(file_id: str, caller: SubmitterHere, rooms: RoomsHere) -> Answer[FileDeletedAnswer]:
    rooms.service.discard(rooms.files.delete(caller.team, file_id).key)
    return Answer(data=FileDeletedAnswer(file_id=file_id))


def _check_room(length: int | None, team: str, rooms: Rooms) -> None:
    """Whether a form of this length may bring a file that fits; worth asking before it is received."""
    rooms.service.check_disk()
    rooms.files.usage(team).check(max(0, (length or 0) - FORM_OVERHEAD))


def _keep(path: Path, filename: str, team: str, rooms: Rooms) -> MediaFile:
    """Store a received file and write down whose it is."""
    sniffed = _sniffed(path, rooms)
    # For certain in the transaction that records it; here, before its bytes are stored.
    rooms.files.usage(team).check(sniffed.size)
    file_id = f"file-{token_hex(16)}"
    name = _display_name(filename) or f"{file_id}.{sniffed.format}"
    key = f"{UPLOADS}{file_id}/{_plain_stem(name)}.{sniffed.format}"
    blob = rooms.intake.store(team, path, sniffed.format)
    crash_point("mid_upload")
    file = MediaFile(file_id, team, sniffed.kind, name, sniffed.size, key, rooms.clock.now(), blob)
    return rooms.files.add(team, file)


def _sniffed(path: Path, rooms: Rooms) -> Sniffed:
    values = rooms.values
    try:
        sniffed = sniff(path)
        check_size(
            sniffed.kind,
            sniffed.size,
            MediaLimits(image_bytes=values.upload_image_bytes, video_bytes=values.upload_video_bytes),
        )
    except InvalidRequest as error:
        raise type(error)(f"parameter '{FIELD}': {error}", field=FIELD) from None
    return sniffed


def _display_name(filename: str) -> str:
    """The file's own name without folders and without anything that cannot be shown."""
    name = re.split(r"[/\\]", filename)[-1]
    return "".join(char for char in name if char.isprintable()).strip()[:LONGEST_NAME]


def _plain_stem(name: str) -> str:
    """What of a name may stand in a key and so in a link's path."""
    return _NOT_IN_KEYS.sub("-", Path(name).stem).strip("-")[:80] or "file"


def _file_answer(file: MediaFile, rooms: Rooms) -> FileAnswer:
    lifetime = rooms.values.file_lifetime
    expires_at = file.created_at + lifetime
    remaining = max(timedelta(0), expires_at - rooms.clock.now())
    return FileAnswer(
        file_id=file.file_id,
        type=file.type.value,
        url=rooms.blobs.sign(file.key, remaining),
        filename=file.filename,
        size=file.size,
        created_at=wire_time(file.created_at),
        expires_at=wire_time(expires_at),
    )
