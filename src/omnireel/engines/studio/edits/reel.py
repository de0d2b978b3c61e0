"""The source's frames on the clip's canvas: in the order, at the pace and in the views the clip has them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from omnireel.engines.studio.edits.camera_track import Steps
from omnireel.engines.studio.edits.pace import Pace, paced
from omnireel.engines.studio.edits.shooting import Operator, Take
from omnireel.engines.studio.edits.viewpoint import View, seen
from omnireel.engines.studio.picture.crop import Crop
from omnireel.engines.studio.picture.raster import Size, crossfaded
from omnireel.engines.studio.tracker import Moment, tracked
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import MediaLimits

Aim = Callable[[int], tuple[tuple[View, float], ...]]
"""The views a frame of the clip mixes, each with its share."""


@dataclass(frozen=True)
class Source:
    """A source video and how its frames fill the canvas."""

    path: Path
    format: str
    size: Size
    frames: int
    fps: Fraction
    start: Fraction
    has_audio: bool
    crop: Crop
    limits: MediaLimits

    @property
    def seconds(self) -> float:
        return float(self.frames / self.fps)


@dataclass(frozen=True)
class Direction:
    """What is done to the frames on their way to the canvas.

    `aim` gives the views, read at `size`; `corrections` `(n, 4)` steady the source's frames.
    """

    pace: Pace
    aim: Aim | None = None
    size: Size | None = None
    corrections: Steps | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is done at all."""
        return self.pace.changes or self.aim is not None


def reel(source: Source, direction: Direction) -> Generator[Frame, None, None]:
    """The clip's frames, as many as the source has, on the canvas `source.crop.size`."""
    size = source.crop.scaled if direction.aim is None else direction.size or source.crop.scaled
    with VideoReader(source.path, source.format, size, source.fps, limits=source.limits) as reader:
        frames = _ordered(reader, source, direction.pace)
        if direction.aim is None:
            yield from (source.crop.cut(frame) for frame in frames)
            return
        positions = source_positions(source.frames, direction.pace)
        for index, frame in enumerate(frames):
            yield _viewed(frame, direction, index, float(positions[index]), source.crop.size)


def source_positions(total: int, pace: Pace) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Where in the source, in frames, each frame of the clip lies."""
    length = np.arange(total) * pace.factor
    forward = np.minimum(length, total - 1) if pace.factor <= 1 else np.ceil(length - 1e-6) % max(1, total)
    return np.asarray(total - 1 - forward if pace.backwards else forward, np.float64)


def directed(takes: list[Take], operator: Operator) -> Aim:
    """The views of a clip in shots; where one dissolves in, of both."""

    def aim(index: int) -> tuple[tuple[View, float], ...]:
        place = max(number for number, take in enumerate(takes) if take.start <= index)
        take = takes[place]
        view = operator.aim(take, index)
        past = index - take.start
        if past >= take.overlap:
            return ((view, 1.0),)
        share = (past + 1) / (take.overlap + 1)
        return (operator.aim(takes[place - 1], index), 1 - share), (view, share)

    return aim


def _ordered(reader: VideoReader, source: Source, pace: Pace) -> Iterable[Frame]:
    if not pace.changes:
        return reader
    play: Callable[[], Iterator[Frame]] = reader.backwards if pace.backwards else reader.__iter__
    return paced(play, pace.factor, source.frames)


def _viewed(frame: Frame, direction: Direction, index: int, position: float, canvas: Size) -> Frame:
    correction = None if direction.corrections is None else _correction(direction.corrections, position)
    views = direction.aim(index) if direction.aim else ()
    pictures = [(seen(frame, view, canvas, correction), share) for view, share in views]
    if len(pictures) == 1:
        return pictures[0][0]
    return crossfaded(pictures[0][0], pictures[1][0], pictures[1][1])


def _correction(corrections: Steps, position: float) -> Steps:
    """The step of a moment that may lie between two frames of the source."""
    last = len(corrections) - 1
    before = min(int(position), last)
    after, share = min(before + 1, last), position - int(position)
    return np.asarray(corrections[before] * (1 - share) + corrections[after] * share)


def in_shots(frames: Iterable[Frame], size: Size, takes: Sequence[Take], hold: int) -> Iterator[Moment]:
    """Moments of the clip, each shot followed by itself: where the view jumps, nothing is to be remembered.

    A dissolve belongs to the shot before it up to its middle.
    """
    source = iter(frames)
    begins = [take.start + take.overlap // 2 for take in takes]
    ends = [*begins[1:], takes[-1].start + takes[-1].frames]
    for begin, end in zip(begins, ends, strict=True):
        for moment in tracked(islice(source, end - begin), size, hold=hold):
            yield replace(moment, index=moment.index + begin)


@contextmanager
def small_frames(source: Source, side: int) -> Iterator[VideoReader]:
    """The source at the size in which it is watched."""
    scaled = source.crop.scaled
    scale = min(1.0, side / max(scaled))
    size = max(16, round(scaled[0] * scale)), max(16, round(scaled[1] * scale))
    with VideoReader(source.path, source.format, size, source.fps, limits=source.limits) as reader:
        yield reader
