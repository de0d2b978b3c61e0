"""Prompts in emoji: what the little pictures say about cast, place and hour."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.engines.studio.scenery.art import by_emoji
from omnireel.models import TimeOfDay, Weather

MOST = 4
"""Cast members read from emoji."""

_FACES = {
    "🐶": "dog", "🐱": "cat", "😺": "cat", "🐭": "mouse", "🐹": "mouse", "🐰": "rabbit", "🐯": "tiger",
    "🐮": "cow",
    "🐷": "pig", "🐵": "monkey", "🐔": "rooster", "🐴": "horse", "🦄": "horse", "🐲": "dragon", "🐗": "pig",
    "🐺": "wolf", "🐥": "baby chick", "😀": "person", "🙂": "person", "🧑": "person", "👶": "baby",
    "🚙": "suv",
}  # fmt: skip
_PLACES = {
    "🏖": "beach", "🏝": "beach", "🌊": "sea", "🏔": "mountains", "⛰": "mountains", "🏜": "desert", "🏞": "lake",
    "🌲": "forest", "🌳": "forest", "🌌": "space", "🪐": "space", "🏙": "city", "🌆": "city",
    "🌃": "neon-city",
    "🏘": "village", "🛣": "street", "🎭": "stage", "🐠": "underwater", "🌷": "garden", "🌾": "meadow",
}  # fmt: skip
_HOURS = {
    "🌅": TimeOfDay.GOLDEN_HOUR, "🌇": TimeOfDay.GOLDEN_HOUR, "🌄": TimeOfDay.DAWN, "🌆": TimeOfDay.DUSK,
    "🌙": TimeOfDay.NIGHT, "🌃": TimeOfDay.NIGHT, "🌉": TimeOfDay.NIGHT, "🌕": TimeOfDay.NIGHT,
    "☀": TimeOfDay.DAY,
}  # fmt: skip
_WEATHERS = {
    "🌧": Weather.RAIN, "☔": Weather.RAIN, "⛈": Weather.STORM, "🌩": Weather.STORM, "❄": Weather.SNOW,
    "🌨": Weather.SNOW, "🌫": Weather.FOG, "☁": Weather.CLOUDY,
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What the emoji of a prompt say; None where they say nothing."""

    cast: tuple[str, ...]
    place: str | None
    time_of_day: TimeOfDay | None
    weather: Weather | None


def read_emoji(text: str) -> Reading:
    """Read a prompt's emoji in order; each says one thing, a place before a member of the cast."""
    said = [sign for sign in text if sign in _HOURS or sign in _WEATHERS or sign in _PLACES]
    names = (_FACES.get(sign) or by_emoji().get(sign) for sign in text if sign not in said)
    return Reading(
        cast=tuple(dict.fromkeys(name for name in names if name))[:MOST],
        place=next((_PLACES[sign] for sign in said if sign in _PLACES), None),
        time_of_day=next((_HOURS[sign] for sign in said if sign in _HOURS), None),
        weather=next((_WEATHERS[sign] for sign in said if sign in _WEATHERS), None),
    )
