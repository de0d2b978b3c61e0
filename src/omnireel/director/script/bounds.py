"""What a request demands of its script: how many shots, how long together, which pictures."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.director.script.shape import MOST_SHOTS, Script, UnusableScript
from omnireel.director.sequence import is_sequence
from omnireel.director.shots import SHORTEST_SHOT
from omnireel.director.storyboard import USUAL_SECONDS
from omnireel.director.understanding import Understanding
from omnireel.models import JobKind

_HALF_A_FRAME = 0.5 / 24
"""Seconds; lengths that add up this closely add up to the frame."""
_ENDS = 2
"""Pictures that a shot of an animated sequence can begin and end with."""


@dataclass(frozen=True)
class Bounds:
    """`seconds` is the length of all shots together; `shown` the pictures that must be in some shot."""

    seconds: float
    fewest: int
    most: int
    images: int
    shown: tuple[int, ...]
    sequence: bool
    """Whether each shot begins with a picture of its own."""


def bounds_of(said: Understanding) -> Bounds:
    """Pure."""
    request = said.request
    seconds = float(request.duration or USUAL_SECONDS)
    sequence = said.kind is JobKind.ANIMATE and is_sequence(request, said.reading)
    several = request.multi_shot or sequence
    images = len(request.images)
    return Bounds(
        seconds=seconds,
        fewest=2 if request.multi_shot else 1,
        most=min(MOST_SHOTS, int(seconds / SHORTEST_SHOT)) if several else 1,
        images=images,
        shown=tuple(number for number in range(1, images + 1) if number not in said.style_images),
        sequence=sequence,
    )


def check_bounds(script: Script, bounds: Bounds) -> None:
    """Raises UnusableScript naming what is out of bounds."""
    shots = script.shots
    if not bounds.fewest <= len(shots) <= bounds.most:
        raise UnusableScript(f"it has {len(shots)} shots, not {bounds.fewest} to {bounds.most}")
    lengths = [shot.seconds for shot in shots]
    if min(lengths) < SHORTEST_SHOT - _HALF_A_FRAME:
        raise UnusableScript(f"a shot is shorter than {SHORTEST_SHOT:g} seconds")
    if not abs(sum(lengths) - bounds.seconds) <= _HALF_A_FRAME:
        raise UnusableScript(f"the shots do not add up to {bounds.seconds:g} seconds")
    _check_pictures(script, bounds)


def _check_pictures(script: Script, bounds: Bounds) -> None:
    used = [number for shot in script.shots for number in shot.images]
    tied = [subject.image for shot in script.shots for subject in shot.subjects if subject.image]
    if any(number > bounds.images for number in (*used, *tied)):
        raise UnusableScript("it uses a picture that was not sent")
    if missing := sorted(set(bounds.shown) - set(used)):
        raise UnusableScript(f"picture {missing[0]} is in no shot")
    if any(len(set(shot.images)) != len(shot.images) for shot in script.shots):
        raise UnusableScript("a shot uses a picture twice")
    if bounds.sequence and not all(1 <= len(shot.images) <= _ENDS for shot in script.shots):
        raise UnusableScript("a shot of several pictures' film has none, or more than two")
