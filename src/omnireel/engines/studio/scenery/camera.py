"""Where the camera stands and what it sees from there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from omnireel.models import CameraMove


@dataclass(frozen=True)
class View:
    """A camera looking along +z. Metres for the world, pixels for the frame."""

    width: int
    height: int
    x: float
    y: float
    """Above the ground."""
    z: float
    horizon: float
    """Row of the horizon; tilting moves it."""
    centre: float
    """Column straight ahead; panning moves it."""
    focal: float

    def project(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Column, row and pixels per metre of a point in the world. z must lie ahead of the camera."""
        scale = self.focal / max(0.3, z - self.z)
        return self.centre + (x - self.x) * scale, self.horizon + (self.y - y) * scale, scale

    def width_at(self, z: float) -> float:
        """Metres that fit across the frame at a depth."""
        return self.width * max(0.3, z - self.z) / self.focal


@dataclass(frozen=True)
class Drift:
    """How far a moving camera has carried the picture since its shot's middle course.

    `right` and `down` are shares of the picture's width; `growth` is the logarithm of the magnification.
    """

    right: float
    down: float
    growth: float


Ride: TypeAlias = Callable[[int], Drift]
"""A camera borrowed from elsewhere, in place of a named move: its drift in each frame of a clip."""


def ridden(home: View, drift: Drift, depth: float) -> View:
    """The camera where a borrowed one would be, its subject `depth` metres ahead."""
    return replace(
        home,
        centre=home.centre + drift.right * home.width,
        horizon=home.horizon + drift.down * home.width,
        z=home.z + depth * (1 - math.exp(-drift.growth)),
    )


def ease(u: float) -> float:
    """0 to 1, starting and ending at rest."""
    u = min(1.0, max(0.0, u))
    return u * u * (3 - 2 * u)


def _gentle(u: float) -> float:
    # Half linear, half eased: the move is under way in the first frame and still under way in the last.
    return 0.5 * u + 0.5 * ease(u)


def moved(home: View, move: CameraMove | None, u: float, t: float, depth: float) -> View:
    """The camera at a share `u` of the shot, `t` seconds in, with its subject `depth` metres ahead."""
    e = _gentle(u)
    match move:
        case CameraMove.PUSH_IN:
            return replace(home, z=home.z + depth * (-0.12 + 0.27 * e))
        case CameraMove.PULL_OUT:
            return replace(home, z=home.z + depth * (0.15 - 0.27 * e))
        case CameraMove.PAN_LEFT | CameraMove.PAN_RIGHT:
            side = 1 if move is CameraMove.PAN_LEFT else -1
            return replace(home, centre=home.centre + side * home.width * 0.26 * (e - 0.5))
        case CameraMove.TILT_UP | CameraMove.TILT_DOWN:
            side = 1 if move is CameraMove.TILT_UP else -1
            return replace(home, horizon=home.horizon + side * home.height * 0.17 * (e - 0.5))
        case CameraMove.ORBIT:
            x = depth * 0.42 * (e - 0.5)
            return replace(home, x=home.x + x, centre=home.centre + x * home.focal / depth)
        case CameraMove.DOLLY_ZOOM:
            z = depth * (-0.20 + 0.42 * e)
            return replace(home, z=home.z + z, focal=home.focal * (depth - z) / depth)
        case CameraMove.HANDHELD:
            return _handheld(home, t)
    return replace(home, z=home.z + depth * 0.05 * (e - 0.5), x=home.x + depth * 0.03 * (e - 0.5))


def _handheld(home: View, t: float) -> View:
    sway = 0.55 * math.sin(t * 1.9) + 0.3 * math.sin(t * 4.3 + 1.0) + 0.15 * math.sin(t * 9.1 + 2.0)
    nod = 0.55 * math.sin(t * 2.3 + 0.7) + 0.3 * math.sin(t * 5.1) + 0.15 * math.sin(t * 8.3 + 1.3)
    unit = home.height * 0.014
    return replace(
        home, centre=home.centre + sway * unit, horizon=home.horizon + nod * unit, x=home.x + sway * 0.03
    )
