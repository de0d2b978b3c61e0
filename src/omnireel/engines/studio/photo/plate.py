"""A picture made ready to be looked at: scaled once, with its depth, and then seen from many views."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.photo.camera import Path, View, tightened_path
from omnireel.engines.studio.photo.kernels_view import STEP, look, place, relight
from omnireel.engines.studio.photo.stir import Stir
from omnireel.engines.studio.picture.raster import Plane, Size, fetched, shrunk, size_of, softened
from omnireel.media.frames import Frame

_FINENESS = 2.0
"""Plate pixels per canvas pixel. Linear sampling of a plate this fine does not flicker as the view creeps."""
_MOST_PIXELS = 12_000_000
_TIMES = 13
"""Moments of a path at which its reach is measured."""
_MARGIN = 2.0


@dataclass(frozen=True)
class Scene:
    """A photograph with its depth plane. `pivot` is the depth that stays in place when the camera swings."""

    picture: Frame
    near: Plane
    pivot: float

    @property
    def size(self) -> Size:
        return size_of(self.picture)


class Plate:
    """The part of a scene that a path can see, scaled for a canvas."""

    def __init__(self, scene: Scene, path: Path, canvas: Size) -> None:
        self._scene, self._canvas = scene, canvas
        left, top, right, bottom = _reach(scene, path, canvas)
        narrowest = min(path(time / (_TIMES - 1)).width for time in range(_TIMES))
        wanted = _FINENESS * canvas[0] / narrowest
        most = (_MOST_PIXELS / max(1.0, (right - left) * (bottom - top))) ** 0.5
        self._origin = left, top
        self._scale = min(wanted, most)
        self._frame = _scaled(scene.picture[top:bottom, left:right], self._scale, canvas[0] / narrowest)

    def seen_from(self, view: View, stir: Stir | None = None) -> Frame:
        """The canvas as this view shows it, with what moves in the picture by itself."""
        places = view_places(self._scene, view, self._canvas)
        if stir is None:
            return self.sampled(places)
        fields = cast("Plane", cv2.merge([stir.across, stir.down, stir.gain, stir.lift]))
        here = fetched(fields, *_on_grid(fields, self._scene.size, places))
        frame = self.sampled(places + here[..., :2] * np.float32(self._scene.size[0]))
        relight(frame, np.ascontiguousarray(here[..., 2:]))
        return frame

    def sampled(self, places: Plane) -> Frame:
        """The canvas from points of the picture, one for every STEPth canvas pixel each way."""
        scale, origin = np.float32(self._scale), np.asarray(self._origin, np.float32)
        out = np.empty((self._canvas[1], self._canvas[0], 3), np.uint8)
        look(self._frame, (places - origin) * scale - np.float32(0.5), out)
        return out


def view_places(scene: Scene, view: View, canvas: Size) -> Plane:
    """For every STEPth pixel of the canvas, the point of the picture that a view shows there."""
    per_pixel = view.width / canvas[0]
    slide = view.slide_x * view.width, view.slide_y * view.width
    camera = (
        view.x,
        view.y,
        per_pixel,
        cos(view.turn),
        sin(view.turn),
        *slide,
        view.swell,
        scene.pivot,
        *canvas,
    )
    out = np.empty((-(-canvas[1] // STEP) + 1, -(-canvas[0] // STEP) + 1, 2), np.float32)
    width, height = scene.size
    place(scene.near, np.asarray(camera, np.float32), np.float32(width), np.float32(height), out)
    return out


def _on_grid(fields: Plane, picture: Size, places: Plane) -> tuple[Plane, Plane]:
    """Where points of the picture lie on a grid of fields over it."""
    width, height = size_of(fields)
    x = places[..., 0] * np.float32(width / picture[0]) - np.float32(0.5)
    y = places[..., 1] * np.float32(height / picture[1]) - np.float32(0.5)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def kept_inside(scene: Scene, path: Path, canvas: Size) -> Path:
    """The path drawn closer, by one factor throughout, until no view shows what lies beyond the picture."""
    loose, tight = 1.0, 0.6
    if _stays_inside(scene, path, canvas):
        return path
    for _ in range(8):
        middle = (loose + tight) / 2
        fits = _stays_inside(scene, tightened_path(path, middle), canvas)
        loose, tight = (loose, middle) if fits else (middle, tight)
    return tightened_path(path, tight)


def _stays_inside(scene: Scene, path: Path, canvas: Size) -> bool:
    width, height = scene.size
    for number in range(_TIMES):
        places = view_places(scene, path(number / (_TIMES - 1)), canvas)
        # The grid runs past the canvas by up to a step, which nobody sees.
        rim = _seen_rim(places, canvas)
        low, high = rim.min(axis=0), rim.max(axis=0)
        if low.min() < -0.5 or high[0] > width + 0.5 or high[1] > height + 0.5:
            return False
    return True


def _seen_rim(places: Plane, canvas: Size) -> Plane:
    """The points seen along the canvas's four sides."""
    right, bottom = (canvas[0] - 1) / STEP, (canvas[1] - 1) / STEP
    last_column, last_row = int(right), int(bottom)
    column = _mixed(places[:, last_column], places[:, last_column + 1], right - last_column)
    row = _mixed(places[last_row], places[last_row + 1], bottom - last_row)
    return np.concatenate(
        [
            places[0, : last_column + 1],
            places[: last_row + 1, 0],
            column[: last_row + 1],
            row[: last_column + 1],
        ]
    )


def _mixed(one: Plane, other: Plane, share: float) -> Plane:
    return np.asarray(one + (other - one) * np.float32(share), np.float32)


def _reach(scene: Scene, path: Path, canvas: Size) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of all that a path sees, with a margin, in whole pixels of the picture."""
    seen = [
        view_places(scene, path(number / (_TIMES - 1)), canvas).reshape(-1, 2) for number in range(_TIMES)
    ]
    low = np.min([places.min(axis=0) for places in seen], axis=0)
    high = np.max([places.max(axis=0) for places in seen], axis=0)
    margin = _MARGIN + 0.01 * (high - low)
    width, height = scene.size
    left, top = np.maximum(0, np.floor(low - margin)).astype(int).tolist()
    right, bottom = np.ceil(high + margin).astype(int).tolist()
    return int(left), int(top), min(width, int(right)), min(height, int(bottom))


def _scaled(picture: Frame, scale: float, canvas_scale: float) -> Frame:
    """The picture at `scale`, without detail finer than the canvas, which has `canvas_scale`, can show."""
    width, height = size_of(picture)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    if scale < 1:
        smaller = shrunk(picture, size)
    else:
        smaller = cast("Frame", cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4))
    if canvas_scale < 0.87:
        return np.ascontiguousarray(softened(smaller, 0.38 * scale / canvas_scale))
    return np.ascontiguousarray(smaller)
