"""Cinematic science fiction: night, coloured light behind the subject, haze, glow and a passing beam."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.kernels_scifi import finish_film, rim_light
from omnireel.engines.studio.looks.light.outline import outlined
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import (
    Plane,
    Size,
    bordered,
    boxed,
    curved,
    grey_of,
    medianed,
    merged,
    shrunk,
    size_of,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame

_NIGHT = Grade(
    exposure=0.68,
    contrast=1.0,
    saturation=1.1,
    gamma=(1.0, 0.84, 0.80),
    gain=(1.0, 0.86, 0.98),
    lift=(0.095, 0.05, 0.0),
    bleed=((0.62, 0.33, 0.05), (0.30, 0.55, 0.15), (0.04, 0.08, 0.88)),
)
_CYAN = np.array([255, 215, 20], np.float32)
_MAGENTA = np.array([235, 25, 255], np.float32)
_TEAL_HAZE = np.array([124, 100, 24], np.float32)
_ROSE_HAZE = np.array([100, 32, 80], np.float32)
_STREAK = np.array([5.0, 3.0, 1.2], np.float32)
_BEVEL = 0.035
_SEAM = (14.0, 70.0)
"""Grey levels per pixel between which an outline begins to catch the light, and does so fully."""
_RIM = 85.0
"""Strength of the coloured light on edges."""
_MEMORY = np.float32(0.8)
_SWEEP_FRAMES = 110
_DRIFT = 0.6
"""Pixels of the working grid by which the haze moves per frame."""
_BRIGHT = 0.80
"""Share of the clip's pixels darker than what counts as a lamp."""


@dataclass(frozen=True)
class _Lit:
    moment: Moment
    glow: Frame
    """All light that is added, on the working grid."""


