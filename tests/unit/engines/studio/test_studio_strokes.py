from __future__ import annotations

import numpy as np
import pytest

from omnireel.engines.studio.looks.painterly.kernels_strokes import lay

SIDE = 120


@pytest.mark.parametrize("degrees", [0, 30, 60, 90, 120, 150, -45])
def test_a_stroke_covers_its_turned_rectangle_and_nothing_else(degrees: float) -> None:
    canvas, stamp = np.zeros((SIDE, SIDE, 4), np.uint8), np.full((1, 8, 8, 2), 255, np.uint8)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    stroke = np.array([[60, 60, cos, sin, 40, 6, 0, 1, 10, 120, 250, 0]], np.float32)
    lay(stroke, stamp, canvas)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - 60
    along, across = np.abs(x * cos + y * sin), np.abs(y * cos - x * sin)
    assert (canvas[(along < 39) & (across < 5)] == (10, 120, 250, 255)).all()
    assert (canvas[(along > 41) | (across > 7)] == 0).all()


def test_strokes_beyond_the_canvas_do_no_harm() -> None:
    canvas, stamp = np.zeros((20, 30, 4), np.uint8), np.full((1, 8, 8, 2), 255, np.uint8)
    places = [(-50, 5), (5, -50), (80, 10), (10, 70), (0, 0), (29, 19)]
    strokes = np.array([[x, y, 0.6, 0.8, 15, 4, 0.3, 1, 9, 9, 9, 0] for x, y in places], np.float32)
    lay(strokes, stamp, canvas)
    assert canvas[0, 0, 0] == canvas[19, 29, 0] == 9
    assert canvas[0, 29, 0] == 0


def test_half_a_share_of_paint_leaves_half_of_what_was_there() -> None:
    canvas, stamp = np.full((20, 30, 4), 200, np.uint8), np.full((1, 8, 8, 2), 255, np.uint8)
    lay(np.array([[15, 10, 1, 0, 12, 8, 0, 0.5, 0, 100, 200, 0]], np.float32), stamp, canvas)
    assert np.abs(canvas[10, 15, :3].astype(int) - (100, 150, 200)).max() <= 1
