"""The looks by name, which of them a storyboard asks for, and in which order they go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from omnireel.engines.studio.looks.clay.clay import Clay
from omnireel.engines.studio.looks.film.stocks import FILMS
from omnireel.engines.studio.looks.graphic.catalog import GRAPHIC
from omnireel.engines.studio.looks.invented.cast import Invented
from omnireel.engines.studio.looks.invented.reference import ReferenceLook
from omnireel.engines.studio.looks.light.air import Air, Footage
from omnireel.engines.studio.looks.light.atmosphere import Atmosphere
from omnireel.engines.studio.looks.light.hours import HOURS
from omnireel.engines.studio.looks.light.seasons import SEASONS
from omnireel.engines.studio.looks.light.underwater import UNDERWATER
from omnireel.engines.studio.looks.look import Look, LookMaker
from omnireel.engines.studio.looks.painterly.catalog import PAINTERLY
from omnireel.engines.studio.looks.scifi import SciFi
from omnireel.engines.studio.looks.upscaled import upscaled
from omnireel.engines.studio.looks.weather.weathers import SNOWFALL, WEATHERS
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame
from omnireel.models import InventedLook, Shot, Storyboard, Weather

REPAINTS: dict[str, LookMaker] = {"clay": Clay, "sci-fi": SciFi, **PAINTERLY, **GRAPHIC}
WORLDS: dict[str, Air] = {**SEASONS, "underwater": UNDERWATER}
_LAST = "sci-fi"
"""A repaint that is also a grade: it goes on after the weather."""
_FULL_SIZE = {"pixel", "lego", "clay"}
"""Surfaces whose edges must fall on the canvas's own pixels, or whose seams are sharp and cost little."""
_OLDER = {"sepia", "super-8"}
"""Films that are vintage in a way of their own."""


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
    """Surfaces in the storyboard's order; season, hour and weather, which fall on them; then the film.

    `references` are the pictures of `storyboard.style_images`, loaded. With `frames`, the clip's length, each
    shot has its own hour and weather; without it the first shot's rule the whole clip. `still` leaves out
    what is meant to move by itself (drops, flicker, grain), so that the rest can be measured.
    """
    footage = Footage(samples, size, fps, seed)
    names = _without_doubles(storyboard.styles)
    looks = [_surface(name, samples, size, seed) for name in names if name in REPAINTS and name != _LAST]
    looks += [Invented(look, samples, size, seed) for look in storyboard.invented]
    looks += [ReferenceLook(reference, samples, size, seed) for reference in references]
    shots = _airs_by_shot(storyboard, names, frames)
    if any(airs for airs, _ in shots):
        looks.append(Atmosphere(shots, footage, still=still))
    if _LAST in names:
        looks.append(SciFi(samples, size, seed))
    films = [FILMS[name] for name in names if name in FILMS]
    if films:
        looks.append(Atmosphere([(films, 1)], footage, still=still))
    known = {*REPAINTS, *WORLDS, *FILMS}
    return Plan(tuple(looks), tuple(name for name in names if name not in known))


def through(looks: Sequence[Look], moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
    """The moments repainted by one look after the other."""
    for look in looks:
        moments = look.apply(moments, threads=threads)
    return iter(moments)


def looks_to_warm(samples: Sequence[Frame], size: Size) -> Iterator[Look]:
    """Looks that between them use every compiled loop there is."""
    yield from (make(samples, size, 0) for make in REPAINTS.values())
    yield Invented(InventedLook("marble", ("marble",)), samples, size, 0)
    yield Atmosphere([([*HOURS.values(), *SEASONS.values()], 1)], Footage(samples, size, 24.0, 0))


def style_names() -> tuple[str, ...]:
    """Every style that can be asked for by name, sorted."""
    return tuple(sorted({*REPAINTS, *WORLDS, *FILMS}))


def _surface(name: str, samples: Sequence[Frame], size: Size, seed: int) -> Look:
    if name in _FULL_SIZE:
        return REPAINTS[name](samples, size, seed)
    return upscaled(REPAINTS[name], samples, size, seed)


def _without_doubles(styles: Sequence[str]) -> tuple[str, ...]:
    names = dict.fromkeys(styles)
    if _OLDER & set(names):
        names.pop("vintage", None)
    return tuple(names)


def _airs_by_shot(
    storyboard: Storyboard, names: Sequence[str], frames: int | None
) -> list[tuple[list[Air], int]]:
    shots = storyboard.shots if frames is not None else storyboard.shots[:1]
    counts = storyboard.frame_counts(frames) if frames is not None else (1,)
    return [(_airs(shot, names), count) for shot, count in zip(shots, counts, strict=True)]


def _airs(shot: Shot, names: Sequence[str]) -> list[Air]:
    airs = [WORLDS[name] for name in names if name in WORLDS]
    # Night is a part of the science-fiction look already; twice would leave nothing to see.
    if shot.time_of_day is not None and _LAST not in names:
        airs.append(HOURS[shot.time_of_day])
    if shot.weather is not None:
        covered = shot.weather is Weather.SNOW and "winter" in names
        airs.append(SNOWFALL if covered else WEATHERS[shot.weather])
    return airs
