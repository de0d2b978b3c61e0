"""Painting the ground and the water."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.scenery import kernels_floor
from omnireel.engines.studio.scenery.arrays import Bytes, Fine, Floats
from omnireel.engines.studio.scenery.painter import BLACK, Painter
from omnireel.engines.studio.scenery.sets import Ground, Water
from omnireel.engines.studio.scenery.sight import Sight

_NEVER = 1e6
_ROAD_LENGTH = 12.0
"""Metres along a road after which its picture repeats."""
_BARE = np.zeros((1, 1, 1, 3), np.uint8)
_NO_BAND = np.zeros((1, 1, 3), np.uint8)
_RIPPLES = np.array(
    [[2.0, 9.0, 3.0, 0.0016], [-3.0, 14.0, 4.0, 0.0010], [1.0, 23.0, 5.0, 0.0006]], np.float32
)
"""The stirring of a wet pavement: rows as in `Water.waves`."""


def relief_of(field: Floats) -> Fine:
    """A field of unit deviation in the steps that the floor's relief is kept in."""
    return np.clip(np.rint(field * kernels_floor.RELIEF_STEPS), -127, 127).astype(np.int8)


def wetness(sight: Sight) -> float:
    """How much of the ground shines after rain, 0 to 1."""
    return sight.stage.light.wet if sight.stage.ground is not None else 0.0


def needs_mirror(sight: Sight) -> bool:
    return sight.stage.water is not None or wetness(sight) > 0


def reflects_from(sight: Sight) -> float:
    """The depth from which things stand in something that reflects."""
    if wetness(sight) > 0 or sight.stage.water is None:
        return -_NEVER
    return sight.stage.water.near - 1.0


def upside_down(sight: Sight) -> Painter:
    """A painter holding the frame turned over at the line where the floor begins."""
    height, width = sight.painter.frame.shape[:2]
    line = min(height - 1, max(1, sight.first_row))
    image = Painter(width, height)
    rows = np.clip(line - 1 - np.arange(height - line), 0, line - 1)
    image.frame[line:] = sight.painter.frame[rows]
    return image


def paint_floor(sight: Sight, mirror: Bytes, relief: Fine, *, glitters: bool, foggy: bool) -> None:
    """Everything under the horizon. `glitters`: the sun is in the sky to be mirrored."""
    ground, water = sight.stage.ground, sight.stage.water
    if ground is None and water is None:
        return
    tiles = _BARE if ground is None else ground.tiles
    band = _NO_BAND if ground is None or ground.band is None else ground.band
    waves = _RIPPLES if water is None else water.waves
    p = [
        *_camera_numbers(sight),
        *_ground_numbers(sight, ground),
        *_water_numbers(sight, water, glitters=glitters),
        *_band_numbers(ground),
        *(
            0.0 if ground is None else ground.relief,
            *((0.0, 0.0, 0.0) if water is None else _crest(sight, water)),
        ),
        *(1.0 if foggy or sight.stage.deep else 0.5, sight.first_row),
    ]
    kernels_floor.floor(sight.painter.frame, mirror, tiles, band, relief, waves, np.array(p))


def _camera_numbers(sight: Sight) -> tuple[float, ...]:
    view = sight.view
    return view.horizon, view.focal, view.y, view.x, view.z, view.centre


def _ground_numbers(sight: Sight, ground: Ground | None) -> tuple[float, ...]:
    light = sight.stage.light
    return 1.0 if ground is None else ground.per_metre, light.haze_distance, *light.haze, sight.t


def _water_numbers(sight: Sight, water: Water | None, *, glitters: bool) -> tuple[float, ...]:
    if water is None:
        return _NEVER, wetness(sight), *BLACK, 1.0, 0.0, 1.0, *BLACK, 0.0
    light = sight.stage.light
    gain = light.sun_strength * (0.75 if _is_low(sight) else 0.45) if glitters else 0.0
    spark = [value * gain for value in light.sun]
    column, width = sight.sun_column, sight.view.width * 0.055
    return water.near, wetness(sight), *water.colour, water.gain, column, width, *spark, water.foam


def _band_numbers(ground: Ground | None) -> tuple[float, ...]:
    if ground is None or ground.band is None:
        return _NEVER, _NEVER, 1.0
    return *ground.band_z, ground.band.shape[1] / _ROAD_LENGTH


def _crest(sight: Sight, water: Water) -> tuple[float, float, float]:
    return water.caps, -0.05 if _is_low(sight) else -0.35, water.wobble


def _is_low(sight: Sight) -> bool:
    light = sight.stage.light
    return light.sun_height < 0.15 or light.moon


def waterline(sight: Sight, z: float) -> float:
    """The row where still water meets something standing in it at a depth."""
    return sight.view.horizon + sight.view.y * sight.view.focal / max(0.3, z - sight.view.z)
