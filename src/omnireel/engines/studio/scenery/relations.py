"""Where members stand in relation to each other, as the prompt said it; seen from the camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from omnireel.engines.studio.scenery.member import Floor, Member
from omnireel.engines.studio.scenery.motion import Gait
from omnireel.models import Position, Relation

_GAP = 0.05
"""Of the picture's width, between neighbours."""
_ROOM = 0.88
"""The share of the picture within which related members stay."""
_SEATS = {"bench": 0.54, "sofa": 0.42, "chair": 0.48, "office chair": 0.40, "bed": 0.46, "single bed": 0.46,
          "raft": 0.16, "sled": 0.5, "skateboard": 0.8, "swing": 0.26, "canoe": 0.5, "sailboat": 0.20,
          "bicycle": 0.6, "motorcycle": 0.55, "scooter": 0.4, "paper boat": 0.5, "hot air balloon": 0.16,
          "tractor": 0.6, "ship": 0.5, "speedboat": 0.6, "rocking chair": 0.45}  # fmt: skip
"""How high above its foot a thing is sat or stood on, as a share of its height."""
_BACKS = {"animal": 0.66, "vehicle": 0.86}
_TOP = 0.95
_CHASES = ("chase", "follow", "hunt", "race")


@dataclass(frozen=True)
class _Box:
    """A member on the frame, pixels: middle column, row of its foot, size; and metres deep."""

    column: float
    foot: float
    wide: float
    tall: float
    z: float

    @property
    def top(self) -> float:
        return self.foot - self.tall

    def scaled(self, share: float) -> _Box:
        return replace(self, wide=self.wide * share, tall=self.tall * share)


def related(members: list[Member], floor: Floor) -> list[Member]:
    """The members moved to where their relations put them, whole and within the picture."""
    pairs = [(n, found, relation) for n, member in enumerate(members) if (relation := _relation(member))
             for found in [_anchors(members, n, relation)] if found or not relation.to]  # fmt: skip
    if not pairs:
        return _chased(members, floor)
    boxes = [_box(member, floor) for member in members]
    moved = list(members)
    for n, anchors, relation in pairs:
        if relation.position is not Position.ON:
            _PLACINGS[relation.position](boxes, n, anchors, floor)
        elif anchors:
            boxes[n] = _seated(boxes[n], boxes[anchors[0]], members[anchors[0]], _turn(members, n))
            moved[n] = _carried(moved[n], moved[anchors[0]])
        boxes[n] = _in_line(boxes[n], relation.position, _turn(members, n)[0])
    boxes = _fitted(boxes, floor)
    return [_put(member, box, floor) for member, box in zip(moved, boxes, strict=True)]


def _in_line(box: _Box, position: Position, number: int) -> _Box:
    """The next of several goes a place further out."""
    if position is Position.ON:
        return box
    side = -1 if position in (Position.LEFT_OF, Position.IN_FRONT_OF) else 1
    return replace(box, column=box.column + side * number * box.wide * 1.08)


def _relation(member: Member) -> Relation | None:
    return member.role.subject.relation if member.role.subject is not None else None


def _anchors(members: list[Member], n: int, relation: Relation) -> list[int]:
    """Whom a relation is to: the members of its nouns, the nearest in number first."""
    others = [k for k, member in enumerate(members) if k != n and member.noun != members[n].noun]
    return [k for noun in relation.to for k in others if noun in (members[k].noun, members[k].role.art.name)]


def _turn(members: list[Member], n: int) -> tuple[int, int]:
    """Which of the members of its noun a member is, and how many there are."""
    same = [k for k, member in enumerate(members) if member.noun == members[n].noun]
    return same.index(n), len(same)


def _box(member: Member, floor: Floor) -> _Box:
    scale = floor.focal / member.z
    middle = member.metres / 2 if member.floats else 0.0
    foot = floor.horizon + (floor.eye - member.y + middle) * scale
    tall, wide = member.metres * scale, member.wide * scale
    return _Box(floor.width / 2 + member.x * scale, foot, wide, tall, member.z)


def _put(member: Member, box: _Box, floor: Floor) -> Member:
    scale = floor.focal / box.z
    metres = box.tall / scale
    y = floor.eye - (box.foot - floor.horizon) / scale + (metres / 2 if member.floats else 0.0)
    grounded = not member.floats and not member.held and abs(y) < 0.02
    return replace(member, x=(box.column - floor.width / 2) / scale, z=box.z, metres=metres,
                   y=0.0 if grounded else y)  # fmt: skip


def _seated(box: _Box, anchor: _Box, under: Member, turn: tuple[int, int]) -> _Box:
    """On top of its anchor, small enough to sit there, one of several side by side."""
    number, count = turn
    size = min(1.0, 0.95 * anchor.wide / (count * box.wide), 1.5 * anchor.tall / box.tall)
    size = max(size, 0.55)
    high = _SEATS.get(under.role.art.name, _BACKS.get(under.role.art.kind, _TOP))
    column = anchor.column + ((number + 0.5) / count - 0.5) * anchor.wide * 0.8
    foot = anchor.foot - anchor.tall * high
    return replace(box.scaled(size), column=column, foot=foot, z=anchor.z - 0.02)


def _carried(member: Member, anchor: Member) -> Member:
    """A rider goes as fast as what it rides and no faster."""
    travel = anchor.role.gait.travel * anchor.metres / max(0.1, member.metres)
    gait = Gait("ride", travel)
    return replace(member, role=replace(member.role, gait=gait), held=True, phase=anchor.phase)


