"""The inner loops of the floor: ground in perspective, water that mirrors, foam, wet sheen.

A row of the frame lies at one depth, so everything that depends on depth is worked out once for it, and the
row is then made in passes over plain lanes: waves on every fourth column, ground, sheen, water.
"""

from __future__ import annotations

import math

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Doubles, Fine, Floats, Whole, compiled

RELIEF_STEPS = 32
"""Steps of the relief to its deviation; it is kept in bytes."""
_EVERY = 4
"""Columns from one sample of the waves to the next; finer ones have faded where they would fall between."""
_BLOCK = 16
_UNIT = 1 << 16
_SHORE_SWING = 0.87
"""How far the shoreline goes in and out, of its wobble."""
_RIM = 1.1
"""Metres of sand that waves have left wet."""
_SOAKED = 0.55
"""How wet that sand is at the water."""
_FOAM_REACH = 3.0
_WHOLE = 256


@compiled
def floor(
    frame: Bytes, mirror: Bytes, tiles: Bytes, band: Bytes, relief: Fine, waves: Floats, p: Doubles
) -> None:
    """Fill everything below the horizon: ground in perspective, water that reflects `mirror`, foam, wet
    sheen.

    tiles: (level, side, side, 3), each level smoother than the last; side is a power of two, 1 for no ground.
    band: a second ground laid across the view. relief: a tileable field around 0 that breaks up repetition.
    waves: rows of (kx, kz, speed, height) in 1/m.
    p: 0 horizon, 1 focal, 2 camera height, 3 camera x, 4 camera z, 5 centre column, 6 tile px per metre,
    7 haze distance, 8-10 haze colour, 11 time, 12 water beyond z, 13 wet share, 14-16 water colour,
    17 reflection gain, 18 glitter column, 19 glitter width, 20-22 glitter colour, 23 foam, 24 band near z,
    25 band far z, 26 band px per metre, 27 relief gain, 28 whitecaps, 29 sparkle threshold, 30 shore
    wobble, 31 most haze, 32 first row.
    """
    height, width = frame.shape[:2]
    samples = (width // _EVERY // _BLOCK + 1) * _BLOCK
    slope, swell, edge = (
        np.empty(samples, np.float32),
        np.empty(samples, np.float32),
        np.empty(samples, np.float32),
    )
    wide = np.empty((3, samples * _EVERY), np.float32)
    cells = relief.shape[0]
    patch, share, column, row_of = (
        np.empty(width, np.float32),
        np.empty((3, width), np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
    )
    reach = _SHORE_SWING * p[30]
    for y in range(max(0, math.floor(p[0]) + 1, int(p[32])), height):
        drop = max(0.5, y + 0.5 - p[0])
        z = p[1] * p[2] / drop
        wz, step, depth = z + p[4], z / p[1], drop / (height - p[0])
        left = (0.5 - p[5]) * step + p[3]
        far = (1 - math.exp(-z / p[7])) * p[31]
        dry = wz < p[12] - reach - _RIM
        flooded = wz > p[12] + reach + 0.1
        shining = p[13] > 0 or not (dry or flooded)
        if not (dry and p[13] <= 0):
            _wave_row(waves, slope, swell, wide, left, wz, z, step, p)
        shore = not dry and wz < p[12] + reach + _FOAM_REACH
        if shore:
            _shore_row(edge, wide, left, wz, step, p)
        if shining or not dry:
            _patch_row(relief, patch, math.floor(wz * cells * 0.04375) & (cells - 1), left, step)
        if not flooded and tiles.shape[1] > 1:
            _ground_row(frame[y], tiles, band, relief, left, wz, z, step, 0.0 if shining else far, p)
            if shining:
                _sheen(share[0], row_of, column, patch, wide, y, _SOAKED if shore else 0.0, height, p)
                _shine_row(frame[y], mirror, share[0], row_of, column, depth, far, p)
        if not dry:
            _gaze(share, row_of, column, wide, y, depth, height, p)
            _whiten(share, patch, wide, p[23] if shore else 0.0, p)
            _water_row(frame[y], mirror, share, row_of, column, wide, far * 0.55, _WHOLE if flooded else 0, p)


@compiled
def add_wave(cosines: Floats, sines: Floats, phase: float, turn: float, even: float, odd: float) -> None:
    """Add `even` times the cosine and `odd` times the sine of phase + n·turn to sample n."""
    near_c, near_s = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    c, s, dc, ds = 1.0, 0.0, math.cos(turn), math.sin(turn)
    for n in range(_BLOCK):
        near_c[n], near_s[n] = c, s
        c, s = c * dc - s * ds, s * dc + c * ds
    bc, bs = math.cos(phase), math.sin(phase)
    for block in range(0, cosines.shape[0], _BLOCK):
        ec, es = np.float32(bc * even), np.float32(bs * even)
        oc, os = np.float32(bc * odd), np.float32(bs * odd)
        upper, lower = cosines[block : block + _BLOCK], sines[block : block + _BLOCK]
        for n in range(_BLOCK):
            upper[n] += ec * near_c[n] - es * near_s[n]
            lower[n] += os * near_c[n] + oc * near_s[n]
        bc, bs = bc * c - bs * s, bs * c + bc * s


@compiled
def _spread(samples: Floats, lanes: Floats) -> None:
    """Every column from every fourth one, on straight lines."""
    quarter, last = np.float32(0.25), samples.shape[0] - 1
    for n in range(last):
        here = samples[n]
        rise = (samples[n + 1] - here) * quarter
        lanes[4 * n] = here
        lanes[4 * n + 1] = here + rise
        lanes[4 * n + 2] = here + rise + rise
        lanes[4 * n + 3] = here + rise + rise + rise
    lanes[4 * last :] = samples[last]


@compiled
def _wave_row(
    waves: Floats,
    slope: Floats,
    swell: Floats,
    wide: Floats,
    left: float,
    wz: float,
    z: float,
    step: float,
    p: Doubles,
) -> None:
    """Slope and height of the water along a row, into the first two rows of `wide`."""
    slope[:], swell[:] = np.float32(0), np.float32(0)
    grain = z * z / (p[1] * p[2])
    for n in range(waves.shape[0]):
        kx, kz = float(waves[n, 0]), float(waves[n, 1])
        gain = waves[n, 3] * math.exp(-((kz * grain) ** 2) * 0.30 - (kx * step) ** 2)
        if gain * abs(kz) * p[1] > 0.05:
            phase = kx * left + kz * wz + waves[n, 2] * p[11] + n * 1.7
            add_wave(slope, swell, phase, kx * step * _EVERY, gain * kz, gain)
    _spread(slope, wide[0])
    _spread(swell, wide[1])


@compiled
def _shore_row(edge: Floats, wide: Floats, left: float, wz: float, step: float, p: Doubles) -> None:
    """Metres beyond the shoreline along a row, into the last row of `wide`."""
    wobble, t = p[30], p[11]
    edge[:] = np.float32(wz - p[12] - wobble * 0.28 * math.sin(t * 1.1))
    still = np.zeros_like(edge)
    add_wave(still, edge, left * 0.55 + t * 0.5, step * 0.55 * _EVERY, 0.0, -0.45 * wobble)
    add_wave(still, edge, left * 1.7 - t * 0.8, step * 1.7 * _EVERY, 0.0, -0.14 * wobble)
    _spread(edge, wide[2])


@compiled
def _patch_row(relief: Fine, patch: Floats, row: int, left: float, step: float) -> None:
    """The relief along a row, in deviations."""
    cells = relief.shape[0]
    line, mask = relief[row], cells - 1
    at, onward = int(left * cells * 0.04375 * _UNIT), int(step * cells * 0.04375 * _UNIT)
    unit = np.float32(1 / RELIEF_STEPS)
    for x in range(patch.shape[0]):
        patch[x] = np.float32(line[np.uint64((at >> 16) & mask)]) * unit
        at += onward


@compiled
def _ground_row(
    row: Bytes,
    tiles: Bytes,
    band: Bytes,
    relief: Fine,
    left: float,
    wz: float,
    z: float,
    step: float,
    far: float,
    p: Doubles,
) -> None:
    """The ground, with `far` of haze over it."""
    clear = int((1 - far) * 4096)
    veil = int(p[8] * far * 4096 + 2048), int(p[9] * far * 4096 + 2048), int(p[10] * far * 4096 + 2048)
    if p[24] < wz < p[25]:
        across = min(band.shape[0] - 1, int((p[25] - wz) / (p[25] - p[24]) * band.shape[0]))
        _band_row(row, band[across], left * p[26], step * p[26], clear, veil)
        return
    side, cells = tiles.shape[1], relief.shape[0]
    grain = z * z / (p[1] * p[2])
    level = min(tiles.shape[0] - 1, max(0, int(math.log2(max(1.0, (grain * 0.35 + step) * p[6])) + 0.5)))
    line = tiles[level, math.floor(wz * p[6]) & (side - 1)]
    rough = relief[math.floor(wz * cells * 0.04375) & (cells - 1)]
    uneven = int(clear * p[27] / RELIEF_STEPS * 16)
    u, du = int(left * p[6] * _UNIT), int(step * p[6] * _UNIT)
    v, dv = int(left * cells * 0.04375 * _UNIT), int(step * cells * 0.04375 * _UNIT)
    side_mask, cell_mask, most = side - 1, cells - 1, np.int64(255)
    for x in range(row.shape[0]):
        shade = clear + ((rough[np.uint64((v >> 16) & cell_mask)] * uneven) >> 4)
        pixel = np.uint64((u >> 16) & side_mask)
        row[x, 0] = np.uint8(min(most, (line[pixel, 0] * shade + veil[0]) >> 12))
        row[x, 1] = np.uint8(min(most, (line[pixel, 1] * shade + veil[1]) >> 12))
        row[x, 2] = np.uint8(min(most, (line[pixel, 2] * shade + veil[2]) >> 12))
        u, v = u + du, v + dv


@compiled
def _band_row(
    row: Bytes, line: Bytes, start: float, step: float, clear: int, veil: tuple[int, int, int]
) -> None:
    """A row of what lies across the view; it repeats sideways."""
    length = line.shape[0] * _UNIT
    u, du = int(start * _UNIT) % length, int(step * _UNIT) % length
    for x in range(row.shape[0]):
        pixel = np.uint64(u >> 16)
        row[x, 0] = np.uint8((line[pixel, 0] * clear + veil[0]) >> 12)
        row[x, 1] = np.uint8((line[pixel, 1] * clear + veil[1]) >> 12)
        row[x, 2] = np.uint8((line[pixel, 2] * clear + veil[2]) >> 12)
        u += du
        u -= length if u >= length else 0


@compiled
def _look(
    row_of: Whole, column: Whole, wide: Floats, y: int, reach: float, sway: float, first: int, height: int
) -> None:
    """Where in the mirror each column looks, for waves that throw its glance `reach` rows per slope."""
    up, aside, here = np.float32(reach), np.float32(sway), np.float32(y)
    low, high, last = np.float32(first), np.float32(height - 1), np.float32(row_of.shape[0] - 1)
    slope, swell = wide[0], wide[1]
    for x in range(row_of.shape[0]):
        row_of[x] = np.int32(min(high, max(low, here + slope[x] * up)))
        column[x] = np.int32(min(last, max(np.float32(0), np.float32(x) + swell[x] * aside)))


@compiled
def _sheen(
    share: Whole,
    row_of: Whole,
    column: Whole,
    patch: Floats,
    wide: Floats,
    y: int,
    soaked: float,
    height: int,
    p: Doubles,
) -> None:
    """How wet the ground is along a row, of 256, and where its mirror looks; `soaked` at the water's edge."""
    _look(row_of, column, wide, y, p[1] * 0.35, p[1] * 0.25, int(p[0]) + 1, height)
    one, least, rain = np.float32(1), np.float32(0.25), np.float32(p[13] * 256)
    for x in range(share.shape[0]):
        share[x] = np.int32(rain * min(one, max(least, patch[x] * np.float32(0.9) + np.float32(0.6))))
    if soaked > 0:
        rim, edge = np.float32(soaked * 256), wide[2]
        for x in range(share.shape[0]):
            washed = rim * min(one, max(np.float32(0), one + edge[x] * np.float32(1 / _RIM)))
            share[x] = max(share[x], np.int32(washed))


@compiled
def _shine_row(
    row: Bytes,
    mirror: Bytes,
    wet: Whole,
    row_of: Whole,
    column: Whole,
    depth: float,
    far: float,
    p: Doubles,
) -> None:
    """Darken wet ground and mirror in it what stands over it, then the haze."""
    fresnel = 0.30 + 0.66 * math.exp(-depth * 3.2)
    gloss = int(0.62 * (0.45 + 0.55 * fresnel) * 256)
    clear, veil = int((1 - far) * 256), (int(p[8] * far), int(p[9] * far), int(p[10] * far))
    for x in range(row.shape[0]):
        damp = np.int64(wet[x])
        image = (damp * gloss) >> 8
        ground = ((256 - ((damp * 115) >> 8)) * (256 - image)) >> 8
        y, at = np.uint64(row_of[x]), np.uint64(column[x])
        for k in range(3):
            seen = (row[x, k] * ground + mirror[y, at, k] * image) >> 8
            row[x, k] = np.uint8(((seen * clear) >> 8) + veil[k])


@compiled
def _gaze(
    share: Whole,
    row_of: Whole,
    column: Whole,
    wide: Floats,
    y: int,
    depth: float,
    height: int,
    p: Doubles,
) -> None:
    """How much of its mirror image water shows, and how it glitters, of 256, into `share`."""
    _look(row_of, column, wide, y, p[1] * 1.1, p[1] * 0.25, int(p[0]) + 1, height)
    one, zero = np.float32(1), np.float32(0)
    gain = np.float32((0.30 + 0.66 * math.exp(-depth * 3.2)) * p[17])
    steep, threshold, middle = np.float32(9.0 / (0.25 + depth)), np.float32(p[29]), np.float32(p[18])
    lean, narrow = np.float32(p[1] * 0.35), np.float32(1 / (p[19] * (0.35 + depth * 1.6)))
    slope, facing, glint = wide[0], share[0], share[1]
    for x in range(facing.shape[0]):
        tilt = slope[x]
        seen = min(np.float32(0.97), max(np.float32(0.12), gain - tilt * np.float32(1.3)))
        facing[x] = np.int32(seen * np.float32(256))
        across = (np.float32(x) - middle + tilt * lean) * narrow
        # (1 - a²/8)^8 in the place of exp(-a²): the same to the eye, and cheap.
        fall = max(zero, one - across * across * np.float32(0.125))
        fall *= fall
        fall *= fall
        spark = min(one, max(zero, tilt * steep + threshold))
        glint[x] = np.int32(spark * fall * fall * np.float32(256))


@compiled
def _whiten(share: Whole, patch: Floats, wide: Floats, foam: float, p: Doubles) -> None:
    """Whitecaps and foam, of 256, into the last row of `share`."""
    zero, one, caps = np.float32(0), np.float32(1), np.float32(p[28])
    white, swell, edge = share[2], wide[1], wide[2]
    most = np.float32(0.9)
    for x in range(white.shape[0]):
        cap = caps * max(zero, swell[x] * np.float32(6) + patch[x] * np.float32(0.5) - np.float32(0.55))
        white[x] = np.int32(min(most, cap) * np.float32(256))
    if foam <= 0:
        return
    foamy = np.float32(foam)
    for x in range(white.shape[0]):
        e, rough = edge[x], patch[x]
        first = max(zero, one - abs(e - np.float32(0.05)) * np.float32(7))
        second = max(zero, one - abs(e - np.float32(0.9) - np.float32(0.25) * rough) * np.float32(5))
        third = max(zero, one - abs(e - np.float32(2) - np.float32(0.4) * rough) * np.float32(4))
        lace = foamy * max(zero, np.float32(0.75) + np.float32(0.5) * rough)
        surf = lace * (first + second * np.float32(0.5) + third * np.float32(0.3))
        white[x] = max(white[x], np.int32(min(most, surf) * np.float32(256)))


@compiled
def _water_row(
    row: Bytes,
    mirror: Bytes,
    share: Whole,
    row_of: Whole,
    column: Whole,
    wide: Floats,
    far: float,
    least: int,
    p: Doubles,
) -> None:
    """Water over the row, `far` of haze over it; over what lies beyond the shore,
    or all of it where `least` is 256."""
    clear, veil = int((1 - far) * 256), (int(p[8] * far), int(p[9] * far), int(p[10] * far))
    body = (int(p[14] * 256), int(p[15] * 256), int(p[16] * 256))
    spark = (int(p[20]), int(p[21]), int(p[22]))
    bright = int(60 + 0.25 * (p[8] + p[9] + p[10]))
    edge, covered = wide[2], np.int64(_WHOLE)
    for x in range(row.shape[0]):
        facing, glint, white = np.int64(share[0, x]), np.int64(share[1, x]), np.int64(share[2, x])
        y, at = np.uint64(row_of[x]), np.uint64(column[x])
        if least < _WHOLE:
            covered = np.int64(min(np.float32(256), max(np.float32(0), edge[x] * 2048 + 128)))
            if covered == 0:
                continue
        for k in range(3):
            seen = mirror[y, at, k] * facing + body[k] - ((body[k] * facing) >> 8) + spark[k] * glint
            seen = (seen * (256 - white) + bright * 256 * white) >> 16
            seen = ((seen * clear) >> 8) + veil[k]
            seen += ((row[x, k] - seen) * (256 - covered)) >> 8
            row[x, k] = np.uint8(min(255, max(0, seen)))
