"""From one picture to another: begins on the first exactly, lands on the last exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.photo.camera import View, eased
from omnireel.engines.studio.photo.plate import Plate, Scene, view_places
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, fetched, grey_of, shrunk, softened
from omnireel.engines.studio.picture.saliency import Window
from omnireel.media.frames import Frame

_FLOW_SIDE = 256
_AGREEMENT = 1.5
"""Pixels of the flow's grid by which going there and back may miss."""
_ALIKE = 0.3
"""Share of the picture that must be found again in the other before things are moved and not just mixed."""
_MIX_MARGIN = 0.27
"""Share of the time, at each end, in which only one picture shows."""
_BREATH = 0.07
"""How far the camera moves in by the middle, as a share."""


@dataclass(frozen=True)
class Bearing:
    """How a first picture's content moves to reach its place in the last one, in canvas widths."""

    flow: Plane
    alike: float
    """The share of the picture that was found in both."""


class Morph:
    """A first and a last picture, each seen through its own window of the canvas's shape."""

    def __init__(self, scenes: tuple[Scene, Scene], windows: tuple[Window, Window], canvas: Size) -> None:
        self._scenes, self._windows, self._canvas = scenes, windows, canvas
        self._plates = [self._plate(number) for number in (0, 1)]
        self._bearing = bearing_of(
            self._plates[0].seen_from(self._view(0, 0)), self._plates[1].seen_from(self._view(1, 1))
        )

    def frame(self, time: float) -> Frame:
        """The canvas at a time from 0, the first picture, to 1, the last."""
        share = self._share(time)
        if share <= 0:
            return self._half(0, time)
        if share >= 1:
            return self._half(1, time)
        first, last = self._half(0, time), self._half(1, time)
        return cast("Frame", cv2.addWeighted(first, 1 - share, last, share, 0))

    def _share(self, time: float) -> float:
        """How much of the last picture shows. What is not alike looks double only for a moment."""
        return eased((time - _MIX_MARGIN) / (1 - 2 * _MIX_MARGIN))

    def _half(self, number: int, time: float) -> Frame:
        view = self._view(number, time)
        places = view_places(self._scenes[number], view, self._canvas)
        if self._bearing.alike >= _ALIKE:
            places = places + self._moved(number, time, places)
        return self._plates[number].sampled(places)

    def _moved(self, number: int, time: float, places: Plane) -> Plane:
        """How far from its own place content must be fetched: things travel in step with time."""
        window = self._windows[number]
        height, width = self._bearing.flow.shape[:2]
        x = (places[..., 0] - np.float32(window.x)) * np.float32(width / window.width) - np.float32(0.5)
        y = (places[..., 1] - np.float32(window.y)) * np.float32(height / window.height) - np.float32(0.5)
        flow = fetched(self._bearing.flow, x.astype(np.float32), y.astype(np.float32))
        done = -eased(time) if number == 0 else 1 - eased(time)
        return np.asarray(flow * np.float32(done * window.width), np.float32)

    def _view(self, number: int, time: float) -> View:
        window = self._windows[number]
        return View(*window.centre, window.width / (1 + _BREATH * sin(pi * time) ** 2))

    def _plate(self, number: int) -> Plate:
        return Plate(self._scenes[number], lambda time: self._view(number, time), self._canvas)


def bearing_of(first: Frame, last: Frame) -> Bearing:
    """Follow what both pictures show, by dense flow both ways; where the two disagree, let the rest pull."""
    height, width = first.shape[:2]
    size = _FLOW_SIDE, max(16, round(_FLOW_SIDE * height / width))
    one, other = _levelled(shrunk(first, size)), _levelled(shrunk(last, size))
    there, back = _flow(one, other), _flow(other, one)
    grid_x, grid_y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    at_x, at_y = grid_x + there[..., 0], grid_y + there[..., 1]
    miss = there + fetched(back, at_x, at_y)
    sure = (np.sqrt((miss * miss).sum(axis=2)) < _AGREEMENT).astype(np.float32)
    seen = (at_x > 0) & (at_x < size[0] - 1) & (at_y > 0) & (at_y < size[1] - 1)
    apart = softened(np.abs(fetched(other, at_x, at_y).astype(np.float32) - one), 2.0)
    sure = np.asarray(sure * seen * np.clip((40 - apart) / 24, 0, 1), np.float32)
    weight = softened(sure, 4.0)
    smooth = softened(there * sure[..., None], 4.0) / (weight + np.float32(0.02))[..., None]
    held = np.clip(weight * np.float32(2.5), 0, 1)[..., None]
    return Bearing(np.asarray(smooth * held / np.float32(size[0]), np.float32), float(sure.mean()))


def _levelled(small: Frame) -> Mask:
    """Grey with its light and contrast evened out, so that day and night can still be matched."""
    return cast("Mask", cv2.createCLAHE(2.0, (4, 4)).apply(softened(grey_of(small), 1.0)))


def _flow(one: Mask, other: Mask) -> Plane:
    """Dense inverse search (Kroeger et al., 2016)."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return cast("Plane", estimator.calc(one, other, cast("Plane", None)))
