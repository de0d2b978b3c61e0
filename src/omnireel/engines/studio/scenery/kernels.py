"""The inner loops: floor and water in perspective, sprites, strips, falling weather, the last pass.

Every kernel takes its scalars in one float32 array, so that each compiles exactly once.
"""

from __future__ import annotations

import math

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Floats, compiled

KEEP_IDS = 255.0
"""An id that leaves the id mask alone, for glows and shadows."""


@compiled
def blit(frame: Bytes, ids: Bytes, sprite: Bytes, p: Floats) -> None:
    """Lay a premultiplied BGRA sprite over a frame through an inverse affine map.

    p: 0-5 sprite x = p0·x + p1·y + p2, sprite y = p3·x + p4·y + p5; 6-9 left, top, right, bottom;
    10-12 tint; 13 opacity; 14 haze, 15-17 its colour; 18 id; 19 opacity kept behind (0 adds light).
    """
    rows, columns = sprite.shape[0], sprite.shape[1]
    opacity, haze, cover = p[13], p[14], p[19]
    clear = np.float32(1.0) - haze
    for y in range(int(p[7]), int(p[9])):
        for x in range(int(p[6]), int(p[8])):
            u = p[0] * x + p[1] * y + p[2]
            v = p[3] * x + p[4] * y + p[5]
            if u < 0 or v < 0 or u >= columns - 1 or v >= rows - 1:
                continue
            i, j = int(u), int(v)
            fu, fv = u - np.float32(i), v - np.float32(j)
            a = (np.float32(1.0) - fu) * (np.float32(1.0) - fv)
            b = fu * (np.float32(1.0) - fv)
            c = (np.float32(1.0) - fu) * fv
            d = fu * fv
            alpha = (
                sprite[j, i, 3] * a
                + sprite[j, i + 1, 3] * b
                + sprite[j + 1, i, 3] * c
                + sprite[j + 1, i + 1, 3] * d
            )
            alpha *= opacity * np.float32(1.0 / 255.0)
            if alpha < np.float32(0.004):
                continue
            behind = np.float32(1.0) - alpha * cover
            for k in range(3):
                value = (
                    sprite[j, i, k] * a
                    + sprite[j, i + 1, k] * b
                    + sprite[j + 1, i, k] * c
                    + sprite[j + 1, i + 1, k] * d
                )
                value = value * opacity * p[10 + k] * clear + p[15 + k] * haze * alpha
                value += frame[y, x, k] * behind
                frame[y, x, k] = np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))
            if p[18] < 255 and alpha > np.float32(0.5):
                ids[y, x] = np.uint8(p[18])


