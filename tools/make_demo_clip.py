"""Paint the clip the demo restyles: two rubber ducks crossing a pond, five seconds, ray traced on the CPU.

    python tools/make_demo_clip.py OUTPUT.mp4 [--width 960] [--height 540] [--frame N]

Everything in it is computed here, so the project owns every pixel. Solid shapes are ray-traced ellipsoids;
the ducks are signed distance fields joined by a smooth minimum (Quilez, 2008) and sphere traced (Hart, 1996).
Colours are linear light until the last step. Distances are metres, y is up, the water lies at y = 0.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import Coding

FPS = 24
SECONDS = 5
SUN = np.array([-0.52, 0.66, -0.54], np.float64) / math.sqrt(0.52**2 + 0.66**2 + 0.54**2)
FAR = 1e9

SKY, WATER, HILL, TREE, TRUNK, PAD, PETAL, HEART, STONE, BODY, BEAK, EYE, GLINT = range(13)

Floats = NDArray[np.float64]


def ellipsoids() -> Floats:
    """The still world, one row each: centre xyz, radii xyz, material, shade (0 to 1)."""
    random = np.random.default_rng(11)
    rows: list[tuple[float, ...]] = [
        (x, -1.2, 15 + 2 * (i % 2), 7.5, 3.0 + 0.6 * (i % 3), 5.0, HILL, 0.2 * (i % 4))
        for i, x in enumerate(range(-24, 25, 6))
    ]
    rows += [
        (x, -2.0, 34.0, 14.0, 9.5 + 2.0 * (i % 2), 8.0, HILL, 0.9) for i, x in enumerate(range(-42, 43, 14))
    ]
    for x, z, size in (
        (-6.9, 12.0, 1.25),
        (-3.4, 13.4, 0.95),
        (2.2, 13.2, 1.05),
        (5.6, 12.2, 1.4),
        (9.5, 13.6, 1.2),
        (-10.6, 13.4, 1.3),
    ):
        rows.append((x, 1.6, z, 0.17 * size, 1.5 * size, 0.17 * size, TRUNK, 0.5))
        for _ in range(9):
            dx, dy, dz = random.normal(0, 0.48, 3) * size
            r = size * random.uniform(0.5, 0.8)
            rows.append((x + dx, 2.5 + 1.1 * size + dy, z + dz, r, r * 0.9, r, TREE, float(random.uniform())))
    for x, z, r in (
        (-4.6, 8.6, 0.55),
        (-3.7, 8.9, 0.35),
        (4.4, 8.8, 0.5),
        (5.3, 8.5, 0.7),
        (0.7, 9.3, 0.4),
        (1.5, 9.5, 0.6),
    ):
        rows.append((x, 0.05, z, r * 1.3, r * 0.75, r, STONE, float(random.uniform())))
    rows += flower(-1.75, 0.55, 1.0) + flower(2.15, 2.5, 0.9) + flower(-3.1, 4.6, 1.1)
    return np.array(rows, np.float64)


def flower(x: float, z: float, size: float) -> list[tuple[float, ...]]:
    """A water lily: two rings of petals about a yellow heart."""
    rows: list[tuple[float, ...]] = [(x, 0.16 * size, z, 0.085 * size, 0.07 * size, 0.085 * size, HEART, 0.0)]
    for ring, (radius, lift, count) in enumerate(((0.2, 0.09, 9), (0.11, 0.16, 6))):
        for k in range(count):
            a = 2 * math.pi * (k + 0.5 * ring) / count
            rows.append((x + radius * size * math.cos(a), lift * size, z + radius * size * math.sin(a),
                         0.1 * size, 0.075 * size, 0.1 * size, PETAL, 0.4 + 0.3 * ring))  # fmt: skip
    return rows


def pads() -> Floats:
    """Lily pads floating on the water: centre x, z, radius, angle of the notch, shade."""
    return np.array(
        [
            (-1.75, 0.55, 0.52, 0.4, 0.3),
            (-0.95, 0.1, 0.33, 2.2, 0.8),
            (2.15, 2.5, 0.55, 3.6, 0.5),
            (2.9, 1.7, 0.42, 1.2, 0.1),
            (-3.1, 4.6, 0.7, 5.2, 0.6),
            (-2.2, 5.2, 0.5, 0.9, 0.2),
            (3.6, 4.9, 0.6, 2.9, 0.9),
            (1.55, 0.2, 0.36, 4.4, 0.4),
        ],
        np.float64,
    )


def ducks(t: float) -> Floats:
    """Where the ducks are at `t` seconds: x, y, z, heading (radians), size, nod (radians)."""
    rows = []
    for lag, size, lane in ((0.0, 1.0, 1.75), (2.2, 0.55, 1.45)):
        u = t - lag
        x, z = -1.35 + 0.62 * u, lane + 0.28 * math.sin(0.9 * u)
        heading = math.atan2(0.28 * 0.9 * math.cos(0.9 * u), 0.62)
        rows.append((x, 0.035 * math.sin(2.6 * u), z, heading, size, 0.10 * math.sin(3.1 * u) + 0.03))
    return np.array(rows, np.float64)


@njit(cache=True)
def hashed(ix: int, iy: int, iz: int) -> float:
    n = (ix * 374761393 + iy * 668265263 + iz * 2147483647) & 0x7FFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0x7FFFFFFF
    return ((n ^ (n >> 16)) & 0xFFFF) / 65535.0


@njit(cache=True)
def noise(x: float, y: float, z: float) -> float:
    """Value noise, 0 to 1, smooth between lattice points."""
    ix, iy, iz = math.floor(x), math.floor(y), math.floor(z)
    fx, fy, fz = x - ix, y - iy, z - iz
    fx, fy, fz = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy), fz * fz * (3 - 2 * fz)
    total = 0.0
    for c in range(8):
        dx, dy, dz = c & 1, (c >> 1) & 1, c >> 2
        weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy) * (fz if dz else 1 - fz)
        total += weight * hashed(int(ix) + dx, int(iy) + dy, int(iz) + dz)
    return total


@njit(cache=True)
def fractal(x: float, y: float, z: float, octaves: int) -> float:
    total, weight = 0.0, 0.5
    for _ in range(octaves):
        total += weight * noise(x, y, z)
        x, y, z, weight = x * 2.03 + 7.1, y * 2.03 + 3.7, z * 2.03 + 1.9, weight * 0.5
    return total


@njit(cache=True)
def blob(
    x: float, y: float, z: float, cx: float, cy: float, cz: float, rx: float, ry: float, rz: float
) -> float:
    """Approximate distance to an ellipsoid."""
    a, b, c = (x - cx) / rx, (y - cy) / ry, (z - cz) / rz
    k0 = math.sqrt(a * a + b * b + c * c)
    k1 = math.sqrt((a / rx) ** 2 + (b / ry) ** 2 + (c / rz) ** 2)
    return k0 * (k0 - 1.0) / (k1 + 1e-9)


@njit(cache=True)
def melt(a: float, b: float, k: float) -> float:
    """Smooth minimum."""
    h = min(max(0.5 + 0.5 * (b - a) / k, 0.0), 1.0)
    return b + (a - b) * h - k * h * (1 - h)


@njit(cache=True)
def duck_parts(x: float, y: float, z: float, nod: float) -> tuple[float, float, float, float]:
    """Distances in a duck's own frame (swimming along +x): body, beak, eyes, glints."""
    az = abs(z)
    body = blob(x, y, z, 0.0, 0.17, 0.0, 0.52, 0.33, 0.37)
    body = melt(body, blob(x, y, z, -0.47, 0.40, 0.0, 0.20, 0.13, 0.16), 0.16)
    body = melt(body, blob(x, y, az, -0.06, 0.28, 0.33, 0.30, 0.17, 0.09), 0.05)
    c, s = math.cos(nod), math.sin(nod)
    u, v = c * (x - 0.3) - s * (y - 0.45), s * (x - 0.3) + c * (y - 0.45)
    body = melt(body, blob(u, v, z, 0.05, 0.28, 0.0, 0.285, 0.275, 0.27), 0.10)
    upper = blob(u, v, z, 0.37, 0.235, 0.0, 0.20, 0.065, 0.15)
    lower = blob(u, v, z, 0.33, 0.165, 0.0, 0.15, 0.045, 0.12)
    eyes = blob(u, v, az, 0.205, 0.375, 0.165, 0.085, 0.105, 0.07)
    glints = blob(u, v, az, 0.262, 0.415, 0.205, 0.030, 0.034, 0.028)
    return body, melt(upper, lower, 0.03), eyes, glints


