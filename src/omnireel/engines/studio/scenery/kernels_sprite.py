"""The inner loops that make pictures ready: light on them, alpha into them, one pasted over another."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Floats, compiled


@compiled
def relight(picture: Bytes, rim: Bytes, p: Floats) -> None:
    """Multiply a picture's colours by light that grows from one side and from above, and add a rim, in place.

    p: 0-2 light on blue, green and red; 3 what it gains toward the right border, 4 toward the upper one;
    5-7 colour of the rim.
    """
    height, width = picture.shape[:2]
    one, most = np.float32(1), np.float32(255)
    across = np.empty(width, np.float32)
    for x in range(width):
        across[x] = p[3] * (np.float32(2 * x) / np.float32(max(1, width - 1)) - one)
    b, g, r = p[0], p[1], p[2]
    rb, rg, rr = p[5] / most, p[6] / most, p[7] / most
    for y in range(height):
        level = one - p[4] * (np.float32(2 * y) / np.float32(max(1, height - 1)) - one)
        for x in range(width):
            if picture[y, x, 3] == 0:
                continue
            lit, edge = level + across[x], np.float32(rim[y, x])
            picture[y, x, 0] = np.uint8(min(most, picture[y, x, 0] * lit * b + edge * rb))
            picture[y, x, 1] = np.uint8(min(most, picture[y, x, 1] * lit * g + edge * rg))
            picture[y, x, 2] = np.uint8(min(most, picture[y, x, 2] * lit * r + edge * rr))


@compiled
def premultiply(picture: Bytes) -> None:
    """Straight BGRA to premultiplied, in place."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            alpha = np.int32(picture[y, x, 3])
            if alpha < 255:
                for k in range(3):
                    picture[y, x, k] = np.uint8((np.int32(picture[y, x, k]) * alpha + 127) // 255)


@compiled
def limit(picture: Bytes) -> None:
    """Colours at most as large as their alpha, in place."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            alpha = picture[y, x, 3]
            for k in range(3):
                picture[y, x, k] = min(alpha, picture[y, x, k])


@compiled
def paste(colour: Bytes, alpha: Bytes, picture: Bytes, left: int) -> None:
    """Lay a straight BGRA picture over premultiplied paint of as many rows that repeats sideways."""
    width = colour.shape[1]
    for y in range(picture.shape[0]):
        x = left % width
        for n in range(picture.shape[1]):
            share = np.int32(picture[y, n, 3])
            behind = np.int32(255) - share
            if share > 0:
                for k in range(3):
                    mixed = np.int32(colour[y, x, k]) * behind + np.int32(picture[y, n, k]) * share
                    colour[y, x, k] = np.uint8((mixed + 127) // 255)
                alpha[y, x] = np.uint8((np.int32(alpha[y, x]) * behind + 127) // 255 + share)
            x = x + 1 if x + 1 < width else 0
