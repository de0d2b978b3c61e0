"""What a submit's headers ask for beside the video: its place in the queue and when it must be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Depends, Header

from omnireel.api.rooms import RoomsHere
from omnireel.errors import InvalidRequest
from omnireel.tasks.store import Wishes

_PRIORITIES = {"low": -1, "normal": 0, "high": 1}

Priority = Annotated[
    Literal["low", "normal", "high"] | None,
    Header(alias="X-Priority", description="Whom the task goes before. An operator may forbid it."),
]
DeadlineSeconds = Annotated[
    int | None,
    Header(
        alias="X-Deadline-Seconds",
        ge=1,
        le=86_400,
        description="Fail as `deadline_exceeded` when the task has not ended by then, waiting or running.",
    ),
]


def _wishes(rooms: RoomsHere, priority: Priority = None, deadline: DeadlineSeconds = None) -> Wishes:
    if priority is not None and not rooms.values.allow_priority:
        raise InvalidRequest("header 'X-Priority' is not allowed here", field="X-Priority")
    seconds = None if deadline is None else timedelta(seconds=deadline)
    return Wishes(_PRIORITIES[priority or "normal"], seconds)


WishesHere = Annotated[Wishes, Depends(_wishes)]
