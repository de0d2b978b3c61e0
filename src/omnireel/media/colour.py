"""Decoded pictures to frames: size, colour matrix, range, high dynamic range, rotation."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from omnireel.media.frames import Frame
from omnireel.media.hdr import HLG, PQ, to_standard

_UNSPECIFIED_MATRIX = 2
_BT709, _BT601 = 1, 5
_HD_HEIGHT = 720


def to_bgr(picture: VideoFrame, converter: VideoReformatter, size: tuple[int, int], rotation: int) -> Frame:
    """A decoded picture as a frame of `size` (width, height), turned clockwise by `rotation` degrees.

    A picture that does not name its matrix is taken for BT.709 when it is of high definition and for BT.601
    otherwise, as players take it. HDR is mapped to BT.709.
    """
    width, height = size[::-1] if rotation % 180 else size
    hdr = picture.color_trc in (PQ, HLG)
    converted = converter.reformat(
        picture,
        width=width,
        height=height,
        format="rgb48le" if hdr else "bgr24",
        src_colorspace=_matrix(picture),
        interpolation=_filter(picture, width),
        threads=1,
    )
    pixels = converted.to_ndarray()
    if hdr:
        frame = to_standard(np.asarray(pixels[..., ::-1], np.uint16), picture.color_trc)
    else:
        frame = np.asarray(pixels, np.uint8)
    return np.ascontiguousarray(np.rot90(frame, -rotation // 90)) if rotation else frame


def _matrix(picture: VideoFrame) -> int | None:
    if picture.colorspace != _UNSPECIFIED_MATRIX:
        return None
    return _BT709 if min(picture.width, picture.height) >= _HD_HEIGHT else _BT601


def _filter(picture: VideoFrame, width: int) -> Interpolation:
    return Interpolation.BICUBIC if width > picture.width else Interpolation.BILINEAR
