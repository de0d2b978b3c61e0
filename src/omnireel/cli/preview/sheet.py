"""A contact sheet: moments of a video side by side. Needs the server's packages."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import MediaLimits

GAP = 4
UPRIGHT = 1.2
"""Height by width."""
LIMITS = MediaLimits(video_min_seconds=0.0, video_max_seconds=60.0, video_min_side=16, video_max_side=4096)
"""Results of other servers may be longer and larger than our inputs."""


def contact_sheet(video: Path, width: int, *, few: bool = False) -> Frame:
    """Frames of an MP4, evenly spread, side by side; `width` pixels wide altogether, BGR.

    With `few`, fewer and larger ones. Raises InvalidMedia for what cannot be decoded.
    """
    with VideoReader(video, "mp4", limits=LIMITS) as probe:
        shape = probe.facts.height / probe.facts.width
    columns, rows = _layout(shape, few=few)
    tile = max(16, (width - GAP * (columns - 1)) // columns)
    size = (tile, max(16, round(tile * shape)))
    moments = columns * rows
    with VideoReader(video, "mp4", size, limits=LIMITS) as reader:
        wanted = {int((part + 0.5) / moments * len(reader)) for part in range(moments)}
        frames = [frame.copy() for place, frame in enumerate(reader) if place in wanted]
    lines = [frames[start : start + columns] for start in range(0, len(frames), columns)]
    return np.vstack([_row(line, size, columns) for line in lines])[:-GAP]


def _layout(shape: float, *, few: bool) -> tuple[int, int]:
    """Columns and rows; a screen is wider than it is high, so upright videos stand in one row."""
    if shape > UPRIGHT:
        return (4, 1) if few else (6, 1)
    return (2, 2) if few else (3, 2)


def fitted(picture: Frame, width: int, height: int) -> Frame:
    """The picture in another size, every pixel of it counted."""
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def as_png(picture: Frame) -> bytes:
    done, encoded = cv2.imencode(".png", picture)
    if not done:
        raise OSError("the picture cannot be encoded")
    return encoded.tobytes()


def _row(frames: list[Frame], size: tuple[int, int], columns: int) -> Frame:
    width, height = size
    row = np.zeros((height + GAP, columns * (width + GAP) - GAP, 3), np.uint8)
    for place, frame in enumerate(frames):
        row[:height, place * (width + GAP) : place * (width + GAP) + width] = frame
    return row
