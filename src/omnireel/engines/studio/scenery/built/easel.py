"""Shapes laid over each other as soft bodies, lit from the upper left like the art pack's pictures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats

Points = Sequence[tuple[float, float]]
SIDE = 512
"""Pixels of a drawing's side; recipes count a hundredth of it."""
_FINE = 4
"""Binary places of sub-pixel precision in outlines."""
_ROUNDEST = 46
"""Pixels from its edge within which the roundest body still curves."""
_SHADE = np.array((0.80, 0.60, 0.66), np.float32)
"""What full shade leaves of a paint: darker, and a little toward violet."""


class Easel:
    """A straight BGRA picture in the making. Points are in hundredths of its side."""

    def __init__(self) -> None:
        self.picture: Bytes = np.zeros((SIDE, SIDE, 4), np.uint8)

    def fill(self, outline: Points, colour: Colour, puff: float, ink: float = 1.0) -> None:
        """A closed outline as a body; `puff` 0 is flat, 1 as round as it gets; `ink` is its opacity."""
        mask = np.zeros((SIDE, SIDE), np.uint8)
        fixed = (np.array(outline, np.float64) * (SIDE / 100) * 2**_FINE).round().astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255.0, cv2.LINE_AA, _FINE)
        self._lay(mask, colour, puff, ink)

    def stroke(self, path: Points, width: float, colour: Colour, puff: float, ink: float = 1.0) -> None:
        """A line with round ends, `width` hundredths wide."""
        mask = np.zeros((SIDE, SIDE), np.uint8)
        fixed = (np.array(path, np.float64) * (SIDE / 100) * 2**_FINE).round().astype(np.int32)
        thick = max(1, round(width * SIDE / 100))
        cv2.polylines(mask, [fixed], False, 255.0, thick, cv2.LINE_AA, _FINE)  # noqa: FBT003 - OpenCV's order
        self._lay(mask, colour, puff, ink)

    def _lay(self, mask: Bytes, colour: Colour, puff: float, ink: float) -> None:
        left, top, width, height = cv2.boundingRect(mask)
        if not width:
            return
        box = np.s_[top : top + height, left : left + width]
        alpha = mask[box].astype(np.float32) / np.float32(255)
        paint = _modelled(alpha, colour, puff)
        alpha = alpha * np.float32(ink)
        under = self.picture[box].astype(np.float32)
        beneath = under[..., 3:] / 255 * (1 - alpha[..., None])
        whole = alpha[..., None] + beneath
        mixed = (paint * alpha[..., None] + under[..., :3] * beneath) / np.maximum(whole, 1e-3)
        self.picture[box] = np.concatenate([mixed, whole * 255], axis=2).round().astype(np.uint8)


def _modelled(alpha: Floats, colour: Colour, puff: float) -> Floats:
    """The paint of a shape whose surface falls away toward its outline."""
    paint = np.broadcast_to(np.array(colour, np.float32), (*alpha.shape, 3))
    if puff <= 0:
        return np.asarray(paint, np.float32)
    reach = max(3, round(min(_ROUNDEST, min(alpha.shape) * 0.5) * puff) | 1)
    solid = cv2.copyMakeBorder(alpha, *(2 * reach,) * 4, cv2.BORDER_CONSTANT, value=0.0)
    dome = cv2.blur(cv2.blur(solid, (reach, reach)), (reach, reach))
    inner = np.s_[2 * reach : -2 * reach, 2 * reach : -2 * reach]
    across, down = (cv2.Sobel(dome, cv2.CV_32F, *way, ksize=3)[inner] for way in ((1, 0), (0, 1)))
    facing = (0.55 * across + 0.75 * down) * np.float32(reach / 8)
    fall = np.linspace(0.10, -0.16, alpha.shape[0], dtype=np.float32)[:, None] * np.float32(
        min(1.0, 2 * puff)
    )
    lit = np.clip(facing * 0.85 + fall, -1, 1)[..., None]
    shaded = paint * (1 - np.clip(-lit, 0, 1) * (1 - _SHADE))
    bright = shaded + (255 - shaded) * np.clip(lit, 0, 1) * np.float32(0.34)
    gleam = np.clip(lit - 0.62, 0, 1) * np.float32(110)
    return np.asarray(np.clip(bright + gleam, 0, 255), np.float32)
