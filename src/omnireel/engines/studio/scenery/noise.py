"""Tileable random fields."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.scenery.arrays import Floats


def cloudy(
    side: int, rng: np.random.Generator, *, slope: float = 1.6, coarse: float = 1.0, rows: int = 0
) -> Floats:
    """A field that repeats both ways, zero mean and unit deviation, its detail falling as 1/frequency**slope.

    `coarse` is the lowest frequency kept, in cycles per `side`. With `rows`, only so many are made, and the
    field need not repeat downward.
    """
    tall = side if not rows else min(side, 1 << (max(rows, int(side / coarse)) - 1).bit_length())
    down = np.fft.fftfreq(tall, 1 / side)[:, None].astype(np.float32)
    across = np.fft.rfftfreq(side, 1 / side)[None, :].astype(np.float32)
    frequency = np.hypot(down, across)
    weight = np.where(frequency >= coarse, np.maximum(frequency, np.float32(1e-3)) ** np.float32(-slope), 0)
    parts = rng.standard_normal((2, side, side // 2 + 1), np.float32)[:, :tall]
    field = np.fft.irfft2((parts[0] + 1j * parts[1]) * weight, s=(tall, side)).astype(np.float32)
    spread: Floats = ((field - field.mean()) / (field.std() + 1e-9)).astype(np.float32)
    return spread[: rows or side]


def wavy(length: int, rng: np.random.Generator, *, waves: tuple[tuple[int, float], ...]) -> Floats:
    """A periodic curve: the sum of sines of whole cycles per length and given heights, randomly shifted."""
    turn = np.linspace(0, 2 * np.pi, length, endpoint=False, dtype=np.float32)
    curve = np.zeros(length, np.float32)
    for cycles, height in waves:
        curve += np.float32(height) * np.sin(cycles * turn + np.float32(rng.uniform(0, 6.2832)))
    return curve


def ragged(length: int, rng: np.random.Generator, *, slope: float, coarse: int = 2) -> Floats:
    """A periodic random curve, zero mean and unit deviation."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / length)
    weight = np.where(frequency >= coarse, np.maximum(frequency, 1e-3) ** -slope, 0)
    curve = np.fft.irfft(spectrum * weight, n=length)
    spread: Floats = ((curve - curve.mean()) / (curve.std() + 1e-9)).astype(np.float32)
    return spread
