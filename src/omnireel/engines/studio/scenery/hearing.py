"""What a painted shot tells the ear: who is where, and when their feet touch the ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from omnireel.engines.studio.scenery.camera import View
from omnireel.engines.studio.scenery.member import Member
from omnireel.engines.studio.scenery.motion import Gait, pose_at
from omnireel.engines.studio.sound.heard import Source
from omnireel.models import Subject

_FOOTED = {"walk", "run", "gallop", "waddle", "plod", "hop", "jump", "bounce", "dance"}
_HOOFBEATS = (0.0, 0.07, 0.14)
"""Seconds after a galloping animal lands at which its other feet come down."""
_FINE = 240
"""Poses looked at a second; a step is placed to 4 ms."""
_MOST_FEET = 3
"""Members of one group whose steps are told apart; more are a blur."""
_PERSON = 1.7


def sources_in(members: tuple[Member, ...], view: View, seconds: float) -> tuple[Source, ...]:
    """The cast as sources of sound. `view` is the shot's opening view."""
    counted: dict[str, int] = {}
    sources = []
    for member in members:
        name = member.role.art.name
        counted[name] = counted.get(name, 0) + 1
        if counted[name] <= _MOST_FEET:
            sources.append(_source(member, view, seconds, first=counted[name] == 1))
    return tuple(sources)


def contacts_of(gait: Gait, phase: float, *, front: bool, seconds: float) -> tuple[float, ...]:
    """The moments at which a gait puts a foot on the ground: where the body stops sinking."""
    if gait.name not in _FOOTED:
        return ()
    times = np.arange(0, seconds, 1 / _FINE)
    height = np.array(
        [pose_at(gait, float(time), float(time) / seconds, phase, front=front).y for time in times]
    )
    low = height <= height.min() + 0.12 * (height.max() - height.min())
    landed = np.flatnonzero(low[1:] & ~low[:-1]) + 1
    return tuple(time for landing in landed for time in _beats(gait, float(times[landing])) if time < seconds)


def _beats(gait: Gait, landing: float) -> Iterator[float]:
    yield from (landing + later for later in (_HOOFBEATS if gait.name == "gallop" else (0.0,)))


def _source(member: Member, view: View, seconds: float, *, first: bool) -> Source:
    column, _, _ = view.project(member.x, member.y, member.z)
    subject = member.role.subject or Subject(member.role.art.name)
    names = (subject.noun, member.role.art.name)
    size = float(np.clip(member.role.art.metres / _PERSON, 0.2, 3.0))
    return Source(
        # Of a group of one kind only the first calls out; the others have feet.
        names=names if first else (),
        action=subject.action if first else None,
        gait=member.role.gait.name,
        pan=float(np.clip(1.6 * (column / view.width - 0.5), -0.8, 0.8)),
        weight=size,
        contacts=contacts_of(member.role.gait, member.phase, front=member.front, seconds=seconds),
    )
