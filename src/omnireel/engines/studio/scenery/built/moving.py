"""Parts in motion: the drawings of one cycle, from pictures of the parts."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.built.recipe import Move

Affine = npt.NDArray[np.float64]


def moved(picture: Bytes, move: Move, turn: float, unit: float) -> Bytes:
    """A part (premultiplied BGRA) at a share `turn` of its cycle; `unit` is pixels per hundredth.

    Kinds: turn (the wheel has `amount` equal spokes), orbit (carried round without turning), swing and step
    (degrees about the pivot), bob (hundredths), sweep (a beam seen from its side), flicker, blink, wave
    (cloth tied at the pivot), shimmer (a wave of light), flow (falls and begins again).
    """
    angle = math.tau * (turn + move.phase)
    match move.kind:
        case "flow":
            return _flowing(picture, (turn * move.amount) % 1)
        case "wave" | "shimmer":
            return _waving(picture, move, angle, unit)
        case "blink":
            shown = 1.0 if (turn + move.phase) % 1 < move.amount else 0.0
            return (picture * shown).astype(np.uint8)
        case "sweep":
            fade = 0.35 + 0.65 * abs(math.cos(angle))
            picture = (picture * fade).astype(np.uint8)
    way = _carried(picture, move, turn, unit) if move.kind == "orbit" else _affine(move, angle, unit)
    return _warped(picture, way)


def _warped(picture: Bytes, way: Affine) -> Bytes:
    """A part carried along a way; only where it shows, before and after, is looked at."""
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(picture[..., 3]))
    corners = np.array([(x, y, 1) for x in (left - 1, left + width) for y in (top - 1, top + height)])
    ends = corners @ way.T
    first = np.maximum(np.floor(ends.min(axis=0)).astype(int) - 1, 0)
    last = np.minimum(np.ceil(ends.max(axis=0)).astype(int) + 2, (picture.shape[1], picture.shape[0]))
    carried = np.zeros_like(picture)
    if width and (last > first).all():
        nearer = way - np.array(((0, 0, first[0]), (0, 0, first[1])))
        size = int(last[0] - first[0]), int(last[1] - first[1])
        carried[first[1] : last[1], first[0] : last[0]] = cv2.warpAffine(picture, nearer, size)
    return carried


def _carried(picture: Bytes, move: Move, turn: float, unit: float) -> Affine:
    """The way of a part that goes round the pivot upright; after one cycle it is where its neighbour was."""
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(picture[..., 3]))
    pivot = np.array(move.pivot) * unit
    arm = np.array((left + width / 2, top + height / 2)) - pivot
    return np.column_stack([np.eye(2), _turned(math.tau * turn / max(1.0, move.amount)) @ arm - arm])


def _affine(move: Move, angle: float, unit: float) -> Affine:
    """The picture's way from rest to where it is now."""
    x, y = move.pivot[0] * unit, move.pivot[1] * unit
    swing = math.radians(move.amount) * math.sin(angle)
    match move.kind:
        case "turn":
            return _about(x, y, _turned((angle - math.tau * move.phase) / max(1.0, move.amount)))
        case "swing":
            return _about(x, y, _turned(swing))
        case "step":
            lift = max(0.0, math.cos(angle)) * 1.6 * unit
            return _about(x, y, _turned(swing), (0.0, -lift))
        case "sweep":
            return _about(x, y, np.array(((math.cos(angle), 0.0), (0.0, 1.0))))
        case "flicker":
            lick = move.amount * (math.sin(angle) + 0.5 * math.sin(2 * angle + 1))
            return _about(x, y, np.array(((1 - 0.5 * lick, 0.6 * lick), (0.0, 1 + lick))))
    return _about(x, y, np.eye(2), (0.0, move.amount * unit * math.sin(angle)))


def _turned(angle: float) -> Affine:
    c, s = math.cos(angle), math.sin(angle)
    return np.array(((c, -s), (s, c)))


def _about(x: float, y: float, way: Affine, shift: tuple[float, float] = (0.0, 0.0)) -> Affine:
    """A linear map that leaves the pivot where it is, and then a shift."""
    rest = np.array((x, y))
    return np.column_stack([way, rest - way @ rest + np.array(shift)])


def _waving(picture: Bytes, move: Move, angle: float, unit: float) -> Bytes:
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    away: Floats = np.abs(columns - np.float32(move.pivot[0] * unit)) / np.float32(picture.shape[1])
    wave = np.sin(away * np.float32(22) - np.float32(angle)) * np.minimum(away * 5, 1)
    wave = (wave * np.float32(move.amount * unit)).astype(np.float32)
    return cv2.remap(picture, columns, rows + wave, cv2.INTER_LINEAR).astype(np.uint8)


def _flowing(picture: Bytes, share: float) -> Bytes:
    """The paint inside the part's own outline moved down; what leaves at the foot comes back at the head."""
    rows = np.flatnonzero(picture[..., 3].any(axis=1))
    if not len(rows):
        return picture
    first, last = int(rows[0]), int(rows[-1]) + 1
    moved = picture.copy()
    rolled = np.roll(picture[first:last], round(share * (last - first)), axis=0)
    clear = cv2.merge([cv2.inRange(rolled[..., 3], np.zeros(1), np.zeros(1))] * 4)
    paint = cv2.bitwise_or(rolled, cv2.bitwise_and(picture[first:last], clear))
    solid = cv2.merge([picture[first:last, :, 3]] * 4)
    moved[first:last, :, :3] = cv2.min(paint, solid)[..., :3]
    return moved
