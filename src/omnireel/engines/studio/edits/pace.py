"""The frames of a source in another order and at another pace; as many as before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from omnireel.engines.studio.edits.inbetween import Between
from omnireel.media.frames import Frame
from omnireel.models import Edit, EditKind

_NEARLY = 1e-6
_EXACT = 0.02
"""Shares of a frame's time from a source frame at which that frame itself is shown."""


@dataclass(frozen=True)
class Pace:
    """How a source is played: `factor` times as fast, from its end to its start when `backwards`."""

    factor: float = 1.0
    backwards: bool = False

    @property
    def changes(self) -> bool:
        return self.backwards or abs(self.factor - 1) > _NEARLY


def pace_of(edits: Iterable[Edit]) -> Pace:
    """What the time edits come to together."""
    factor, backwards = 1.0, False
    for edit in edits:
        if edit.kind is EditKind.SPEED:
            factor *= edit.factor
        elif edit.kind is EditKind.REVERSE:
            backwards = not backwards
    return Pace(factor, backwards)


def paced(play: Callable[[], Iterable[Frame]], factor: float, total: int) -> Iterator[Frame]:
    """`total` frames of what `play` starts from its beginning each time it is called.

    Slower, the frames between are made along the motion; faster, frames are left out, and what ends early
    begins again.
    """
    if factor < 1 - _NEARLY:
        yield from islice(_slowed(play(), factor), total)
        return
    given = 0
    while given < total:
        for frame in _hastened(play(), factor):
            yield frame
            given += 1
            if given == total:
                return


def _hastened(frames: Iterable[Frame], factor: float) -> Iterator[Frame]:
    due = 0.0
    for index, frame in enumerate(frames):
        if index >= due - _NEARLY:
            yield frame
            due += factor


def _slowed(frames: Iterable[Frame], factor: float) -> Iterator[Frame]:
    source = iter(frames)
    here = next(source)
    count = 0
    for index, following in enumerate(source):
        between: Between | None = None
        while count * factor < index + 1 - _NEARLY:
            share = count * factor - index
            if share < _EXACT:
                yield here
            else:
                between = between or Between(here, following)
                yield between.at(share)
            count += 1
        here = following
    while True:
        yield here
