"""Rooms for something: bedroom, kitchen, office, library, classroom, cafe; a wall, a window, its things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.backdrops import WIDTH
from omnireel.engines.studio.scenery.card import Card, dyed
from omnireel.engines.studio.scenery.indoors import draw_window, indoors
from omnireel.engines.studio.scenery.light import Light, rgb
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage
from omnireel.engines.studio.scenery.sky import graded

Thing = tuple[str, float, float, float]
_WALL = 560
"""Rows of a wall's picture."""
_SCALE = 1.22
"""Furniture stands back at the wall; a little too large, it still reads from there."""


@dataclass(frozen=True)
class Room:
    """What tells one room from another. Colours as `rrggbb`; things as for `Kit.stand`."""

    wall: str
    second: str
    pattern: str
    """stripes, tiles, panel or plain."""
    things: tuple[Thing, ...]
    hung: tuple[tuple[str, float, float, float], ...] = ()
    """Things on the wall: name, x in half-widths, metres tall, metres above the floor."""
    curtain: str = "c8584f"
    floor: str = "planks"
    boards: tuple[float, float, float] = (92.0, 142.0, 190.0)


_ROOMS = {
    "bedroom": Room(
        "cfd8ee", "c3cee8", "stripes",
        (("single bed", -0.56, 1.50, 1.75), ("wardrobe", 0.86, 1.66, 2.4), ("lamp", -0.98, 1.56, 1.7),
         ("potted plant", 0.56, 1.62, 0.8), ("teddy bear", -0.10, 1.50, 0.55), ("wardrobe", 2.1, 1.66, 2.4),
         ("bookshelf", -1.7, 1.66, 2.2)),
        (("painting", -0.62, 0.8, 2.5),), "6f86c8", boards=(116.0, 162.0, 206.0),
    ),
    "kitchen": Room(
        "f6efdf", "cfe4e0", "tiles",
        (("fridge", -0.93, 1.64, 2.2), ("stove", -0.62, 1.64, 1.3), ("kitchen counter", -0.33, 1.64, 1.5),
         ("kitchen counter", -0.045, 1.64, 1.5), ("kitchen counter", 0.24, 1.64, 1.5),
         ("kitchen counter", 0.525, 1.64, 1.5), ("table", 1.75, 1.3, 1.0), ("fridge", -2.0, 1.66, 2.7),
         ("kitchen counter", 0.81, 1.64, 1.5), ("kitchen counter", 1.095, 1.64, 1.5)),
        (("wall clock", 0.86, 0.62, 2.5),), "e8b04c", "checks",
    ),
    "office": Room(
        "e6eaee", "d8dee4", "plain",
        (("office desk", -0.54, 1.46, 1.55), ("office chair", -0.20, 1.36, 1.15),
         ("bookshelf", 0.86, 1.66, 2.3), ("potted plant", 0.58, 1.60, 1.1), ("office desk", 1.55, 1.5, 1.55),
         ("office desk", -1.6, 1.5, 1.55)),
        (("whiteboard", -0.62, 1.1, 2.0), ("wall clock", 0.40, 0.5, 2.7)), "7d8a9c", "carpet",
    ),
    "library": Room(
        "8a6444", "7a5638", "panel",
        (("bookshelf", -0.86, 1.70, 2.9), ("bookshelf", -0.55, 1.70, 2.9), ("bookshelf", 0.55, 1.70, 2.9),
         ("bookshelf", 0.86, 1.70, 2.9), ("bookshelf", -1.2, 1.70, 2.9), ("bookshelf", 1.2, 1.70, 2.9),
         ("bookshelf", 1.7, 1.70, 2.9), ("bookshelf", -1.7, 1.70, 2.9), ("table", 0.60, 1.35, 0.85),
         ("lamp", -0.98, 1.40, 1.6)),
        (), "7a2f30",
    ),
    "classroom": Room(
        "f4ead0", "ecdfbe", "plain",
        (("desk", -0.62, 1.42, 0.95), ("chair", -0.30, 1.45, 1.0), ("desk", 0.64, 1.42, 0.95),
         ("bookshelf", 0.98, 1.68, 1.9), ("potted plant", -1.0, 1.6, 0.9), ("desk", 1.7, 1.42, 0.95)),
        (("whiteboard", -0.52, 1.5, 1.8), ("wall clock", 0.36, 0.5, 2.8)), "58a070",
    ),
    "cafe": Room(
        "d8b48c", "c8a076", "panel",
        (("table", -0.62, 1.40, 0.95), ("chair", -0.92, 1.42, 1.15), ("chair", -0.32, 1.46, 1.15),
         ("table", 0.66, 1.45, 0.95), ("chair", 0.40, 1.48, 1.15), ("potted plant", 0.98, 1.58, 1.4),
         ("lamp", -1.1, 1.62, 1.8), ("table", 1.7, 1.45, 0.95)),
        (("painting", 0.62, 0.8, 2.3), ("wall clock", -0.42, 0.55, 2.6)), "3f6a5a",
    ),
}  # fmt: skip


