"""Painting the cast: where each member is, its shadow, reflection and lights."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.engines.studio.scenery.camera import ease
from omnireel.engines.studio.scenery.exhaust import Exhaust, climb
from omnireel.engines.studio.scenery.floor import waterline
from omnireel.engines.studio.scenery.limbs import DRAWINGS
from omnireel.engines.studio.scenery.member import Member
from omnireel.engines.studio.scenery.motion import Pose, pose_at
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.shadows import Caster, Shadows
from omnireel.engines.studio.scenery.sight import FAR_AWAY, Sight
from omnireel.engines.studio.scenery.sprite import Sprite

_LAMPS_ON = 0.45
_DRAUGHT = 0.06
"""The share of its height that a thing afloat has under water."""


@dataclass(frozen=True)
class Journey:
    """How a cast gets along in a shot of `seconds`."""

    seconds: float
    travelled: float
    """Metres the camera has gone along with it by now."""
    follows: bool
    alone: bool
    void: bool
    """There is no ground: up and down mean nothing."""
    pace: float = 0.0
    """Metres per second at which the camera goes along."""


@dataclass(frozen=True)
class _Figure:
    """A member at one moment, on the frame. `size` is frame pixels per sprite pixel."""

    member: Member
    sprite: Sprite
    pose: Pose
    x: float
    y: float
    column: float
    row: float
    scale: float

    @property
    def tall(self) -> float:
        """Pixels."""
        return self.member.metres * self.scale

    @property
    def size(self) -> float:
        return self.tall / self.member.drawings[0].height

    @property
    def wide(self) -> float:
        return self.size * self.member.drawings[0].width


def paint_member(
    sight: Sight, member: Member, journey: Journey, shadows: Shadows, exhaust: Exhaust | None
) -> None:
    """A member with everything it throws."""
    figure = _figure(sight, member, journey)
    if not member.role.gait.water and sight.stage.ground is not None:
        _paint_shadow(sight, figure, shadows)
    if exhaust is not None and member.role.gait.name == "launch":
        exhaust.paint(sight, member, (figure.column, figure.row), figure.tall, void=journey.void)
    _paint_body(sight, figure)
    art = member.role.art
    if art.kind == "vehicle" and art.motion == "driver" and sight.stage.light.lamps > _LAMPS_ON:
        _paint_headlight(sight, figure)


def outline_member(sight: Sight, member: Member, journey: Journey) -> None:
    """A member's body alone, for the mask."""
    _paint_body(sight, _figure(sight, member, journey))


def standing(sight: Sight, member: Member, journey: Journey) -> tuple[float, float, float]:
    """Column and row of a member's foot, or of the middle of what floats, and its pixels per metre."""
    figure = _figure(sight, member, journey)
    return figure.column, figure.row, figure.scale


def reflect_member(sight: Sight, member: Member, journey: Journey) -> None:
    """A member upside down, as water or a wet ground under it would show it."""
    figure = _figure(sight, member, journey)
    pose = figure.pose
    _, row, _ = sight.view.project(figure.x, -max(0.0, figure.y), member.z)
    sight.painter.sprite(
        figure.sprite, figure.column, row, figure.size, anchor=(0.5, 0.5) if member.floats else (0.5, 0.95),
        stretch=(pose.sx, -pose.sy), lean=-pose.lean, flip=member.flip, haze=_haze(sight, member),
        haze_colour=sight.stage.light.haze,
    )  # fmt: skip


def _figure(sight: Sight, member: Member, journey: Journey) -> _Figure:
    pose = pose_at(member.role.gait, sight.t, sight.u, member.phase, front=member.front)
    x, y = _where(sight, member, pose, journey)
    return _Figure(member, _drawing(member, pose, sight.t), pose, x, y, *sight.view.project(x, y, member.z))


def _drawing(member: Member, pose: Pose, t: float) -> Sprite:
    count, figure = len(member.drawings), member.role.figure
    if figure is None:
        return member.drawings[int(pose.cycle * DRAWINGS) % count]
    turn = t / figure.seconds + member.phase if figure.seconds else pose.cycle
    return member.drawings[int(turn * count) % count]


def _where(sight: Sight, member: Member, pose: Pose, journey: Journey) -> tuple[float, float]:
    """Metres: along the view and up."""
    size, gait = member.metres, member.role.gait
    x, y = member.x + pose.x * size, member.y + pose.y * size
    span = sight.home.width_at(member.z)
    if journey.follows:
        # Even a tracked runner gains a little ground on the camera, from the left third toward the right.
        x += journey.travelled + (ease(sight.u) - 0.5) * (0.16 if journey.alone else 0.04) * span
    elif gait.travel > 0:
        room = 0.36 if journey.alone else 0.12
        x += (sight.u - 0.5) * min(gait.travel * size * journey.seconds, room * span)
    if gait.name == "launch":
        y += (ease(sight.u) - 0.5) * size * 0.3 if journey.void else climb(sight.t)
    return x, y


def _haze(sight: Sight, member: Member) -> float:
    return sight.haze(member.z) * 0.75 if member.z < FAR_AWAY else 0.0


def _paint_body(sight: Sight, figure: _Figure) -> None:
    member, pose = figure.member, figure.pose
    afloat = _is_afloat(sight, member)
    anchor, row = ((0.5, 0.5) if member.floats else (0.5, 1.0)), figure.row
    if member.role.gait.name == "roll":
        anchor, row = (0.5, 0.5), figure.row - figure.tall / 2
    sight.painter.sprite(
        figure.sprite, figure.column, row + (_DRAUGHT * figure.tall if afloat else 0.0), figure.size,
        anchor=anchor,
        stretch=(pose.sx, pose.sy), lean=pose.lean * (-1 if member.flip else 1), shear=pose.shear,
        flip=member.flip,
        haze=_haze(sight, member), haze_colour=sight.stage.light.haze, mark=member.mark,
        below=waterline(sight, member.z) if afloat else None,
    )  # fmt: skip


def _is_afloat(sight: Sight, member: Member) -> bool:
    water = sight.stage.water
    return water is not None and member.z > water.near and not (member.floats or member.held)


def _paint_shadow(sight: Sight, figure: _Figure, shadows: Shadows) -> None:
    member = figure.member
    column, row, scale = sight.view.project(figure.x, 0.0, member.z)
    lift = max(0.0, figure.y - (member.metres / 2 if member.floats else 0.0))
    if lift * scale < 0.6 * sight.view.height:
        caster = Caster(figure.sprite, column, row, member.z, figure.size, member.flip, lift / member.metres)
        shadows.paint(sight, caster)


def _paint_headlight(sight: Sight, figure: _Figure) -> None:
    ahead = 1 if figure.member.flip or figure.member.role.art.facing == "right" else -1
    x, y = figure.column + ahead * figure.wide * 0.47, figure.row - figure.tall * 0.36
    sight.painter.light(glow_of(figure.tall * 0.55, (110, 190, 230), power=2.2), x, y, 0.9)
    beam = glow_of(figure.wide * 0.55, (60, 110, 140), power=1.5, flat=0.22)
    sight.painter.light(beam, x + ahead * figure.wide * 0.5, figure.row - 2, 0.8)