@njit(cache=True)
def duck_at(px: float, py: float, pz: float, d: Floats) -> tuple[float, int]:
    """Distance to one duck and the material nearest."""
    c, s, k = math.cos(d[3]), math.sin(d[3]), d[4]
    dx, dy, dz = (px - d[0]) / k, (py - d[1]) / k, (pz - d[2]) / k
    body, beak, eye, glint = duck_parts(c * dx + s * dz, dy, -s * dx + c * dz, d[5])
    best, material = body, BODY
    if beak < best:
        best, material = beak, BEAK
    if eye < best:
        best, material = eye, EYE
    if glint < best:
        best, material = glint, GLINT
    return best * k, material


@njit(cache=True)
def march(ox: float, oy: float, oz: float, vx: float, vy: float, vz: float, d: Floats) -> tuple[float, int]:
    """Sphere trace one duck inside its bounding ball."""
    cx, cy, cz, r = d[0] - ox, d[1] + 0.35 * d[4] - oy, d[2] - oz, 0.95 * d[4]
    b = cx * vx + cy * vy + cz * vz
    disc = b * b - (cx * cx + cy * cy + cz * cz) + r * r
    if disc <= 0 or b + math.sqrt(disc) <= 0:
        return FAR, SKY
    t, end = max(b - math.sqrt(disc), 0.002), b + math.sqrt(disc)
    for _ in range(80):
        dist, material = duck_at(ox + vx * t, oy + vy * t, oz + vz * t, d)
        if dist < 0.0012:
            return t, material
        t += dist * 0.9
        if t > end:
            break
    return FAR, SKY


