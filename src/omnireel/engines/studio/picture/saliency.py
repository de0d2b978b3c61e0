"""Where a picture draws the eye, and which window of it to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Plane, Size, grey_of, shrunk, size_of, softened
from omnireel.media.frames import Frame

SIDE = 192
"""Longer side of the grid on which pictures are judged."""
_LEVELS = 7
"""Steps per Lab channel when colours are counted."""
_MOST_SKIN = 0.3
"""Share of the picture beyond which skin colours are fur, wood or sand."""


@dataclass(frozen=True)
class _Taste:
    """Where a sliding window would rather lie in its range, 0 to 1, and how it minds what its ends cut."""

    liked: float
    pull: float
    cut_before: float
    cut_after: float


_ACROSS = _Taste(liked=0.5, pull=0.3, cut_before=0.25, cut_after=0.25)
# Cut feet are forgiven, cut heads are not.
_DOWN = _Taste(liked=0.35, pull=0.3, cut_before=0.55, cut_after=0.15)


@dataclass(frozen=True)
class Window:
    """A part of a picture, in its pixels: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


def saliency_of(picture: Frame) -> Plane:
    """How much each place stands out, 0 to 1, on a grid with a longer side of SIDE.

    Colours that are rare and unlike the others (histogram contrast; Cheng et al., "Global Contrast Based
    Salient Region Detection", 2011), that keep to one place and off the border, that are in focus, and skin.
    """
    small = judged(picture)
    rare = spread(softened(_standing_out(small), SIDE / 64))
    sharp = sharpness_of(small)
    found = (0.65 * rare + 0.35 * sharp + 0.3 * skin_of(small)) * _central(size_of(small))
    return spread(softened(np.asarray(found, np.float32), SIDE / 48))


def judged(picture: Frame) -> Frame:
    """The picture at the size on which it is judged."""
    width, height = size_of(picture)
    scale = SIDE / max(width, height)
    return shrunk(picture, (max(8, round(width * scale)), max(8, round(height * scale))))


def sharpness_of(small: Frame) -> Plane:
    """Local fine contrast, 0 to 1: what the photographer focused on."""
    grey = grey_of(small).astype(np.float32)
    detail = np.abs(grey - softened(grey, 1.2))
    return spread(np.log(softened(detail, SIDE / 32) + np.float32(0.6)))


def spread(plane: Plane) -> Plane:
    """Values stretched so that the 2nd percentile is 0 and the 98th is 1."""
    low, high = np.percentile(plane, (2, 98))
    return np.asarray(np.clip((plane - low) / max(1e-6, high - low), 0, 1), np.float32)


def best_window(saliency: Plane, picture: Size, shape: float) -> Window:
    """The largest window of width / height `shape` that keeps most of what stands out and cuts least of it.

    It only slides along one side; evenly dull pictures give the middle, or a little above it.
    """
    width, height = picture
    if width / height >= shape:
        room = shape * height
        return Window(_best_offset(saliency, room / width, _ACROSS) * width, 0.0, room, float(height))
    room = width / shape
    return Window(0.0, _best_offset(saliency.T, room / height, _DOWN) * height, float(width), room)


def tightened(window: Window, share: float, towards: tuple[float, float]) -> Window:
    """A window of `share` the size, inside this one, its centre as near to a point as that allows."""
    width, height = window.width * share, window.height * share
    x = min(max(towards[0] - width / 2, window.x), window.x + window.width - width)
    y = min(max(towards[1] - height / 2, window.y), window.y + window.height - height)
    return Window(x, y, width, height)


def focus_of(saliency: Plane, picture: Size, window: Window) -> tuple[float, float]:
    """The middle of what stands out inside a window, in pixels of the picture."""
    grid = size_of(saliency)
    scale_x, scale_y = grid[0] / picture[0], grid[1] / picture[1]
    columns = slice(int(window.x * scale_x), max(1, round((window.x + window.width) * scale_x)))
    rows = slice(int(window.y * scale_y), max(1, round((window.y + window.height) * scale_y)))
    weight = saliency[rows, columns].astype(np.float64) ** 2 + 1e-4
    x = float((weight.sum(axis=0) * (np.arange(weight.shape[1]) + 0.5)).sum() / weight.sum())
    y = float((weight.sum(axis=1) * (np.arange(weight.shape[0]) + 0.5)).sum() / weight.sum())
    return (columns.start + x) / scale_x, (rows.start + y) / scale_y


