"""Picture operations of our own, held against slow and plain ways to the same result."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.kernels_masses import mix_into
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import boxed, fetched, grey_of, pixel_grid, shrunk
from omnireel.engines.studio.picture.volume import inflated
from omnireel.media.frames import Frame


def noise(width: int, height: int) -> Frame:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


def test_a_frame_shrunk_to_a_third_is_the_mean_of_nines() -> None:
    frame = noise(96, 54)
    nines = frame.reshape(18, 3, 32, 3, 3).mean(axis=(1, 3))
    assert (shrunk(frame, (32, 18)) == np.floor(nines + 0.5)).all()
    assert (shrunk(frame, (32, 18)) == cv2.resize(frame, (32, 18), interpolation=cv2.INTER_AREA)).all()


def test_colours_are_fetched_like_single_planes() -> None:
    frame, grid = noise(40, 30), pixel_grid((40, 30))
    x, y = grid[..., 0] * np.float32(1.1) - 2, grid[..., 1] + np.float32(0.37)
    alone = np.stack([fetched(np.ascontiguousarray(frame[..., c]), x, y) for c in range(3)], axis=-1)
    assert np.abs(fetched(frame, x, y).astype(int) - alone.astype(int)).max() <= 1


def test_a_calmed_pixel_is_the_mean_of_its_calmest_square() -> None:
    frame = boxed(noise(48, 32), 3)
    means, grey = boxed(frame, 5), grey_of(frame).astype(np.float32)
    spread = cv2.sqrBoxFilter(grey, cv2.CV_32F, (5, 5)) - boxed(grey, 5) ** 2
    result = calmed(frame)
    for y, x in ((2, 2), (10, 40), (17, 23), (29, 45)):
        corners = [(y - 2, x - 2), (y - 2, x + 2), (y + 2, x - 2), (y + 2, x + 2)]
        calmest = min(corners, key=lambda corner: float(spread[corner]))
        assert (result[y, x] == means[calmest]).all()


def test_mixing_in_place_is_mixing() -> None:
    one, other = noise(32, 16), noise(32, 16)[::-1].copy()
    share = np.linspace(0, 255, 32 * 16).astype(np.uint8).reshape(16, 32)
    mixed = one.copy()
    mix_into(mixed.reshape(-1), other.reshape(-1), np.repeat(share, 3))
    assert (mixed == blended(one, other, share)).all()


@pytest.mark.parametrize("bevel", [8.0, 14.0])
def test_a_wide_piece_swells_to_its_plateau_and_sinks_at_its_seam(bevel: float) -> None:
    seam = np.zeros((180, 240), np.float32)
    seam[:, 119:121] = 1.2
    swell = inflated(seam, bevel)
    plateau = bevel**2 / 2
    assert abs(float(swell[90, 40]) - plateau) < 0.12 * plateau
    assert swell[90, 119:121].max() < 0.25 * plateau
    # Sweeps lean neither to one side nor downwards.
    assert np.abs(swell - swell[:, ::-1]).max() < 0.01 * plateau
    assert np.abs(swell - swell[::-1]).max() < 0.01 * plateau
