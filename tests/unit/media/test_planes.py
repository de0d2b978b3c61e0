"""Frames as the planes that H.264 stores."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame

from omnireel.media.frames import Frame
from omnireel.media.planes import PlaneMaker


def plane(picture: VideoFrame, index: int) -> Frame:
    part = picture.planes[index]
    return np.frombuffer(bytes(part), np.uint8).reshape(-1, part.line_size)[:, : part.width]


@pytest.mark.parametrize(
    ("bgr", "expected"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 255), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((255, 0, 0), (32, 240, 118)),
        ((128, 128, 128), (126, 128, 128)),
    ],
)
def test_colours_become_limited_range_bt709(
    bgr: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    frame = np.full((36, 50, 3), bgr, np.uint8)

    picture = PlaneMaker(50, 36).picture(frame)

    for index, level in enumerate(expected):
        assert np.abs(plane(picture, index).astype(int) - level).max() <= 1


def test_every_pixel_has_its_own_luma_and_four_share_their_chroma() -> None:
    random = np.random.default_rng(4)
    frame = random.integers(0, 256, (34, 70, 3), np.uint8)

    picture = PlaneMaker(70, 34).picture(frame)

    blue, green, red = (frame[..., channel].astype(float) for channel in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    difference = (red - luma) / 1.5748 * 224 / 255 + 128
    assert np.abs(plane(picture, 0) - (luma * 219 / 255 + 16)).max() <= 1
    assert np.abs(plane(picture, 2) - difference.reshape(17, 2, 35, 2).mean(axis=(1, 3))).max() <= 1.5


def test_a_frame_may_be_overwritten_once_it_is_a_picture() -> None:
    frame = np.full((16, 16, 3), 200, np.uint8)
    maker = PlaneMaker(16, 16)

    picture = maker.picture(frame)
    frame[:] = 0
    maker.picture(frame)

    assert plane(picture, 0).min() > 150
