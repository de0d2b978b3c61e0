"""Which builder sets which place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from omnireel.engines.studio.scenery import (
    beyond,
    country,
    fields,
    indoors,
    rooms,
    shore,
    town,
    waterside,
    wilds,
    worlds,
)
from omnireel.engines.studio.scenery.sets import Kit, Stage


@dataclass(frozen=True)
class Place:
    """A builder and how its camera is set. Shares are of the frame's height."""

    build: Callable[[Kit], Stage]
    horizon: float = 0.46
    feet: float = 0.80
    """Row where the cast stands."""
    medium: str = "land"
    """land, water (floats on it), deep (under it), void (no ground) or inside."""


PLACES = {
    "beach": Place(shore.beach),
    "cliff": Place(shore.cliff, 0.46, 0.78),
    "sea": Place(shore.sea, 0.44, 0.70, "water"),
    "underwater": Place(shore.underwater, 0.52, 0.84, "deep"),
    "lake": Place(shore.lake),
    "forest": Place(country.forest, 0.50, 0.82),
    "mountains": Place(country.mountain_valley, 0.52, 0.82),
    "desert": Place(country.desert, 0.50, 0.80),
    "snowfield": Place(country.snowfield, 0.50, 0.80),
    "meadow": Place(country.meadow, 0.48, 0.80),
    "garden": Place(country.garden, 0.50, 0.80),
    "village": Place(town.village, 0.50, 0.80),
    "city": Place(town.city, 0.54, 0.82),
    "neon-city": Place(town.neon_city, 0.56, 0.82),
    "street": Place(town.street, 0.52, 0.82),
    "space": Place(beyond.space, 0.70, 0.70, "void"),
    "room": Place(indoors.room, 0.46, 0.82, "inside"),
    "stage": Place(indoors.theatre, 0.48, 0.82, "inside"),
    "abstract": Place(beyond.abstract, 0.52, 0.80),
    "river": Place(waterside.river, 0.46, 0.82),
    "harbour": Place(waterside.harbour, 0.46, 0.82),
    "jungle": Place(wilds.jungle, 0.50, 0.82),
    "arctic": Place(wilds.arctic, 0.48, 0.80),
    "ruins": Place(wilds.ruins, 0.50, 0.80),
    "farm": Place(fields.farm, 0.50, 0.80),
    "park": Place(fields.park, 0.50, 0.80),
    "playground": Place(fields.playground, 0.50, 0.80),
    "fair": Place(fields.fair, 0.54, 0.82),
    "castle": Place(fields.castle, 0.52, 0.80),
    "temple": Place(fields.temple, 0.52, 0.80),
    "moon": Place(worlds.moon, 0.52, 0.80),
    "mars": Place(worlds.mars, 0.50, 0.80),
    "sky": Place(worlds.heaven, 0.56, 0.70, "void"),
    "bedroom": Place(rooms.furnished("bedroom"), 0.46, 0.82, "inside"),
    "kitchen": Place(rooms.furnished("kitchen"), 0.46, 0.82, "inside"),
    "office": Place(rooms.furnished("office"), 0.46, 0.82, "inside"),
    "library": Place(rooms.furnished("library"), 0.46, 0.82, "inside"),
    "classroom": Place(rooms.furnished("classroom"), 0.46, 0.82, "inside"),
    "cafe": Place(rooms.furnished("cafe"), 0.46, 0.82, "inside"),
}

_NEAREST = {
    "harbor": "harbour", "port": "harbour", "dock": "harbour", "rainforest": "jungle", "living-room": "room",
    "ocean": "sea", "house": "room", "field": "meadow", "island": "beach", "town": "village",
    "road": "street", "glacier": "arctic", "canyon": "desert", "waterfall": "river",
    "theatre": "stage", "theater": "stage", "concert": "stage", "restaurant": "cafe", "coffee-shop": "cafe",
    "shop": "cafe", "amusement-park": "fair", "carnival": "fair", "palace": "castle", "shrine": "temple",
    "school": "classroom", "clouds": "sky", "bathroom": "kitchen", "lab": "office", "laboratory": "office",
    "hospital": "office", "museum": "library", "volcano": "mountains", "cave": "mountains",
    "headland": "cliff", "coast": "beach",
}  # fmt: skip


def place_named(name: str) -> tuple[Place, str, bool]:
    """A place by name: itself, its canonical name, and whether it is exactly the one asked for."""
    key = name.strip().lower().replace(" ", "-").replace("_", "-")
    if key in PLACES:
        return PLACES[key], key, True
    near = _NEAREST.get(key, "meadow")
    return PLACES[near], near, False
