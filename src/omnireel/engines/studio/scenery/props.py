"""Painting what belongs to a place."""

from __future__ import annotations

import math
from dataclasses import replace

from omnireel.engines.studio.scenery.sets import Prop
from omnireel.engines.studio.scenery.shadows import Caster, Shadows
from omnireel.engines.studio.scenery.sight import Sight

_NEAREST = 0.8
"""Metres in front of the camera from which things are painted."""


def props_in_view(sight: Sight) -> list[Prop]:
    """The stage's props at the repeat nearest the camera, without those behind it or out of sight."""
    moved = (_nearest_repeat(prop.shown(sight.t), sight.view.x) for prop in sight.stage.props)
    return [prop for prop in moved if _is_in_view(prop, sight)]


def _nearest_repeat(prop: Prop, camera: float) -> Prop:
    return replace(prop, x=(prop.x - camera + prop.every / 2) % prop.every - prop.every / 2 + camera)


def _is_in_view(prop: Prop, sight: Sight) -> bool:
    if prop.z - sight.view.z < _NEAREST:
        return False
    column, _, scale = sight.view.project(prop.x, 0, prop.z)
    reach = prop.metres * scale * 1.5
    return -reach < column < sight.view.width + reach


def paint_prop(sight: Sight, prop: Prop, shadows: Shadows) -> None:
    """A prop with its shadow, its sway and its lamp."""
    light = sight.stage.light
    column, row, scale = prop_standing(sight, prop)
    size = prop.metres * scale / prop.sprite.height
    turn = prop.phase * math.tau
    sway = prop.sway * math.sin(sight.t * (1.5 + prop.phase) + turn) * (1 + light.wind)
    if prop.shadow and prop.y == 0:
        shadows.paint(sight, Caster(prop.sprite, column, row, prop.z, size, prop.flip))
    sight.painter.sprite(
        prop.sprite, column, row, size, shear=sway, flip=prop.flip, haze=sight.haze(prop.z) * 0.9,
        haze_colour=light.haze,
    )  # fmt: skip
    if prop.glow is not None:
        sight.painter.light(prop.glow, column, row - prop.metres * scale * prop.glow_at, 1.0)


def outline_prop(sight: Sight, prop: Prop, mark: int) -> None:
    """The thing alone, for the mask."""
    column, row, scale = prop_standing(sight, prop)
    size = prop.metres * scale / prop.sprite.height
    sight.painter.sprite(prop.sprite, column, row, size, flip=prop.flip, mark=mark)


def prop_standing(sight: Sight, prop: Prop) -> tuple[float, float, float]:
    """Column and row of a prop's foot, and its pixels per metre."""
    return sight.view.project(prop.x, _lift(prop, sight.t), prop.z)


def reflect_prop(sight: Sight, prop: Prop) -> None:
    """The same upside down, as water under it would show it."""
    column, row, scale = sight.view.project(prop.x, -_lift(prop, sight.t), prop.z)
    sight.painter.sprite(
        prop.sprite, column, row, prop.metres * scale / prop.sprite.height, stretch=(1, -1), flip=prop.flip,
        haze=sight.haze(prop.z), haze_colour=sight.stage.light.haze,
    )  # fmt: skip


def _lift(prop: Prop, t: float) -> float:
    return prop.y + prop.bob * math.sin(t * (0.8 + prop.phase * 0.6) + prop.phase * math.tau)
