"""Footage whose every motion is known: painted pictures under known affine paths."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.media.frames import Frame
from omnireel.media.writer import ClipWriter
from omnireel.models import (
    AspectRatio,
    Job,
    JobKind,
    MediaKind,
    MediaRef,
    Mode,
    Shot,
    Storyboard,
    TimeOfDay,
    VideoRequest,
    Weather,
)
from omnireel.testing.engine import RecordingRun

Matrix = NDArray[np.float32]


def painting(width: int, height: int, seed: int = 1, *, colour: float = 1.0) -> Frame:
    """Overlapping soft-edged blobs with some grain, like a still life. `colour` of 0 paints it in greys."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), random.integers(60, 190, 3), np.uint8)
    for _ in range(60):
        tint = tuple(int(c) for c in random.integers(20, 236, 3))
        centre = int(random.integers(0, width)), int(random.integers(0, height))
        axes = int(random.integers(8, width // 6)), int(random.integers(8, height // 5))
        cv2.ellipse(picture, centre, axes, float(random.uniform(0, 180)), 0, 360, tint, -1, cv2.LINE_AA)
    worn = _weathered(picture.astype(np.float32), random)
    grey = worn.mean(axis=2, keepdims=True)
    return np.asarray(np.clip(grey + (worn - grey) * np.float32(colour), 0, 255), np.uint8)


def _weathered(picture: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Shadows, and a fine and a finer texture such as real surfaces have."""
    height, width = picture.shape[:2]
    shade = cv2.resize(random.uniform(0.55, 1.2, (5, 8)), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(random.normal(0, 1, picture.shape).astype(np.float32), (0, 0), 1.0) * 50
    finer = random.normal(0, 7, (height, width, 1))
    return np.asarray(picture * shade[..., None] + fine + finer, np.float32)


def path_step(index: int) -> Matrix:
    """Where frame `index` looks into the painting: a slow pan with a little turn and zoom."""
    angle, zoom = 0.0035 * index, 1.0 + 0.002 * index
    cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
    return np.array([[cos, -sin, 60 + 1.3 * index], [sin, cos, 40 - 0.8 * index]], np.float32)


def filmed(picture: Frame, size: tuple[int, int], count: int) -> list[Frame]:
    """`count` frames of `size` along the known path through a larger picture."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return [cast("Frame", cv2.warpAffine(picture, path_step(i), size, flags=flags)) for i in range(count)]


def true_flow(index: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """`(height, width, 2)`: how each pixel of frame `index` has moved in the next frame."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    here = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    place = path_step(index) @ here
    onto = cv2.invertAffineTransform(path_step(index + 1)) @ np.vstack([place, np.ones(x.size)])
    return np.asarray((onto - here[:2]).T.reshape(size[1], size[0], 2), np.float32)


def save(frames: list[Frame], path: Path, fps: Fraction = Fraction(24)) -> Path:
    """The frames as a real MP4."""
    height, width = frames[0].shape[:2]
    with ClipWriter(path, width=width, height=height, fps=fps, crf=12) as writer:
        for frame in frames:
            writer.write(frame)
    return path


SOURCE = MediaRef(MediaKind.VIDEO, "blob:source")


def run_on(source: Path, scratch: Path, *, seed: int = 7, stop_at: int | None = None) -> RecordingRun:
    """An attempt whose one input is `source`; its scratch folder is made."""
    scratch.mkdir(parents=True, exist_ok=True)
    return RecordingRun(scratch, seed, {SOURCE: source}, stop_at=stop_at)


def repaint_job(
    *styles: str,
    mode: Mode = Mode.STD,
    aspect_ratio: AspectRatio | None = None,
    on_twos: bool = False,
    hour: TimeOfDay | None = None,
    weather: Weather | None = None,
    kind: JobKind = JobKind.EDIT,
    keep_sound: bool = False,
) -> Job:
    """A job to repaint a source video."""
    request = VideoRequest(
        model="kling/kling-video-o1",
        prompt="restyle it",
        videos=(SOURCE,),
        duration=None,
        mode=mode,
        aspect_ratio=aspect_ratio,
        keep_original_sound=keep_sound,
    )
    shot = Shot("restyle it", time_of_day=hour, weather=weather)
    return Job(request, Storyboard(kind, (shot,), styles, on_twos))
