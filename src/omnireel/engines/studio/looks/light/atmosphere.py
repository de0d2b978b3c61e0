"""Airs as a look: one colour cube, one light and the drops in front, for each shot of a clip."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Effect, Footage, Light, Overlay, View
from omnireel.engines.studio.looks.light.cube import cube_of
from omnireel.engines.studio.looks.light.exposure import Exposure, rim_of
from omnireel.engines.studio.looks.light.grain import Grain
from omnireel.engines.studio.looks.light.kernels import to_bytes
from omnireel.engines.studio.picture.raster import Mask, Plane, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

Airs: TypeAlias = Sequence[Air]


@dataclass(frozen=True)
class _Lit:
    moment: Moment
    scene: _Scene
    frame: Frame
    """The source, or what the shot's sensor has of it."""
    light: tuple[Mask, Mask] | None
    """What passes and what is added, `(3, height, width)` on the working grid; None changes nothing."""


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
        # Held still, whatever changes with time by itself is measured at its first instant.
        view = View(moment, 0.0 if self._still else moment.index / self._fps)
        frame = scene.seen(view)
        if not scene.effects:
            return _Lit(moment, scene, frame, None)
        light = Light.of(view.size)
        for effect in scene.effects:
            effect.fall(view, light)
        return _Lit(moment, scene, frame, (_bytes(light.passed, 128), _bytes(light.added, 255)))

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
        self._changes = bool(airs)
        cube = cube_of([air.shade(footage) for air in airs if air.shade is not None])
        rim = rim_of(footage.size, max([air.rim for air in airs], default=0.0))
        self._exposure = Exposure(footage.size, cube, rim, calm=any(air.by_hue for air in airs))
        sensors = [air.sensor(footage) for air in airs if air.sensor is not None]
        self._sensor, self._size = (sensors[0] if sensors else None), footage.size
        self.effects: list[Effect] = [make(footage) for air in airs for make in air.effects]
        self._overlays: list[Overlay] = (
            [] if still else [make(footage) for air in airs for make in air.overlays]
        )
        optics = [make(footage) for air in airs for make in air.optics]
        self._lens = optics + ([] if still else [make(footage) for air in airs for make in air.lens])
        self._aperture = [make(footage) for air in airs for make in air.aperture]
        self._grain = Grain(footage, 0.0 if still else max([air.grain for air in airs], default=0.0))

    def seen(self, view: View) -> Frame:
        """What the sensor has of one frame. Frames must come in order."""
        return view.moment.frame if self._sensor is None else self._sensor.seen(view)

    def expose(self, lit: _Lit) -> Frame:
        """One frame at full size. Does not depend on other frames, but must not be called for two at once."""
        index, frame = lit.moment.index, lit.frame
        if not self._changes:
            return frame
        if self._sensor is not None:
            frame = stretched(frame, self._size)
        for lens in self._lens:
            frame = lens.draw(frame, index)
        out = self._exposure.of(frame, lit.light, self._grain.at(index))
        for overlay in (*self._overlays, *self._aperture):
            out = overlay.draw(out, index)
        return out


def _bytes(plane: Plane, one: int) -> Mask:
    out: Mask = np.empty(plane.shape, np.uint8)
    to_bytes(plane, np.float32(one), out)
    return out