@compiled
def strip(frame: Bytes, ids: Bytes, band: Bytes, p: Floats) -> None:
    """Lay a BGRA band that repeats sideways, upright and scaled.

    p: 0 band x at the frame's left edge, 1 band pixels per frame pixel, 2 top row, 3 first row, 4 end row;
    5-7 tint; 8 opacity; 9 haze at the top, 10 haze at the foot, 11-13 its colour.
    """
    rows, columns = band.shape[0], band.shape[1]
    width = frame.shape[1]
    one = np.float32(1.0)
    here = np.empty(width, np.int32)
    after = np.empty(width, np.int32)
    share = np.empty(width, np.float32)
    for x in range(width):
        u = p[0] + x * p[1]
        u -= math.floor(u / columns) * columns
        here[x] = min(int(u), columns - 1)
        after[x] = here[x] + 1 if here[x] + 1 < columns else 0
        share[x] = u - here[x]
    for y in range(int(p[3]), int(p[4])):
        v = (y - p[2]) * p[1]
        if v < 0 or v >= rows - 1:
            continue
        j = int(v)
        fv = v - np.float32(j)
        gv = one - fv
        haze = p[9] + (p[10] - p[9]) * v / rows
        clear = (one - haze) * p[8]
        solid = p[8] * np.float32(1.0 / 255.0)
        t0, t1, t2 = p[5] * clear, p[6] * clear, p[7] * clear
        h0, h1, h2 = p[11] * haze, p[12] * haze, p[13] * haze
        for x in range(width):
            i, n, fu = here[x], after[x], share[x]
            if band[j, i, 3] | band[j, n, 3] | band[j + 1, i, 3] | band[j + 1, n, 3] == 0:
                continue
            gu = one - fu
            a, b, c, d = gu * gv, fu * gv, gu * fv, fu * fv
            alpha = (
                band[j, i, 3] * a + band[j, n, 3] * b + band[j + 1, i, 3] * c + band[j + 1, n, 3] * d
            ) * solid
            behind = one - alpha
            c0 = band[j, i, 0] * a + band[j, n, 0] * b + band[j + 1, i, 0] * c + band[j + 1, n, 0] * d
            c1 = band[j, i, 1] * a + band[j, n, 1] * b + band[j + 1, i, 1] * c + band[j + 1, n, 1] * d
            c2 = band[j, i, 2] * a + band[j, n, 2] * b + band[j + 1, i, 2] * c + band[j + 1, n, 2] * d
            frame[y, x, 0] = np.uint8(min(c0 * t0 + h0 * alpha + frame[y, x, 0] * behind, np.float32(255.0)))
            frame[y, x, 1] = np.uint8(min(c1 * t1 + h1 * alpha + frame[y, x, 1] * behind, np.float32(255.0)))
            frame[y, x, 2] = np.uint8(min(c2 * t2 + h2 * alpha + frame[y, x, 2] * behind, np.float32(255.0)))
            if alpha > np.float32(0.5):
                ids[y, x] = 0


