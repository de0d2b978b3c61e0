"""Cut-outs ready to be laid into a frame: lit for the shot, in several sizes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnireel.engines.studio.scenery import kernels_sprite
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.light import Light

_BORDER = 2
_LARGEST = 560
"""Pixels of a sprite's longer side at its finest; the pack's pictures are 256."""


@dataclass(frozen=True)
class Sprite:
    """A premultiplied BGRA picture and its halvings, finest first."""

    levels: tuple[Bytes, ...]

    @property
    def height(self) -> int:
        return int(self.levels[0].shape[0])

    @property
    def width(self) -> int:
        return int(self.levels[0].shape[1])

    @property
    def cover(self) -> float:
        """The share of its box that is opaque."""
        return float(self.levels[-1][..., 3].mean() / 255)

    def level_for(self, scale: float) -> int:
        """The level to draw when one of its finest pixels becomes `scale` frame pixels."""
        wanted = int(np.log2(max(1.0, 0.85 / max(scale, 1e-6))))
        return min(wanted, len(self.levels) - 1)


def sprite_of(premultiplied: Bytes) -> Sprite:
    """Halve until small."""
    levels = [_bordered(premultiplied)]
    while min(levels[-1].shape[:2]) > 24 and len(levels) < 6:
        last = levels[-1]
        size = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
        levels.append(
            np.ascontiguousarray(cv2.resize(last, size, interpolation=cv2.INTER_AREA).astype(np.uint8))
        )
    return Sprite(tuple(levels))


def _bordered(picture: Bytes) -> Bytes:
    framed = cv2.copyMakeBorder(picture, *(_BORDER,) * 4, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    ready = np.ascontiguousarray(framed.astype(np.uint8, copy=False))
    # A colour above its alpha would run over into its neighbour when it is laid.
    kernels_sprite.limit(ready)
    return ready


def enlarged(straight: Bytes, longest: int = _LARGEST) -> Bytes:
    """A straight BGRA picture scaled to `longest`, its outline kept crisp."""
    scale = longest / max(straight.shape[:2])
    size = (max(2, round(straight.shape[1] * scale)), max(2, round(straight.shape[0] * scale)))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    picture = cv2.resize(_bled(straight), size, interpolation=method)
    if scale > 1.2:
        # An upscaled edge is as soft as the scale; steepen the alpha so that it spans about a pixel again.
        alpha = picture[..., 3].astype(np.float32)
        picture[..., 3] = np.clip((alpha - 127.5) * min(scale, 2.4) * 0.75 + 127.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture.astype(np.uint8))


def _bled(straight: Bytes) -> Bytes:
    """Colours carried a little way past the outline, so that scaling does not mix in black."""
    solid = (straight[..., 3] > 128).astype(np.float32)
    colour = straight[..., :3].astype(np.float32) * solid[..., None]
    spread = cv2.blur(colour, (9, 9)) / np.maximum(cv2.blur(solid, (9, 9)), 1e-3)[..., None]
    picture = straight.copy()
    picture[..., :3] = np.where(solid[..., None] > 0, straight[..., :3], np.clip(spread, 0, 255)).astype(
        np.uint8
    )
    return picture


def premultiplied(straight: Bytes) -> Bytes:
    """Straight BGRA to premultiplied."""
    ready = np.array(straight, order="C")
    kernels_sprite.premultiply(ready)
    return ready


def relit(straight: Bytes, light: Light, *, strength: float = 1.0, sun_side: float = 1.0) -> Bytes:
    """Tinted for the hour, brighter toward the sun, with a rim of light where the outline faces it.

    `sun_side` is 1 when the sun stands to the right, -1 to the left.
    """
    tint = [(1 + (value - 1) * strength) * light.gloom for value in light.tint]
    slant = strength * 0.10 * light.sun_strength
    rim = [value * light.rim * strength for value in light.sun]
    lit = np.array(straight, order="C")
    p = np.array((*tint, slant * sun_side, slant * 0.6, *rim), np.float32)
    kernels_sprite.relight(lit, _rim(lit[..., 3], sun_side), p)
    return lit


def _rim(alpha: Bytes, sun_side: float) -> Bytes:
    reach = max(2, round(max(alpha.shape) * 0.022))
    solid = np.ascontiguousarray(alpha)
    moved = np.roll(cv2.blur(solid, (reach, reach)), (reach, -round(reach * sun_side)), (0, 1))
    return cv2.multiply(cv2.subtract(solid, moved), solid, scale=1 / 255).astype(np.uint8, copy=False)


_HUES = {
    "red": 0, "scarlet": 0, "crimson": 178, "orange": 11, "gold": 22, "golden": 22, "yellow": 26, "lime": 40,
    "green": 60, "emerald": 70, "teal": 88, "turquoise": 88, "cyan": 92, "blue": 110, "navy": 115,
    "indigo": 128,
    "purple": 137, "violet": 137, "magenta": 150, "pink": 165, "rose": 170, "brown": 10,
}  # fmt: skip
_SHADES = {
    "white": (0.12, 1.35),
    "silver": (0.12, 1.05),
    "grey": (0.12, 0.72),
    "gray": (0.12, 0.72),
    "black": (0.35, 0.30),
}
_SKIN = (13, 29)


def recoloured(straight: Bytes, colour: str, *, person: bool) -> Bytes | None:
    """The picture's main colour turned into the named one; None for a colour nobody here knows."""
    name = colour.lower().split()[-1] if colour.strip() else ""
    if name not in _HUES and name not in _SHADES:
        return None
    hsv = cv2.cvtColor(straight[..., :3], cv2.COLOR_BGR2HSV).astype(np.float32)
    weight = _main_colour(hsv, straight[..., 3], skip_skin=person)
    if name in _SHADES:
        saturation, value = _SHADES[name]
        hsv[..., 1] *= 1 + (saturation - 1) * weight
        hsv[..., 2] *= 1 + (value - 1) * weight
    else:
        hsv[..., 0] += weight * ((_HUES[name] - hsv[..., 0] + 90) % 180 - 90)
        dull = 0.62 if name in ("brown", "navy") else 1.0
        hsv[..., 1] += weight * (np.maximum(hsv[..., 1], 165) - hsv[..., 1])
        hsv[..., 2] *= 1 + (dull - 1) * weight
    hsv[..., 0] %= 180
    painted = straight.copy()
    painted[..., :3] = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)
    return painted


def _main_colour(hsv: Floats, alpha: Bytes, *, skip_skin: bool) -> Floats:
    """How much each pixel belongs to the picture's commonest hue, 0 to 1."""
    hue, saturation = hsv[..., 0], hsv[..., 1]
    vivid = np.clip((saturation - 45) / 60, 0, 1) * (alpha > 40)
    if skip_skin:
        vivid = vivid * ((hue < _SKIN[0]) | (hue > _SKIN[1]))
    if vivid.sum() < 0.12 * (alpha > 40).sum():
        pale = np.clip((hsv[..., 2] - 60) / 60, 0, 1) * (saturation < 90)
        return pale.astype(np.float32)
    counts = np.bincount((hue.astype(np.int32).ravel() % 180) // 6, weights=vivid.ravel(), minlength=30)
    ring = counts + np.roll(counts, 1) + np.roll(counts, -1)
    centre = float(np.argmax(ring)) * 6 + 3
    near = np.abs((hue - centre + 90) % 180 - 90)
    belongs: Floats = (vivid * np.clip((24 - near) / 8, 0, 1)).astype(np.float32)
    return belongs
