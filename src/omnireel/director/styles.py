"""Which looks a text asks for, in the order they apply."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from omnireel.director.reading import Reading
from omnireel.director.vocabulary import Topic, canonical
from omnireel.models import JobKind

_LOOKS_OF_PLACES = {"neon-city": "sci-fi", "underwater": "underwater"}
_SEASONS = {"winter", "spring"}


def read_styles(reading: Reading, kind: JobKind, banned: Collection[str] = ()) -> tuple[str, ...]:
    """Canonical style names, each once: those that repaint surfaces first, those that grade the picture last.

    When a picture or video is repainted, a place that cannot be built can still lend its look.
    """
    named = [sense.value for sense in reading.senses(Topic.STYLE)]
    return ordered_styles([*named, *_borrowed(reading, kind)], kind, banned)


def ordered_styles(names: Iterable[str], kind: JobKind, banned: Collection[str] = ()) -> tuple[str, ...]:
    """The same for canonical names."""
    grades = canonical(Topic.STYLE, "grade")
    ordered = sorted(dict.fromkeys(names), key=lambda name: name in grades)
    return tuple(name for name in ordered if name not in banned and _is_style(name, kind))


def asks_for_twos(reading: Reading) -> bool:
    """Whether each drawing should be held for two frames."""
    return reading.has(Topic.TWOS)


def _borrowed(reading: Reading, kind: JobKind) -> list[str]:
    look = _LOOKS_OF_PLACES.get(reading.first(Topic.PLACE) or "")
    return [look] if look and kind in (JobKind.EDIT, JobKind.ANIMATE) else []


def _is_style(name: str, kind: JobKind) -> bool:
    """In a composed scene winter is weather and spring a mood; on a finished picture they are looks."""
    return name not in _SEASONS or kind in (JobKind.EDIT, JobKind.ANIMATE)