@njit(cache=True)
def hit(
    ox: float,
    oy: float,
    oz: float,
    vx: float,
    vy: float,
    vz: float,
    solids: Floats,
    lilies: Floats,
    flock: Floats,
) -> tuple[float, int, int]:
    """Nearest surface along a ray: distance, material, row of its table."""
    best, material, row = FAR, SKY, 0
    if vy < -1e-6 and oy > 1e-4:
        best, material = -oy / vy, WATER
        for i in range(lilies.shape[0]):
            dx, dz = ox + vx * best - lilies[i, 0], oz + vz * best - lilies[i, 1]
            bearing = (math.atan2(dz, dx) - lilies[i, 3] + math.pi) % (2 * math.pi) - math.pi
            if dx * dx + dz * dz < lilies[i, 2] ** 2 and abs(bearing) > 0.24:
                material, row = PAD, i
    for i in range(solids.shape[0]):
        rx, ry, rz = solids[i, 3], solids[i, 4], solids[i, 5]
        x, y, z = (ox - solids[i, 0]) / rx, (oy - solids[i, 1]) / ry, (oz - solids[i, 2]) / rz
        a, b, c = vx / rx, vy / ry, vz / rz
        n, h = a * a + b * b + c * c, x * a + y * b + z * c
        disc = h * h - n * (x * x + y * y + z * z - 1)
        if disc > 0:
            t = (-h - math.sqrt(disc)) / n
            if 0.002 < t < best:
                best, material, row = t, int(solids[i, 6]), i
    for i in range(flock.shape[0]):
        t, found = march(ox, oy, oz, vx, vy, vz, flock[i])
        if t < best:
            best, material, row = t, found, i
    return best, material, row


@njit(cache=True)
def sky(vx: float, vy: float, vz: float, sun: Floats) -> tuple[float, float, float]:
    """Morning sky with drifting cumulus; blue, green, red."""
    up = max(vy, 0.0)
    k = math.exp(-3.2 * up)
    b, g, r = 0.72 + 0.22 * k, 0.45 + 0.42 * k, 0.20 + 0.62 * k
    cloud = fractal(vx / (up + 0.18) * 1.5, 0.4, vz / (up + 0.18) * 1.5, 5) * 2 - 0.98
    cover = min(max(cloud * 2.6, 0.0), 1.0) * min(up * 9, 1.0)
    b, g, r = b + (0.98 - b) * cover, g + (0.97 - g) * cover, r + (0.97 - r) * cover
    glow = max(vx * sun[0] + vy * sun[1] + vz * sun[2], 0.0) ** 24
    return b + 0.15 * glow, g + 0.35 * glow, r + 0.5 * glow


