from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.picture.crop import cover


def test_a_source_of_the_same_shape_is_scaled_only() -> None:
    crop = cover((960, 540), (1280, 720), [])
    assert (crop.scaled, crop.left, crop.top) == ((1280, 720), 0, 0)


def test_the_canvas_is_covered_and_the_cut_lies_inside() -> None:
    samples = [np.zeros((90, 160, 3), np.uint8)]
    for canvas in ((720, 1280), (960, 960), (1280, 720)):
        for source in ((960, 540), (540, 960), (640, 480)):
            crop = cover(source, canvas, samples)
            assert crop.scaled[0] >= canvas[0]
            assert crop.scaled[1] >= canvas[1]
            frame = np.zeros((crop.scaled[1], crop.scaled[0], 3), np.uint8)
            assert crop.cut(frame).shape == (canvas[1], canvas[0], 3)


def test_a_plain_picture_is_cut_in_the_middle() -> None:
    crop = cover((1280, 720), (720, 720), [np.full((90, 160, 3), 90, np.uint8)] * 2)
    assert abs(crop.left - 280) <= 8


def test_the_cut_moves_to_where_the_detail_is() -> None:
    picture = np.full((90, 160, 3), 90, np.uint8)
    for x in range(120, 156, 6):
        cv2.circle(picture, (x, 40), 3, (255, 255, 255), -1)
    assert cover((1280, 720), (720, 720), [picture] * 2).left > 400
