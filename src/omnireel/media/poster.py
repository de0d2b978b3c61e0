"""A still picture that stands for a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from omnireel.media.frames import Frame

_QUALITY = 90


def write_poster(frame: Frame, path: Path) -> None:
    """Save a frame as a JPEG without metadata. The file appears complete or not at all."""
    partial = path.with_name(path.name + ".part")
    try:
        Image.fromarray(np.ascontiguousarray(frame[..., ::-1])).save(partial, "JPEG", quality=_QUALITY)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
