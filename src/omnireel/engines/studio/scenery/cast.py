"""Who is in a shot: pictures for the nouns, sizes, places to stand, and whether they travel."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from omnireel.engines.studio.scenery import limbs
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.art import Art, find_art, pixels
from omnireel.engines.studio.scenery.light import Light
from omnireel.engines.studio.scenery.motion import Gait, gait_for
from omnireel.engines.studio.scenery.sprite import (
    Sprite,
    enlarged,
    premultiplied,
    recoloured,
    relit,
    sprite_of,
)
from omnireel.models import Framing, Subject

MOST = 12
"""Members of one shot; more would shrink each below what the eye can name."""
_SMALLEST = 0.024
"""Share of the picture that a member covers at least."""
_LARGEST = 0.15


@dataclass(frozen=True)
class Role:
    """A subject understood: its picture, straight BGRA, and how it moves."""

    art: Art
    picture: Bytes
    gait: Gait
    photo: bool = False


@dataclass(frozen=True)
class Member:
    """Somebody placed. Metres; `y` is the height of the feet, or of the middle of what floats."""

    drawings: tuple[Sprite, ...]
    role: Role
    x: float
    y: float
    z: float
    metres: float
    mark: int
    phase: float
    flip: bool

    @property
    def front(self) -> bool:
        return self.role.art.facing == "front"

    @property
    def floats(self) -> bool:
        """True when it has no feet on the ground."""
        return self.role.gait.airborne


@dataclass(frozen=True)
class Cast:
    """Everybody in a shot and the pace at which they travel together, metres per second to the right."""

    members: tuple[Member, ...]
    pace: float


def roles_for(
    subjects: tuple[Subject, ...], photo: Callable[[int], Bytes | None], warn: Callable[[str], None]
) -> list[tuple[Role, int]]:
    """A role and a head count for each subject that can be shown; the others are named in warnings."""
    found: list[tuple[Role, int]] = []
    for subject in subjects:
        if role := _role(subject, photo, warn):
            found.append((role, max(1, subject.count)))
    return _within_limits(found, warn)


def _role(subject: Subject, photo: Callable[[int], Bytes | None], warn: Callable[[str], None]) -> Role | None:
    if subject.image is not None and (picture := photo(subject.image)) is not None:
        art = _photo_art(subject)
        return Role(art, picture, gait_for(art.motion, subject.action)[0], photo=True)
    found = find_art(subject.noun, _pose(subject.action))
    if found is None:
        warn(f"the studio engine has no picture of {_short(subject.noun)!r}; the scene was made without it")
        return None
    if not found.exact:
        warn(
            f"the studio engine has no picture of {_short(subject.noun)!r}; {found.art.name!r} stands in for it"
        )
    gait, understood = gait_for(found.art.motion, subject.action)
    if not understood:
        warn(
            f"{found.art.name!r} cannot {_short(subject.action or '')!r} in the studio engine; it moves as usual"
        )
    picture = pixels(found.art)
    if subject.colour:
        picture = _painted(picture, subject, found.art, warn)
    return Role(found.art, picture, gait)


def _photo_art(subject: Subject) -> Art:
    """What a photograph of a subject is taken to be: it moves like its noun, but its limbs are unknown."""
    found = find_art(subject.noun) if subject.noun else None
    if found is None:
        return Art(subject.noun or "picture", "", "thing", "still", 1.2, "front")
    calm = "still" if found.art.motion in ("walker", "biped", "runner", "galloper") else found.art.motion
    return replace(found.art, motion=calm, facing="front")


def _pose(action: str | None) -> str:
    verb = (action or "").lower().split(" ")[0]
    return {"jog": "run", "sprint": "run", "chase": "run", "race": "run", "stroll": "walk", "march": "walk",
            "hike": "walk", "wander": "walk", "cross": "walk", "cycle": "ride", "bike": "ride"}.get(verb, verb)  # fmt: skip


def _painted(picture: Bytes, subject: Subject, art: Art, warn: Callable[[str], None]) -> Bytes:
    painted = recoloured(picture, subject.colour or "", person=art.kind == "person")
    if painted is None:
        warn(f"the studio engine does not know the colour {_short(subject.colour or '')!r}")
    return picture if painted is None else painted


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _within_limits(found: list[tuple[Role, int]], warn: Callable[[str], None]) -> list[tuple[Role, int]]:
    total = sum(count for _, count in found)
    if total <= MOST:
        return found
    warn(f"the studio engine shows at most {MOST} subjects in a shot, not {total}")
    kept = found[:MOST]
    share = (MOST - len(kept)) / max(1, total - len(kept))
    return [(role, 1 + int((count - 1) * share)) for role, count in kept]


@dataclass(frozen=True)
class Floor:
    """What the placing of a cast depends on. Pixels, metres; `feet` and `horizon` are rows."""

    width: int
    height: int
    focal: float
    horizon: float
    feet: float
    eye: float
    depth: float
    medium: str
    shore: float | None
    """Where water begins, for those who need it; None where there is none."""
    framing: Framing | None


def placed(
    roles: list[tuple[Role, int]], floor: Floor, light: Light, rng: np.random.Generator, sun_side: float
) -> Cast:
    """Give every member a size, a spot and its drawings."""
    heads = [role for role, count in roles for _ in range(count)]
    groups: dict[str, list[int]] = {}
    for n, role in enumerate(heads):
        groups.setdefault(_group(role, floor), []).append(n)
    drawings = {id(role): _drawings(role, light, sun_side) for role, _ in roles}
    going = [role.gait.travel for role in heads]
    still = {"far", "sky"} | ({"water"} if floor.shore is not None else set())
    travels = bool(going) and all(value > 0 for value in going) and not set(groups) & still
    members = [
        member
        for group, numbers in groups.items()
        for member in _line_up(
            group, [(n, heads[n], drawings[id(heads[n])]) for n in numbers], floor, rng, groups
        )
    ]
    pace = min((m.role.gait.travel * m.metres for m in members), default=0.0) if travels else 0.0
    return Cast(tuple(sorted(members, key=lambda member: -member.z)), pace)


def _group(role: Role, floor: Floor) -> str:
    if floor.medium in ("deep", "void"):
        return (
            "air" if floor.medium == "void" or role.gait.airborne or role.art.kind == "animal" else "ground"
        )
    if role.art.kind == "space":
        return "sky"
    if role.art.kind in ("building", "nature") and not role.photo:
        return "far" if role.gait.name != "sail" else "water"
    if role.gait.water and (floor.shore is not None or floor.medium == "water"):
        return "water"
    if role.gait.airborne and not role.gait.water:
        return "air"
    return "water" if floor.medium == "water" else "ground"


def _drawings(role: Role, light: Light, sun_side: float) -> tuple[Sprite, ...]:
    picture = relit(enlarged(role.picture), light, sun_side=sun_side)
    ready = premultiplied(picture)
    art = role.art
    if role.photo or not role.gait.limbs:
        return (sprite_of(ready),)
    if role.gait.limbs == "swim":
        waved = limbs.swim(ready, head_left=art.facing != "right")
        return tuple(sprite_of(drawing) for drawing in waved)
    swing = {"run": 26.0, "walk": 15.0}.get(role.gait.name, 12.0)
    strides = None if art.facing == "front" or art.motion in ("runner", "heavy") else limbs.legs(ready, swing)
    return tuple(sprite_of(drawing) for drawing in strides) if strides else (sprite_of(ready),)


_CLOSER = {Framing.WIDE: 0.62, Framing.MEDIUM: 1.15, Framing.CLOSE: 2.3, None: 1.0}


def _size(role: Role, sprite: Sprite, floor: Floor, crowd: int, group: str) -> float:
    """Height in pixels: from the share of the picture that the member should cover."""
    share = 0.055 + 0.017 * math.log2(max(0.05, role.art.metres))
    share = min(_LARGEST, max(0.036, share)) * _CLOSER[floor.framing]
    share = max(
        _SMALLEST, share * crowd**-0.5 * (1.3 if group == "far" else 1.0) * (0.8 if group == "sky" else 1.0)
    )
    cover = max(0.12, sprite.cover) * (0.62 if role.gait.name in ("flutter", "spin") else 1.0)
    tall = math.sqrt(share * floor.width * floor.height / (cover * sprite.width / sprite.height))
    room = {"ground": 0.62, "water": 0.56, "far": 0.50, "sky": 0.34}.get(group, 0.58)
    close = 1.12 if floor.framing is Framing.CLOSE else 1.0
    widest = 0.62 * floor.width * sprite.height / sprite.width
    return min(tall, room * close * floor.height, widest)


def _line_up(
    group: str,
    heads: list[tuple[int, Role, tuple[Sprite, ...]]],
    floor: Floor,
    rng: np.random.Generator,
    groups: dict[str, list[int]],
) -> list[Member]:
    crowd = sum(len(numbers) for numbers in groups.values())
    sizes = [_size(role, drawings[0], floor, crowd, group) for _, role, drawings in heads]
    widths = [
        size * drawings[0].width / drawings[0].height
        for size, (_, _, drawings) in zip(sizes, heads, strict=True)
    ]
    rows = _rows(widths, floor.width * 0.84)
    found = []
    for depth, row in enumerate(rows):
        found += _row(
            group, [(heads[n], sizes[n], widths[n]) for n in row], depth, len(rows), floor, rng, groups
        )
    return found


def _rows(widths: list[float], room: float) -> list[list[int]]:
    """Share members out over as few ranks as fit side by side."""
    count = min(3, max(1, math.ceil(sum(widths) * 1.06 / room)))
    return [row for row in ([n for n in range(len(widths)) if n % count == k] for k in range(count)) if row]


def _row(
    group: str,
    row: list[tuple[tuple[int, Role, tuple[Sprite, ...]], float, float]],
    rank: int,
    ranks: int,
    floor: Floor,
    rng: np.random.Generator,
    groups: dict[str, list[int]],
) -> list[Member]:
    z = _rank_depth(group, rank, floor)
    room = floor.width * 0.84
    total = sum(width for _, _, width in row)
    gap = min(floor.width * 0.09, max(0.0, (room - total) / max(1, len(row))))
    squeeze = min(1.0, room / max(1.0, total + gap * (len(row) - 1)))
    # A lone figure stands a little off the middle, as do the ranks behind the first.
    start = (
        -(total + gap * (len(row) - 1)) * squeeze / 2
        + _aside(group, groups, floor)
        + rank * floor.width * 0.035
    )
    members = []
    for (n, role, drawings), size, width in row:
        centre = start + width * squeeze / 2
        start += (width + gap) * squeeze
        size *= squeeze * (1 - 0.10 * rank)
        scale = floor.focal / z
        wobble = float(rng.uniform(-0.12, 0.12)) if len(row) > 1 else 0.0
        y = _height(group, role, size, rank, ranks, floor, z, wobble, mixed=len(groups) > 1)
        flip = (role.art.facing == "left" and role.gait.travel > 0) or (
            role.art.facing == "left" and centre < -0.1 * size
        )
        members.append(
            Member(
                drawings,
                role,
                centre / scale,
                y,
                z + (wobble if group == "ground" else 0),
                size / scale,
                n + 1,
                float(rng.uniform()) if len(row) > 1 or ranks > 1 else 0.0,
                flip,
            )  # fmt: skip
        )
    return members


def _rank_depth(group: str, rank: int, floor: Floor) -> float:
    base = {"far": 2.3, "sky": 40.0}.get(group, 1.0) * floor.depth
    if group == "water" and floor.shore is not None:
        base = max(base, floor.shore + 1.6)
    return base * (1 + 0.16 * rank)


def _aside(group: str, groups: dict[str, list[int]], floor: Floor) -> float:
    """How far, in pixels, a group is moved so as not to hide another."""
    if len(groups) == 1:
        return 0.0
    side = {"far": 0.20, "sky": 0.24, "air": 0.14}.get(group, -0.06)
    return side * floor.width


def _height(
    group: str,
    role: Role,
    size: float,
    rank: int,
    ranks: int,
    floor: Floor,
    z: float,
    wobble: float,
    *,
    mixed: bool,
) -> float:
    """Metres above the ground of the feet, or of the middle of what floats."""
    scale = floor.focal / z
    if group in ("ground", "far") or group == "water":
        return 0.0
    spread = 0.0 if ranks == 1 else (rank - (ranks - 1) / 2) * 0.22
    row = {"deep": 0.46, "void": 0.50}.get(floor.medium, 0.26 if mixed else 0.38) + spread + wobble * 0.4
    if group == "sky":
        row = 0.22
    if role.gait.name == "launch" and floor.medium == "land":
        return 0.5 * size / scale
    row = min(max(row, 0.06 + 0.5 * size / floor.height), 0.92 - 0.5 * size / floor.height)
    return floor.eye - (row * floor.height - floor.horizon) / scale
