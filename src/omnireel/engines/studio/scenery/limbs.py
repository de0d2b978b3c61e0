"""Limb cycles drawn from a single picture: striding legs and the wave of a swimming body."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Floats

DRAWINGS = 12
"""Drawings in one cycle."""
_LEG_SHARES = (0.27, 0.21, 0.16)
"""Legs are looked for in the lowest part of the picture: a smaller one where a larger holds the belly too."""


def legs(picture: Bytes, swing: float) -> list[Bytes] | None:
    """A stride in DRAWINGS pictures (premultiplied BGRA, all one size), or None where the picture has no legs
    that would swing without tearing: at least two parts at the foot, each narrower than a third of the body.
    `swing` is in degrees."""
    for share in _LEG_SHARES:
        hip = int(picture.shape[0] * (1 - share))
        if parts := _leg_parts(picture, hip):
            return _strides(picture, parts, hip, swing)
    return None


def _strides(picture: Bytes, parts: list[tuple[Bytes, float]], hip: int, swing: float) -> list[Bytes]:
    body = picture.copy()
    body[hip:] = _without(picture[hip:], parts)
    cut = [(_leg(picture, mask, hip, _top(picture, hip)), centre) for mask, centre in parts]
    return [_stride(body, cut, hip, n / DRAWINGS, swing) for n in range(DRAWINGS)]


def _leg_parts(picture: Bytes, hip: int) -> list[tuple[Bytes, float]]:
    """Masks and middles of the parts below `hip`, left to right; none where they are too few or too wide."""
    height, width = picture.shape[:2]
    foot = (picture[hip:, :, 3] > 60).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foot)
    found = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > height * width * 0.004]
    found.sort(key=lambda n: int(stats[n, cv2.CC_STAT_LEFT]))
    widths = [int(stats[n, cv2.CC_STAT_WIDTH]) for n in found]
    # Upright figures are narrow: their two legs may each take half of the width.
    widest = 0.56 if len(found) == 2 and height > 1.25 * width else 0.34
    if len(found) < 2 or max(widths) > width * widest:
        return []
    middles = [float(stats[n, cv2.CC_STAT_LEFT]) + width / 2 for n, width in zip(found, widths, strict=True)]
    return [((labels == n).astype(np.uint8), middle) for n, middle in zip(found, middles, strict=True)]


def _without(foot: Bytes, parts: list[tuple[Bytes, float]]) -> Bytes:
    gone = np.zeros(foot.shape[:2], np.uint8)
    for mask, _ in parts:
        gone |= cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.uint8)
    rest: Bytes = foot * (1 - gone)[..., None]
    return rest


def _leg(picture: Bytes, mask: Bytes, hip: int, top: int) -> Bytes:
    """One leg in the rows from `top` on, carried up a little under the body so that no gap opens."""
    height = picture.shape[0]
    overlap = max(2, int(height * 0.06))
    whole = np.zeros(picture.shape[:2], np.uint8)
    whole[hip:] = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    whole[hip - overlap : hip] = whole[hip]
    leg: Bytes = picture[top:] * whole[top:, :, None]
    return leg


def _stride(body: Bytes, cut: list[tuple[Bytes, float]], hip: int, turn: float, swing: float) -> Bytes:
    height, width = body.shape[:2]
    pad, top = int(width * 0.10), _top(body, hip)
    out = np.zeros((height, width + 2 * pad, 4), np.uint8)
    out[:, pad : pad + width] = body
    below = np.zeros_like(out[top:])
    for n, (leg, centre) in enumerate(cut):
        # Neighbours swing against each other, the hind pair a little later than the fore pair.
        angle = 2 * np.pi * turn + (n % 2) * np.pi + (n // 2) * 0.7
        lift = max(0.0, float(np.cos(angle))) * height * 0.030
        joint = (centre, hip - height * 0.03 - top)
        spin = cv2.getRotationMatrix2D(joint, swing * float(np.sin(angle)), 1)
        spin[0, 2] += pad
        spin[1, 2] -= lift
        below = _over(below, cv2.warpAffine(leg, spin, (width + 2 * pad, height - top)).astype(np.uint8))
    out[top:] = _over(below, out[top:])
    return out


def _top(body: Bytes, hip: int) -> int:
    """The first row that a swinging leg can reach."""
    return max(0, hip - int(body.shape[0] * 0.16))


def _over(below: Bytes, above: Bytes) -> Bytes:
    clear = cv2.merge([cv2.bitwise_not(above[..., 3])] * 4)
    return cv2.add(above, cv2.multiply(below, clear, scale=1 / 255)).astype(np.uint8)


def swim(picture: Bytes, *, head_left: bool) -> list[Bytes]:
    """A wave that runs from head to tail in DRAWINGS pictures."""
    height, width = picture.shape[:2]
    pad = int(height * 0.10)
    still = cv2.copyMakeBorder(picture, pad, pad, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)).astype(
        np.uint8
    )
    rows, columns = np.mgrid[0 : height + 2 * pad, 0:width].astype(np.float32)
    toward_tail = columns / width if head_left else 1 - columns / width
    return [_waved(still, rows, columns, toward_tail, n / DRAWINGS) for n in range(DRAWINGS)]


def _waved(still: Bytes, rows: Floats, columns: Floats, toward_tail: Floats, turn: float) -> Bytes:
    height = still.shape[0]
    wave = np.sin(2 * np.pi * (toward_tail * 0.9 - turn)) * (0.15 + 0.85 * toward_tail**2) * height * 0.06
    moved = cv2.remap(still, columns, rows + wave.astype(np.float32), cv2.INTER_LINEAR)
    return np.ascontiguousarray(moved.astype(np.uint8))