@compiled
def floor(
    frame: Bytes, mirror: Bytes, tiles: Bytes, band: Bytes, relief: Floats, waves: Floats, p: Floats
) -> None:
    """Fill everything below the horizon: ground in perspective, water that reflects `mirror`, foam, wet
    sheen.

    tiles: (level, side, side, 3),
    each level smoother than the last. band: a second ground laid across the view.
    relief: a tileable field around 0 that breaks up repetition. waves: rows of (kx, kz, speed,
    height) in 1/m.
    p: 0 horizon, 1 focal, 2 camera height, 3 camera x, 4 camera z, 5 centre column, 6 tile px per metre,
    7 haze distance, 8-10 haze colour, 11 time, 12 water beyond z, 13 wet share, 14-16 water colour,
    17 reflection gain, 18 glitter column, 19 glitter width, 20-22 glitter colour, 23 foam, 24 band near z,
    25 band far z, 26 band px per metre, 27 relief gain, 28 whitecaps, 29 sparkle threshold, 30 shore
    wobble, 31 most haze, 32 first row.
    """
    height, width = frame.shape[0], frame.shape[1]
    side, levels = tiles.shape[1], tiles.shape[0]
    cells = relief.shape[0]
    one, zero, top = np.float32(1.0), np.float32(0.0), np.float32(255.0)
    horizon, focal, lift, time = p[0], p[1], p[2], p[11]
    patch_scale = np.float32(cells * 0.04375)
    count = waves.shape[0]
    cosine = np.zeros(16, np.float32)
    sine = np.zeros(16, np.float32)
    dcos = np.zeros(16, np.float32)
    dsin = np.zeros(16, np.float32)
    gain = np.zeros(16, np.float32)
    for y in range(max(0, math.floor(horizon) + 1, int(p[32])), height):
        drop = np.float32(y) + np.float32(0.5) - horizon
        if drop < np.float32(0.5):
            drop = np.float32(0.5)
        z = focal * lift / drop
        wz = z + p[4]
        step = z / focal
        grain = z * z / (focal * lift)
        haze = one - np.float32(math.exp(-z / p[7]))
        level = min(
            levels - 1, max(0, int(math.log2(max(one, (grain * np.float32(0.35) + step) * p[6])) + 0.5))
        )
        depth = drop / (height - horizon)
        fresnel = np.float32(0.30) + np.float32(0.66) * np.float32(math.exp(-depth * 3.2))
        left = (np.float32(0.5) - p[5]) * step + p[3]
        wet_row = wz > p[12] - 3 or p[13] > 0
        if wet_row:
            for n in range(count):
                phase = (
                    waves[n, 0] * left
                    + waves[n, 1] * wz
                    + waves[n, 2] * time
                    + np.float32(n) * np.float32(1.7)
                )
                cosine[n], sine[n] = math.cos(phase), math.sin(phase)
                dcos[n], dsin[n] = math.cos(waves[n, 0] * step), math.sin(waves[n, 0] * step)
                fade = (waves[n, 1] * grain) ** 2 * np.float32(0.30) + (waves[n, 0] * step) ** 2
                gain[n] = waves[n, 3] * np.float32(math.exp(-fade))
        in_band = p[24] < wz < p[25]
        patch_row = math.floor(wz * patch_scale) & (cells - 1)
        tile_row = math.floor(wz * p[6]) & (side - 1)
        shallow = wz > p[12] - 3
        for x in range(width):
            wx = left + x * step
            slope = zero
            swell = zero
            if wet_row:
                for n in range(count):
                    slope += gain[n] * waves[n, 1] * cosine[n]
                    swell += gain[n] * sine[n]
                    turned = cosine[n] * dcos[n] - sine[n] * dsin[n]
                    sine[n] = sine[n] * dcos[n] + cosine[n] * dsin[n]
                    cosine[n] = turned
            water = zero
            edge = np.float32(-9.0)
            if shallow:
                shore = p[12] + p[30] * np.float32(
                    math.sin(wx * 0.55 + time * 0.5) * 0.45
                    + math.sin(wx * 1.7 - time * 0.8) * 0.14
                    + math.sin(time * 1.1) * 0.28
                )
                edge = wz - shore
                water = min(one, max(zero, edge * np.float32(8.0) + np.float32(0.5)))
            patch = relief[patch_row, math.floor(wx * patch_scale) & (cells - 1)]
            wet = zero
            if p[13] > 0:
                wet = p[13] * min(one, max(np.float32(0.25), patch * np.float32(0.9) + np.float32(0.6)))
            if edge > np.float32(-1.1) and water < one:
                wet = max(wet, np.float32(0.55) * (one + edge / np.float32(1.1)))
            g0, g1, g2 = zero, zero, zero
            if water < one:
                if in_band:
                    bu = math.floor(wx * p[26]) % band.shape[1]
                    bv = min(band.shape[0] - 1, int((p[25] - wz) / (p[25] - p[24]) * band.shape[0]))
                    g0, g1, g2 = (
                        np.float32(band[bv, bu, 0]),
                        np.float32(band[bv, bu, 1]),
                        np.float32(band[bv, bu, 2]),
                    )
                else:
                    tu = math.floor(wx * p[6]) & (side - 1)
                    g0, g1, g2 = (
                        np.float32(tiles[level, tile_row, tu, 0]),
                        np.float32(tiles[level, tile_row, tu, 1]),
                        np.float32(tiles[level, tile_row, tu, 2]),
                    )
                    shade = one + p[27] * patch
                    g0, g1, g2 = g0 * shade, g1 * shade, g2 * shade
            if water > zero or wet > zero:
                bend = slope * focal * (np.float32(1.1) if water > zero else np.float32(0.35))
                sy = min(height - 1, max(int(horizon) + 1, int(y + bend)))
                sx = min(width - 1, max(0, int(x + swell * focal * np.float32(0.25))))
                m0, m1, m2 = (
                    np.float32(mirror[sy, sx, 0]),
                    np.float32(mirror[sy, sx, 1]),
                    np.float32(mirror[sy, sx, 2]),
                )
                if wet > zero and water < one:
                    dark = one - wet * np.float32(0.45)
                    share = wet * np.float32(0.62) * (np.float32(0.45) + fresnel * np.float32(0.55))
                    g0 = g0 * dark * (one - share) + m0 * share
                    g1 = g1 * dark * (one - share) + m1 * share
                    g2 = g2 * dark * (one - share) + m2 * share
                if water > zero:
                    facing = min(
                        np.float32(0.97), max(np.float32(0.12), fresnel * p[17] - slope * np.float32(1.3))
                    )
                    w0 = m0 * facing + p[14] * (one - facing)
                    w1 = m1 * facing + p[15] * (one - facing)
                    w2 = m2 * facing + p[16] * (one - facing)
                    across = (x - p[18] + slope * focal * np.float32(0.35)) / (
                        p[19] * (np.float32(0.35) + depth * np.float32(1.6))
                    )
                    if -2.6 < across < 2.6:
                        spark = max(zero, slope * np.float32(9.0) / (np.float32(0.25) + depth) + p[29])
                        spark = min(one, spark) * np.float32(math.exp(-across * across))
                        w0 += p[20] * spark
                        w1 += p[21] * spark
                        w2 += p[22] * spark
                    cap = p[28] * max(
                        zero, swell * np.float32(6.0) + patch * np.float32(0.5) - np.float32(0.55)
                    )
                    foam = zero
                    if p[23] > 0 and edge < np.float32(3.0) and edge > np.float32(-0.3):
                        lace = np.float32(0.75) + np.float32(0.5) * patch
                        first = max(zero, one - abs(edge - np.float32(0.05)) * np.float32(7.0))
                        second = max(
                            zero,
                            one - abs(edge - np.float32(0.9) - np.float32(0.25) * patch) * np.float32(5.0),
                        )
                        third = max(
                            zero,
                            one - abs(edge - np.float32(2.0) - np.float32(0.4) * patch) * np.float32(4.0),
                        )
                        foam = p[23] * lace * (first + second * np.float32(0.5) + third * np.float32(0.3))
                    white = min(np.float32(0.9), max(zero, cap, foam))
                    bright = np.float32(60.0) + np.float32(0.75) * (p[8] + p[9] + p[10]) / np.float32(3.0)
                    w0 += (bright - w0) * white
                    w1 += (bright - w1) * white
                    w2 += (bright - w2) * white
                    g0 = g0 * (one - water) + w0 * water
                    g1 = g1 * (one - water) + w1 * water
                    g2 = g2 * (one - water) + w2 * water
            far = haze * p[31] * (one - water * np.float32(0.45))
            g0 += (p[8] - g0) * far
            g1 += (p[9] - g1) * far
            g2 += (p[10] - g2) * far
            frame[y, x, 0] = np.uint8(min(top, max(zero, g0)))
            frame[y, x, 1] = np.uint8(min(top, max(zero, g1)))
            frame[y, x, 2] = np.uint8(min(top, max(zero, g2)))


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


