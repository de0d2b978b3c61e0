"""The inner loops of the air and of the lens: falling weather, the last pass.

Every kernel takes its scalars in one float32 array, so that each compiles exactly once.
"""

from __future__ import annotations

import math

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Fine, Floats, Whole, compiled


@compiled
def fall(frame: Bytes, drops: Floats, p: Floats) -> None:
    """Rain or snow, nearest last. drops: rows of (x, y, depth, phase), each 0 to 1.

    p: 0 seconds, 1 speed in frame heights per second, 2 wind in widths per second, 3 length in px (0 for
    flakes),
    4 radius in px, 5 sway in px, 6-8 colour, 9 opacity.
    """
    height, width = frame.shape[0], frame.shape[1]
    one = np.float32(1.0)
    for n in range(drops.shape[0]):
        near = np.float32(0.30) + np.float32(0.70) * drops[n, 2] * drops[n, 2]
        fy = drops[n, 1] + p[0] * p[1] * near
        fy = (fy - math.floor(fy)) * np.float32(1.1) - np.float32(0.05)
        fx = drops[n, 0] + p[0] * p[2] * near
        fx -= math.floor(fx)
        cy = fy * height
        cx = fx * width + p[5] * near * np.float32(math.sin(p[0] * 1.7 + drops[n, 3] * 6.2832))
        radius = max(np.float32(0.7), p[4] * near)
        reach = int(radius + np.float32(1.5))
        length = p[3] * near
        lean = p[2] * width / max(np.float32(1.0), p[1] * height)
        strength = p[9] * (np.float32(0.25) + np.float32(0.75) * near)
        for y in range(max(0, int(cy - length) - reach), min(height, int(cy) + reach + 1)):
            along = min(max(np.float32(y), cy - length), cy)
            axis = cx + (along - cy) * lean
            for x in range(max(0, int(axis) - reach), min(width, int(axis) + reach + 1)):
                dx, dy = np.float32(x) - axis, np.float32(y) - along
                alpha = (
                    min(
                        one,
                        max(
                            np.float32(0.0),
                            radius + np.float32(0.5) - np.float32(math.sqrt(dx * dx + dy * dy)),
                        ),
                    )
                    * strength
                )
                if length > 0:
                    alpha *= np.float32(0.35) + np.float32(0.65) * (along - cy + length) / (
                        length + np.float32(0.01)
                    )
                for k in range(3):
                    frame[y, x, k] = np.uint8(frame[y, x, k] * (one - alpha) + p[6 + k] * alpha)


_FULL = np.int32(32640)
"""White in the fixed point of `finish`: 128 steps to a grey level."""
_ZERO, _SHADED, _EDGE, _ROUND = np.int32(0), np.int32(4096), np.int32(98304), np.int32(64)
_ONE, _SEVEN, _EIGHT, _TWELVE, _FIFTEEN = (np.int32(bits) for bits in (1, 7, 8, 12, 15))
_FADED, _FADE = np.int32(400), np.int32(82)


@compiled
def finish(frame: Bytes, glow: Bytes, fall: Whole, noise: Fine, p: Floats) -> None:
    """Add the bloom, darken the corners, set the contrast and dither, in place.

    frame and glow: (height, 3·width), rows laid flat so that the loop runs over plain lanes, in integers so
    that many fit into a register. fall: how much each lane darkens for its distance from the middle column,
    in 1/4096. noise: rows longer than the frame's by their number, in 1/128 of a grey level.
    p: 0 vignette, 1 gain, 2 lift, 3 noise row, 4 noise lane, 5 contrast.
    """
    height, lanes = frame.shape
    gain, lift, bend = np.int32(p[1] * 256), np.int32(p[2] * 128), np.int32(p[5] * 256)
    first = int(p[4])
    for y in range(height):
        dy = (y / height - 0.5) * 2.0
        down = np.int32((dy * dy - 0.45) * p[0] * 4096)
        grain = noise[(y + int(p[3])) % noise.shape[0], first : first + lanes]
        row, light = frame[y], glow[y]
        for n in range(lanes):
            v, g = np.int32(row[n]), np.int32(light[n])
            # Light added to what is bright already adds less.
            added = np.int32(np.int32(g * np.int32(_FADED - v)) * _FADE) >> _EIGHT
            v = np.int32(np.int32(v << _SEVEN) + added)
            v = np.int32(np.int32(np.int32(v * gain) >> _EIGHT) + lift)
            shade = np.int32(_SHADED - max(_ZERO, np.int32(fall[n] + down)))
            v = min(_FULL, np.int32(np.int32(v * shade) >> _TWELVE))
            square = np.int32(np.int32(v * v) >> _FIFTEEN)
            smooth = np.int32(np.int32(square * np.int32(_EDGE - np.int32(v << _ONE))) >> _FIFTEEN)
            v = np.int32(v + np.int32(np.int32(np.int32(smooth - v) * bend) >> _EIGHT))
            v = np.int32(np.int32(np.int32(v + np.int32(grain[n])) + _ROUND) >> _SEVEN)
            row[n] = np.uint8(min(np.int32(255), max(_ZERO, v)))
