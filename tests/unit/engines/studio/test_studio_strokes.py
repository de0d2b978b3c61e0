from __future__ import annotations

import numpy as np
import pytest

from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.stamps import FACINGS, TurnedStamps, turned
from omnireel.engines.studio.picture.raster import Mask

SIDE = 120


def full(long: float, wide: float, bend: float = 0) -> TurnedStamps:
    """Strokes of nothing but paint."""
    return turned(np.full((1, 8, 8, 2), 255, np.uint8), np.array([[long, wide, bend]], np.float32))


def facing(degrees: float) -> float:
    return (degrees / 180 + 0.5) * FACINGS % FACINGS


@pytest.mark.parametrize("degrees", [0, 30, 60, 90, 120, 150, -45])
def test_a_stroke_covers_its_turned_rectangle_and_nothing_else(degrees: float) -> None:
    canvas, cos, sin = (
        np.zeros((SIDE, SIDE, 4), np.uint8),
        np.cos(np.radians(degrees)),
        np.sin(np.radians(degrees)),
    )
    lay(np.array([[60, 60, facing(degrees), 0, 1, 10, 120, 250]], np.float32), full(40, 6), canvas)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - 60
    along, across = np.abs(x * cos + y * sin), np.abs(y * cos - x * sin)
    assert (canvas[(along < 39) & (across < 5)] == (10, 120, 250, 255)).all()
    assert (canvas[(along > 41) | (across > 7)] == 0).all()


def test_strokes_beyond_the_canvas_do_no_harm() -> None:
    canvas = np.zeros((20, 30, 4), np.uint8)
    places = [(-50, 5), (5, -50), (80, 10), (10, 70), (0, 0), (29, 19)]
    strokes = np.array([[x, y, facing(53), 0, 1, 9, 9, 9] for x, y in places], np.float32)
    lay(np.floor(strokes), full(15, 4, 0.3), canvas)
    assert canvas[0, 0, 0] == canvas[19, 29, 0] == 9
    assert canvas[0, 29, 0] == 0


def test_half_a_share_of_paint_leaves_half_of_what_was_there() -> None:
    canvas = np.full((20, 30, 4), 200, np.uint8)
    lay(np.array([[15, 10, facing(0), 0, 0.5, 0, 100, 200]], np.float32), full(12, 8), canvas)
    assert np.abs(canvas[10, 15, :3].astype(int) - (100, 150, 200)).max() <= 1


@pytest.mark.parametrize("degrees", [0, 37.5, 90, 127.5])
def test_a_stroke_that_moves_by_parts_of_a_pixel_moves_by_parts_of_a_pixel(degrees: float) -> None:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    for step in np.arange(0, 2, 0.125):
        place = 60 - step * sin, 60 + step * cos
        canvas = laid_at(place, degrees)
        across = (y - 60) * cos - (x - 60) * sin
        assert abs((across * canvas).sum() / canvas.sum() - step) < 0.15


def laid_at(place: tuple[float, float], degrees: float) -> Mask:
    canvas = np.zeros((SIDE, SIDE, 4), np.uint8)
    lay(np.array([[*place, facing(degrees), 0, 1, 255, 255, 255]], np.float32), full(30, 3), canvas)
    return canvas[..., 3]