class SciFi:
    """The science-fiction look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._grade = Laboratory(_NIGHT)
        lamp = _lamp_level(samples)
        self._lamps_by_luma = np.clip((np.arange(256, dtype=np.float32) - lamp) / np.float32(60), 0, 1)
        self._few = max(8, self._grid[0] // 4), max(8, self._grid[1] // 4)
        self._haze = _haze(self._few, seed)
        self._rims = _rim(size[1], 0.16), np.repeat(_rim(size[0], 0.20), 3)
        self._shift = (np.linspace(-1, 1, size[0]) ** 3 * min(size) / 400).astype(np.int32)
        self._volume: Plane | None = None
        self._lamps: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment as a film still."""
        for lit in ahead((self.illuminate(moment) for moment in moments), threads=threads):
            yield lit.moment.repainted(self.expose(lit))

    def illuminate(self, moment: Moment) -> _Lit:
        """Work out the added light of one frame. Frames must come in order."""
        calm = calmed(medianed(moment.small))
        luma = grey_of(calm)
        volume = self._remembered(outlined(luma, min(self._grid) * _BEVEL, _SEAM), moment.motion)
        sweep = self._sweep(moment.index)
        rim = np.empty((3, *luma.shape), np.uint8)
        rim_light(bordered(volume, 1), luma, sweep, _CYAN, _MAGENTA, np.float32(_RIM), rim)
        return _Lit(moment, self._glow(moment, merged(rim), sweep))

    def expose(self, lit: _Lit) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        frame = lit.moment.frame
        if size_of(frame) != self._size:
            # Averaging over one and a half pixels takes four times as long and shows no difference.
            frame = stretched(frame, self._size)
        night = self._grade.develop(frame)
        out = np.empty_like(night)
        glow = stretched(lit.glow, self._size)
        finish_film(night, glow, self._rims[0], self._rims[1], self._shift, out)
        return out

    def _remembered(self, volume: Plane, motion: Motion) -> Plane:
        """Outlines fade in and out along the flow instead of popping."""
        if self._volume is not None and not motion.cut:
            past = motion.follow(self._volume)
            volume = volume + (past - volume) * (motion.trust * _MEMORY)
        self._volume = volume
        return softened(volume, 0.9)

    def _glow(self, moment: Moment, rim: Frame, sweep: Plane) -> Frame:
        few = self._few
        lamps = shrunk(self._lamp_light(moment), few)
        sources = cv2.add(lamps, cv2.convertScaleAbs(shrunk(rim, few), alpha=0.9))
        bloom = boxed(boxed(sources, 9), 9)
        wide = boxed(boxed(shrunk(sources, (max(4, few[0] // 2), max(4, few[1] // 2))), 15), 15)
        light = cv2.addWeighted(bloom, 1.0, stretched(wide, few), 0.9, 0)
        light = cv2.add(cv2.add(light, _streak(lamps)), self._haze_at(moment, sweep))
        light = stretched(cast("Frame", light), self._grid)
        return cast("Frame", cv2.add(light, cv2.convertScaleAbs(rim, alpha=0.85)))

    def _lamp_light(self, moment: Moment) -> Frame:
        """What shines by itself: the clip's brightest parts, in their own stronger colours."""
        lamps = cast("Plane", curved(grey_of(moment.small), self._lamps_by_luma))
        # A bright sky is no lamp: what counts is what outshines its surroundings.
        few = max(8, self._grid[0] // 8), max(8, self._grid[1] // 8)
        lamps = lamps * (1 - np.float32(0.9) * stretched(boxed(boxed(shrunk(lamps, few), 9), 9), self._grid))
        if self._lamps is not None and not moment.motion.cut:
            past = moment.motion.follow(self._lamps)
            lamps = lamps + (past - lamps) * (moment.motion.trust * np.float32(0.6))
        self._lamps = lamps
        share = cv2.merge([(lamps * np.float32(150)).astype(np.uint8)] * 3)
        return cast("Frame", cv2.multiply(moment.small, share, scale=1 / 255))

    def _haze_at(self, moment: Moment, sweep: Plane) -> Frame:
        """Drifting fog, thicker far from the lens, thinner where the picture is dark and near."""
        fog = self._fog(moment.index)
        grey = grey_of(shrunk(moment.small, self._few))
        far = boxed(grey, 9).astype(np.float32)
        strength = np.float32(0.7) + np.float32(0.3) * shrunk(sweep[None], (self._few[0], 1))
        amount = fog * (np.float32(0.32) + far * np.float32(0.62 / 255)) * strength
        across = np.linspace(0, 1, self._few[0], dtype=np.float32)[:, None]
        colour = _TEAL_HAZE + (_ROSE_HAZE - _TEAL_HAZE) * across
        return np.asarray(amount[..., None] * colour, np.uint8)

    def _fog(self, index: int) -> Plane:
        """The fog banks above the grid, which drift to the left; by parts of a cell, they must not step."""
        width = self._haze.shape[1]
        place = index * _DRIFT * self._few[0] / self._grid[0] % width
        fog = np.take(self._haze, (np.arange(self._few[0] + 1) + int(place)) % width, axis=1)
        return np.asarray(fog[:, :-1] + (fog[:, 1:] - fog[:, :-1]) * np.float32(place % 1), np.float32)

    def _sweep(self, index: int) -> Plane:
        """Strength of the lights by column: a soft beam passes from left to right and comes again."""
        phase = (index % _SWEEP_FRAMES) / _SWEEP_FRAMES
        place = np.linspace(0, 1, self._grid[0], dtype=np.float32)
        beam = np.exp(-(((place - (phase * 1.8 - 0.4)) / 0.17) ** 2))
        return np.asarray(0.75 + 0.75 * beam, np.float32)


def _streak(lamps: Frame) -> Frame:
    """The blue horizontal flare of an anamorphic lens, from the very brightest lamps."""
    hot = np.maximum(lamps, 70) - np.uint8(70)
    width = max(3, lamps.shape[1] // 5 | 1)
    long = cv2.blur(cv2.blur(hot, (width, 1)), (width // 2 | 1, 2))
    return np.asarray(np.minimum(long * _STREAK, np.float32(255)), np.uint8)


def _lamp_level(samples: Sequence[Frame]) -> np.float32:
    luma = np.concatenate([grey_of(shrunk(frame, (96, 96))).ravel() for frame in samples])
    return np.float32(max(150.0, float(np.quantile(luma, _BRIGHT))))


def _haze(grid: Size, seed: int) -> Plane:
    """`(height, 2 * width)`: soft fog banks, thickest around a horizon above the middle."""
    random = np.random.default_rng(seed)
    height, width = grid[1], 2 * grid[0]
    fog = np.zeros((height, width), np.float32)
    for cells, weight in ((3, 0.5), (6, 0.3), (12, 0.2)):
        seeds = random.random((cells, cells * 4), np.float32)
        seeds[:, -1] = seeds[:, 0]
        fog += np.float32(weight) * cast(
            "Plane", cv2.resize(seeds, (width, height), interpolation=cv2.INTER_CUBIC)
        )
    level = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    bank = np.exp(-(((level - 0.42) / 0.34) ** 2))
    return np.asarray(np.clip(fog, 0, 1) * bank, np.float32)


def _rim(length: int, depth: float) -> Plane:
    away = np.linspace(-1, 1, length) ** 2
    return np.asarray(0.5 - depth * np.clip(away - 0.15, 0, 1), np.float32)
