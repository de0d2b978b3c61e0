"""Who stands where: sizes, spots and drawings for a cast, so that everybody is seen and nobody is cut off."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np

from omnireel.engines.studio.scenery import limbs
from omnireel.engines.studio.scenery.built.cycle import cycle_of
from omnireel.engines.studio.scenery.cast import Role
from omnireel.engines.studio.scenery.light import Light
from omnireel.engines.studio.scenery.member import Floor, Member
from omnireel.engines.studio.scenery.relations import related
from omnireel.engines.studio.scenery.sprite import Sprite, enlarged, premultiplied, relit, sprite_of
from omnireel.models import Framing

_SMALLEST, _LEAST, _LARGEST = 0.024, 0.036, 0.15
"""Shares of the picture: what any member covers at least, a lone one at least, and at most."""
_CLOSER = {Framing.WIDE: 0.62, Framing.MEDIUM: 1.15, Framing.CLOSE: 2.3, None: 1.0}
_SIZES = {"tiny": 0.36, "small": 0.62, "large": 1.6, "giant": 3.0}
"""What a size word makes of the share of the picture."""
_ROOM = 0.84
"""The share of the frame's width that a rank of members may fill."""
_MOST_RANKS = 3


@dataclass(frozen=True)
class Cast:
    """Everybody in a shot and the pace at which they travel together, metres per second to the right."""

    members: tuple[Member, ...]
    pace: float


@dataclass(frozen=True)
class _Head:
    """One member before it has a place. `group` is ground, water, air, far or sky; sizes in pixels."""

    number: int
    role: Role
    drawings: tuple[Sprite, ...]
    group: str
    tall: float = 0.0

    @property
    def wide(self) -> float:
        return self.tall * self.drawings[0].width / self.drawings[0].height


@dataclass(frozen=True)
class _Rank:
    """Members side by side, one of `count` ranks of their group behind each other."""

    heads: tuple[_Head, ...]
    group: str
    number: int
    count: int
    size: int
    """Members in all ranks of the group."""
    mixed: bool
    """Other groups share the picture."""


def placed(
    roles: list[tuple[Role, int]], floor: Floor, light: Light, rng: np.random.Generator, sun_side: float
) -> Cast:
    """Give every member a size, a spot and its drawings. The farthest come first."""
    heads = _heads(roles, floor, light, sun_side)
    lined_up = [member for rank in _ranks(heads, floor) for member in _lined_up(rank, floor, rng)]
    members = related(lined_up, floor)
    pace = min((m.role.gait.travel * m.metres for m in members), default=0.0)
    return Cast(tuple(sorted(members, key=lambda member: -member.z)), pace if _travels(heads, floor) else 0.0)


def _travels(heads: list[_Head], floor: Floor) -> bool:
    """Whether all of them go somewhere, so that the camera can go along without losing anybody."""
    still = {"far", "sky"} if floor.shore is None else {"far", "sky", "water"}
    return all(head.role.gait.travel > 0 and head.group not in still for head in heads)


def _heads(roles: list[tuple[Role, int]], floor: Floor, light: Light, sun_side: float) -> list[_Head]:
    crowd = sum(count for _, count in roles)
    heads: list[_Head] = []
    for role, count in roles:
        drawings, group = _drawings(role, light, sun_side), _group(role, floor)
        tall = _height(role, drawings[0], floor, crowd, group)
        heads += [_Head(len(heads) + n + 1, role, drawings, group, tall) for n in range(count)]
    return heads


def _group(role: Role, floor: Floor) -> str:
    if floor.medium == "void":
        return "air"
    if floor.medium == "deep":
        return "air" if role.gait.airborne or role.art.kind == "animal" else "ground"
    if role.art.kind == "space":
        return "sky"
    if role.art.kind in ("building", "nature") and not role.photo and role.gait.name != "sail":
        return "far"
    if floor.shore is None and floor.medium != "water":
        return "air" if role.gait.airborne and not role.gait.water else "ground"
    wet = role.gait.water or floor.medium == "water"
    return "air" if role.gait.airborne and not role.gait.water else "water" if wet else "ground"


def _drawings(role: Role, light: Light, sun_side: float) -> tuple[Sprite, ...]:
    if role.figure is not None:
        return cycle_of(role.figure, light, sun_side)
    ready = premultiplied(relit(enlarged(role.picture), light, sun_side=sun_side))
    art, gait = role.art, role.gait
    if role.photo or not gait.limbs:
        return (sprite_of(ready),)
    if gait.limbs == "swim":
        return tuple(sprite_of(drawing) for drawing in limbs.swim(ready, head_left=art.facing != "right"))
    strides = None
    if art.facing != "front" and art.motion != "heavy":
        strides = limbs.legs(ready, 26.0 if gait.name == "run" else 14.0)
    return tuple(sprite_of(drawing) for drawing in strides or [ready])


