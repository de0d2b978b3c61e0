"""The inner loops that lay pictures into a frame: sprites and strips.

A premultiplied BGRA pixel is one 64-bit number of four 16-bit lanes, so that a single multiplication weighs
all of its channels: a product of a byte and a weight of at most 256 stays within its lane. Pictures must not
have colours above their alpha, or a sum would run over into the next lane.
"""

from __future__ import annotations

import math

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Doubles, Pixels, compiled

KEEP_IDS = 255.0
"""An id that leaves the id mask alone, for shadows and smoke."""

_LANES = np.uint64(0x00FF00FF00FF00FF)
_HALVES = np.uint64(0x0080008000800080)
_EVEN = np.uint64(0x00000000FF00FF)
_ODD = np.uint64(0x00000000FF00FF00)
_EVEN32, _HALVES32 = np.uint32(0x00FF00FF), np.uint32(0x00800080)
_BYTE, _WORD = np.uint64(255), np.uint64(0xFFFF)
_WHOLE = np.uint64(256)
_7, _8, _16, _24, _32, _40, _48 = (np.uint64(bits) for bits in (7, 8, 16, 24, 32, 40, 48))
_CLEAR = np.uint32(0x01000000)
"""Packed pixels below this are transparent."""
_UNIT = 1 << 16
"""Steps of a place within a pixel."""


@compiled
def _spread(pixel: np.uint32) -> np.uint64:
    """The lanes of a packed pixel: blue, red, green, alpha from the lowest."""
    wide = np.uint64(pixel)
    return (wide & _EVEN) | ((wide & _ODD) << _24)


@compiled
def _scaled(lanes: np.uint64, weight: np.uint64) -> np.uint64:
    return ((lanes * weight + _HALVES) >> _8) & _LANES


@compiled
def _tinted(lanes: np.uint64, blue: np.uint64, green: np.uint64, red: np.uint64) -> np.uint64:
    """Each colour multiplied by its own weight (256 is 1), and kept at most as large as alpha."""
    alpha = lanes >> _48
    b = min(((lanes & _WORD) * blue) >> _8, alpha)
    r = min((((lanes >> _16) & _WORD) * red) >> _8, alpha)
    g = min((((lanes >> _32) & _WORD) * green) >> _8, alpha)
    return b | (r << _16) | (g << _32) | (alpha << _48)


@compiled
def _lay(flat: Bytes, at: np.uint64, lanes: np.uint64, clear: np.uint64, veil: np.uint64) -> np.uint64:
    """Lay a pixel over three bytes of a frame: `clear` of its own colour, `veil` in the place of the rest.
    Returns its alpha."""
    alpha = lanes >> _48
    one = np.uint64(1)
    green, red = at + one, at + one + one
    below = np.uint64(flat[at]) | (np.uint64(flat[green]) << _32) | (np.uint64(flat[red]) << _16)
    behind = _WHOLE - alpha - (alpha >> _7)
    laid = lanes * clear + veil * alpha + below * behind + _HALVES
    flat[at] = np.uint8((laid >> _8) & _BYTE)
    flat[green] = np.uint8((laid >> _40) & _BYTE)
    flat[red] = np.uint8((laid >> _24) & _BYTE)
    return alpha


