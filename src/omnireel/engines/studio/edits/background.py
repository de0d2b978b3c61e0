"""A background out of focus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    boxed,
    shrunk,
    size_of,
    softened,
    stretched,
)
from omnireel.engines.studio.picture.saliency import saliency_of
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_LOOK_EVERY = 4
"""Frames between two looks at what stands out; the mask goes along the motion meanwhile."""
_MEMORY = np.float32(0.7)
_EDGE_REACH, _EDGE_SLACK = 9, 90.0
"""Radius, in pixels of the working grid, and tolerance, in squared grey levels, of the guided filter."""
_MOVING = np.float32(0.8)
"""How much moving against its surroundings counts, per pixel of the working grid, towards being near."""


class BlurredBackground:
    """Keeps sharp what stands out or moves by itself; the rest goes soft, softer farther away from it."""

    def __init__(self) -> None:
        self._past: Plane | None = None
        self._age = 0

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment with its background blurred."""
        found = ((moment, self._near(moment)) for moment in moments)
        for moment, near in ahead(found, threads=threads):
            yield moment.repainted(_focused(moment.frame, near))

    def _near(self, moment: Moment) -> Mask:
        cut = self._past is None or moment.motion.cut
        kept = moment.motion.follow(self._past) if self._past is not None and not cut else None
        if kept is None or self._age % _LOOK_EVERY == 0:
            now = _subject(moment)
            kept = now if kept is None else kept * _MEMORY + now * (1 - _MEMORY)
        self._age = 0 if cut else self._age + 1
        self._past = kept
        guide = cast("Plane", cv2.cvtColor(moment.small, cv2.COLOR_BGR2GRAY)).astype(np.float32)
        fitted = cv2.ximgproc.guidedFilter(guide, kept, _EDGE_REACH, _EDGE_SLACK)
        return np.asarray(np.clip((fitted - 0.28) / 0.3, 0, 1) * 255, np.uint8)


def _subject(moment: Moment) -> Plane:
    """0 to 1: what stands out, moves by itself, and is in the middle."""
    size = size_of(moment.small)
    found = stretched(saliency_of(moment.small), size)
    if not moment.motion.cut:
        found = found + _MOVING * np.clip(_own_motion(moment), 0, 1)
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None]
    y = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    central = np.exp(-((x / 0.75) ** 2) - ((y - 0.15) / 0.95) ** 2)
    return np.asarray(np.clip(found * (0.35 + 0.65 * central), 0, 1), np.float32)


def _own_motion(moment: Moment) -> Plane:
    motion = moment.motion
    rows, columns = np.indices(motion.x.shape, np.float32)
    right, down = columns - motion.x, rows - motion.y
    right, down = right - np.median(right[::8, ::8]), down - np.median(down[::8, ::8])
    return boxed(np.asarray(np.hypot(right, down), np.float32), 9) / np.float32(2)


def _focused(frame: Frame, near: Mask) -> Frame:
    size = size_of(frame)
    half, eighth = (size[0] // 2, size[1] // 2), (max(8, size[0] // 4), max(8, size[1] // 4))
    # The subject's light must not bleed into what lies behind it: blurred without it, then laid under it.
    shares = shrunk(near, eighth).astype(np.float32) / np.float32(255)
    open_light = shrunk(frame, eighth).astype(np.float32) * (1.02 - shares)[..., None]
    side = max(3, eighth[1] // 14 | 1)
    light = _round(open_light, side) / np.maximum(_round(1.02 - shares, side), 0.02)[..., None]
    soft = np.clip(stretched(np.asarray(light, np.float32), half), 0, 255).astype(np.uint8)
    return blended(stretched(soft, size), frame, stretched(softened(near, 1.0), size))


def _round(plane: Plane, side: int) -> Plane:
    """Twice a box: near enough to a lens's disc."""
    return boxed(boxed(plane, side), side)
