"""Stills of a clip in rows, as one picture: what a player shows while somebody looks for a place in it."""

from __future__ import annotations

import logging
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np

from omnireel.errors import InvalidMedia
from omnireel.media.frames import Frame
from omnireel.media.poster import write_poster
from omnireel.media.reader import VideoReader
from omnireel.models import MediaLimits, Spritesheet

STILLS: Final = 25
IN_A_ROW: Final = 5
SIDE: Final = 256
"""Pixels of a still's longer side."""

# Whatever an engine makes; what callers send is held to narrower limits.
_ANYTHING: Final = MediaLimits(
    video_min_seconds=0.0,
    video_max_seconds=3600.0,
    video_min_side=2,
    video_max_side=16_384,
    video_min_fps=0.1,
    video_max_fps=1000.0,
)


log = logging.getLogger(__name__)


def draw_spritesheet(clip: Path, target: Path) -> Spritesheet | None:
    """Save up to 25 stills, spread evenly over an MP4, five in a row, as a JPEG; the last row may be short.

    None for a clip that cannot be read: it is finished without. Run it only in an attempt's child.
    """
    try:
        with VideoReader(clip, "mp4", limits=_ANYTHING) as video:
            sheet = _laid_out(video.sample(STILLS, SIDE))
    except InvalidMedia as error:
        log.warning("no spritesheet: %s", error)
        return None
    write_poster(sheet, target)
    height, width = sheet.shape[:2]
    return Spritesheet(target, width, height)


def _laid_out(stills: list[Frame]) -> Frame:
    height, width = stills[0].shape[:2]
    columns = min(IN_A_ROW, len(stills))
    sheet = np.zeros((ceil(len(stills) / columns) * height, columns * width, 3), np.uint8)
    for place, still in enumerate(stills):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + height, left : left + width] = still
    return sheet
