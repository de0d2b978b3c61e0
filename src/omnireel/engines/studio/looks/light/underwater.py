"""Under water: red light lost with depth, caustics on what lies bright, rays from the surface, bubbles."""

from __future__ import annotations

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
    stretched,
    wrapped_at,
)
from omnireel.media.frames import Frame

_WEB = 26.0
"""Texels a second by which the two halves of the caustic web drift apart."""
_PART = 16
"""Pixels per side of the canvas to one of the grid on which its sway is worked out."""
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
        angle = np.asarray((x + 0.12) / (y + 0.55), np.float32)
        self._angle = shrunk(angle, (max(8, width // 2), max(8, height // 2))) * np.float32(90)
        self._fade = np.asarray(np.exp(-y * 1.7) * 0.42, np.float32)

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
        place = self._angle + np.float32(view.seconds * 9 % len(self._ray_tile))
        beams = wrapped_at(self._ray_tile[None], np.dstack([place, np.zeros_like(place)]))
        return stretched(ramp(beams, 0.45, 1.0), view.size) * self._fade


class Sway:
    """The picture bent by slow waves."""

    def __init__(self, footage: Footage) -> None:
        self._fps, self._size = footage.fps, footage.size
        width, height = footage.size
        # One part more on each side, so that enlarging it nowhere runs into its border.
        self._coarse = width // _PART + 2, height // _PART + 2
        self._around = self._coarse[0] * _PART, self._coarse[1] * _PART
        self._reach = min(width, height) * _SWAY
        own = (pixel_grid(self._coarse) - np.float32(0.5)) * np.float32(_PART) - np.float32(0.5)
        self._x, self._y = np.ascontiguousarray(own[..., 0]), np.ascontiguousarray(own[..., 1])

    def draw(self, frame: Frame, index: int) -> Frame:
        """The frame bent. Nothing leaves its border."""
        seconds = index / self._fps
        x, y = self._x / self._size[0], self._y / self._size[1]
        across = np.sin(y * 11 + seconds * 1.6) + np.float32(0.6) * np.sin(y * 23 - seconds * 2.3 + x * 5)
        down = np.sin(x * 9 - seconds * 1.3) * np.float32(0.6)
        return fetched(
            frame, self._whole(self._x + across * self._reach), self._whole(self._y + down * self._reach)
        )

    def _whole(self, coarse: Plane) -> Plane:
        width, height = self._size
        around = stretched(np.asarray(coarse, np.float32), self._around)
        return around[_PART : _PART + height, _PART : _PART + width]


UNDERWATER = Air(
    shade=_sea,
    effects=(Sea,),
    lens=(Sway,),
    overlays=(lambda f: Lights(f, 34, Drift(-0.14, 0.0, 0.02), colour(200, 240, 245), 0.011, ring=True),),
    rim=0.14,
)
