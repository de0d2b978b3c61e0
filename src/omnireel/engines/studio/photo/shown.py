"""How the shots of an ANIMATE job are shown: a camera over one photograph, or a morph between two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from omnireel.engines.studio.photo.camera import Stage, View, path_of, settled
from omnireel.engines.studio.photo.depth import depth_of
from omnireel.engines.studio.photo.life import life_of
from omnireel.engines.studio.photo.morph import Morph
from omnireel.engines.studio.photo.plate import Plate, Scene, kept_inside
from omnireel.engines.studio.picture.raster import Plane, Size, size_of
from omnireel.engines.studio.picture.saliency import Window, best_window, focus_of, saliency_of, tightened
from omnireel.media.frames import Frame
from omnireel.models import CameraMove, Framing, ImageRole, Shot

_USUAL_SECONDS = 5.0
_TIGHTNESS = {Framing.CLOSE: 0.55, Framing.MEDIUM: 0.76}
_ROOM = 0.72
"""Share of a picture's side that a canvas may show at most before there is room to travel along it."""
_FILM_MOVES = (CameraMove.PUSH_IN, CameraMove.ORBIT, CameraMove.PULL_OUT, CameraMove.FOLLOW)
_MOST_ENLARGED = 3.5
"""Canvas pixels per picture pixel, beyond which a closer framing would only show blur."""


@dataclass(frozen=True)
class Shown:
    """A shot that can be seen at any moment, from 0 to 1 of it."""

    frame: Callable[[float], Frame]
    missing: tuple[str, ...] = ()
    """What was to move by itself and is not in the picture."""

    def __call__(self, time: float) -> Frame:
        return self.frame(time)


@dataclass(frozen=True)
class Photo:
    """A photograph and what was found out about it, once."""

    picture: Frame

    @cached_property
    def saliency(self) -> Plane:
        return saliency_of(self.picture)

    @cached_property
    def scene(self) -> Scene:
        near = depth_of(self.picture)
        return Scene(self.picture, near, float(np.median(near)))

    def window(self, canvas: Size) -> Window:
        """The part of the picture that fills the canvas best."""
        return best_window(self.saliency, size_of(self.picture), canvas[0] / canvas[1])


@dataclass(frozen=True)
class Setup:
    """What showing a shot needs besides its photographs. `roles` are the request's, one per image or none."""

    canvas: Size
    seed: int
    roles: Sequence[ImageRole] = ()

    def role(self, image: int) -> ImageRole | None:
        """What the caller said a picture, 1-based, is for."""
        return self.roles[image - 1] if image <= len(self.roles) else None


def closing_image(shot: Shot, setup: Setup) -> int | None:
    """The picture a shot lands on, when it has one."""
    second = shot.images[1] if len(shot.images) > 1 else None
    return None if second is None or setup.role(second) is ImageRole.REFERENCE else second


def with_a_move(shot: Shot, photos: Sequence[Photo], setup: Setup, place: int) -> Shot:
    """A shot of a film of photographs with a camera move of its own, unless the prompt named one.

    Across or along what the canvas cuts off, else towards what stands out and, the next time, away from it.
    """
    if shot.camera is not None or closing_image(shot, setup) is not None:
        return shot
    photo = photos[(shot.images[0] if shot.images else 1) - 1]
    width, height = size_of(photo.picture)
    window = photo.window(setup.canvas)
    if window.width < _ROOM * width:
        return replace(shot, camera=(CameraMove.PAN_RIGHT, CameraMove.PAN_LEFT)[place % 2])
    if window.height < _ROOM * height:
        return replace(shot, camera=(CameraMove.TILT_UP, CameraMove.TILT_DOWN)[place % 2])
    return replace(shot, camera=_FILM_MOVES[place % len(_FILM_MOVES)])


def show(
    shot: Shot, photos: Sequence[Photo], setup: Setup, *, seconds: float, first: bool, last: bool
) -> Shown:
    """A shot over the request's photographs, `seconds` long, `first` or `last` of the clip."""
    opening = shot.images[0] if shot.images else 1
    closing = closing_image(shot, setup)
    if closing is not None:
        return _morphing(photos[opening - 1], photos[closing - 1], setup)
    starts = first and setup.role(opening) is ImageRole.FIRST_FRAME
    ends = last and setup.role(opening) is ImageRole.LAST_FRAME
    return _moving(shot, photos[opening - 1], setup, seconds, starts=starts, ends=ends)


def _morphing(first: Photo, last: Photo, setup: Setup) -> Shown:
    windows = first.window(setup.canvas), last.window(setup.canvas)
    if size_of(first.picture) == size_of(last.picture):
        # Two pictures from one camera: the same window keeps what did not move in place.
        windows = windows[0], windows[0]
    return Shown(Morph((first.scene, last.scene), windows, setup.canvas).frame)


def _moving(shot: Shot, photo: Photo, setup: Setup, seconds: float, *, starts: bool, ends: bool) -> Shown:
    whole = photo.window(setup.canvas)
    home = whole if starts or ends else _framed(whole, shot.framing, photo, setup.canvas)
    focus = focus_of(photo.saliency, size_of(photo.picture), home)
    strength = min(1.5, max(0.4, seconds / _USUAL_SECONDS))
    stage = Stage(size_of(photo.picture), home, focus, setup.seed, strength)
    path = kept_inside(photo.scene, path_of(shot.camera, stage), setup.canvas)
    path = settled(path, View(*home.centre, home.width), start=starts, end=ends)
    plate = Plate(photo.scene, path, setup.canvas)
    life = life_of(
        photo.picture,
        photo.scene.near,
        photo.saliency,
        shot,
        setup.seed,
        seconds=seconds,
        starts=starts,
        ends=ends,
    )
    return Shown(lambda time: plate.seen_from(path(time), life.at(time * seconds)), life.missing)


def _framed(whole: Window, framing: Framing | None, photo: Photo, canvas: Size) -> Window:
    share = _TIGHTNESS.get(framing, 1.0) if framing else 1.0
    sharpest = canvas[0] / (_MOST_ENLARGED * whole.width)
    return tightened(
        whole, min(1.0, max(share, sharpest)), focus_of(photo.saliency, size_of(photo.picture), whole)
    )
