"""A restyled clip against its source: motion kept, jitter added, structure kept, look changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from benchmarks.measures import Numbers, palette_distance, texture_distance, texture_statistics
from numpy.typing import NDArray

from omnireel.media.frames import Frame

_SLOPE = 600.0
"""Squared grey-level slope from which a place has enough texture for its motion to be measured."""
_CONSISTENT = 1.0
_BORDER = 3
_EVERY = 4
"""Structure and edges are looked at on every fourth frame."""
_EDGE_REACH = 3
_STRUCTURE = 29.3
"""Keeps the structure term calm where there is none; the usual constant of SSIM (Wang et al., 2004)."""


@dataclass(frozen=True)
class Scores:
    """What one way of restyling did to one clip. Motion and jitter in pixels of half the canvas."""

    motion_error: float
    """End-point error of the result's own flow against the source's; 0 is best."""
    motion_correlation: float
    jitter: float
    """Warp error along the source's motion, over the error a shift by one pixel would make."""
    edges: float
    """F-score of edges found again within three pixels."""
    structure: float
    palette: float
    texture: float
    look: tuple[float, ...]
    """Mean of the texture statistics: what the look is told by."""


class Source:
    """A clip's motion and edges, measured once and compared with many results."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.first = frames[0]
        self._greys = [_grey(frame) for frame in frames]
        self._flows = [_Flow.between(one, other) for one, other in pairwise(self._greys)]

    def compared(self, results: Sequence[Frame]) -> Scores:
        """Scores of as many result frames as the source has, at the same size."""
        if len(results) != len(self._greys):
            raise ValueError(f"the source has {len(self._greys)} frames, the result {len(results)}")
        greys = [_grey(frame) for frame in results]
        errors, correlations = zip(*self._motions(greys), strict=True)
        few = range(0, len(greys), _EVERY)
        return Scores(
            motion_error=float(np.mean(errors)),
            motion_correlation=float(np.mean(correlations)),
            jitter=float(np.mean(list(self._jitters(results)))),
            edges=float(np.mean([_edge_overlap(self._greys[index], greys[index]) for index in few])),
            structure=float(np.mean([_structure(self._greys[index], greys[index]) for index in few])),
            palette=palette_distance(self.first, results[0]),
            texture=texture_distance(self.first, results[0]),
            look=look_of(results),
        )

    def _motions(self, greys: Sequence[Frame]) -> Iterator[tuple[float, float]]:
        for flow, (one, other) in zip(self._flows, pairwise(greys), strict=True):
            found, true = _flow(one, other)[flow.sure], flow.field[flow.sure]
            if not len(true):
                continue
            error = float(np.linalg.norm(found - true, axis=1).mean())
            size = float(np.sqrt((found * found).sum() * (true * true).sum()))
            yield error, float((found * true).sum()) / (size + 1e-6)

    def _jitters(self, results: Sequence[Frame]) -> Iterator[float]:
        halves = [_half(frame).astype(np.float32) for frame in results]
        for flow, (one, other) in zip(self._flows, pairwise(halves), strict=True):
            moved = np.abs(flow.followed(other) - one)[flow.seen].mean()
            across = np.abs(np.roll(one, 1, axis=1) - one)[flow.seen].mean()
            down = np.abs(np.roll(one, 1, axis=0) - one)[flow.seen].mean()
            yield float(moved / ((across + down) / 2 + 1e-3))


@dataclass(frozen=True)
class _Flow:
    field: Numbers
    seen: NDArray[np.bool_]
    """Where a pixel is seen in both frames."""
    sure: NDArray[np.bool_]
    """Where there is texture enough to measure it too."""

    @classmethod
    def between(cls, one: Frame, other: Frame) -> _Flow:
        there, back = _flow(one, other), _flow(other, one)
        x, y = _places(there)
        returned = cv2.remap(back, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        height, width = one.shape[:2]
        inside = (x > _BORDER) & (x < width - _BORDER) & (y > _BORDER) & (y < height - _BORDER)
        seen = inside & (np.linalg.norm(there + returned, axis=2) < _CONSISTENT)
        across, down = cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)
        return cls(there, seen, seen & (cv2.blur(across * across + down * down, (9, 9)) > _SLOPE))

    def followed(self, frame: Numbers) -> Numbers:
        x, y = _places(self.field)
        return cast("Numbers", cv2.remap(frame, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def look_of(results: Sequence[Frame]) -> tuple[float, ...]:
    """What a look is told by: the mean of its texture statistics over every fourth frame."""
    few = [texture_statistics(frame) for frame in results[::_EVERY]]
    return tuple(float(value) for value in np.mean(few, axis=0))


def identified(looks: dict[str, dict[str, tuple[float, ...]]]) -> tuple[int, int]:
    """How many looks (style, then clip, then statistics) are recognised, and of how many.

    Each clip in turn is left out; its results are given to the style whose mean over the other clips is
    nearest, every statistic scaled by its spread.
    """
    spread = np.std([look for clips in looks.values() for look in clips.values()], axis=0) + 1e-6
    right = total = 0
    for clip in next(iter(looks.values())):
        centres = {
            style: np.mean([look for other, look in clips.items() if other != clip], axis=0) / spread
            for style, clips in looks.items()
        }
        for style, clips in looks.items():
            seen = np.array(clips[clip]) / spread
            nearest = min(centres, key=lambda name: float(np.linalg.norm(centres[name] - seen)))
            right, total = right + (nearest == style), total + 1
    return right, total


def _half(frame: Frame) -> Frame:
    size = frame.shape[1] // 2, frame.shape[0] // 2
    return cast("Frame", cv2.resize(frame, size, interpolation=cv2.INTER_AREA))


def _grey(frame: Frame) -> Frame:
    return cast("Frame", cv2.cvtColor(_half(frame), cv2.COLOR_BGR2GRAY))


def _flow(one: Frame, other: Frame) -> Numbers:
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return cast("Numbers", estimator.calc(one, other, cast("Numbers", None)))


def _places(flow: Numbers) -> tuple[Numbers, Numbers]:
    y, x = np.mgrid[0 : flow.shape[0], 0 : flow.shape[1]].astype(np.float32)
    return x + flow[..., 0], y + flow[..., 1]


def _edge_overlap(source: Frame, result: Frame) -> float:
    reach = np.ones((2 * _EDGE_REACH + 1,) * 2, np.uint8)
    one, other = _outlines(source), _outlines(result)
    right = (other & (cv2.dilate(one.astype(np.uint8), reach) > 0)).sum() / max(1, other.sum())
    found = (one & (cv2.dilate(other.astype(np.uint8), reach) > 0)).sum() / max(1, one.sum())
    return float(2 * right * found / (right + found + 1e-9))


def _outlines(grey: Frame) -> NDArray[np.bool_]:
    soft = cv2.GaussianBlur(grey, (0, 0), 2.2)
    across, down = cv2.Sobel(soft, cv2.CV_16S, 1, 0), cv2.Sobel(soft, cv2.CV_16S, 0, 1)
    high = float(np.percentile(np.hypot(across.astype(np.float32), down), 92))
    return np.asarray(cv2.Canny(across, down, 0.45 * high, high, L2gradient=True) > 0)


def _structure(source: Frame, result: Frame) -> float:
    """The structure term of SSIM at an eighth of the canvas: light and contrast are a restyle's to change."""
    one, other = (
        cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.float32)
        for grey in (source, result)
    )
    mean_one, mean_other = _mean(one), _mean(other)
    spread_one = np.maximum(_mean(one * one) - mean_one * mean_one, 0)
    spread_other = np.maximum(_mean(other * other) - mean_other * mean_other, 0)
    together = _mean(one * other) - mean_one * mean_other
    return float(((together + _STRUCTURE) / (np.sqrt(spread_one * spread_other) + _STRUCTURE)).mean())


def _mean(values: Numbers) -> Numbers:
    return cast("Numbers", cv2.GaussianBlur(values, (0, 0), 1.5))
