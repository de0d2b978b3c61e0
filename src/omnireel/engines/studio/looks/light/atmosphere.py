"""Airs as a look: one colour cube, one light and the drops in front, for each shot of a clip."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Effect, Footage, Light, Overlay, View
from omnireel.engines.studio.looks.light.chroma import with_calm_hues
from omnireel.engines.studio.looks.light.cube import cube_of
from omnireel.engines.studio.looks.light.grain import Grain
from omnireel.engines.studio.looks.light.kernels import expose
from omnireel.engines.studio.looks.light.tones import luma_of
from omnireel.engines.studio.picture.raster import Plane, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

Airs: TypeAlias = Sequence[Air]
_CORNER = 0.15
"""Share of the squared distance from the middle that a rim leaves alone."""


@dataclass(frozen=True)
class _Lit:
    moment: Moment
    scene: _Scene
    passed: Frame
    added: Frame


class Atmosphere:
    """Light and weather for one clip. `shots` are the airs of each shot and its length in frames."""

    def __init__(self, shots: Sequence[tuple[Airs, int]], footage: Footage, *, still: bool = False) -> None:
        self._fps = footage.fps
        self._ends = list(accumulate(length for _, length in shots))
        self._scenes = [_Scene(airs, footage, still=still) for airs, _ in shots]
        self._still = still

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in the light of its shot."""
        return self._exposed(ahead((self.light(moment) for moment in moments), threads=threads))

    def light(self, moment: Moment) -> _Lit:
        """Work out the light on one frame. Frames must come in order."""
        scene = self._scene(moment.index)
        small = moment.small.astype(np.float32) * np.float32(1 / 255)
        # Held still, whatever changes with time by itself is measured at its first instant.
        view = View(moment, small, luma_of(small), 0.0 if self._still else moment.index / self._fps)
        light = Light(np.ones_like(small), np.zeros_like(small))
        for effect in scene.effects:
            effect.fall(view, light)
        return _Lit(moment, scene, _bytes(light.passed, 128), _bytes(light.added, 255))

    def _exposed(self, lit: Generator[_Lit, None, None]) -> Iterator[Moment]:
        with closing(lit):
            for one in lit:
                yield one.moment.repainted(one.scene.expose(one))

    def _scene(self, index: int) -> _Scene:
        place = int(np.searchsorted(self._ends, index, side="right"))
        return self._scenes[min(place, len(self._scenes) - 1)]


class _Scene:
    """The airs of one shot made ready for its frames."""

    def __init__(self, airs: Airs, footage: Footage, *, still: bool) -> None:
        self._size, self._changes = footage.size, bool(airs)
        self._by_hue = any(air.by_hue for air in airs)
        self._cube = cube_of([air.shade(footage) for air in airs if air.shade is not None])
        self.effects: list[Effect] = [make(footage) for air in airs for make in air.effects]
        self._overlays: list[Overlay] = (
            [] if still else [make(footage) for air in airs for make in air.overlays]
        )
        self._lens: list[Overlay] = [] if still else [make(footage) for air in airs for make in air.lens]
        depth = max([air.rim for air in airs], default=0.0)
        self._rims = _rim(footage.size[1], depth), _rim(footage.size[0], depth)
        self._grain = Grain(footage, 0.0 if still else max([air.grain for air in airs], default=0.0))

    def expose(self, lit: _Lit) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        index, frame = lit.moment.index, lit.moment.frame
        if not self._changes:
            return frame
        for lens in self._lens:
            frame = lens.draw(frame, index)
        passed, added = stretched(lit.passed, self._size), stretched(lit.added, self._size)
        if self._by_hue:
            frame = with_calm_hues(frame)
        out = np.empty_like(frame)
        grain = self._grain.at(index)
        expose(frame, self._cube, passed, added, grain, self._rims[0], self._rims[1], out)
        for overlay in self._overlays:
            out = overlay.draw(out, index)
        return out


def _bytes(plane: Plane, one: int) -> Frame:
    return np.asarray(np.clip(plane * np.float32(one) + np.float32(0.5), 0, 255), np.uint8)


def _rim(length: int, depth: float) -> Plane:
    """Darkening by one side of the canvas; two sides add up to 1 in the middle."""
    away = np.linspace(-1, 1, length) ** 2
    return np.asarray(0.5 - depth * np.clip(away - _CORNER, 0, 1), np.float32)