@compiled
def _inside(start: int, step: int, limit: int, left: int, right: int) -> tuple[int, int]:
    """The x from `left` to `right` at which 0 <= start + x * step < limit: the first, and the one after the
    last."""
    if step == 0:
        return (left, right) if 0 <= start < limit else (left, left)
    if step > 0:
        return max(left, -(start // step)), min(right, -((start - limit) // step))
    return max(left, (start - limit) // -step + 1), min(right, start // -step + 1)


@compiled
def blit(frame: Bytes, ids: Bytes, sprite: Pixels, p: Doubles) -> None:
    """Lay a packed sprite over a frame through an inverse affine map.

    p: 0-5 sprite x = p0·x + p1·y + p2, sprite y = p3·x + p4·y + p5; 6-9 left, top, right, bottom;
    10-12 tint; 13 opacity; 14 haze, 15-17 its colour; 18 id.
    """
    rows, columns = sprite.shape
    flat, source, width = frame.reshape(-1), sprite.reshape(-1), frame.shape[1]
    opacity, haze = np.uint64(p[13] * 256 + 0.5), np.uint64(p[14] * 256 + 0.5)
    clear = _WHOLE - haze
    veil = np.uint64(p[15] * p[14]) | np.uint64(p[17] * p[14]) << _16 | np.uint64(p[16] * p[14]) << _32
    blue, green, red = np.uint64(p[10] * 256), np.uint64(p[11] * 256), np.uint64(p[12] * 256)
    plain = blue == _WHOLE and green == _WHOLE and red == _WHOLE
    du, dv = math.floor(p[0] * _UNIT + 0.5), math.floor(p[3] * _UNIT + 0.5)
    stride, one = np.uint64(columns), np.uint64(1)
    mark = np.uint8(p[18])
    for y in range(int(p[7]), int(p[9])):
        u, v = int((p[1] * y + p[2]) * _UNIT), int((p[4] * y + p[5]) * _UNIT)
        first, end = _inside(u, du, (columns - 1) * _UNIT, int(p[6]), int(p[8]))
        first, end = _inside(v, dv, (rows - 1) * _UNIT, first, end)
        u, v = u + first * du, v + first * dv
        for x in range(first, end):
            at = np.uint64(v >> 16) * stride + np.uint64(u >> 16)
            p00, p01, p10, p11 = source[at], source[at + one], source[at + stride], source[at + stride + one]
            fu, fv = np.uint64((u >> 8) & 255), np.uint64((v >> 8) & 255)
            u, v = u + du, v + dv
            if (p00 | p01 | p10 | p11) < _CLEAR:
                continue
            d = (fu * fv) >> _8
            lanes = _spread(p00) * (_WHOLE - fu - fv + d) + _spread(p01) * (fu - d)
            lanes += _spread(p10) * (fv - d) + _spread(p11) * d
            lanes = ((lanes + _HALVES) >> _8) & _LANES
            if opacity < _WHOLE:
                lanes = _scaled(lanes, opacity)
            if not plain:
                lanes = _tinted(lanes, blue, green, red)
            alpha = _lay(flat, np.uint64((y * width + x) * 3), lanes, clear, veil)
            if mark < 255 and alpha > _BYTE >> np.uint64(1):
                ids[y, x] = mark


@compiled
def strip(frame: Bytes, ids: Bytes, band: Pixels, p: Doubles) -> None:
    """Lay a packed band that repeats sideways, upright and scaled.

    p: 0 band x at the frame's left edge, 1 band pixels per frame pixel, 2 top row, 3 first row, 4 end row;
    5 opacity; 6 haze at the top, 7 haze at the foot, 8-10 its colour.
    """
    rows, columns = band.shape
    width, flat = frame.shape[1], frame.reshape(-1)
    begin = int(np.floor(p[0]))
    start, step = int((p[0] - begin) * _UNIT), math.floor(p[1] * _UNIT + 0.5)
    line = np.empty(((start + width * step) >> 16) + 2, np.uint32)
    opacity, one = np.uint64(p[5] * 256 + 0.5), np.uint64(1)
    for y in range(int(p[3]), int(p[4])):
        v = (y - p[2]) * p[1]
        if v < 0 or v >= rows - 1:
            continue
        _between(band, int(v), int((v - int(v)) * 256), begin % columns, line)
        share = p[6] + (p[7] - p[6]) * v / rows
        clear = _WHOLE - np.uint64(share * 256 + 0.5)
        veil = np.uint64(p[8] * share) | np.uint64(p[10] * share) << _16 | np.uint64(p[9] * share) << _32
        u = start
        for x in range(width):
            i = np.uint64(u >> 16)
            near, next_ = line[i], line[i + one]
            f = np.uint64((u >> 8) & 255)
            u += step
            if (near | next_) < _CLEAR:
                continue
            lanes = ((_spread(near) * (_WHOLE - f) + _spread(next_) * f + _HALVES) >> _8) & _LANES
            if opacity < _WHOLE:
                lanes = _scaled(lanes, opacity)
            alpha = _lay(flat, np.uint64((y * width + x) * 3), lanes, clear, veil)
            if alpha > _BYTE >> one:
                ids[y, x] = 0


@compiled
def _between(band: Pixels, row: int, share: int, first: int, line: Pixels) -> None:
    """Mix a band's row with `share`/256 of the next one, from column `first` on around the band."""
    columns, done = band.shape[1], 0
    below, above = np.uint32(share), np.uint32(256 - share)
    eight = np.uint32(8)
    while done < line.shape[0]:
        length = min(columns - first, line.shape[0] - done)
        upper, lower = band[row, first : first + length], band[row + 1, first : first + length]
        mixed = line[done : done + length]
        for n in range(length):
            a, b = upper[n], lower[n]
            even = np.uint32(np.uint32((a & _EVEN32) * above) + np.uint32((b & _EVEN32) * below))
            even = np.uint32(np.uint32(even + _HALVES32) >> eight) & _EVEN32
            c, d = np.uint32(a >> eight) & _EVEN32, np.uint32(b >> eight) & _EVEN32
            odd = np.uint32(np.uint32(c * above) + np.uint32(d * below))
            odd = np.uint32(odd + _HALVES32) & np.uint32(0xFF00FF00)
            mixed[n] = np.uint32(even | odd)
        done += length
        first = 0
