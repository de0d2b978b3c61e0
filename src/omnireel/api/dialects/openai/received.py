"""A create's or an edit's body, whichever of the two types it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omnireel.api.body import stated_length
from omnireel.api.dialects.openai.asked import CREATE_FIELDS, EDIT_FIELDS, REFERENCE, SOURCE
from omnireel.api.form import Form, Shape, is_form, receive_form
from omnireel.api.gate import LONGEST_VALUE, MediaFields, decode
from omnireel.api.inputs import Medium
from omnireel.api.problems import Problem
from omnireel.api.rooms import Rooms
from omnireel.api.scratch import scratch_file
from omnireel.errors import OutOfRange

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
_LONGEST_LINK: Final = 16 * 1024 * 1024
"""Bytes of an `image_url` in a form: a picture as a data: URL fits in."""
_NUMBERS: Final = ("seed",)


@dataclass(frozen=True)
class Received:
    """A body's fields, each medium in them swapped for its label, and what stands behind the labels."""

    fields: Mapping[str, object]
    media: Mapping[str, Medium]


@dataclass(frozen=True)
class Kind:
    """What a body may bring: one medium, and where it may stand in an object."""

    medium: str
    known: tuple[str, ...]
    json_media: MediaFields
    members: Mapping[str, int]
    """The object's members as a form has them, `medium[member]`, and their most bytes."""


CREATE: Final = Kind(
    REFERENCE,
    CREATE_FIELDS,
    MappingProxyType({REFERENCE: "image_url"}),
    MappingProxyType({"image_url": _LONGEST_LINK, "file_id": LONGEST_VALUE}),
)
EDIT: Final = Kind(SOURCE, EDIT_FIELDS, MappingProxyType({}), MappingProxyType({"id": LONGEST_VALUE}))


@asynccontextmanager
async def received(
    request: Request, rooms: Rooms, team: str, kind: Kind, *, limit: int
) -> AsyncIterator[Received]:
    """The body, for as long as the caller holds on to it; a form's file may have `limit` bytes."""
    if is_form(request):
        await run_in_threadpool(rooms.service.check_disk)
        async with rooms.uploads.place(stated_length(request, limit, slack=_LONGEST_LINK), team):
            with scratch_file(rooms.values.scratch) as path:
                yield _from_form(await receive_form(request, path, _shape(kind), limit=limit), path, kind)
    elif request.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON:
        async with rooms.bodies.take(request, team) as body:
            sent = await run_in_threadpool(decode, body, kind.json_media)
            yield Received(sent.fields, sent.media)
    else:
        raise Problem(415, "Unsupported media type", f"the Content-Type must be {JSON} or {FORM}")


def _shape(kind: Kind) -> Shape:
    texts = {name: LONGEST_VALUE for name in kind.known if name != kind.medium}
    members = {f"{kind.medium}[{member}]": longest for member, longest in kind.members.items()}
    return Shape(kind.medium, texts | members)


def _from_form(form: Form, path: Path, kind: Kind) -> Received:
    if form.files > 1:
        raise OutOfRange(f"parameter '{kind.medium}' may come once, got {form.files}", field=kind.medium)
    fields: dict[str, object] = {
        name: _value(name, text) for name, text in form.texts.items() if name in kind.known
    }
    fields |= dict.fromkeys(form.others)
    media: dict[str, Medium] = {}
    if form.files:
        fields[kind.medium], media[kind.medium] = kind.medium, path
    elif members := _members(form, kind, media):
        fields[kind.medium] = members
    return Received(fields, media)


def _value(name: str, text: str) -> object:
    """A form knows only text."""
    return int(text) if name in _NUMBERS and text.isdecimal() and len(text) < 20 else text


def _members(form: Form, kind: Kind, media: dict[str, Medium]) -> dict[str, object]:
    members: dict[str, object] = {}
    for member in kind.members:
        text = form.texts.get(f"{kind.medium}[{member}]")
        if text is not None and member in kind.json_media.values():
            label = f"{kind.medium}.{member}"
            members[member], media[label] = label, msgspec.Raw(msgspec.json.encode(text))
        elif text is not None:
            members[member] = text
    return members
