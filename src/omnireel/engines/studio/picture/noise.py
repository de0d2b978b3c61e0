"""Noise that wraps: the raw material of papers, bristles and washes."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.raster import Plane


def wrapping_noise(random: np.random.Generator, side: int, grain: float) -> Plane:
    """`(side, side)` smooth noise of mean 0 and deviation 1 that wraps; its spots are `grain` wide."""
    return leaning_noise(random, (side, side), (grain, grain))


def leaning_noise(random: np.random.Generator, shape: tuple[int, int], grains: tuple[float, float]) -> Plane:
    """Wrapping noise of `shape`, height and width, whose spots are `grains` (down, across) wide: streaks."""
    down = np.fft.fftfreq(shape[0])[:, None] * grains[0]
    across = np.fft.rfftfreq(shape[1])[None] * grains[1]
    gauss = np.exp(-2 * np.pi * (down**2 + across**2)).astype(np.float32)
    field = np.fft.irfft2(np.fft.rfft2(random.standard_normal(shape, np.float32)) * gauss, shape)
    return np.asarray((field - field.mean()) / (field.std() + 1e-9), np.float32)