def _height(role: Role, sprite: Sprite, floor: Floor, crowd: int, group: str) -> float:
    """Pixels, from the share of the picture that the member should cover."""
    share = min(_LARGEST, max(_LEAST, 0.055 + 0.017 * math.log2(max(0.05, role.art.metres))))
    share *= _CLOSER[floor.framing] * {"far": 1.3, "sky": 0.8}.get(group, 1.0) * crowd**-0.34
    said = role.subject.size if role.subject is not None else None
    share *= (1.5 if role.photo else 1.0) * _SIZES.get(said or "", 1.0)
    # What turns or folds its wings shows its whole face only now and then.
    shown = max(0.12, sprite.cover) * (0.62 if role.gait.name in ("flutter", "spin") else 1.0)
    tall = math.sqrt(
        max(_SMALLEST, share) * floor.width * floor.height * sprite.height / (shown * sprite.width)
    )
    room = {"ground": 0.62, "water": 0.56, "far": 0.50, "sky": 0.34}.get(group, 0.58)
    highest = room * floor.height * (1.12 if floor.framing is Framing.CLOSE or said == "giant" else 1.0)
    return min(tall, highest, 0.62 * floor.width * sprite.height / sprite.width)


def _ranks(heads: list[_Head], floor: Floor) -> Iterator[_Rank]:
    """Each group in as few ranks as fit side by side."""
    groups = groupby(sorted(heads, key=lambda head: head.group), key=lambda head: head.group)
    mixed = len({head.group for head in heads}) > 1
    for group, found in groups:
        # The short stand in front of the tall.
        line = sorted(found, key=lambda head: head.tall)
        needed = math.ceil(sum(head.wide for head in line) * 1.06 / (floor.width * _ROOM))
        count = min(_MOST_RANKS, max(1, needed))
        first = 0
        for number in range(count):
            last = first + len(range(number, len(line), count))
            yield _Rank(tuple(line[first:last]), group, number, count, len(line), mixed)
            first = last


def _lined_up(rank: _Rank, floor: Floor, rng: np.random.Generator) -> Iterator[Member]:
    """The members of a rank from left to right, squeezed where they would not fit."""
    room, z = floor.width * _ROOM, _depth(rank, floor)
    squeeze = min(1.0, room / max(1.0, sum(head.wide for head in rank.heads)))
    for head, centre in zip(rank.heads, _centres(rank, room, squeeze), strict=True):
        tall = head.tall * squeeze * (1 - 0.10 * rank.number)
        yield _member(head, rank, floor, (centre + _aside(rank, floor), tall, z), rng)


def _centres(rank: _Rank, room: float, squeeze: float) -> list[float]:
    """Pixels right of the middle for each member of a rank."""
    if rank.count > 1:
        # Ranks share one row of slots, so that those behind look through the gaps in front.
        slots = range(rank.number, rank.size, rank.count)
        return [((slot + 0.5) / rank.size - 0.5) * room for slot in slots]
    wide = [head.wide * squeeze for head in rank.heads]
    gap = min(room * 0.107, (room - sum(wide)) / len(wide))
    left = -(sum(wide) + gap * (len(wide) - 1)) / 2
    starts = accumulate((width + gap for width in wide[:-1]), initial=left)
    return [start + width / 2 for start, width in zip(starts, wide, strict=True)]


def _member(
    head: _Head, rank: _Rank, floor: Floor, place: tuple[float, float, float], rng: np.random.Generator
) -> Member:
    """A member in its place: pixels right of the middle, pixels tall, metres deep."""
    centre, tall, z = place
    role, several = head.role, len(rank.heads) > 1 or rank.count > 1
    stray = float(rng.uniform(-0.12, 0.12)) if several else 0.0
    scale = floor.focal / z
    return Member(
        drawings=head.drawings,
        role=role,
        x=centre / scale,
        y=_altitude(role, rank, floor, tall, z, stray),
        z=z + (stray if rank.group == "ground" else 0.0),
        metres=tall / scale,
        mark=head.number,
        phase=float(rng.uniform()) if several else 0.0,
        flip=_is_flipped(role, centre, tall),
    )


def _is_flipped(role: Role, centre: float, tall: float) -> bool:
    """Travellers go to the right; others look toward the middle."""
    if role.art.facing == "right":
        return role.gait.travel == 0 and centre > 0.1 * tall
    return role.art.facing == "left" and (role.gait.travel > 0 or centre < -0.1 * tall)


def _depth(rank: _Rank, floor: Floor) -> float:
    base = {"far": 2.3, "sky": 30.0}.get(rank.group, 1.0) * floor.depth
    if rank.group == "water" and floor.shore is not None:
        base = max(base, 1.12 * floor.shore + 1.6)
    return base * (1 + 0.20 * rank.number)


def _aside(rank: _Rank, floor: Floor) -> float:
    """Pixels by which a rank is moved so as not to hide, or hide behind, another."""
    side = {"far": 0.20, "sky": 0.24, "air": 0.14}.get(rank.group, -0.06) if rank.mixed else 0.0
    return side * floor.width


def _altitude(role: Role, rank: _Rank, floor: Floor, tall: float, z: float, stray: float) -> float:
    """Metres above the ground of the feet, or of the middle of what floats."""
    if rank.group in ("ground", "far", "water"):
        return 0.0
    if role.gait.name == "launch" and floor.medium != "void":
        return 0.5 * tall * z / floor.focal
    row = {"deep": 0.46, "void": 0.50}.get(floor.medium, 0.26 if rank.mixed else 0.38)
    row = 0.22 if rank.group == "sky" else row
    row += (rank.number - (rank.count - 1) / 2) * 0.22 + stray * 0.4
    half = 0.5 * tall / floor.height
    row = min(max(row, 0.06 + half), 0.92 - half)
    return floor.eye - (row * floor.height - floor.horizon) * z / floor.focal
