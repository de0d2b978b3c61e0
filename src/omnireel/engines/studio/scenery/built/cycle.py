"""A figure made ready for a shot: its parts lit, and the drawings of one cycle of their movement."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.built.moving import moved
from omnireel.engines.studio.scenery.built.recipe import Move
from omnireel.engines.studio.scenery.built.workshop import Figure
from omnireel.engines.studio.scenery.light import Light
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, relit, sprite_of

DRAWINGS = 24
"""Drawings in a cycle of moving parts."""
_BURNING = ("sweep", "flicker", "blink", "shimmer")
"""Moves of what gives light and takes none: beams, flames, lamps."""


def cycle_of(figure: Figure, light: Light, sun_side: float, *, strength: float = 1.0) -> tuple[Sprite, ...]:
    """One cycle of a figure's drawings under a light; a single one where nothing moves."""
    lit = []
    for layer in figure.layers:
        picture = layer.picture
        if layer.move is None or layer.move.kind not in _BURNING:
            picture = relit(picture, light, strength=strength, sun_side=sun_side)
        lit.append((premultiplied(picture), layer.move))
    return tuple(sprite_of(drawing) for drawing in drawings_of(lit))


def drawings_of(layers: list[tuple[Bytes, Move | None]]) -> list[Bytes]:
    """A cycle of drawings, all one size, from premultiplied layers on squares of one size."""
    unit = layers[0][0].shape[0] / 100
    parts = _merged(layers)
    count = DRAWINGS if any(move is not None for _, move in parts) else 1
    stacks = [
        [picture if move is None else moved(picture, move, n / count, unit) for picture, move in parts]
        for n in range(count)
    ]
    return _cropped([_over(stack) for stack in stacks])


def _merged(layers: list[tuple[Bytes, Move | None]]) -> list[tuple[Bytes, Move | None]]:
    """The same layers, those that lie still next to each other as one."""
    parts: list[tuple[Bytes, Move | None]] = []
    for picture, move in layers:
        if move is None and parts and parts[-1][1] is None:
            parts[-1] = _over([parts[-1][0], picture]), None
        else:
            parts.append((picture, move))
    return parts


def _over(pictures: list[Bytes]) -> Bytes:
    """Premultiplied pictures over each other."""
    whole = pictures[0].copy()
    for above in pictures[1:]:
        left, top, width, height = cv2.boundingRect(np.ascontiguousarray(above[..., 3]))
        if width:
            box = np.s_[top : top + height, left : left + width]
            clear = cv2.merge([cv2.bitwise_not(above[box][..., 3])] * 4)
            whole[box] = cv2.add(above[box], cv2.multiply(whole[box], clear, scale=1 / 255))
    return whole


def _cropped(drawings: list[Bytes]) -> list[Bytes]:
    """All drawings cut to the box that holds what shows in any of them."""
    shown = np.max([drawing[..., 3] for drawing in drawings], axis=0)
    left, top, width, height = cv2.boundingRect(shown)
    box = np.s_[top : top + max(1, height), left : left + max(1, width)]
    return [np.ascontiguousarray(drawing[box]) for drawing in drawings]
