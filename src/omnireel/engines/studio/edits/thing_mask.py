"""Where a thing is, frame by frame: its colours, without specks, carried along its motion."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane, boxed
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_MEMORY = np.float32(0.72)
"""How much of the mask is the past's, where the flow may be believed."""
_BARE = 0.75
"""Share of what lies around a part that must be skin for the part to belong to a face."""
_LIPS = 0.01
"""Share of the picture above which a part is no lips, whatever lies around it."""
_LEAST_PIXELS = 14
_REACH = 7


def members_of(frame: Frame, members: Mask) -> Mask:
    """Each pixel's membership, of 255, from a cube over the top six bits of blue, green and red."""
    top = frame >> 2
    found: Mask = members[top[..., 0], top[..., 1], top[..., 2]]
    return found


class ThingMask:
    """Follows a thing of known colours. The mask is the hidden field that is smoothed, never the pixels.

    Parts smaller than the share `smallest` of the largest are taken for the same colour elsewhere.
    """

    def __init__(self, members: Mask, smallest: float) -> None:
        self.members, self._smallest = members, smallest
        self._past: Plane | None = None

    def see(self, moment: Moment) -> Mask:
        """Where the thing may be, of 255 on the working grid: a little wider than the thing itself."""
        found = _without_specks(moment.small, members_of(moment.small, self.members), self._smallest)
        now = np.asarray(found, np.float32)
        if self._past is not None and not moment.motion.cut:
            kept = _MEMORY * moment.motion.trust
            now = moment.motion.follow(self._past) * kept + now * (1 - kept)
        self._past = now
        return _widened(now)


def _without_specks(small: Frame, members: Mask, smallest: float) -> Mask:
    solid = cast("Mask", cv2.morphologyEx(members, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((solid > 96).astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    if count < 2:
        return np.zeros_like(members)
    kept = ~_in_faces(small, np.asarray(labels, np.int32), count) & (
        areas >= max(_LEAST_PIXELS, smallest * int(areas.max()))
    )
    return np.asarray(kept[labels], np.uint8) * np.uint8(255)


def _in_faces(small: Frame, labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which parts have skin all around them: lips are red, but no red thing."""
    luma, red, blue = cv2.split(cast("Frame", cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb)))
    skin = (luma > 50) & (red > 133) & (red < 175) & (blue > 80) & (blue < 128)
    around = cv2.dilate(labels.astype(np.float32), np.ones((19, 19), np.uint8)).astype(np.intp)
    around[labels > 0] = 0
    whole = np.bincount(around.ravel(), minlength=count)
    small_parts = np.bincount(labels.ravel(), minlength=count) < _LIPS * labels.size
    bare = np.bincount(around.ravel(), skin.ravel(), minlength=count)
    return np.asarray(small_parts & (bare > _BARE * np.maximum(whole, 1)))


def _widened(field: Plane) -> Mask:
    """Room for soft edges: the exact edge is the colour's own, found at full size."""
    solid = np.clip(field * np.float32(2), 0, 255).astype(np.uint8)
    return boxed(cast("Mask", cv2.dilate(solid, np.ones((_REACH, _REACH), np.uint8))), 5)