@njit(cache=True)
def pigment(material: int, x: float, y: float, z: float, shade: float) -> tuple[float, float, float]:
    """Surface colour; blue, green, red, linear."""
    n = fractal(x * 5, y * 5, z * 5, 4)
    if material == HILL:
        blades = noise(x * 38, y * 9, z * 16) * noise(x * 21 + 5, y * 14, z * 21)
        k = 0.15 + 0.8 * fractal(x * 3, y * 3, z * 3, 4) + 1.1 * blades + 0.2 * shade
        return 0.035 * k + 0.04 * (shade > 0.8), 0.30 * k, (0.15 + 0.06 * shade) * k
    if material == TREE:
        leaf = noise(x * 19, y * 19, z * 19)
        k = 0.1 + 0.75 * fractal(x * 6, y * 6, z * 6, 3) + 1.2 * leaf * leaf + 0.3 * shade
        return 0.03 * k, 0.23 * k, 0.09 * k
    if material == TRUNK:
        return 0.05, 0.09 + 0.05 * n, 0.16 + 0.08 * n
    if material == PAD:
        return 0.06, 0.30 + 0.12 * shade, 0.10 + 0.10 * shade
    if material == PETAL:
        return 0.62, 0.30 + 0.3 * shade, 0.92
    if material == HEART:
        return 0.03, 0.52, 0.90
    if material == STONE:
        k = 0.25 + 0.9 * n + 0.5 * noise(x * 31, y * 31, z * 31)
        return 0.27 * k, 0.28 * k, 0.29 * k
    if material == BODY:
        return 0.015, 0.52 + 0.03 * n, 0.93
    if material == BEAK:
        return 0.01, 0.16, 0.90
    if material == EYE:
        return 0.012, 0.010, 0.012
    return 1.0, 1.0, 1.0


@njit(cache=True)
def normal(
    material: int, row: int, x: float, y: float, z: float, solids: Floats, flock: Floats
) -> tuple[float, float, float]:
    if material >= BODY:
        e = 0.002
        nx = duck_at(x + e, y, z, flock[row])[0] - duck_at(x - e, y, z, flock[row])[0]
        ny = duck_at(x, y + e, z, flock[row])[0] - duck_at(x, y - e, z, flock[row])[0]
        nz = duck_at(x, y, z + e, flock[row])[0] - duck_at(x, y, z - e, flock[row])[0]
    elif material == PAD:
        nx, ny, nz = 0.0, 1.0, 0.0
    else:
        s = solids[row]
        nx, ny, nz = (x - s[0]) / s[3] ** 2, (y - s[1]) / s[4] ** 2, (z - s[2]) / s[5] ** 2
        if material in (TREE, HILL, STONE):
            k = 13.0 if material == TREE else 4.5
            length = math.sqrt(nx * nx + ny * ny + nz * nz)
            nx = nx / length + 1.5 * (noise(x * k + 9, y * k, z * k) - 0.5)
            ny = ny / length + 1.5 * (noise(x * k, y * k + 9, z * k) - 0.5)
            nz = nz / length + 1.5 * (noise(x * k, y * k, z * k + 9) - 0.5)
    n = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
    return nx / n, ny / n, nz / n


