"""What an old projector adds: an unsteady gate, flickering light, dust, scratches and light leaks."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.tones import colour
from omnireel.engines.studio.picture.raster import Mask, Plane, boxed
from omnireel.media.frames import Frame

_WEAVE = 0.0016
"""How far the film wanders in the gate, as a share of the height."""
_SOFT = 3 / 720
"""Width of a soft lens's blur, as a share of the short side."""
_LONGEST = 1024
_HOLD = 2
"""Frames for which dust lies; every new speck costs bits."""


def wander(seed: int, smooth: int) -> Plane:
    """`(1024,)`: an endless unit walk for anything unsteady."""
    noise = np.random.default_rng(seed).standard_normal(_LONGEST)
    window = np.hanning(smooth + 2)[1:-1]
    walked = np.real(np.fft.ifft(np.fft.fft(noise) * np.fft.fft(window, _LONGEST)))
    return np.asarray(walked / walked.std(), np.float32)


class Gate:
    """Film that weaves a pixel or two from frame to frame, mostly up and down."""

    def __init__(self, footage: Footage) -> None:
        self._reach = footage.size[1] * _WEAVE
        self._x, self._y = wander(footage.seed + 41, 9), wander(footage.seed + 43, 4)

    def draw(self, frame: Frame, index: int) -> Frame:
        """The frame shifted, its border repeated."""
        x, y = float(self._x[index % _LONGEST]) * 0.5, float(self._y[index % _LONGEST])
        return shifted(frame, x * self._reach, y * self._reach)


def shifted(frame: Frame, x: float, y: float) -> Frame:
    """A frame moved right by `x` and down by `y` pixels, its border repeated. A shift is two blends of two
    neighbours; a general warp takes three times as long."""
    left, top = int(np.floor(-x)), int(np.floor(-y))
    pad = max(abs(left), abs(top), 1) + 1
    around = cv2.copyMakeBorder(frame, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    rows = around[pad + top : pad + top + frame.shape[0] + 1, pad + left : pad + left + frame.shape[1] + 1]
    down, across = -y - top, -x - left
    upright = cv2.addWeighted(rows[:-1], 1 - down, rows[1:], down, 0)
    return cast("Frame", cv2.addWeighted(upright[:, :-1], 1 - across, upright[:, 1:], across, 0))


class Flicker:
    """A lamp that burns unevenly, by `depth` at its standard deviation."""

    def __init__(self, footage: Footage, depth: float) -> None:
        self._level = 1 + np.clip(wander(footage.seed + 47, 3), -2, 2) * np.float32(depth)
        self._fps = footage.fps

    def fall(self, view: View, light: Light) -> None:
        """Burn brighter or darker for one frame."""
        light.passed *= np.float32(self._level[int(view.seconds * self._fps) % _LONGEST])


class LightLeak:
    """Orange light through a seam of the camera, breathing along one edge."""

    def __init__(self, footage: Footage) -> None:
        width, height = footage.grid
        x = np.linspace(0, 1, width, dtype=np.float32)[None]
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        self._edge = np.asarray(np.exp(-(((x - 1.02 + 0.10 * (y - 0.3)) / 0.13) ** 2)), np.float32)
        self._lobe = np.asarray(np.exp(-(((x - 0.98) / 0.26) ** 2) - ((y - 0.2) / 0.34) ** 2), np.float32)
        self._phase = float(np.random.default_rng(footage.seed + 53).random() * 6.3)

    def fall(self, view: View, light: Light) -> None:
        """Add the leak of one frame."""
        breath = 0.55 + 0.45 * np.sin(view.seconds * 1.1 + self._phase)
        light.glow(self._edge * np.float32(0.5 * breath), colour(255, 96, 30))
        light.glow(self._lobe * np.float32(0.26 * (1.2 - breath)), colour(255, 176, 70))


class Aperture:
    """The opening the film is seen through, rounded, with a black `border` in shares of the height."""

    def __init__(self, footage: Footage, corner: float, border: float) -> None:
        self._mask = _rounded(footage.size, corner, border)

    def draw(self, frame: Frame, index: int) -> Frame:
        """The frame through the opening."""
        return cast("Frame", cv2.multiply(frame, self._mask, scale=1 / 255))


class Softness:
    """A lens that draws soft."""

    def __init__(self, footage: Footage) -> None:
        self._blur = max(3, round(min(footage.size) * _SOFT) | 1)

    def draw(self, frame: Frame, index: int) -> Frame:
        """The frame as such a lens draws it."""
        return boxed(frame, self._blur)


class Dirt:
    """Dust, hairs and scratches on the film."""

    def __init__(self, footage: Footage, *, scratches: int, specks: int) -> None:
        self._seed, self._scratches, self._specks = footage.seed, scratches, specks
        self._walks = [wander(footage.seed + 61 + k, 25) for k in range(scratches)]

    def draw(self, frame: Frame, index: int) -> Frame:
        """Draw the dirt of one frame into it."""
        turn = index // _HOLD
        random = np.random.default_rng((self._seed, turn))
        height, width = frame.shape[:2]
        for _ in range(int(random.integers(0, self._specks + 1))):
            self._speck(frame, random)
        for number, walk in enumerate(self._walks):
            if (turn // 9 + number * 2) % 3 == 0:
                x = int(width * (0.2 + 0.27 * number) + float(walk[turn % _LONGEST]) * width * 0.004)
                frame[:, x] = cv2.addWeighted(frame[:, x], 0.72, np.full((height, 3), 235, np.uint8), 0.28, 0)
        return frame

    def _speck(self, frame: Frame, random: np.random.Generator) -> None:
        height, width = frame.shape[:2]
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        tint = (28, 30, 34) if random.random() < 0.6 else (228, 232, 236)
        reach = height / 720
        if random.random() < 0.2:
            steps = np.cumsum(random.normal(0, 5 * reach, (9, 2)), axis=0) + np.array([x, y])
            cv2.polylines(
                frame,
                [steps.astype(np.int32)],
                isClosed=False,
                color=tint,
                thickness=max(1, round(reach)),
                lineType=cv2.LINE_AA,
            )
        else:
            axes = (
                max(1, round(random.uniform(0.8, 2.8) * reach)),
                max(1, round(random.uniform(0.8, 2.0) * reach)),
            )
            cv2.ellipse(frame, (x, y), axes, float(random.uniform(0, 180)), 0, 360, tint, -1, cv2.LINE_AA)


def _rounded(size: tuple[int, int], share: float, border: float) -> Frame:
    """A mask with soft round corners, as a frame of three equal channels."""
    width, height = size
    radius, edge = share * height, 0.008 * height
    inset = radius + edge + border * height
    x = np.abs(np.arange(width) - (width - 1) / 2) - (width / 2 - inset)
    y = np.abs(np.arange(height) - (height - 1) / 2)[:, None] - (height / 2 - inset)
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) + np.minimum(np.maximum(x, y), 0) - radius
    mask: Mask = np.asarray(np.clip(0.5 - outside / (edge * 1.2), 0, 1) * 255, np.uint8)
    return np.repeat(mask[..., None], 3, axis=-1)
