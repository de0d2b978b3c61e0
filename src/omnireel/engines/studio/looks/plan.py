"""The looks by name, and which of them a storyboard asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from omnireel.engines.studio.looks.clay.clay import Clay
from omnireel.engines.studio.looks.falling import Falling
from omnireel.engines.studio.looks.grade import GradeLook
from omnireel.engines.studio.looks.grades import HOURS, SKIES, STYLES
from omnireel.engines.studio.looks.look import Look, LookMaker
from omnireel.engines.studio.looks.painterly.catalog import PAINTERLY
from omnireel.engines.studio.looks.scifi import SciFi
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame
from omnireel.models import Storyboard, Weather

REPAINTS: dict[str, LookMaker] = {"clay": Clay, "sci-fi": SciFi, **PAINTERLY}
_FALLING = (Weather.RAIN, Weather.STORM, Weather.SNOW, Weather.FOG)


@dataclass(frozen=True)
class Plan:
    """Looks to apply, in order, and what was asked that no look here can do."""

    looks: tuple[Look, ...]
    unknown: tuple[str, ...]


def plan_looks(
    storyboard: Storyboard,
    samples: Sequence[Frame],
    size: Size,
    fps: float,
    seed: int,
    *,
    references: Sequence[Frame] = (),
    frames: int | None = None,
    still: bool = False,
) -> Plan:
    """The storyboard's styles in their order, then its hour and weather, which fall on all of them.

    `references` are the pictures of `storyboard.style_images`, loaded. With `frames`, the clip's length, each
    shot has its own hour and weather; without it the first shot's rule the whole clip. `still` leaves out what
    is meant to move by itself (drops, flicker, grain), so that the rest can be measured.
    """
    looks = [_style(name, samples, size, seed) for name in storyboard.styles]
    unknown = tuple(name for name, look in zip(storyboard.styles, looks, strict=True) if look is None)
    known = [look for look in looks if look is not None]
    return Plan((*known, *_light_and_weather(storyboard, size, fps, seed)), unknown)


def through(looks: Sequence[Look], moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
    """The moments repainted by one look after the other."""
    for look in looks:
        moments = look.apply(moments, threads=threads)
    return iter(moments)


def style_names() -> tuple[str, ...]:
    """Every style that can be asked for by name, sorted."""
    return tuple(sorted({*REPAINTS, *STYLES}))


def _style(name: str, samples: Sequence[Frame], size: Size, seed: int) -> Look | None:
    if name in REPAINTS:
        return REPAINTS[name](samples, size, seed)
    return GradeLook(STYLES[name]) if name in STYLES else None


def _light_and_weather(storyboard: Storyboard, size: Size, fps: float, seed: int) -> Iterator[Look]:
    shot = storyboard.shots[0]
    # Night is a part of the science-fiction look already; twice would leave nothing to see.
    if shot.time_of_day is not None and "sci-fi" not in storyboard.styles:
        yield GradeLook(HOURS[shot.time_of_day])
    if shot.weather is not None:
        yield GradeLook(SKIES[shot.weather])
    if shot.weather in _FALLING:
        yield Falling(shot.weather, size, fps, seed)