@compiled
def finish(frame: Bytes, glow: Bytes, across: Floats, noise: Floats, p: Floats) -> None:
    """Add the bloom, darken the corners, set the contrast and dither, in place.

    frame and glow: (height, 3·width), rows laid flat so that the loop runs over plain lanes. across: for each
    lane the square of its distance from the middle column. noise: rows longer than the frame's by their
    number.
    p: 0 bloom gain, 1 vignette, 2 gain, 3 lift, 4 noise row, 5 noise lane, 6 contrast.
    """
    height, lanes = frame.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    unit = np.float32(1.0 / 255.0)
    for y in range(height):
        dy = (np.float32(y) / np.float32(height) - np.float32(0.5)) * np.float32(2.0)
        down = dy * dy - np.float32(0.45)
        grain = noise[(y + int(p[4])) % noise.shape[0]]
        first = int(p[5])
        for n in range(lanes):
            value = np.float32(frame[y, n])
            value += np.float32(glow[y, n]) * p[0] * (one - value * np.float32(1.0 / 400.0))
            shade = one - p[1] * max(zero, across[n] + down) * np.float32(0.645)
            s = min(one, max(zero, (value * p[2] + p[3]) * shade * unit))
            s += p[6] * (s * s * (np.float32(3.0) - np.float32(2.0) * s) - s)
            frame[y, n] = np.uint8(
                min(np.float32(255.0), max(zero, s * np.float32(255.0) + grain[first + n]))
            )
