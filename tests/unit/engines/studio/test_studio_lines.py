from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.picture.lines import joined, line_contrast, line_strength
from omnireel.engines.studio.picture.orientation import structure_of, tangents_of
from omnireel.engines.studio.picture.raster import Mask, shrunk

SIDE = 120


def blank(level: int = 200) -> Mask:
    return np.full((SIDE, SIDE), level, np.uint8)


def test_a_flat_picture_has_no_lines() -> None:
    assert line_strength(blank(), fine=1.0, coarse=2.2).max() == 0


def test_an_outline_is_drawn_unbroken_on_its_dark_side() -> None:
    luma = blank()
    cv2.circle(luma, (60, 60), 40, 60, -1, cv2.LINE_AA)
    strength = line_strength(luma, fine=1.0, coarse=2.2)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    radius = np.hypot(x - 60, y - 60)
    inside = (radius > 35) & (radius < 40)
    assert strength[inside].mean() > 0.4
    sector = (np.arctan2(y - 60, x - 60) * 24 / np.pi).astype(int)
    assert all(strength[inside & (sector == part)].max() > 0.8 for part in range(-23, 24))
    assert strength[(radius > 44) | (radius < 28)].max() < 0.2


def test_grain_weaker_than_a_line_is_left_out() -> None:
    random = np.random.default_rng(1)
    luma = np.clip(blank() + random.normal(0, 2, (SIDE, SIDE)), 0, 255).astype(np.uint8)
    cv2.line(luma, (20, 60), (100, 60), 110, 2)
    strength = line_strength(luma, fine=1.0, coarse=2.2)
    assert strength[58:63, 30:90].max(axis=0).min() > 0.8
    assert strength[:50].mean() < 0.01


def test_tangents_run_along_stripes() -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    stripes = (128 + 90 * np.sin((x * 0.8 + y * 0.6) * 0.5)).astype(np.uint8)
    tangents = tangents_of(structure_of(stripes, 7))[20:-20, 20:-20]
    assert np.abs(tangents[..., 0] * 0.8 + tangents[..., 1] * 0.6).max() < 0.1
    assert tangents[..., 2].min() > 0.9


def test_a_gap_in_a_curve_is_bridged_along_it() -> None:
    luma, broken = blank(), blank()
    cv2.circle(luma, (60, 60), 30, 60, 2, cv2.LINE_AA)
    cv2.ellipse(broken, (60, 60), (30, 30), 0, 7, 353, 60, 2, cv2.LINE_AA)
    tangents = tangents_of(structure_of(luma, 5))
    apart = line_contrast(broken, 1.0)
    together = joined(apart, tangents)
    assert apart[60, 88:93].max() < 4
    assert together[60, 88:93].max() > 8
    assert together[60, 96:].max() < 2


def test_tangents_of_a_coarser_grid_join_the_same_lines() -> None:
    luma = blank()
    cv2.circle(luma, (60, 60), 40, 60, -1, cv2.LINE_AA)
    half = shrunk(luma, (SIDE // 2, SIDE // 2))
    contrast = line_contrast(luma, 1.0)
    fine, coarse = (joined(contrast, tangents_of(structure_of(grid, 3))) for grid in (luma, half))
    assert np.abs(fine - coarse).mean() < 0.05 * np.abs(fine)[np.abs(fine) > 2].mean()


def test_broad_lines_stand_out_as_they_do_at_full_size() -> None:
    luma, sigma = blank(), 2.4
    cv2.circle(luma, (61, 60), 40, 60, 5, cv2.LINE_AA)
    exact = luma.astype(np.float32)
    full = cv2.GaussianBlur(exact, (0, 0), 1.6 * sigma) - cv2.GaussianBlur(exact, (0, 0), sigma)
    assert np.abs(line_contrast(luma, sigma) - full).max() < 0.08 * full.max()
