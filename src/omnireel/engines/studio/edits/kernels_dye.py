"""The compiled loop that changes the colour of some pixels and keeps their shading."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@njit(cache=True, nogil=True)
def dye(
    frame: Bytes,
    gate: Bytes,
    members: Bytes,
    tone: Floats,
    turn: Floats,
    pull: Floats,
    tint: Floats,
    *,
    inverse: bool,
) -> Bytes:
    """`frame` with its luma through `tone` and its colour through `turn`, in shares.

    A pixel's share is its colour's in `members` (64³ over the top six bits) times `gate`, both of 255; with
    `inverse` what is left of 1. `turn` is a 2×2 matrix over blue and red minus luma, `pull` (2,) what is
    added to them for each unit of their length, `tint` (256, 2) by luma.
    """
    out = np.empty_like(frame)
    for row in range(frame.shape[0]):
        for column in range(frame.shape[1]):
            blue, green, red = frame[row, column, 0], frame[row, column, 1], frame[row, column, 2]
            share = np.int32(members[blue >> 2, green >> 2, red >> 2]) * np.int32(gate[row, column])
            if inverse:
                share = 65025 - share
            if share < 256:
                out[row, column, 0], out[row, column, 1], out[row, column, 2] = blue, green, red
                continue
            luma = np.float32(0.114) * blue + np.float32(0.587) * green + np.float32(0.299) * red
            level = min(255, int(luma + np.float32(0.5)))
            cold, warm = np.float32(blue) - luma, np.float32(red) - luma
            toned = tone[level]
            vivid = np.float32(np.sqrt(cold * cold + warm * warm))
            new_cold = turn[0, 0] * cold + turn[0, 1] * warm + pull[0] * vivid + tint[level, 0]
            new_warm = turn[1, 0] * cold + turn[1, 1] * warm + pull[1] * vivid + tint[level, 1]
            new_green = toned - (np.float32(0.114) * new_cold + np.float32(0.299) * new_warm) / np.float32(
                0.587
            )
            part = np.float32(share) / np.float32(65025)
            out[row, column, 0] = _mixed(blue, toned + new_cold, part)
            out[row, column, 1] = _mixed(green, new_green, part)
            out[row, column, 2] = _mixed(red, toned + new_warm, part)
    return out


@njit(cache=True, nogil=True)
def set_behind(
    frame: Bytes, relit: Bytes, sky: Bytes, gate: Bytes, spill: Bytes, members: Bytes, wrap: np.float32
) -> Bytes:
    """`sky` where a pixel of `frame` is sky, `relit` elsewhere, with some of the sky's light near its edge.

    A pixel is sky in the share of its colour in `members` times `gate`, both of 255; `spill` (of 255) times
    `wrap` is how much of the sky's light falls on what stands before it.
    """
    out = np.empty_like(frame)
    for row in range(frame.shape[0]):
        for column in range(frame.shape[1]):
            blue, green, red = frame[row, column, 0], frame[row, column, 1], frame[row, column, 2]
            member = np.float32(members[blue >> 2, green >> 2, red >> 2])
            share = member * np.float32(gate[row, column]) / np.float32(65025)
            light = wrap * np.float32(spill[row, column]) / np.float32(255) * (1 - share)
            for channel in range(3):
                ground = np.float32(relit[row, column, channel])
                above = np.float32(sky[row, column, channel])
                # Light adds, but not beyond white.
                ground += light * above * (1 - ground / np.float32(255)) * np.float32(0.6)
                out[row, column, channel] = np.uint8(ground + (above - ground) * share + np.float32(0.5))
    return out


@njit(cache=True, nogil=True)
def _mixed(old: np.uint8, new: np.float32, part: np.float32) -> np.uint8:
    new = min(np.float32(255), max(np.float32(0), new))
    return np.uint8(np.float32(old) + (new - np.float32(old)) * part + np.float32(0.5))
