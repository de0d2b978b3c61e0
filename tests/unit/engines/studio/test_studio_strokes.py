from __future__ import annotations

import numpy as np
import pytest

from omnireel.engines.studio.looks.painterly.headings import Headings
from omnireel.engines.studio.looks.painterly.kernels_finish import light_relief
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.stamps import FACINGS, TurnedStamps, turned
from omnireel.engines.studio.looks.painterly.strokes import sample
from omnireel.engines.studio.picture.raster import Mask, Plane

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


def pointing(degrees: float, count: int = 1) -> Plane:
    twice = np.radians(2 * degrees)
    return np.tile(np.array([np.cos(twice), np.sin(twice)], np.float32), (count, 1))


def test_strokes_do_not_tremble_and_still_follow_a_slow_turn() -> None:
    headings, whim, seen = Headings(1, loose=0), np.full((1, 4), 0.5, np.float32), np.ones(1, np.bool_)
    faced: list[float] = []
    for degrees in (30, *(30 + 1.2 * (-1) ** k for k in range(8)), *np.arange(30, 75, 0.25), *[75.0] * 20):
        headings.turn(pointing(degrees), np.array([not faced]))
        headings.face(whim, seen)
        faced.append(float(headings.facing[0]))
    assert len(set(faced[:9])) == 1
    assert faced == sorted(faced)
    assert abs(faced[-1] - facing(75)) <= 1


def test_a_fresh_stroke_forgets_where_its_slot_pointed() -> None:
    headings, whim, seen = Headings(5, loose=0.3), np.full((5, 4), 0.9, np.float32), np.ones(5, np.bool_)
    others = Headings(5, loose=0.3)
    headings.turn(pointing(20, 5), seen)
    headings.face(whim, seen)
    for each in (headings, others):
        each.turn(pointing(21, 5), seen)
        each.face(whim, seen)
    assert (headings.facing == others.facing).all()


def test_samples_lie_between_the_pixels_around_a_place() -> None:
    field = np.arange(24, dtype=np.float32).reshape(4, 6, 1)
    place = np.array([[0.5, 0.5], [5.5, 3.5], [11.5, 7.5], [-30, 90]], np.float32)
    assert sample(field, place, (12, 8))[:, 0].tolist() == [0, 11.5, 23, 18]


def test_slopes_towards_the_upper_left_are_lit_and_flat_paint_keeps_its_colour() -> None:
    canvas, flat = np.full((9, 30), 0x00C86432, np.uint32), np.full((9, 30), 128, np.uint8)
    relief = np.zeros((9, 30), np.uint8)
    relief[:, 10:20] = 40
    light_relief(canvas, relief, flat, np.float32(1 / 46))
    red = canvas >> 16
    assert (canvas[:, [2, 15, 27]] == 0x00C86432).all()
    assert (red[:, 9] > 200).all()
    assert (red[:, 20] < 200).all()
