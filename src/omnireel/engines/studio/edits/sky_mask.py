"""Where the sky is, if a clip shows any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.edits.thing_mask import members_of
from omnireel.engines.studio.picture.palette import chroma_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    boxed,
    grey_of,
    lab_of,
    length_of,
    shrunk,
    softened,
)
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

Where: TypeAlias = NDArray[np.bool_]

_SIZE = (192, 108)
_SMOOTH = 5.0
"""Mean luma gradient below which a place may be sky; clouds stay under it, leaves and walls do not."""
_TOP = 0.3
"""Share of the height from which the sky's colours are learned."""
_LEAST, _MOST = 0.03, 0.985
"""Shares of the picture a sky takes up."""
_VERY_SMOOTH = 1.6
_ALIKE = 46.0
"""Roughness and Lab distance from the sky's mean within which its haze lies."""
_CELLS = 32
_MEMORY = np.float32(0.8)


def sky_members(samples: Sequence[Frame]) -> Mask | None:
    """A cube of the colours, of 255, that are the sky's rather than the rest's; None where there is no sky.

    Learned from the smooth part that hangs together with the upper border, against all the rest.
    """
    small = [shrunk(frame, _SIZE) for frame in samples]
    seeds = [_seed(frame) for frame in small]
    if float(np.mean([seed.mean() for seed in seeds])) < _LEAST:
        return None
    above, below = _counted(small, seeds), _counted(small, [~seed for seed in seeds])
    share = above / (above + below * np.float32(1.2) + np.float32(1e-2))
    fine = cast("Plane", np.repeat(np.repeat(np.repeat(share, 2, 0), 2, 1), 2, 2))
    members = np.asarray(np.clip((fine - 0.3) / 0.4, 0, 1) * 255, np.uint8)
    found = [float((_hanging(members_of(frame, members)) > 127).mean()) for frame in small]
    return members if _LEAST < float(np.mean(found)) < _MOST else None


class SkyMask:
    """Follows the sky. The mask is smoothed along the flow; its edges are the colours' own."""

    def __init__(self, members: Mask) -> None:
        self.members = members
        self._past: Plane | None = None

    def see(self, moment: Moment) -> Mask:
        """Where sky may be, of 255 on the working grid, a little beyond its edge."""
        now = np.asarray(_hanging(members_of(moment.small, self.members)), np.float32)
        if self._past is not None and not moment.motion.cut:
            kept = _MEMORY * moment.motion.trust
            now = moment.motion.follow(self._past) * kept + now * (1 - kept)
        self._past = now
        solid = np.clip(now * np.float32(1.6), 0, 255).astype(np.uint8)
        return boxed(cast("Mask", cv2.dilate(solid, np.ones((7, 7), np.uint8))), 5)


def _seed(frame: Frame) -> Where:
    """What is surely sky: smooth, of a sky's colour, joined to the upper border, and in the upper part."""
    grey = softened(grey_of(frame), 1.0).astype(np.float32)
    across = cast("Plane", cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    down = cast("Plane", cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    rough = boxed(length_of(across, down) / 4, 5)
    fits = (rough < _SMOOTH) & _sky_coloured(frame)
    joined = _hanging(fits.astype(np.uint8) * np.uint8(255)) > 127
    joined = _grown(frame, _largest(joined), rough < _VERY_SMOOTH)
    rows = np.flatnonzero(joined.mean(axis=1) > 0.02)
    # A sky reaches deep and is wide; a bright lamp at the border is neither.
    if not len(rows) or joined[: max(2, int(_SIZE[1] * 0.06))].mean() < 0.12:
        return np.zeros(frame.shape[:2], bool)
    return joined


def _largest(joined: Where) -> Where:
    """Without the parts that are small beside the largest: blue leaves at the border are no sky."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= 0.2 * max(1, int(areas.max())))[labels]) if count > 1 else joined


def _grown(frame: Frame, seed: Where, smooth: Where) -> Where:
    """The seed with what goes on smoothly from it in about its colours: the haze towards the horizon."""
    if not seed.any():
        return seed
    lab = lab_of(frame.reshape(-1, 3)).reshape(*frame.shape[:2], 3)
    away = np.linalg.norm(lab - lab[seed].mean(axis=0), axis=2)
    open_ground = seed | (smooth & (away < _ALIKE))
    _, labels = cv2.connectedComponents(open_ground.astype(np.uint8))
    return np.asarray(np.isin(labels, np.unique(labels[seed])) & open_ground)


def _sky_coloured(frame: Frame) -> Where:
    """Blue of any depth, or pale, or glowing: but not green, and not the brown and grey of walls."""
    lab = lab_of(frame.reshape(-1, 3))
    chroma, hue = chroma_of(lab), np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    blue = (hue > 205) & (hue < 320) & (chroma > 5)
    pale = (lab[:, 0] > 74) & (chroma < 22)
    glow = (lab[:, 0] > 52) & (chroma > 16) & ((hue < 82) | (hue > 320))
    return np.asarray((blue | pale | glow).reshape(frame.shape[:2]))


def _hanging(members: Mask) -> Mask:
    """The members in one piece with the upper border; glimpses between leaves are left out."""
    closed = cast("Mask", cv2.morphologyEx(members, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    side = max(3, members.shape[0] // 70 | 1)
    solid = cast("Mask", cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)))
    _, labels = cv2.connectedComponents((solid > 110).astype(np.uint8))
    top = np.unique(labels[: max(1, len(labels) // 40)])
    kept = np.zeros(int(labels.max()) + 1, np.uint8)
    kept[top[top > 0]] = 255
    return np.asarray(kept[labels], np.uint8)


def _counted(frames: Sequence[Frame], masks: Sequence[Where]) -> Plane:
    """How often each colour cell occurs in the masked part, blurred over its neighbours."""
    count = np.zeros(_CELLS**3, np.float64)
    for frame, mask in zip(frames, masks, strict=True):
        cells = frame[mask].astype(np.intp) >> 3
        codes = (cells[:, 0] * _CELLS + cells[:, 1]) * _CELLS + cells[:, 2]
        count += np.bincount(codes, minlength=_CELLS**3)
    cube = np.asarray(count, np.float32).reshape(_CELLS, _CELLS, _CELLS)
    for axis in range(3):
        cube = _spread(cube, axis)
    return cube


def _spread(cube: Plane, axis: int) -> Plane:
    padded = np.concatenate([cube.take([0], axis), cube, cube.take([-1], axis)], axis)
    count = cube.shape[axis]
    parts = [padded.take(range(step, step + count), axis) for step in range(3)]
    return np.asarray((parts[0] + 2 * parts[1] + parts[2]) / 4, np.float32)
