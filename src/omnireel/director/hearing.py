"""The sounds a text names: outright, or as the sound of something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile

from omnireel.director.reading import Mention, Reading
from omnireel.director.vocabulary import Topic, canonical

MUSIC = frozenset({"music", "piano", "guitar", "drums", "orchestra", "electronic"})
_OF = {
    "bird": "birds", "sea": "waves", "beach": "waves", "river": "stream", "storm": "thunder",
    "airplane": "aeroplane", "drum": "drums", "car": "traffic", "frog": "frogs", "cricket": "crickets",
    "city": "traffic", "campfire": "fire", "alarm clock": "clock", "chicken": "rooster", "street": "traffic",
}  # fmt: skip
"""Sounds by the things and places that make them, where the words differ."""
_REACH = 3
"""How many phrases on a thing may stand after "the sound of"."""


def read_sounds(reading: Reading) -> tuple[str, ...]:
    """Canonical names of the sounds a text asks to hear, each once, in order."""
    return tuple(dict.fromkeys(_named(reading)))


def _named(reading: Reading) -> Iterator[str]:
    for mention in reading.mentions:
        if mention.negated:
            continue
        if noise := mention.sense(Topic.NOISE):
            yield noise.value
        elif mention.sense(Topic.SOUND):
            clause = takewhile(lambda other: not other.stop, reading.after(mention))
            yield from (sound for other in islice(clause, _REACH) if (sound := _sound_of(other)))


def _sound_of(mention: Mention) -> str | None:
    values = (_OF.get(sense.value, sense.value) for sense in mention.senses)
    return next((value for value in values if value in canonical(Topic.NOISE)), None)
