"""Wind in a photograph: plants and hair that sway more the farther they are from what holds them."""

from __future__ import annotations

from math import pi

import numpy as np

from omnireel.engines.studio.photo.stir import Mover, Stir, added, blurred, rough, turning
from omnireel.engines.studio.picture.raster import Plane, Size, size_of, stretched

_SWAY = 0.0075
"""How far the tips of tall plants lean in a gust, in picture widths."""
_FLUTTER = 0.0008
"""How far single leaves tremble."""
_TIPS = 0.12
"""How far wind reaches up beyond plants before it has died down to a third, in picture heights."""
_RIM = 0.018
"""Picture widths over which movement dies down beside something firm."""
_LEAF = 22.0
"""Grid cells that tremble together; blades that bend on less look like seaweed."""
_PACES = (6.9, 9.0)
"""Radians a second."""
_WAVE = 0.0030
"""How far the free ends of hair swing, in picture widths."""
_SHEEN = 12.0
"""How much lighter a lock turned to the light is, for its swing."""
_GUST = 0.42
"""Gusts a second."""
_LEAN = 0.16
"""Height, as a share of the picture's, at which a stalk sways in full."""


def swaying(weight: Plane, near: Plane, strength: float, seed: int) -> Mover:
    """Plants swaying where `weight` says so, in gusts that travel across; what is far moves less."""
    size = width, height = size_of(weight)
    random = np.random.default_rng(seed)
    tall = blurred(risen(weight), 0.02 * width)
    reach = weight * (0.25 + 0.75 * tall) * (0.35 + 0.65 * near) * np.float32(_SWAY * strength)
    tremble = weight * (0.4 + 0.6 * near) * np.float32(_FLUTTER * strength)
    across = np.linspace(0, 1, width, dtype=np.float32)[None] + np.zeros((height, 1), np.float32)
    lag = -across * np.float32(2 * pi * 0.8) - rough(random, size, (width / 6, height / 5)) * np.float32(0.5)
    gust, echo = (
        turning(reach, lag, 2 * pi * _GUST),
        turning(reach * np.float32(0.45), 2 * lag, 3.66 * pi * _GUST),
    )
    leaves = [
        turning(tremble, rough(random, size, (_LEAF, _LEAF)) * np.float32(1.6), pace) for pace in _PACES
    ]

    def move(seconds: float, moment: Stir) -> None:
        added(moment.across, reach, -0.35)
        gust.onto(moment.across, seconds, -1.0)
        echo.onto(moment.across, seconds, -1.0)
        # What leans also sinks a little: a stalk keeps its length.
        added(moment.down, reach, -0.12)
        echo.onto(moment.down, seconds, -0.25)
        leaves[0].onto(moment.across, seconds)
        leaves[1].onto(moment.down, seconds, 0.6)

    return move


def windward(plants: Plane, firm: Plane, size: Size) -> Plane:
    """Where wind may move things: plants and, for the sake of stalks and tips, a little way up from them;
    nothing firm, nor its rim."""
    width, height = size
    reach = stretched(plants, size)
    fade = np.float32(1 - 1 / (_TIPS * height))
    run = np.zeros(width, np.float32)
    for row in range(height - 1, -1, -1):
        run = np.maximum(run * fade, reach[row])
        reach[row] = run
    held = np.clip(2.2 * blurred(stretched(firm, size), _RIM * width), 0, 1)
    return np.asarray(np.clip(blurred(reach, _RIM * width) * (1 - held), 0, 1), np.float32)


def risen(weight: Plane) -> Plane:
    """How high each place stands above the foot of what it belongs to, 0 to 1."""
    height = weight.shape[0]
    grown = np.zeros_like(weight)
    run = np.zeros(weight.shape[1], np.float32)
    for row in range(height - 1, -1, -1):
        run = np.where(weight[row] > 0.05, run + 1, run * np.float32(0.6))
        grown[row] = run
    return np.asarray(np.clip(grown / (_LEAN * height), 0, 1) ** 1.2, np.float32)


def waving(weight: Plane, strength: float, seed: int) -> Mover:
    """Hair or fur: waves that run along it and grow away from where it is fast, its top."""
    width, height = size_of(weight)
    random = np.random.default_rng(seed)
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = weight > 0.05
    rows = np.nonzero(inside.any(axis=1))[0]
    top, bottom = (int(rows[0]), int(rows[-1])) if len(rows) else (0, 1)
    along = np.clip((grid_y - top) / max(1, bottom - top), 0, 1)
    folds = along * np.float32(2 * pi * 1.1) + grid_x / np.float32(width) * np.float32(2 * pi * 5)
    phase = np.asarray(folds + rough(random, (width, height), (16.0, 20.0)) * np.float32(0.5), np.float32)
    reach = np.asarray(weight * (0.3 + 0.7 * along) * (_WAVE * strength), np.float32)
    swing, other = turning(reach, phase, -1.5 * pi), turning(reach, phase, -1.8 * pi)

    def move(seconds: float, moment: Stir) -> None:
        swing.onto(moment.across, seconds)
        other.onto(moment.down, seconds, 0.5, pi / 2)
        swing.onto(moment.gain, seconds, _SHEEN, pi / 2)

    return move
