"""Where a cast belongs when no place was named."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from omnireel.engines.studio.scenery.art import Art

_KINDS = {
    "vehicle": "city",
    "building": "city",
    "food": "room",
    "thing": "room",
    "space": "space",
    "person": "meadow",
}
_AIRBORNE = {"balloon", "kite", "soarer", "bouncer", "hover"}


def home_of(cast: list[Art]) -> str:
    """The place of the first member that has a home; else what the first one's kind suggests."""
    for member in cast:
        if member.name in homes():
            return homes()[member.name]
    for member in cast:
        if member.kind in _KINDS and member.motion not in _AIRBORNE:
            return _KINDS[member.kind]
    return "meadow" if cast else "abstract"


@cache
def homes() -> dict[str, str]:
    """homes.txt: names of pictures to names of places."""
    lines = (files("omnireel.engines.studio.scenery") / "homes.txt").read_text("utf-8").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        place, is_entry, names = line.partition(" = ")
        if is_entry and not line.startswith("#"):
            found = dict.fromkeys(names.split(", "), place) | found
    return found
