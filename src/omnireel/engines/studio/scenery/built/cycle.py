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
    if all(move is None for _, move in layers):
        return _cropped([_over([picture for picture, _ in layers])])
    stacks = [
        [picture if move is None else moved(picture, move, n / DRAWINGS, unit) for picture, move in layers]
        for n in range(DRAWINGS)
    ]
    return _cropped([_over(stack) for stack in stacks])


def _over(pictures: list[Bytes]) -> Bytes:
    """Premultiplied pictures over each other."""
    below = pictures[0]
    for above in pictures[1:]:
        clear = cv2.merge([cv2.bitwise_not(above[..., 3])] * 4)
        below = cv2.add(above, cv2.multiply(below, clear, scale=1 / 255)).astype(np.uint8)
    return below


def _cropped(drawings: list[Bytes]) -> list[Bytes]:
    """All drawings cut to the box that holds what shows in any of them."""
    shown = np.max([drawing[..., 3] for drawing in drawings], axis=0)
    left, top, width, height = cv2.boundingRect(shown)
    box = np.s_[top : top + max(1, height), left : left + max(1, width)]
    return [np.ascontiguousarray(drawing[box]) for drawing in drawings]
