"""Between the arrays of a call and what diffusers takes and gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from omnireel.engines.link import Array
from omnireel.errors import EngineFailed


def images(frames: Array) -> list[Image.Image]:
    """Frames (n, height, width, 3), uint8, as n images."""
    return [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]


def frames_of(made: Any) -> Array:
    """Frames as float (n, height, width, 3), 0 to 1, in uint8. Raises EngineFailed for what is no number."""
    frames = np.empty(made.shape, np.uint8)
    for at, frame in enumerate(made):
        if not np.isfinite(frame).all():
            raise EngineFailed("the model made no picture: some of its pixels are not numbers")
        np.rint(frame * 255.0, out=frames[at], casting="unsafe")
    return frames