@njit(cache=True)
def lit(
    material: int, row: int, x: float, y: float, z: float, vx: float, vy: float, vz: float, far: float,
    solids: Floats, lilies: Floats, flock: Floats, sun: Floats
) -> tuple[float, float, float]:  # fmt: skip
    """Light leaving a solid surface toward the eye."""
    shade = lilies[row, 4] if material == PAD else (solids[row, 7] if material < BODY else 0.0)
    b, g, r = pigment(material, x, y, z, shade)
    if material == PAD:
        dx, dz = x - lilies[row, 0], z - lilies[row, 1]
        vein = abs(math.sin(9 * math.atan2(dz, dx))) ** 0.35
        rim = math.sqrt(dx * dx + dz * dz) / lilies[row, 2]
        b, g, r = (
            b * (0.7 + 0.3 * vein),
            g * (0.7 + 0.3 * vein),
            r * (0.7 + 0.3 * vein) + 0.12 * max(rim - 0.88, 0.0) * 8,
        )
    nx, ny, nz = normal(material, row, x, y, z, solids, flock)
    facing = nx * sun[0] + ny * sun[1] + nz * sun[2]
    key = 0.0
    if facing > 0:
        blocked = hit(
            x + nx * 0.01, y + ny * 0.01, z + nz * 0.01, sun[0], sun[1], sun[2], solids, lilies, flock
        )[0]
        key = facing if blocked >= FAR else facing * 0.08
    above, bounce = 0.5 + 0.5 * ny, max(0.5 - 0.5 * ny, 0.0) * math.exp(-max(y, 0.0) * 1.5)
    hx, hy, hz = sun[0] - vx, sun[1] - vy, sun[2] - vz
    gloss = max((nx * hx + ny * hy + nz * hz) / (math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9), 0.0)
    polish = 0.55 if material >= BODY else 0.05
    shine = polish * gloss**70 * (key > 0.05) + polish * 0.16 * (1 + nx * vx + ny * vy + nz * vz) ** 4
    b = b * (2.05 * key + 0.46 * above + 0.20 * bounce) + shine
    g = g * (2.35 * key + 0.36 * above + 0.14 * bounce) + shine
    r = r * (2.55 * key + 0.28 * above + 0.10 * bounce) + shine
    haze = 1 - math.exp(-far * 0.008)
    return b + (0.90 - b) * haze, g + (0.80 - g) * haze, r + (0.70 - r) * haze


@njit(cache=True)
def wave(x: float, z: float, t: float, flock: Floats) -> float:
    """Height of the water, metres: a breeze, and a ring wake behind each duck."""
    h = 0.013 * math.sin(3.1 * x + 1.7 * z + 1.9 * t) + 0.010 * math.sin(-2.3 * x + 4.1 * z + 2.3 * t)
    h += 0.016 * (fractal(x * 2.2 + 0.35 * t, z * 3.4, 0.45 * t, 3) - 0.5)
    for i in range(flock.shape[0]):
        d = math.sqrt((x - flock[i, 0]) ** 2 + (z - flock[i, 2]) ** 2)
        h += (
            0.020
            * flock[i, 4]
            * math.sin(15 * d / flock[i, 4] ** 0.5 - 8 * t)
            * math.exp(-1.5 * max(d - 0.35 * flock[i, 4], 0.0))
        )
    return h


@njit(cache=True)
def seen(
    ox: float, oy: float, oz: float, vx: float, vy: float, vz: float, t: float,
    solids: Floats, lilies: Floats, flock: Floats, sun: Floats
) -> tuple[float, float, float]:  # fmt: skip
    """Colour along a ray from the eye; blue, green, red, linear."""
    far, material, row = hit(ox, oy, oz, vx, vy, vz, solids, lilies, flock)
    if material == SKY:
        return sky(vx, vy, vz, sun)
    x, y, z = ox + vx * far, oy + vy * far, oz + vz * far
    if material != WATER:
        return lit(material, row, x, y, z, vx, vy, vz, far, solids, lilies, flock, sun)
    e = 0.02 + 0.004 * far
    strength = 1.0 / (1.0 + 0.05 * far)
    nx = -strength * (wave(x + e, z, t, flock) - wave(x - e, z, t, flock)) / (2 * e)
    nz = -strength * (wave(x, z + e, t, flock) - wave(x, z - e, t, flock)) / (2 * e)
    n = 1 / math.sqrt(nx * nx + 1 + nz * nz)
    nx, ny, nz = nx * n, n, nz * n
    cos = -(vx * nx + vy * ny + vz * nz)
    rx, ry, rz = vx + 2 * cos * nx, abs(vy + 2 * cos * ny) + 0.01, vz + 2 * cos * nz
    far2, mirror, row2 = hit(x, 0.005, z, rx, ry, rz, solids, lilies, flock)
    if mirror == SKY:
        rb, rg, rr = sky(rx, ry, rz, sun)
    else:
        rb, rg, rr = lit(
            mirror,
            row2,
            x + rx * far2,
            0.005 + ry * far2,
            z + rz * far2,
            rx,
            ry,
            rz,
            far + far2,
            solids,
            lilies,
            flock,
            sun,
        )
    fresnel = 0.04 + 0.96 * (1 - min(max(cos, 0.0), 1.0)) ** 5
    fresnel = min(fresnel + 0.10, 0.92)
    depth = 0.75 + 0.5 * fractal(x * 0.8, 3.0, z * 0.8, 3)
    b, g, r = 0.30 * depth, 0.21 * depth, 0.045 * depth
    spark = max(rx * sun[0] + ry * sun[1] + rz * sun[2], 0.0) ** 260 * 5.0
    return b + (rb - b) * fresnel + spark, g + (rg - g) * fresnel + spark, r + (rr - r) * fresnel + spark