def _above(boxes: list[_Box], n: int, anchors: list[int], floor: Floor) -> None:
    if not anchors:
        boxes[n] = replace(boxes[n], foot=boxes[n].tall + 0.08 * floor.height)
        return
    anchor = boxes[anchors[0]]
    if anchor.tall > 0.46 * floor.height:
        anchor = boxes[anchors[0]] = anchor.scaled(0.46 * floor.height / anchor.tall)
    room = anchor.top - 0.04 * floor.height
    size = min(1.0, max(0.45, (room - 0.03 * floor.height) / boxes[n].tall))
    foot = max(anchor.top - 0.03 * floor.height, boxes[n].tall * size + 0.02 * floor.height)
    boxes[n] = replace(boxes[n].scaled(size), column=anchor.column, foot=foot)


def _under(boxes: list[_Box], n: int, anchors: list[int], floor: Floor) -> None:
    if not anchors:
        return
    below, above = boxes[n], boxes[anchors[0]]
    if above.foot < 0.5 * floor.height or below.foot > above.foot + above.tall:
        boxes[n] = replace(below, column=above.column)
        return
    # A shelter stands well over whoever is under it.
    grown = max(1.0, min(1.9 * below.tall / above.tall, 0.66 * floor.height / above.tall))
    size = min(1.0, 0.52 * above.tall * grown / below.tall)
    boxes[anchors[0]] = replace(above.scaled(grown), foot=below.foot - 0.01 * floor.height, z=below.z + 0.1)
    boxes[n] = replace(below.scaled(size), column=above.column + 0.12 * above.wide * grown, z=below.z)


def _behind(boxes: list[_Box], n: int, anchors: list[int], floor: Floor) -> None:
    if anchors:
        front = boxes[anchors[0]]
        aside = 0.34 * (front.wide + boxes[n].wide)
        z = max(boxes[n].z, front.z * 1.28)
        foot = floor.horizon + (front.foot - floor.horizon) * front.z / z
        boxes[n] = replace(boxes[n], column=front.column + aside, z=z, foot=foot)


def _in_front(boxes: list[_Box], n: int, anchors: list[int], floor: Floor) -> None:
    if anchors:
        back, front = boxes[anchors[0]], boxes[n]
        if back.z < front.z * 1.25:
            z = front.z * 1.28
            foot = floor.horizon + (back.foot - floor.horizon) * back.z / z
            boxes[anchors[0]] = replace(back, z=z, foot=foot)
        aside = 0.30 * (back.wide + front.wide) * (1 if front.wide > 0.45 * back.wide else 0.3)
        boxes[n] = replace(front, column=back.column - aside)


def _beside(side: int) -> Callable[[list[_Box], int, list[int], Floor], None]:
    def place(boxes: list[_Box], n: int, anchors: list[int], floor: Floor) -> None:
        if not anchors:
            boxes[n] = replace(boxes[n], column=floor.width * (0.5 + 0.24 * side))
            return
        anchor = boxes[anchors[0]]
        away = (anchor.wide + boxes[n].wide) / 2 + _GAP * floor.width
        boxes[n] = replace(boxes[n], column=anchor.column + side * away)

    return place


def _between(boxes: list[_Box], n: int, anchors: list[int], floor: Floor) -> None:
    if len(anchors) < 2:
        return
    middle = floor.width / 2
    boxes[n] = replace(boxes[n], column=middle)
    for k, side in zip(anchors[:2], (-1, 1), strict=True):
        away = (boxes[n].wide + boxes[k].wide) / 2 + _GAP * floor.width
        boxes[k] = replace(boxes[k], column=middle + side * away)


_PLACINGS = {
    Position.UNDER: _under,
    Position.ABOVE: _above,
    Position.BEHIND: _behind,
    Position.IN_FRONT_OF: _in_front,
    Position.LEFT_OF: _beside(-1),
    Position.RIGHT_OF: _beside(1),
    Position.BESIDE: _beside(1),
    Position.BETWEEN: _between,
}


def _fitted(boxes: list[_Box], floor: Floor) -> list[_Box]:
    """All of them made smaller, each above its own place on the ground, until they are within the picture."""
    left, right = min(b.column - b.wide / 2 for b in boxes), max(b.column + b.wide / 2 for b in boxes)
    ground = max(b.foot for b in boxes)
    rise = ground - min(b.top for b in boxes)
    share = min(1.0, _ROOM * floor.width / (right - left), 0.95 * ground / max(1.0, rise))
    middle = (left + right) / 2

    def fit(box: _Box) -> _Box:
        stands = floor.horizon + floor.eye * floor.focal / box.z
        column = floor.width / 2 + (box.column - middle) * share
        return replace(box.scaled(share), column=column, foot=stands - (stands - box.foot) * share)

    return [fit(box) for box in boxes]


def _chased(members: list[Member], floor: Floor) -> list[Member]:
    """Of a pair in which one chases, the chaser comes behind: on the left, for both run to the right."""
    verbs = [(member.role.subject.action or "") if member.role.subject else "" for member in members]
    chasers = [n for n, verb in enumerate(verbs) if verb.split(" ")[0] in _CHASES]
    if len(members) != 2 or len(chasers) != 1 or members[chasers[0]].z >= 20 * floor.depth:
        return members
    first, second = members[chasers[0]], members[1 - chasers[0]]
    if first.x < second.x:
        return members
    swapped = {first.mark: -first.x, second.mark: -second.x}
    return [replace(member, x=swapped[member.mark]) for member in members]
