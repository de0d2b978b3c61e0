"""A submit from its body to its receipt."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.api.auth import Caller
from omnireel.api.gate import SubmitBody, decode
from omnireel.api.once import once
from omnireel.api.rooms import Rooms
from omnireel.catalog.model import Model
from omnireel.catalog.validate import validate
from omnireel.errors import Unavailable
from omnireel.models import VideoRequest
from omnireel.tasks.store import Earlier, Once, SubmittedBefore, Wishes


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


def submit(model: Model, body: bytearray, asking: Asking, rooms: Rooms) -> Accepted:
    """Queue what a body asks for; with an Idempotency-Key, once only."""
    if rooms.draining.is_set():
        raise Unavailable("the server is stopping; send the request again in a moment")
    sent = decode(body)
    wanted = validate(model, sent.fields, rooms.values.terms)
    if asking.key is None:
        return _queue(wanted, sent, None, asking, rooms)
    named = once(asking.caller, asking.key, rooms.inputs.identify(wanted, sent.media))
    with rooms.underway.alone(named.name):
        return _queue_once(wanted, sent, named, asking, rooms)


def _queue_once(
    wanted: VideoRequest, sent: SubmitBody, named: Once, asking: Asking, rooms: Rooms
) -> Accepted:
    earlier = rooms.service.recall(named)
    if earlier is not None:
        return _again(earlier)
    try:
        return _queue(wanted, sent, named, asking, rooms)
    except SubmittedBefore as before:
        # By another process, since the look above.
        return _again(before.earlier)


def _queue(
    wanted: VideoRequest, sent: SubmitBody, named: Once | None, asking: Asking, rooms: Rooms
) -> Accepted:
    caller = asking.caller
    rooms.service.check_room()
    rooms.service.check_funds(caller.team, wanted)
    request = rooms.inputs.bring_in(caller.team, wanted, sent.media)
    task = rooms.service.submit(
        caller.team,
        request,
        request_id=caller.request_id,
        wishes=asking.wishes,
        once=named,
        webhook_url=asking.webhook_url,
    )
    return Accepted(task.task_id, task.model_id, replayed=False)


def _again(earlier: Earlier) -> Accepted:
    return Accepted(earlier.task_id, earlier.model_id, replayed=True)