@njit(cache=True, parallel=True)
def expose(
    eye: Floats, right: Floats, up: Floats, ahead: Floats, t: float, width: int, height: int,
    solids: Floats, lilies: Floats, flock: Floats, sun: Floats, image: NDArray[np.float32]
) -> None:  # fmt: skip
    """Fill `image` (height, width, 3) with linear light, two jittered rays a pixel."""
    for py in prange(height):
        for px in range(width):
            total_b = total_g = total_r = 0.0
            for s in range(2):
                u = (px + 0.25 + 0.5 * s - width / 2) / height
                v = (height / 2 - py - 0.25 - 0.5 * (1 - s)) / height
                x = ahead[0] + u * right[0] + v * up[0]
                y = ahead[1] + u * right[1] + v * up[1]
                z = ahead[2] + u * right[2] + v * up[2]
                n = 1 / math.sqrt(x * x + y * y + z * z)
                b, g, r = seen(eye[0], eye[1], eye[2], x * n, y * n, z * n, t, solids, lilies, flock, sun)
                total_b, total_g, total_r = total_b + b, total_g + g, total_r + r
            image[py, px, 0], image[py, px, 1], image[py, px, 2] = total_b / 2, total_g / 2, total_r / 2


def camera(t: float) -> tuple[Floats, Floats, Floats, Floats]:
    """A slow arc at the water's edge: eye, right, up, ahead."""
    u = t / SECONDS
    eye = np.array([0.75 - 1.0 * u, 1.02 + 0.10 * u + 0.008 * math.sin(5 * t), -2.35 + 0.25 * u])
    target = np.array([-0.3 + 0.85 * u, 0.42 + 0.006 * math.sin(4.1 * t), 2.0])
    ahead = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(np.array([0.0, 1.0, 0.0]), ahead)
    right /= np.linalg.norm(right)
    return eye, right, np.cross(ahead, right), ahead * 1.5


def developed(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light to 8-bit sRGB through a filmic shoulder, with a little bloom."""
    bloom = cv2.GaussianBlur(np.maximum(light - 1.0, 0), (0, 0), light.shape[0] / 60)
    exposed = (light + 0.5 * bloom) * 0.56
    toned = np.clip(exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14), 0, 1)
    encoded: NDArray[np.uint8] = (255 * toned ** (1 / 2.2) + 0.5).astype(np.uint8)
    return encoded


def frame(t: float, width: int, height: int) -> NDArray[np.uint8]:
    """The picture at `t` seconds, (height, width, 3) BGR."""
    image = np.empty((height, width, 3), np.float32)
    expose(*camera(t), t, width, height, ellipsoids(), pads(), ducks(t), SUN, image)
    return developed(image)


def frames(width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    for i in range(FPS * SECONDS):
        print(f"frame {i + 1} of {FPS * SECONDS}", end="\r", flush=True)
        yield frame(i / FPS, width, height)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path)
    parser.add_argument("--width", type=int, default=960)
    parser.add_argument("--height", type=int, default=540)
    parser.add_argument("--frame", type=int, help="write this one frame as an image instead")
    asked = parser.parse_args()
    if asked.frame is not None:
        cv2.imwrite(str(asked.output), frame(asked.frame / FPS, asked.width, asked.height))
        return
    with ClipWriter(
        asked.output, width=asked.width, height=asked.height, fps=Fraction(FPS), crf=27, coding=Coding("slow")
    ) as clip:
        for picture in frames(asked.width, asked.height):
            clip.write(picture)


if __name__ == "__main__":
    main()
