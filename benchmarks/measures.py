"""Numbers for what a restyle did: how far it changed the picture, and how faithfully it kept the motion.

Motion and structure alone are won by changing nothing, so read them together with the two distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.media.frames import Frame

Numbers = NDArray[np.float32]

_BANDS = 4
_TEXTURED = 600.0
"""Squared grey-level slope from which a place has enough texture for its motion to be measured."""
_CONSISTENT = 1.0


def palette_distance(source: Frame, result: Frame) -> float:
    """Mean transport distance of the three Lab channels' histograms, in 8-bit Lab steps."""
    channels = zip(_lab(source).reshape(-1, 3).T, _lab(result).reshape(-1, 3).T, strict=True)
    return float(np.mean([_transport(one, other) for one, other in channels]))


def texture_distance(source: Frame, result: Frame) -> float:
    """Distance of 22 statistics of texture, colour and orientation, each scaled to about one."""
    return float(np.linalg.norm(texture_statistics(source) - texture_statistics(result)))


def texture_statistics(frame: Frame) -> Numbers:
    """Energy, mean and peakedness of four frequency bands; light and colour levels; how edges lie."""
    lab = _lab(frame)
    return np.array(
        [*_band_statistics(lab[..., 0]), *_colour_statistics(frame, lab), *_edges(lab)], np.float32
    )


def motion_error(frames: Sequence[Frame], flows: Sequence[Numbers]) -> float:
    """Mean end-point error in pixels of the frames' measured flow against the true one.

    Counted where the frames have texture, and forward and backward flow agree.
    """
    greys = [cast("NDArray[np.uint8]", cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)) for frame in frames]
    errors = [
        _pair_error(one, other, flow) for one, other, flow in zip(greys, greys[1:], flows, strict=False)
    ]
    return float(np.mean(errors))


def flicker(frames: Sequence[Frame]) -> float:
    """Mean over the picture of each pixel's standard deviation in time, in grey levels."""
    return float(np.stack(frames).astype(np.float32).std(axis=0).mean())


def _pair_error(one: NDArray[np.uint8], other: NDArray[np.uint8], true: Numbers) -> float:
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    none = cast("Numbers", None)
    there = cast("Numbers", estimator.calc(one, other, none))
    back = cast("Numbers", estimator.calc(other, one, none))
    y, x = np.mgrid[0 : one.shape[0], 0 : one.shape[1]].astype(np.float32)
    returned = cv2.remap(back, x + there[..., 0], y + there[..., 1], cv2.INTER_LINEAR)
    sure = np.linalg.norm(there + returned, axis=2) < _CONSISTENT
    across, down = cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)
    sure &= cv2.blur(across * across + down * down, (9, 9)) > _TEXTURED
    return float(np.linalg.norm(there - true, axis=2)[sure].mean())


def _lab(frame: Frame) -> Numbers:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2LAB), np.float32)


def _transport(one: Numbers, other: Numbers) -> float:
    share = np.linspace(0, 1, 513)
    return float(np.abs(np.quantile(one, share) - np.quantile(other, share)).mean())


def _band_statistics(light: Numbers) -> list[float]:
    found: list[float] = []
    for _ in range(_BANDS):
        smooth = cv2.GaussianBlur(light, (0, 0), 1)
        band = light - smooth
        peaked = float((band**4).mean() / ((band**2).mean() ** 2 + 1e-3)) ** 0.25 * 0.4
        found += [float(np.log(band.std() + 0.3)), float(np.log(np.abs(band).mean() + 0.2)), peaked]
        light = np.asarray(cv2.resize(light, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
    return found


def _colour_statistics(frame: Frame, lab: Numbers) -> list[float]:
    light, a, b = lab[..., 0], lab[..., 1] - 128, lab[..., 2] - 128
    chroma = np.hypot(a, b)
    few = cv2.resize(frame, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([few], [0, 1, 2], None, [12, 12, 12], [0, 256] * 3).ravel()
    share = counts / counts.sum()
    variety = -float((share * np.log(share + 1e-9)).sum()) / 2
    levels = [light.mean() / 50, light.std() / 30, np.log(chroma.mean() + 1), chroma.std() / 20]
    return [*map(float, levels), float(a.mean() / 15), float(b.mean() / 15), variety]


def _edges(lab: Numbers) -> list[float]:
    """How strongly edges prefer one or two directions, and how far they are lit from the upper left."""
    light = lab[..., 0]
    across, down = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    strength, angle = np.hypot(across, down) + 1e-3, np.arctan2(down, across)
    whole = float(strength.sum())
    found = [
        float(np.hypot((strength * np.cos(n * angle)).sum(), (strength * np.sin(n * angle)).sum())) / whole
        for n in (2, 4)
    ]
    lit = float((np.cos(angle - np.arctan2(-0.62, -0.45)) * strength).sum()) / whole
    return [*found, lit * 3]
