"""Outlines for the easel: rounded boxes, ovals, softened corners, smooth curves. Hundredths of a side."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
Points = list[Point]
_STEPS = 8


def oval(centre: Point, radii: Point, turn: float = 0.0) -> Points:
    """An ellipse, turned by degrees."""
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    ring = [(math.cos(n * math.tau / 72), math.sin(n * math.tau / 72)) for n in range(72)]
    points = [(x * radii[0], y * radii[1]) for x, y in ring]
    return [(centre[0] + x * c - y * s, centre[1] + x * s + y * c) for x, y in points]


def box(a: Point, b: Point, radius: float) -> Points:
    """An upright rectangle between two corners."""
    return softened([a, (b[0], a[1]), b, (a[0], b[1])], radius)


def softened(corners: Sequence[Point], radius: float) -> Points:
    """A polygon whose corners are rounded off, each by at most half of its shorter side."""
    found: Points = []
    for n, corner in enumerate(corners):
        before, after = corners[n - 1], corners[(n + 1) % len(corners)]
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        found += [_bend(start, corner, end, step / _STEPS) for step in range(_STEPS + 1)]
    return found


def _toward(a: Point, b: Point, distance: float) -> Point:
    length = math.dist(a, b)
    share = min(0.5, distance / length) if length else 0.0
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _bend(a: Point, corner: Point, b: Point, t: float) -> Point:
    near, middle, far = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return (
        near * a[0] + middle * corner[0] + far * b[0],
        near * a[1] + middle * corner[1] + far * b[1],
    )


def smooth(points: Sequence[Point], *, closed: bool) -> Points:
    """A curve through all points (Catmull and Rom, "A class of local interpolating splines", 1974)."""
    count = len(points)
    last = count if closed else count - 1

    def at(n: int) -> Point:
        return points[n % count if closed else min(max(n, 0), count - 1)]

    found = [
        _between((at(n - 1), at(n), at(n + 1), at(n + 2)), step / _STEPS)
        for n in range(last)
        for step in range(_STEPS)
    ]
    return found if closed else [*found, points[-1]]


def _between(p: tuple[Point, Point, Point, Point], t: float) -> Point:
    a = -0.5 * t**3 + t**2 - 0.5 * t
    b = 1.5 * t**3 - 2.5 * t**2 + 1
    c = -1.5 * t**3 + 2 * t**2 + 0.5 * t
    d = 0.5 * t**3 - 0.5 * t**2
    return (
        a * p[0][0] + b * p[1][0] + c * p[2][0] + d * p[3][0],
        a * p[0][1] + b * p[1][1] + c * p[2][1] + d * p[3][1],
    )
