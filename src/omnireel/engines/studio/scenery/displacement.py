"""How the pixels of one painted frame follow from the frame before: known from the scene, not estimated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from omnireel.engines.studio.known import KnownMotion
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.camera import View
from omnireel.engines.studio.scenery.figures import Journey, outline_member, standing
from omnireel.engines.studio.scenery.member import Member
from omnireel.engines.studio.scenery.props import outline_prop, prop_standing, props_in_view
from omnireel.engines.studio.scenery.sets import Prop
from omnireel.engines.studio.scenery.sight import Sight

_SIDE = 180
"""Short side of the grid on which motion is told."""
_FIRST_PROP, _LAST_PROP = 40, 250
_BACKDROP = 150.0
"""Metres at which distant scenery is taken to be."""
_GROUND = 252
_Standing = tuple[float, float, float]


@dataclass(frozen=True)
class Instant:
    """A moment of a shot: its sight on the small grid, and how its cast gets along."""

    sight: Sight
    journey: Journey
    sunk: float = 0.0
    """Rows by which the sky has gone down past something that climbs."""


def grid_of(size: tuple[int, int]) -> tuple[int, int]:
    """The size on which motion is told for a frame of a size."""
    share = min(0.25, _SIDE / min(size))
    return max(16, round(size[0] * share)), max(16, round(size[1] * share))


def shrunk_view(view: View, share: float, size: tuple[int, int]) -> View:
    """The same view on a smaller frame."""
    return replace(
        view, width=size[0], height=size[1], horizon=view.horizon * share, centre=view.centre * share,
        focal=view.focal * share,
    )  # fmt: skip


def displaced(now: Instant, before: Instant, members: list[Member]) -> KnownMotion:
    """The motion from one instant to the next; `now` is painted on. Members are those within the scene, not
    those in its sky."""
    pairs = _outlined(now, before, members)
    ids = now.sight.painter.ids
    flow = _backdrop(now.sight.view, before.sight.view, now.sight)
    flow[..., 1] += before.sunk - now.sunk
    if now.sight.stage.ground is not None or now.sight.stage.water is not None:
        _lay_ground(flow, now.sight, before.sight.view)
        first = max(0, min(now.sight.view.height, now.sight.first_row))
        ids[first:][ids[first:] == 0] = _GROUND
    if pairs:
        _lay_things(flow, ids, pairs)
    return KnownMotion(flow, ids)


def _outlined(now: Instant, before: Instant, members: list[Member]) -> dict[int, tuple[_Standing, _Standing]]:
    """Paint everything that stands in the scene as its number, and note where each was and is."""
    pairs: dict[int, tuple[_Standing, _Standing]] = {}
    props = sorted(props_in_view(now.sight), key=lambda prop: -prop.z)[-(_LAST_PROP - _FIRST_PROP) :]
    things: list[tuple[float, int, Prop | Member]] = [
        *((prop.z, n + _FIRST_PROP, prop) for n, prop in enumerate(props)),
        *((member.z, member.mark, member) for member in members),
    ]
    for _, mark, thing in sorted(things, key=lambda item: -item[0]):
        if isinstance(thing, Member):
            outline_member(now.sight, thing, now.journey)
            pairs[mark] = (
                standing(now.sight, thing, now.journey),
                standing(before.sight, thing, before.journey),
            )
        else:
            outline_prop(now.sight, thing, mark)
            pairs[mark] = prop_standing(now.sight, thing), prop_standing(before.sight, thing)
    return pairs


def _lay_things(flow: Floats, ids: Bytes, pairs: dict[int, tuple[_Standing, _Standing]]) -> None:
    """What stands in the scene grows and moves about its own foot."""
    table = np.zeros((256, 5), np.float32)
    for mark, ((x, y, scale), (px, py, past)) in pairs.items():
        table[mark] = (past / scale, x, y, px, py)
    rows, columns = np.nonzero((ids > 0) & (ids < _GROUND))
    grown, x, y, px, py = table[ids[rows, columns]].T
    flow[rows, columns, 0] = (columns - x) * (grown - 1) + px - x
    flow[rows, columns, 1] = (rows - y) * (grown - 1) + py - y


def _backdrop(view: View, past: View, sight: Sight) -> Floats:
    """Sky and distant scenery, or the wall, as one plane that faces the camera."""
    walls = [layer.z for layer in sight.stage.layers if layer.wall]
    z = min(walls) if walls else _BACKDROP
    ahead, was = max(1.0, z - view.z), max(1.0, z - past.z)
    grown = (past.focal / was) / (view.focal / ahead)
    rows, columns = np.mgrid[0 : view.height, 0 : view.width].astype(np.float32)
    aside = (view.x - past.x) * past.focal / was
    x = past.centre + (columns - view.centre) * np.float32(grown) + np.float32(aside)
    y = past.horizon + (rows - view.horizon) * np.float32(grown)
    return np.stack([x - columns, y - rows], axis=2).astype(np.float32)


def _lay_ground(flow: Floats, sight: Sight, past: View) -> None:
    """The ground plane under the camera, seen from where it was and from where it is."""
    view = sight.view
    first = max(0, min(view.height, sight.first_row))
    rows, columns = np.mgrid[first : view.height, 0 : view.width].astype(np.float32)
    z = view.focal * view.y / np.maximum(rows + 0.5 - view.horizon, 0.5)
    was = np.maximum(z + (view.z - past.z), 0.3)
    across = (columns - view.centre) * z / view.focal + (view.x - past.x)
    flow[first:, :, 0] = past.centre + across * past.focal / was - columns
    flow[first:, :, 1] = past.horizon + past.y * past.focal / was - rows - 0.5
