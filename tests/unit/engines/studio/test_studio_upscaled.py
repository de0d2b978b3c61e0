"""Large canvases: looks painted smaller, and brought up to size."""

from __future__ import annotations

import numpy as np
import pytest
from tests.footage import filmed, painting

from omnireel.engines.studio.looks.plan import plan_looks, through
from omnireel.engines.studio.picture.enlarging import enlarged, painted_size
from omnireel.engines.studio.tracker import tracked
from omnireel.models import JobKind, Shot, Storyboard


@pytest.mark.parametrize(
    ("size", "painted"),
    [
        ((1280, 720), (1280, 720)),
        ((1920, 1080), (1280, 720)),
        ((1080, 1920), (720, 1280)),
        ((96, 64), (96, 64)),
    ],
)
def test_only_a_large_canvas_is_painted_smaller(size: tuple[int, int], painted: tuple[int, int]) -> None:
    assert painted_size(size) == painted


def test_an_enlarged_picture_keeps_its_edges_where_they_were() -> None:
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, 40:] = 200
    large = enlarged(picture, (120, 90))
    assert large[:, :58].max() == 0
    assert large[:, 62:].min() >= 195


@pytest.mark.parametrize("style", ["watercolor", "pixel", "clay", "sci-fi"])
def test_a_look_on_a_large_canvas_comes_at_its_full_size_on_any_threads(style: str) -> None:
    size = (1920, 1080)
    frames = filmed(painting(2000, 1160), size, 2)
    board = Storyboard(JobKind.EDIT, (Shot(""),), (style,))
    made = [
        [moment.frame for moment in through(plan.looks, tracked(frames, size), threads=threads)]
        for threads in (1, 3)
        for plan in [plan_looks(board, frames, size, 24.0, 7)]
    ]
    assert [frame.shape for frame in made[0]] == [(1080, 1920, 3)] * 2
    assert all(np.array_equal(one, other) for one, other in zip(*made, strict=True))
    assert np.abs(made[0][1].astype(int) - frames[1]).mean() > 4
