"""Pictures enough like photographs: texture everywhere, sky above, ground below, something in front."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.media.frames import Frame

Numbers = NDArray[np.float32]


def textured(width: int, height: int, seed: int = 3) -> Frame:
    """Soft noise at several scales: dense flow can follow every part of it."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cell in (6, 14, 40):
        size = max(2, width // cell), max(2, height // cell)
        noise = random.uniform(-40, 40, (size[1], size[0], 3)).astype(np.float32)
        total += cast("Numbers", cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC))
    return np.asarray(np.clip(total + 128, 0, 255), np.uint8)


def landscape(width: int, height: int, subject: tuple[float, float] = (0.5, 0.6)) -> Frame:
    """A smooth blue sky, textured brown ground from the middle down, and a red disc at `subject` (shares)."""
    picture = textured(width, height)
    ground = cast("Frame", cv2.addWeighted(picture, 0.4, np.full_like(picture, (40, 70, 90)), 0.6, 0))
    sky = np.zeros_like(picture)
    sky[:] = np.linspace((230, 170, 120), (240, 220, 200), height)[:, None].astype(np.uint8)
    rows = np.arange(height)[:, None, None] < height // 2
    scene = np.ascontiguousarray(np.where(rows, sky, ground))
    centre = round(subject[0] * width), round(subject[1] * height)
    cv2.circle(scene, centre, min(width, height) // 7, (30, 30, 220), -1, cv2.LINE_AA)
    cv2.circle(scene, centre, min(width, height) // 14, (240, 240, 250), 3, cv2.LINE_AA)
    return scene


def flow_between(one: Frame, other: Frame) -> Numbers:
    """Dense motion from one frame to the other, `(height, width, 2)` pixels, x then y."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cast("Frame", cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)) for frame in (one, other)]
    return cast("Numbers", estimator.calc(grey[0], grey[1], cast("Numbers", None)))


def growth(flow: Numbers) -> float:
    """By what factor the picture grew, as a least-squares fit to its motion."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    across = flow[..., 0] - flow[..., 0].mean()
    down = flow[..., 1] - flow[..., 1].mean()
    return 1 + float((across * x + down * y).sum() / (x * x + y * y).sum())


def psnr(one: Frame, other: Frame) -> float:
    """Peak signal to noise of one frame against another, dB."""
    apart = one.astype(np.float64) - other
    return float(10 * np.log10(255**2 / max(1e-9, (apart * apart).mean())))
