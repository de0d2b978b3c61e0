"""Several photographs one after the other: when a prompt means that, and the shots it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from omnireel.director.reading import Mention, Reading
from omnireel.director.vocabulary import Topic
from omnireel.models import MediaKind, Shot, Transition, VideoRequest

_NEXT = ("then", "next", "afterwards", "followed", "finally", "lastly", "to", "into",
         "然后", "接着", "随后", "再到", "最后", "到")  # fmt: skip
_ORDER_REACH = 5
"""Tokens between two pictures beyond which something is said about the first one."""
_SHORTEST = 0.5
"""Seconds a picture must be seen for."""


def is_sequence(request: VideoRequest, reading: Reading) -> bool:
    """Whether pictures without roles are to be shown in turn, and not to meet in one scene."""
    if len(request.images) < 2 or request.image_types or request.videos:
        return False
    if reading.has(Topic.SEQUENCE):
        return not reading.has(Topic.CAST)
    return _in_order(reading) and not is_one_morph(request, reading)


def is_one_morph(request: VideoRequest, reading: Reading) -> bool:
    """Whether two pictures without roles are the two ends of one shot: from this one to that one."""
    ends = reading.has(Topic.ENDPOINTS) or (reading.has(Topic.FROM) and _in_order(reading))
    return len(request.images) == 2 and ends


def sequence(request: VideoRequest, reading: Reading, shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """A shot for every picture, in the order they are named; or a morph from each to the next.

    `shots` are what the prompt describes: when there is one for every picture, each keeps its own words.
    """
    order = _order(request, reading)
    most = int((request.duration or 5) / _SHORTEST)
    pictures: list[tuple[int, ...]] = [(number,) for number in order]
    if reading.has(Topic.ENDPOINTS) and len(order) > 2:
        pictures = [*pairwise(order)]
    own = len(shots) == len(pictures)
    kind = _transition(reading)
    made = [
        replace(
            shots[place] if own else shots[0],
            share=shots[place].share if own else 1.0,
            images=shown,
            transition=Transition.CUT if place == 0 or len(shown) > 1 else kind,
        )
        for place, shown in enumerate(pictures)
    ]
    return tuple(made[:most])


def _transition(reading: Reading) -> Transition:
    return Transition(reading.first(Topic.SEQUENCE) or Transition.DISSOLVE)


def _order(request: VideoRequest, reading: Reading) -> tuple[int, ...]:
    sent = range(1, len(request.images) + 1)
    named = [mention.reference.number for mention in _pictures(reading) if mention.reference]
    return tuple(dict.fromkeys((*(number for number in named if number in sent), *sent)))


def _pictures(reading: Reading) -> list[Mention]:
    return [
        mention
        for mention in reading.mentions
        if mention.reference and mention.reference.kind is MediaKind.IMAGE
    ]


def _in_order(reading: Reading) -> bool:
    """Whether the pictures are named with nothing but an order between them: first this, then that."""
    pairs = [*pairwise(_pictures(reading))]
    return bool(pairs) and all(_leads_on(reading, *pair) for pair in pairs)


def _leads_on(reading: Reading, left: Mention, right: Mention) -> bool:
    gap = reading.between(left, right)
    inside = (mention for mention in reading.after(left) if mention.first < right.first)
    busy = any(mention.sense(Topic.ACTION) or mention.sense(Topic.CAST) for mention in inside)
    spoken = "".join(gap) if any(not text.isascii() for text in gap) else gap
    return len(gap) <= _ORDER_REACH and not busy and any(word in spoken for word in _NEXT)
