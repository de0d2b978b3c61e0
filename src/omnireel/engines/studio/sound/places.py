"""What is heard where: the ambience of each place, its room, and the ground under foot."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.models import Shot, TimeOfDay, Weather


@dataclass(frozen=True)
class Soundscape:
    """A place for the ear: ambiences with their levels in decibels, a room, and a ground."""

    layers: tuple[tuple[str, float], ...]
    room: str = "open"
    ground: str = "earth"
    indoors: bool = False


_WILD = {"birds", "insects", "gulls"}
"""What falls silent in the rain and the cold."""
_PLACES: dict[str, Soundscape] = {
    "beach": Soundscape((("waves", 0), ("gulls", -16), ("breeze", -22)), ground="sand"),
    "sea": Soundscape((("waves", 0), ("wind", -10)), ground="wood"),
    "underwater": Soundscape((("depths", 0),), "depths", "sand"),
    "lake": Soundscape((("lapping", -4), ("birds", -12), ("breeze", -14)), ground="earth"),
    "river": Soundscape((("stream", 0), ("birds", -14))),
    "waterfall": Soundscape((("waterfall", 0), ("birds", -20))),
    "forest": Soundscape((("birds", -6), ("breeze", -6)), "woods", "grass"),
    "jungle": Soundscape((("insects", -4), ("birds", -6), ("frogs", -14)), "woods", "grass"),
    "mountains": Soundscape((("wind", -2),), "valley", "earth"),
    "desert": Soundscape((("wind", -4),), ground="sand"),
    "snowfield": Soundscape((("wind", -4),), ground="snow"),
    "meadow": Soundscape((("insects", -10), ("birds", -8), ("breeze", -8)), ground="grass"),
    "garden": Soundscape((("birds", -4), ("breeze", -12)), ground="grass"),
    "park": Soundscape((("birds", -4), ("breeze", -10), ("crowd", -26)), ground="grass"),
    "playground": Soundscape((("birds", -8), ("crowd", -14)), ground="earth"),
    "farm": Soundscape((("birds", -8), ("breeze", -12), ("insects", -18)), ground="earth"),
    "village": Soundscape((("birds", -6), ("breeze", -14)), ground="earth"),
    "city": Soundscape((("traffic", 0),), "street", "hard"),
    "neon-city": Soundscape((("traffic", -2), ("neon", -18), ("hum", -12)), "street", "hard"),
    "street": Soundscape((("traffic", -2), ("crowd", -18)), "street", "hard"),
    "harbour": Soundscape((("lapping", -2), ("gulls", -8), ("motor", -22)), "street", "wood"),
    "sky": Soundscape((("wind", 0),)),
    "arctic": Soundscape((("wind", -2),), ground="snow"),
    "ruins": Soundscape((("wind", -6), ("birds", -14)), "valley", "hard"),
    "fair": Soundscape((("crowd", -4), ("birds", -18)), "street", "hard"),
    "space": Soundscape((("hum", 0),), "void", "hard"),
    "moon": Soundscape((("hum", -2),), "void", "sand"),
    "mars": Soundscape((("wind", -6), ("hum", -8)), "void", "sand"),
    "room": Soundscape((("room", -12), ("breeze", -30)), "room", "wood", indoors=True),
    "bedroom": Soundscape((("room", -12),), "room", "wood", indoors=True),
    "kitchen": Soundscape((("room", -8),), "room", "hard", indoors=True),
    "office": Soundscape((("room", -8), ("keyboard", -20), ("crowd", -32)), "room", "wood", indoors=True),
    "library": Soundscape((("room", -10),), "room", "wood", indoors=True),
    "cafe": Soundscape((("crowd", -10), ("room", -14)), "room", "wood", indoors=True),
    "classroom": Soundscape((("room", -8), ("crowd", -24)), "room", "wood", indoors=True),
    "stage": Soundscape((("crowd", -14), ("room", -14)), "hall", "wood", indoors=True),
    "castle": Soundscape((("wind", -6), ("birds", -14)), "valley", "hard"),
    "temple": Soundscape((("birds", -8), ("breeze", -12)), "valley", "hard"),
    "abstract": Soundscape((("hum", -10),), "hall", "hard", indoors=True),
}
_ANYWHERE = Soundscape((("breeze", -6), ("birds", -14)))
_PREFIXES = ("snow", "desert", "city", "street", "forest", "beach", "sea", "room")


def soundscape_of(place: str | None) -> Soundscape:
    """The soundscape of a place; of the nearest known one, or of open air, for one nobody has described."""
    if place in _PLACES:
        return _PLACES[place]
    near = next((prefix for prefix in _PREFIXES if place and prefix in place), None)
    return _ANYWHERE if near is None else _PLACES.get(near, _PLACES["snowfield"])


def ambiences_of(shot: Shot) -> dict[str, float]:
    """The ambiences of a shot and their levels in decibels: its place at its hour in its weather."""
    scape = soundscape_of(shot.place)
    layers = dict(scape.layers)
    if scape.room in ("depths", "void"):
        return layers
    if not scape.indoors:
        layers = _at(layers, shot.time_of_day)
    return _in(layers, shot.weather, indoors=scape.indoors)


def _at(layers: dict[str, float], time: TimeOfDay | None) -> dict[str, float]:
    if time is TimeOfDay.NIGHT and "birds" in layers:
        level = layers.pop("birds")
        return {**layers, "crickets": level}
    if time is TimeOfDay.DUSK and "birds" in layers:
        return {**layers, "birds": layers["birds"] - 5, "crickets": layers["birds"] - 4}
    if time is TimeOfDay.DAWN and "birds" in layers:
        return {**layers, "birds": layers["birds"] + 4}
    return layers


def _in(layers: dict[str, float], weather: Weather | None, *, indoors: bool) -> dict[str, float]:
    away = -12.0 if indoors else 0.0
    if weather in (Weather.RAIN, Weather.STORM, Weather.SNOW):
        layers = {name: level for name, level in layers.items() if name not in _WILD}
    if weather is Weather.RAIN:
        return {**layers, "rain": away}
    if weather is Weather.STORM:
        return {**layers, "downpour": away + 1, "wind": away - 3}
    if weather is Weather.SNOW:
        return {**layers, "wind": max(layers.get("wind", -60), away - 8)}
    if weather is Weather.FOG:
        return {name: level - 4 for name, level in layers.items()}
    return layers