def _best_offset(saliency: Plane, room: float, taste: _Taste) -> float:
    """Where a window of `room` along the second axis should begin; both are shares of the whole."""
    count = saliency.shape[1]
    places = max(1, round(count * (1 - room)) + 1)
    length = max(1, count - places + 1)
    kept = np.convolve(saliency.sum(axis=0).astype(np.float64), np.ones(length), "valid")[:places]
    # Faint things may be cut without anybody noticing.
    cut = np.maximum(0.0, np.percentile(saliency, 92, axis=0).astype(np.float64) - 0.06)
    begins, ends = cut[:places].copy(), cut[length - 1 : length - 1 + places].copy()
    # At the picture's own border nothing is cut that the photographer had not cut already.
    begins[0] = ends[-1] = 0.0
    away = np.linspace(0, 1, places) - taste.liked
    score = kept / max(1e-9, kept.max()) - taste.pull * away**2
    best = int(np.argmax(score - taste.cut_before * begins - taste.cut_after * ends))
    return float(best / max(1, places - 1) * (1 - room))


def _standing_out(small: Frame) -> Plane:
    bins, colours, counts, labels = _histogram(small)
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    contrast = apart @ (counts / counts.sum())
    alone = _kept_together(labels, counts, size_of(small)) * _off_the_border(labels, bins)
    return np.asarray((contrast / max(1e-6, contrast.max()) * alone)[labels], np.float32)


def _histogram(small: Frame) -> tuple[int, Plane, Plane, NDArray[np.intp]]:
    """The Lab colours in the picture, few enough to compare pairwise: how many, which, how often, where."""
    lab = cast("Frame", cv2.cvtColor(softened(small, 1.0), cv2.COLOR_BGR2LAB)).astype(np.float32)
    steps = np.minimum(_LEVELS - 1, np.floor(lab / 256 * _LEVELS)).astype(np.intp)
    # Colour differences hide in the middle of the a and b ranges, so those are cut finer.
    chroma = np.clip(np.floor((lab[..., 1:] - 128) / 14 + _LEVELS / 2), 0, _LEVELS - 1).astype(np.intp)
    codes = (steps[..., 0] * _LEVELS + chroma[..., 0]) * _LEVELS + chroma[..., 1]
    _, labels, counts = np.unique(codes.ravel(), return_inverse=True, return_counts=True)
    flat = labels.ravel()
    means = [np.bincount(flat, lab[..., c].ravel()) / counts for c in range(3)]
    colours = np.stack(means, axis=1).astype(np.float32)
    return len(counts), colours, counts.astype(np.float32), flat.reshape(codes.shape)


def _kept_together(labels: NDArray[np.intp], counts: Plane, size: Size) -> Plane:
    """1 for a colour in one spot, towards 0 for one all over the picture."""
    total = np.zeros(len(counts))
    for axis, length in ((1, size[0]), (0, size[1])):
        place = np.broadcast_to(np.expand_dims(np.arange(length) / length, 1 - axis), labels.shape)
        mean = np.bincount(labels.ravel(), place.ravel()) / counts
        total += np.bincount(labels.ravel(), place.ravel() ** 2) / counts - mean**2
    return np.asarray(np.exp(-total / 0.09), np.float32)


def _off_the_border(labels: NDArray[np.intp], bins: int) -> Plane:
    """1 for a colour that does not touch the border, towards 0 for one that mostly lies there."""
    edge = max(1, min(labels.shape) // 24)
    inner = np.bincount(labels[edge:-edge, edge:-edge].ravel(), minlength=bins)
    whole = np.bincount(labels.ravel(), minlength=bins)
    expected = 1 - labels[edge:-edge, edge:-edge].size / labels.size
    return np.asarray(np.exp(-((1 - inner / whole) / expected) * 0.8), np.float32)


def skin_of(small: Frame) -> Plane:
    """1 where the colour is human skin (Chai and Ngan, "Face Segmentation Using Skin-Color Map", 1999)."""
    luma, red, blue = cv2.split(cast("Frame", cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb)))
    skin = (luma > 60) & (red > 135) & (red < 173) & (blue > 80) & (blue < 127)
    return (skin if skin.mean() < _MOST_SKIN else np.zeros_like(skin)).astype(np.float32)


def _central(size: Size) -> Plane:
    x = (np.linspace(-1, 1, size[0]) / 0.95) ** 2
    y = ((np.linspace(-1, 1, size[1]) - 0.05) / 0.95) ** 2
    return np.asarray(np.exp(-(y[:, None] + x[None, :])), np.float32)
