"""Under water: red light lost with depth, caustics on what lies bright, rays from the surface, bubbles."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Footage, Light, View
from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.fields import drifted, noise_tile
from omnireel.engines.studio.looks.light.tones import bent, colour, luma_of, mixed, opened, ramp, saturated
from omnireel.engines.studio.looks.weather.sprites import Drift, Lights
from omnireel.engines.studio.picture.raster import (
    Plane,
    boxed,
    fetched,
    pixel_grid,
    shrunk,
    size_of,
    stretched,
)
from omnireel.media.frames import Frame

_WEB = 26.0
"""Texels a second by which the two halves of the caustic web drift apart."""
_SWAY = 0.0032
"""Reach of the water's sway as a share of the short side."""


def _sea(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        lost = opened(saturated(colours, 0.75), 1.02) * colour(96, 214, 226) + colour(0, 16, 30)
        wash = luma[..., None] * colour(110, 236, 244)
        return bent(mixed(lost, wash, 0.30), 0.4)

    return shade


class Sea:
    """The light of the sea: depth by row and darkness, a caustic web, rays from above."""

    def __init__(self, footage: Footage) -> None:
        random = np.random.default_rng(footage.seed + 31)
        width, height = footage.grid
        self._web = noise_tile(random, ((9, 0.62), (19, 0.38)))
        self._ray_tile = noise_tile(random, ((11, 0.5), (29, 0.5)))[0]
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        self._depth = np.asarray(y * np.ones((1, width), np.float32), np.float32)
        self._dark = np.asarray(1.22 - 0.55 * self._depth, np.float32)
        x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * np.float32(width / height)
        self._angle = np.asarray((x + 0.12) / (y + 0.55), np.float32)
        self._fade = np.asarray(np.exp(-y * 1.7), np.float32)

    def fall(self, view: View, light: Light) -> None:
        """Sink one frame."""
        near = 1 - stretched(boxed(shrunk(view.luma, view.grid(8)), 5), view.size)
        light.veil(np.float32(0.08) + np.float32(0.34) * self._depth * near, colour(4, 58, 92))
        light.dim(self._dark + self._dark * self._caustics(view) * view.bright(0.16, 0.62) * np.float32(0.95))
        light.glow(self._rays(view), colour(150, 240, 235))

    def _caustics(self, view: View) -> Plane:
        """The web light makes on a sea bed."""
        half, way = view.grid(2), view.seconds * _WEB
        one = drifted(self._web, half, 1.7, way, way * 0.6)
        web = np.zeros_like(one)
        for turn in (1.0, -0.7):
            # Where two drifting fields are level lies a net of closed loops.
            other = drifted(self._web, half, 1.7, 211 - way * turn, 97 + way * turn)
            web += np.maximum(1 - np.abs(one - other) * np.float32(5.5), 0) ** 2
        return stretched(np.asarray(web * np.float32(0.6), np.float32), view.size)

    def _rays(self, view: View) -> Plane:
        place = np.mod(self._angle * 90 + view.seconds * 9, len(self._ray_tile) - 1).astype(np.float32)
        beams = fetched(self._ray_tile[None], place, np.zeros_like(place))
        return np.asarray(ramp(beams, 0.45, 1.0) * self._fade * np.float32(0.42), np.float32)


class Sway:
    """The picture bent by slow waves."""

    def __init__(self, footage: Footage) -> None:
        self._fps = footage.fps
        width, height = footage.size
        self._coarse = max(8, width // 16), max(8, height // 16)
        self._reach = min(width, height) * _SWAY
        self._grid = pixel_grid(self._coarse) / np.array(self._coarse, np.float32)
        self._own = pixel_grid(footage.size)

    def draw(self, frame: Frame, index: int) -> Frame:
        """The frame bent. Nothing leaves its border."""
        seconds = index / self._fps
        x, y = self._grid[..., 0], self._grid[..., 1]
        across = np.sin(y * 11 + seconds * 1.6) + np.float32(0.6) * np.sin(y * 23 - seconds * 2.3 + x * 5)
        down = np.sin(x * 9 - seconds * 1.3) * np.float32(0.6)
        bend = stretched(np.stack([across, down], axis=-1).astype(np.float32), size_of(frame))
        place = self._own + bend * np.float32(self._reach)
        none = cast("Plane", None)
        moved = cv2.remap(frame, place, none, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return cast("Frame", moved)


UNDERWATER = Air(
    shade=_sea,
    effects=(Sea,),
    lens=(Sway,),
    overlays=(lambda f: Lights(f, 34, Drift(-0.14, 0.0, 0.02), colour(200, 240, 245), 0.011, ring=True),),
    rim=0.14,
)
