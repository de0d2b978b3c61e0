"""The loops behind cells and facets, against their rules in plain words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from omnireel.engines.studio.looks.graphic.kernels_cells import (
    find_edges,
    paint_facets,
    round_off,
    share_out,
    soften_folds,
    space_out,
)

WIDTH, HEIGHT = 61, 43


@pytest.mark.parametrize("square", [0.0, 0.8])
def test_a_pixel_belongs_to_the_point_nearest_in_place_and_colour(square: float) -> None:
    random = np.random.default_rng(5)
    count, spacing, strictness = 60, 9.0, 1 / 30000
    flat = random.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    place = random.random((count, 2)) * (WIDTH, HEIGHT)
    held, colours = random.random(count), random.integers(0, 256, (count, 3)).astype(np.float32)
    names = np.arange(100, 100 + count)
    points = np.column_stack([place, np.full(count, spacing), held, names]).astype(np.float32)
    past = random.choice(names, (HEIGHT, WIDTH)).astype(np.float32)
    angle = random.random((HEIGHT, WIDTH)) * 6
    turn = np.stack([np.cos(2 * angle), np.sin(2 * angle)]).astype(np.float32)
    labels = np.empty((HEIGHT, WIDTH), np.int32)
    share_out(flat, points, colours, past, turn, np.float32(strictness), np.float32(square), labels)

    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    dx, dy = x[..., None] - place[:, 0], y[..., None] - place[:, 1]
    cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
    longest = np.maximum(np.abs(dx * cos + dy * sin), np.abs(dy * cos - dx * sin))
    away = (1 - square) * (dx**2 + dy**2) + square * 2 * longest**2
    unlike = ((flat[:, :, None].astype(float) - colours) ** 2).sum(axis=3)
    cost = away / spacing**2 + held + unlike * strictness - 0.12 * (past[..., None] == names)
    reached = (np.hypot(dx, dy).min(axis=2) < spacing) & (
        np.ptp(np.sort(cost, axis=2)[..., :2], axis=2) > 1e-3
    )
    near = np.hypot(dx, dy)[y, x, cost.argmin(axis=2)] < spacing
    sure = reached & near
    assert sure.mean() > 0.5
    assert (labels == cost.argmin(axis=2))[sure].mean() > 0.999


def test_points_that_stand_too_near_an_older_one_are_dropped() -> None:
    x, y = (np.array(values, np.float32) for values in ([10, 13, 30, 31], [10, 10, 20, 33]))
    spacing, ground = np.full((HEIGHT, WIDTH), 8, np.float32), np.zeros((HEIGHT, WIDTH), np.uint8)
    kept = np.empty(4, np.uint8)
    space_out(x, y, spacing, np.float32(0.5), np.float32(1.3), ground, kept)
    assert kept.tolist() == [1, 0, 1, 1]
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = np.min([np.hypot(column - x[k], row - y[k]) for k in (0, 2, 3)], axis=0)
    clear = np.abs(away - 8 * 1.3) > 1e-3
    assert ((ground > 0) == (away < 8 * 1.3))[clear].all()
    assert (ground[away < 3.9] >= 2).all()


def test_labels_are_rounded_off_by_the_commonest_around() -> None:
    random = np.random.default_rng(2)
    labels = np.kron(random.integers(0, 5, (6, 8)), np.ones((4, 4))).astype(np.int32)
    padded, out = np.pad(labels, 2, mode="edge"), np.empty_like(labels)
    round_off(padded, 1, out)
    for y, x in np.ndindex(labels.shape):
        counts = np.bincount(padded[y : y + 5, x : x + 5].ravel(), minlength=5)
        assert counts[out[y, x]] == counts.max()
        assert out[y, x] == labels[y, x] or counts[out[y, x]] > counts[labels[y, x]]


def test_edges_are_where_labels_meet() -> None:
    labels = np.zeros((4, 5), np.int32)
    labels[2:, 3:] = 1
    inside = np.empty((4, 5), np.uint8)
    find_edges(labels, inside)
    assert (np.argwhere(inside == 0) == [[1, 3], [1, 4], [2, 2], [3, 2]]).all()


def test_facets_leave_no_gaps_and_have_smooth_edges() -> None:
    (left, top), (right, bottom), middle = (-2, -2), (70, 50), (20.3, 17.6)
    ring = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    corners = np.array([[one, other, middle] for one, other in pairwise(ring)], np.float32)
    colours = np.array([[40, 60, 80], [90, 110, 130], [140, 160, 180], [200, 220, 240]], np.uint8)
    fine, frame = (np.zeros((HEIGHT * n, WIDTH * n, 3), np.uint8) for n in (8, 1))
    paint_facets((corners + np.float32(0.5)) * np.float32(8) - np.float32(0.5), colours, fine)
    paint_facets(corners, colours, frame)
    jagged = frame.copy()
    soften_folds(corners, frame)
    exact = fine.reshape(HEIGHT, 8, WIDTH, 8, 3).mean(axis=(1, 3))
    assert frame.min() >= 40
    assert np.abs(frame - exact).mean() < np.abs(jagged - exact).mean() / 3
    # All but the one pixel in which four edges meet.
    assert np.sort(np.abs(frame - exact)[1:-1, 1:-1].max(axis=2), axis=None)[-2] < 24
