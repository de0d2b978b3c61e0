"""A submit from its body to its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from omnireel.api.auth import Caller
from omnireel.api.gate import decode
from omnireel.api.inputs import Medium
from omnireel.api.once import once
from omnireel.api.rooms import Rooms
from omnireel.catalog.model import Model
from omnireel.catalog.validate import validate
from omnireel.errors import Unavailable
from omnireel.models import VideoRequest
from omnireel.tasks.store import OUR_OWN, Earlier, Once, Origin, SubmittedBefore, Wishes


@dataclass(frozen=True)
class Accepted:
    """The task that a submit is answered with; `replayed` when an earlier one has made it."""

    task_id: str
    model_id: str
    replayed: bool


@dataclass(frozen=True)
class Asking:
    """Who submits, and what the headers say."""

    caller: Caller
    wishes: Wishes
    webhook_url: str | None
    key: str | None
    """The Idempotency-Key."""
    origin: Origin = OUR_OWN


@dataclass(frozen=True)
class Wanted:
    """What a submit asks for, in our own words, before it is judged.

    `media` has what stands behind each label in `fields`. `notes` end in the result's warnings.
    """

    model: Model
    fields: Mapping[str, object]
    media: Mapping[str, Medium]
    notes: tuple[str, ...] = ()


def submit(model: Model, body: bytearray, asking: Asking, rooms: Rooms) -> Accepted:
    """Queue what a body asks for; with an Idempotency-Key, once only."""
    check_open(rooms)
    sent = decode(body)
    return submit_wanted(Wanted(model, sent.fields, sent.media), asking, rooms)


def check_open(rooms: Rooms) -> None:
    """Raises Unavailable when the server is about to stop."""
    if rooms.draining.is_set():
        raise Unavailable("the server is stopping; send the request again in a moment")


def submit_wanted(wanted: Wanted, asking: Asking, rooms: Rooms) -> Accepted:
    """Queue what is wanted; with an Idempotency-Key, once only."""
    judged = validate(wanted.model, wanted.fields, rooms.values.terms)
    request = replace(judged, notes=(*wanted.notes, *judged.notes))
    if asking.key is None:
        return _queue(request, wanted.media, None, asking, rooms)
    named = once(asking.caller, asking.key, rooms.inputs.identify(request, wanted.media))
    with rooms.underway.alone(named.name):
        return _queue_once(request, wanted.media, named, asking, rooms)


def _queue_once(
    wanted: VideoRequest, media: Mapping[str, Medium], named: Once, asking: Asking, rooms: Rooms
) -> Accepted:
    earlier = rooms.service.recall(named)
    if earlier is not None:
        return _again(earlier)
    try:
        return _queue(wanted, media, named, asking, rooms)
    except SubmittedBefore as before:
        # By another process, since the look above.
        return _again(before.earlier)


def _queue(
    wanted: VideoRequest, media: Mapping[str, Medium], named: Once | None, asking: Asking, rooms: Rooms
) -> Accepted:
    caller = asking.caller
    rooms.service.check_room()
    rooms.service.check_funds(caller.team, wanted)
    request = rooms.inputs.bring_in(caller.team, wanted, media)
    task = rooms.service.submit(
        caller.team,
        request,
        request_id=caller.request_id,
        wishes=asking.wishes,
        once=named,
        webhook_url=asking.webhook_url,
        origin=asking.origin,
    )
    return Accepted(task.task_id, task.model_id, replayed=False)


def _again(earlier: Earlier) -> Accepted:
    return Accepted(earlier.task_id, earlier.model_id, replayed=True)
