"""Limb cycles drawn from a single picture: striding legs and the wave of a swimming body."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Floats

DRAWINGS = 12
"""Drawings in one cycle."""
_LEG_SHARE = 0.27
"""Legs are looked for in the lowest part of the picture."""


def legs(picture: Bytes, swing: float) -> list[Bytes] | None:
    """A stride in DRAWINGS pictures (premultiplied BGRA, all one size), or None where the picture has no legs
    that would swing without tearing: at least two parts at the foot, each narrower than a third of the body.
    `swing` is in degrees."""
    parts = _leg_parts(picture)
    if parts is None:
        return None
    hip = int(picture.shape[0] * (1 - _LEG_SHARE))
    body = picture.copy()
    body[hip:] = _without(picture[hip:], parts)
    cut = [(_leg(picture, mask, hip), centre) for mask, centre in parts]
    return [_stride(body, cut, hip, n / DRAWINGS, swing) for n in range(DRAWINGS)]


def _leg_parts(picture: Bytes) -> list[tuple[Bytes, float]] | None:
    height, width = picture.shape[:2]
    foot = (picture[int(height * (1 - _LEG_SHARE)) :, :, 3] > 60).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foot)
    found = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > height * width * 0.004]
    widths = [int(stats[n, cv2.CC_STAT_WIDTH]) for n in found]
    if len(found) < 2 or max(widths) > width * 0.34:
        return None
    found.sort(key=lambda n: int(stats[n, cv2.CC_STAT_LEFT]))
    return [
        ((labels == n).astype(np.uint8), float(stats[n, cv2.CC_STAT_LEFT] + stats[n, cv2.CC_STAT_WIDTH] / 2))
        for n in found
    ]


def _without(foot: Bytes, parts: list[tuple[Bytes, float]]) -> Bytes:
    gone = np.zeros(foot.shape[:2], np.uint8)
    for mask, _ in parts:
        gone |= cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.uint8)
    rest: Bytes = foot * (1 - gone)[..., None]
    return rest


def _leg(picture: Bytes, mask: Bytes, hip: int) -> Bytes:
    """One leg, carried up a little under the body so that no gap opens at the hip."""
    height = picture.shape[0]
    overlap = max(2, int(height * 0.06))
    whole = np.zeros(picture.shape[:2], np.uint8)
    whole[hip:] = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    whole[hip - overlap : hip] = whole[hip]
    leg: Bytes = picture * whole[..., None]
    return leg


def _stride(body: Bytes, cut: list[tuple[Bytes, float]], hip: int, turn: float, swing: float) -> Bytes:
    height, width = body.shape[:2]
    pad = int(width * 0.10)
    out = np.zeros((height, width + 2 * pad, 4), np.uint8)
    for n, (leg, centre) in enumerate(cut):
        # Neighbours swing against each other, the hind pair a little later than the fore pair.
        angle = 2 * np.pi * turn + (n % 2) * np.pi + (n // 2) * 0.7
        lift = max(0.0, float(np.cos(angle))) * height * 0.030
        spin = cv2.getRotationMatrix2D((centre, hip - height * 0.03), swing * float(np.sin(angle)), 1)
        spin[0, 2] += pad
        spin[1, 2] -= lift
        _over(out, cv2.warpAffine(leg, spin, (width + 2 * pad, height)).astype(np.uint8))
    whole = np.zeros_like(out)
    whole[:, pad : pad + width] = body
    _over(out, whole)
    return out


def _over(below: Bytes, above: Bytes) -> None:
    clear = 255 - above[..., 3:].astype(np.uint16)
    below[:] = (above + (below.astype(np.uint16) * clear // 255)).clip(0, 255).astype(np.uint8)


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
