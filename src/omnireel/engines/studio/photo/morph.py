"""From one picture to another: begins on the first exactly, lands on the last exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin
from typing import Self, cast

import cv2
import numpy as np

from omnireel.engines.studio.photo.camera import View, eased
from omnireel.engines.studio.photo.plate import Plate, Scene, view_places
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    crossfaded,
    fetched,
    grey_of,
    pixel_grid,
    shrunk,
    softened,
    stretched,
)
from omnireel.engines.studio.picture.saliency import Window, judged, saliency_of, skin_of
from omnireel.media.frames import Frame

_FACE = 0.015
"""Share of a window that must be skin before it shows a face."""
_SALIENT = 0.5
_FLOW_SIDE = 256
_AGREEMENT = 1.5
"""Pixels of the flow's grid by which going there and back may miss."""
_ALIKE = 0.3
"""Share of the picture that must be found again in the other before things are moved and not just mixed."""
_MIX_MARGIN = 0.27
"""Share of the time, at each end, in which only one picture shows."""
_MEET = 0.62
"""Share of the time in which each picture is on its way to where the two meet."""
_CLOSEST = 1.7
"""How much closer a picture may come so that its subject is as large as the other's."""
_SOFT = 0.55
"""Width of the edge behind which the last picture grows out of the subject, as a share of the way."""
_BREATH = 0.07
"""How far the camera moves in by the middle, as a share."""


@dataclass(frozen=True)
class Bearing:
    """How a first picture's content moves to reach its place in the last one, in canvas widths."""

    flow: Plane
    alike: float
    """The share of the picture that was found in both."""


@dataclass(frozen=True)
class Subject:
    """What a picture is of: its middle and its size, in shares of the window it is seen through."""

    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Meeting:
    """Half way between two pictures: the middle of each one's view there, how much closer each has come by
    then, and where on the canvas, in shares, their subjects fall on each other."""

    centres: tuple[tuple[float, float], tuple[float, float]]
    closer: tuple[float, float]
    place: tuple[float, float]


@dataclass(frozen=True)
class Tone:
    """The light and colour of one frame carried over to another: `(3,)` factors and offsets by channel.

    Means and deviations are matched (Reinhard et al., "Color Transfer between Images", 2001).
    """

    factor: Plane
    offset: Plane

    @classmethod
    def between(cls, frame: Frame, wanted: Frame) -> Self:
        """What makes `frame` look as bright and as colourful as `wanted`."""
        own, other = (shrunk(picture, (64, 64)).reshape(-1, 3) for picture in (frame, wanted))
        factor = np.clip((other.std(axis=0) + 4) / (own.std(axis=0) + 4), 0.6, 1.6)
        offset = other.mean(axis=0) - factor * own.mean(axis=0)
        return cls(np.asarray(factor, np.float32), np.asarray(offset, np.float32))

    def towards(self, frame: Frame, share: float) -> Frame:
        """The frame with the tone taken on by `share`, 0 to 1."""
        levels = np.arange(256, dtype=np.float32)[:, None]
        changed = levels + (levels * self.factor + self.offset - levels) * np.float32(share)
        table = np.clip(changed + np.float32(0.5), 0, 255).astype(np.uint8)
        return cast("Frame", cv2.LUT(frame, table[None]))


