"""Frames as the planes that H.264 stores: luma for every pixel, two chroma planes for every second one."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from omnireel.media.frames import Frame

_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
"""Shares of the primaries in luma (ITU-R BT.709-6, 2015)."""
_LUMA_SPAN, _CHROMA_SPAN = 219 / 255, 224 / 255
_Plane8 = NDArray[np.uint8]


def _matrix() -> NDArray[np.float32]:
    """Rows Y, Cb, Cr; columns blue, green, red and offset: full-range BGR to limited-range BT.709."""
    luma = np.array([_BLUE, _GREEN, _RED, 0.0])
    to_blue = (np.array([1.0, 0.0, 0.0, 0.0]) - luma) / (2 * (1 - _BLUE))
    to_red = (np.array([0.0, 0.0, 1.0, 0.0]) - luma) / (2 * (1 - _RED))
    rows = np.stack([luma * _LUMA_SPAN, to_blue * _CHROMA_SPAN, to_red * _CHROMA_SPAN])
    rows[:, 3] = 16, 128, 128
    return rows.astype(np.float32)


class PlaneMaker:
    """Turns frames of one even `width` and `height` into pictures of yuv420p.

    OpenCV does it in a quarter of the time of FFmpeg's scaler, and rounds where that cuts off. Chroma is the
    mean of four pixels. Not for use by several threads at once: the scratch planes are shared.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._matrix = _matrix()
        self._full = np.empty((height, width, 3), np.uint8)
        self._half = np.empty((height // 2, width // 2, 3), np.uint8)

    def picture(self, frame: Frame) -> VideoFrame:
        """The frame, `(height, width, 3)` uint8 BGR, as a picture with planes of its own."""
        picture = VideoFrame(*self._size, "yuv420p")
        luma, blue, red = (_pixels(plane) for plane in picture.planes)
        cv2.transform(frame, self._matrix, self._full)
        cv2.resize(self._full, (blue.shape[1], blue.shape[0]), dst=self._half, interpolation=cv2.INTER_AREA)
        cv2.extractChannel(self._full, 0, luma)
        cv2.extractChannel(self._half, 1, blue)
        cv2.extractChannel(self._half, 2, red)
        return picture


def _pixels(plane: VideoPlane) -> _Plane8:
    """A plane's own memory, `(height, width)`, without the padding at the end of its rows."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