def furnished(name: str) -> Callable[[Kit], Stage]:
    """The builder of a room by its name."""
    return lambda kit: _built(kit, _ROOMS[name])


def _built(kit: Kit, room: Room) -> Stage:
    outside, light = kit.light, indoors(kit.light)
    kit.light = light
    rng, d = kit.rng, kit.depth
    sky = graded((rgb(room.wall),) * 4, 2 * kit.width, int(kit.horizon * 1.3) + 4, rng)
    hung = [
        replace(kit.prop(name, x, d * 1.76, metres), y=y, shadow=False) for name, x, metres, y in room.hung
    ]
    props = [*hung, *(_lit(kit, thing, outside) for thing in room.things if thing[0] not in kit.taken)]
    wall = Layer(_wall(room, light, outside), d * 1.8, 0.80, near=True, wall=True)
    return Stage(light, sky, _floor(kit, room, light), None, None, (wall,), tuple(props), -1.0, sun=False,
                 motes="dust", vignette=0.34)  # fmt: skip


def _lit(kit: Kit, thing: Thing, outside: Light) -> Prop:
    name, x, z, metres = thing
    prop = kit.prop(name, x, z * kit.depth, metres * (1.0 if name == "kitchen counter" else _SCALE))
    if name != "lamp" or outside.lamps < 0.2:
        return prop
    return replace(prop, glow=glow_of(kit.height * 0.3, (60, 110, 150), power=1.8), glow_at=0.82)


def _floor(kit: Kit, room: Room, light: Light) -> Ground:
    match room.floor:
        case "checks":
            texture = materials.checks(kit.rng)
        case "carpet":
            texture = materials.asphalt(kit.rng, (150.0, 138.0, 128.0))
        case _:
            texture = materials.planks(kit.rng, room.boards)
    return Ground(materials.levels_of(texture, light), 100, 0.03)


def _wall(room: Room, light: Light, outside: Light) -> Bytes:
    card = Card(WIDTH, _WALL)
    card.box(0, 0, WIDTH, _WALL, dyed(rgb(room.wall), light))
    _PATTERNS[room.pattern](card, room, light)
    card.box(0, 520, WIDTH, _WALL, dyed(rgb("f6efe4"), light))
    card.box(0, 516, WIDTH, 521, dyed(rgb("cbb394"), light))
    for x in (60, WIDTH // 2 + 60):
        draw_window(card, light, outside, x, room.curtain)
    return card.band()


def _stripes(card: Card, room: Room, light: Light) -> None:
    for x in range(0, WIDTH, 64):
        card.box(x, 0, x + 32, _WALL, dyed(rgb(room.second), light))


def _tiles(card: Card, room: Room, light: Light) -> None:
    card.box(0, 250, WIDTH, _WALL, dyed(rgb(room.second), light))
    for x in range(0, WIDTH, 32):
        card.line((x, 250), (x, _WALL), dyed(rgb(room.wall), light), 2)
    for y in range(250, _WALL, 32):
        card.line((0, y), (WIDTH - 1, y), dyed(rgb(room.wall), light), 2)


def _panel(card: Card, room: Room, light: Light) -> None:
    card.box(0, 330, WIDTH, _WALL, dyed(rgb(room.second), light))
    card.box(0, 322, WIDTH, 334, dyed(rgb("5e4028"), light))
    for x in range(0, WIDTH, 128):
        card.box(x + 14, 356, x + 114, 500, dyed(rgb(room.wall), light))


def _plain(card: Card, room: Room, light: Light) -> None:
    card.box(0, 400, WIDTH, _WALL, dyed(rgb(room.second), light))


_PATTERNS = {"stripes": _stripes, "tiles": _tiles, "panel": _panel, "plain": _plain}
