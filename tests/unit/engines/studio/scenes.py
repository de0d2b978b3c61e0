"""Flat pictures of a landscape and a night street, and clips repainted as a storyboard asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from tests.footage import repaint_job

from omnireel.engines.studio.looks.plan import plan_looks, through
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame
from omnireel.models import InventedLook, Shot, Storyboard, TimeOfDay, Weather

SIZE = (320, 180)
SKY, TREE, ROAD, HOUSE = (
    slice(0, 60),
    (slice(70, 150), slice(10, 90)),
    (slice(150, 180), slice(0, 320)),
    (slice(80, 150), slice(200, 300)),
)
LAMP = (slice(96, 104), slice(226, 232))


def landscape() -> Frame:
    """A blue sky, a green tree and meadow, a grey road and a brick-red house with one bright window."""
    picture = np.full((SIZE[1], SIZE[0], 3), (60, 150, 80), np.uint8)
    picture[SKY] = (225, 170, 110)
    picture[TREE] = (30, 110, 45)
    picture[ROAD] = (110, 112, 110)
    picture[HOUSE] = (60, 70, 150)
    picture[LAMP] = (200, 245, 255)
    noise = np.random.default_rng(4).normal(0, 2, picture.shape)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (3, 3), 0) + noise, 0, 255), np.uint8)


def board(
    *styles: str,
    hour: TimeOfDay | None = None,
    weather: Weather | None = None,
    invented: Sequence[InventedLook] = (),
) -> Storyboard:
    return replace(repaint_job(*styles, hour=hour, weather=weather).storyboard, invented=tuple(invented))


def repainted(
    storyboard: Storyboard,
    frames: Sequence[Frame],
    *,
    threads: int = 1,
    still: bool = True,
    references: Sequence[Frame] = (),
    shots: bool = False,
    seed: int = 7,
) -> list[Frame]:
    """Every frame through the storyboard's plan."""
    size = frames[0].shape[1], frames[0].shape[0]
    plan = plan_looks(
        storyboard,
        frames[:3],
        size,
        24.0,
        seed,
        references=references,
        frames=len(frames) if shots else None,
        still=still,
    )
    return [moment.frame for moment in through(plan.looks, tracked(frames, size), threads=threads)]


def two_shots(first: Shot, second: Shot) -> Storyboard:
    return replace(board(), shots=(first, second))


def mean(frame: Frame, where: tuple[slice, slice] | slice) -> tuple[float, float, float]:
    """Mean blue, green and red of a part."""
    blue, green, red = frame[where].reshape(-1, 3).mean(axis=0)
    return float(blue), float(green), float(red)