class Morph:
    """A first and a last picture, each seen through its own window of the canvas's shape."""

    def __init__(self, scenes: tuple[Scene, Scene], windows: tuple[Window, Window], canvas: Size) -> None:
        self._scenes, self._windows, self._canvas = scenes, windows, canvas
        self._meeting = Meeting((windows[0].centre, windows[1].centre), (1.0, 1.0), (0.5, 0.5))
        self._plates = [self._plate(number) for number in (0, 1)]
        ends = self._plates[0].seen_from(self._home(0)), self._plates[1].seen_from(self._home(1))
        self._bearing = bearing_of(*ends)
        self._alike = self._bearing.alike >= _ALIKE
        if not self._alike:
            self._meeting = meeting_of(scenes, windows)
            self._plates = [self._plate(number) for number in (0, 1)]
        self._tones = Tone.between(*ends), Tone.between(*reversed(ends))
        self._growth = _growth(canvas, self._meeting.place)

    def frame(self, time: float) -> Frame:
        """The canvas at a time from 0, the first picture, to 1, the last."""
        share = self._share(time)
        if share <= 0:
            return self._half(0, time)
        if share >= 1:
            return self._half(1, time)
        first = self._tones[0].towards(self._half(0, time), share)
        last = self._tones[1].towards(self._half(1, time), 1 - share)
        if self._alike:
            return crossfaded(first, last, share)
        return blended(first, last, _grown(self._growth, self._canvas, share))

    def _share(self, time: float) -> float:
        """How much of the last picture shows. What is not alike looks double only for a moment."""
        return eased((time - _MIX_MARGIN) / (1 - 2 * _MIX_MARGIN))

    def _half(self, number: int, time: float) -> Frame:
        view = self._view(number, time)
        places = view_places(self._scenes[number], view, self._canvas)
        if self._alike:
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
        """From its own window to where the two pictures meet, or back from there; and a breath closer."""
        window = self._windows[number]
        near = eased(time / _MEET) if number == 0 else eased((1 - time) / _MEET)
        closer = self._meeting.closer[number] ** near * (1 + _BREATH * sin(pi * time) ** 2)
        width, height = window.width / closer, window.height / closer
        x, y = self._meeting.centres[number]
        share = (closer - 1) / max(1e-6, self._meeting.closer[number] * (1 + _BREATH) - 1)
        x = window.centre[0] + (x - window.centre[0]) * min(1.0, share)
        y = window.centre[1] + (y - window.centre[1]) * min(1.0, share)
        limit = (window.width - width) / 2, (window.height - height) / 2
        middle = window.centre
        x = min(max(x, middle[0] - limit[0]), middle[0] + limit[0])
        y = min(max(y, middle[1] - limit[1]), middle[1] + limit[1])
        return View(x, y, width)

    def _home(self, number: int) -> View:
        window = self._windows[number]
        return View(*window.centre, window.width)

    def _plate(self, number: int) -> Plate:
        return Plate(self._scenes[number], lambda time: self._view(number, time), self._canvas)


def meeting_of(scenes: tuple[Scene, Scene], windows: tuple[Window, Window]) -> Meeting:
    """Where pictures of different things can meet: one's subject in the place and size of the other's."""
    found = [subject_of(scene.picture, window) for scene, window in zip(scenes, windows, strict=True)]
    largest = max(subject.size for subject in found)
    closer = [min(_CLOSEST, largest / subject.size) for subject in found]
    place = (found[0].x + found[1].x) / 2, (found[0].y + found[1].y) / 2
    centres = []
    for subject, window, zoom in zip(found, windows, closer, strict=True):
        x = window.x + subject.x * window.width - (place[0] - 0.5) * window.width / zoom
        y = window.y + subject.y * window.height - (place[1] - 0.5) * window.height / zoom
        centres.append((x, y))
    return Meeting((centres[0], centres[1]), (closer[0], closer[1]), place)


def subject_of(picture: Frame, window: Window) -> Subject:
    """The face, where skin shows one, else what stands out most."""
    seen = picture[
        int(window.y) : max(int(window.y) + 2, int(window.y + window.height)),
        int(window.x) : max(int(window.x) + 2, int(window.x + window.width)),
    ]
    small = judged(np.ascontiguousarray(seen))
    salient = saliency_of(small)
    skin = softened(skin_of(small), 1.5) > 0.5
    found = skin if float(skin.mean()) > _FACE else salient > _SALIENT
    _, labels, stats, centres = cv2.connectedComponentsWithStats(found.astype(np.uint8))
    drawn = np.bincount(labels.ravel(), salient.ravel())[1:]
    if not len(drawn):
        return Subject(0.5, 0.5, 0.3)
    number = 1 + int(np.argmax(drawn))
    height, width = found.shape
    x, y = (centres[number] / (width, height)).tolist()
    return Subject(float(x), float(y), max(0.08, float(stats[number, cv2.CC_STAT_AREA]) ** 0.5 / height))


def _growth(canvas: Size, place: tuple[float, float]) -> Plane:
    """How late each place of the canvas changes over, 0 to 1: nearest to the subject first."""
    grid = pixel_grid((_FLOW_SIDE, max(16, round(_FLOW_SIDE * canvas[1] / canvas[0]))))
    height, width = grid.shape[:2]
    away = np.hypot(grid[..., 0] / width - place[0], (grid[..., 1] / height - place[1]) * 0.7)
    return np.asarray(away / away.max(), np.float32)


def _grown(growth: Plane, canvas: Size, share: float) -> Mask:
    """The last picture's share of every pixel of the canvas, 255 for all of it."""
    ahead = share * (1 + _SOFT) - growth
    shares = np.clip(ahead / _SOFT, 0, 1).astype(np.float32) * np.float32(255)
    return stretched(shares.astype(np.uint8), canvas)


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
