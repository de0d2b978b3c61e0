"""The fine texture of a picture - grain, brush, paper - measured, and made again as an endless tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.looks.light.fields import TILE
from omnireel.engines.studio.picture.raster import Mask, Plane, grey_of, shrunk, softened, stretched
from omnireel.media.frames import Frame

_PATCH = 128
_SIDE = 720
"""Short side to which a picture is brought before it is measured, as if seen on the canvas."""
_COARSE = 4.0
"""Standard deviation, in pixels, of what counts as shape rather than texture."""
_CALM = (0.12, 0.45)
"""Quantiles of activity between which patches show a surface; quieter are blank, busier outlines."""
_MOST = 9.0
"""Grey levels; rougher surfaces are laid on no stronger, or they would cover the clip."""


@dataclass(frozen=True)
class Surface:
    """How a surface varies. `power` is `(128, 128)`, its mean spectrum; `strength` in grey levels."""

    power: Plane
    strength: float


def surface_of(frames: Sequence[Frame]) -> Surface:
    """The texture of the calm parts of pictures."""
    patches = np.concatenate([_patches(frame) for frame in frames])
    activity = patches.std(axis=(1, 2))
    low, high = np.quantile(activity, _CALM)
    calm = patches[(activity >= low) & (activity <= high)]
    window = np.hanning(_PATCH).astype(np.float32)
    spectra = (
        np.abs(np.fft.fft2((calm - calm.mean(axis=(1, 2), keepdims=True)) * window * window[:, None])) ** 2
    )
    return Surface(spectra.mean(axis=0).astype(np.float32), float(min(_MOST, np.sqrt((calm**2).mean()))))


def tile_of(surface: Surface, seed: int) -> Mask:
    """`(512, 512)` bytes around 128 that wrap and vary as the surface does.

    Noise given the surface's spectrum (Galerne, Gousseau and Morel, "Random Phase Textures", 2011).
    """
    kernel = np.fft.fftshift(np.real(np.fft.ifft2(np.sqrt(surface.power))))
    spread = np.zeros((TILE, TILE), np.float32)
    spread[:_PATCH, :_PATCH] = kernel
    noise = np.random.default_rng(seed).standard_normal((TILE, TILE))
    woven = np.real(np.fft.ifft2(np.fft.fft2(noise) * np.fft.fft2(spread)))
    tile = woven / max(float(woven.std()), 1e-6) * surface.strength
    return np.asarray(np.clip(tile + 128.5, 0, 255), np.uint8)


def _patches(frame: Frame) -> Plane:
    """`(n, 128, 128)`: the frame's fine detail in grey levels, cut into overlapping squares."""
    height, width = frame.shape[:2]
    scale = max(_SIDE / min(width, height), _PATCH / min(width, height))
    size = max(_PATCH, round(width * scale)), max(_PATCH, round(height * scale))
    # Enlarging adds nothing to measure, so small pictures are measured as they are, if they are large enough.
    fitted = (
        shrunk(frame, size)
        if scale < 1
        else frame
        if min(width, height) >= _PATCH
        else stretched(frame, size)
    )
    grey = grey_of(fitted).astype(np.float32)
    detail = grey - softened(grey, _COARSE)
    rows = range(0, detail.shape[0] - _PATCH + 1, _PATCH // 2)
    columns = range(0, detail.shape[1] - _PATCH + 1, _PATCH // 2)
    return np.stack([detail[y : y + _PATCH, x : x + _PATCH] for y in rows for x in columns])
