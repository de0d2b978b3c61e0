"""The looks that carry out a storyboard's edits, and what of them the source does not allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.edits.background import BlurredBackground
from omnireel.engines.studio.edits.colour_classes import members_cube
from omnireel.engines.studio.edits.recolour import DYES, GREY, Desaturate, Recolour, dye_for
from omnireel.engines.studio.edits.sky import NewSky
from omnireel.engines.studio.edits.sky_mask import SkyMask, sky_members
from omnireel.engines.studio.edits.thing_mask import ThingMask
from omnireel.engines.studio.edits.things import colours_of, smallest_part
from omnireel.engines.studio.looks.look import Look
from omnireel.engines.studio.picture.raster import Size, size_of
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame
from omnireel.models import Edit, EditKind

Make = Callable[[Size], Look]


@dataclass(frozen=True)
class Changes:
    """Looks to be made for a canvas, and sentences about what was left as it was."""

    makers: tuple[Make, ...]
    warnings: tuple[str, ...]

    def looks(self, size: Size) -> tuple[Look, ...]:
        return tuple(make(size) for make in self.makers)

    def shown_on(self, samples: Sequence[Frame]) -> list[Frame]:
        """Samples of the source as they will look, for the palettes of what is painted over them."""
        return [_changed(frame, self.looks(size_of(frame))) for frame in samples]


def plan_changes(edits: Sequence[Edit], samples: Sequence[Frame], fps: float, seed: int) -> Changes:
    """What the edits ask for, fitted to what the samples of the clip show."""
    makers: list[Make] = []
    warnings: list[str] = []
    for edit in edits:
        found = _PLANNERS[edit.kind](edit, samples, fps, seed) if edit.kind in _PLANNERS else ""
        if isinstance(found, str):
            warnings += [found] if found else []
        else:
            makers.append(found)
    return Changes(tuple(makers), tuple(warnings))


def _changed(frame: Frame, looks: Sequence[Look]) -> Frame:
    moments = tracked([frame], size_of(frame))
    for look in looks:
        moments = iter(list(look.apply(moments, threads=1)))
    return next(moments).frame


def _recolour(edit: Edit, samples: Sequence[Frame], fps: float, seed: int) -> Make | str:
    target, value = edit.target or "", edit.value or ""
    if value not in DYES:
        return f"The studio engine has no dye called {value!r}; the {target} was left as it is."
    if target == "sky":
        return _recoloured_sky(value, samples)
    colours = colours_of(target, edit.colour, samples)
    if not colours:
        return _not_found(edit)
    members, smallest = members_cube(colours), smallest_part(target)
    change = dye_for(members, value, samples, own_hues=len(colours) == 1)
    return lambda size: Recolour(ThingMask(members, smallest), change)


def _recoloured_sky(value: str, samples: Sequence[Frame]) -> Make | str:
    members = sky_members(samples)
    if members is None:
        return _NO_SKY
    change = dye_for(members, value, samples)
    return lambda size: Recolour(SkyMask(members), change)


def _desaturate(edit: Edit, samples: Sequence[Frame], fps: float, seed: int) -> Make | str:
    if edit.target is None:
        return lambda size: Desaturate()
    colours = colours_of(edit.target, edit.colour, samples)
    if not colours:
        return _not_found(edit)
    members, smallest = members_cube(colours), smallest_part(edit.target)
    return lambda size: Recolour(ThingMask(members, smallest), GREY, inverse=True)


def _new_sky(edit: Edit, samples: Sequence[Frame], fps: float, seed: int) -> Make | str:
    members = sky_members(samples)
    kind = edit.value or "clear"
    return _NO_SKY if members is None else lambda size: NewSky(kind, members, samples, size, fps, seed)


def _blur(edit: Edit, samples: Sequence[Frame], fps: float, seed: int) -> Make | str:
    return lambda size: BlurredBackground()


def _not_found(edit: Edit) -> str:
    thing = f"{edit.colour} {edit.target}" if edit.colour else f"{edit.target}"
    return (
        f"The {thing} could not be told from the rest of the picture by its colour, so it was left as it is."
    )


_NO_SKY = "The source shows no sky that could be told from the rest, so the sky was left as it is."
_PLANNERS: dict[EditKind, Callable[[Edit, Sequence[Frame], float, int], Make | str]] = {
    EditKind.RECOLOUR: _recolour,
    EditKind.DESATURATE: _desaturate,
    EditKind.SKY: _new_sky,
    EditKind.BLUR_BACKGROUND: _blur,
}


def tiny_looks(size: Size) -> Iterator[Look]:
    """One look of each kind, to compile what they use."""
    frames = [np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)]
    members = np.full((64, 64, 64), 255, np.uint8)
    yield Desaturate()
    yield BlurredBackground()
    yield NewSky("sunset", members, frames, size, 24.0, 0)
