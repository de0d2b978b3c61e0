"""Camera moves over a picture: what part of it is seen at each moment, and from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, exp, log, pi, sin

import numpy as np

from omnireel.engines.studio.picture.saliency import Window
from omnireel.models import CameraMove

_RAMP = 0.2
"""Share of a move spent getting up to speed, and again slowing down."""
_TRAVEL = 0.32
"""The most a pan or tilt covers of what the picture has beyond the view, in view widths or heights, a second
of five."""


@dataclass(frozen=True)
class View:
    """What the camera sees at one moment. Lengths are in pixels of the picture."""

    x: float
    y: float
    """The point in the middle of the view."""
    width: float
    """How much of the picture the view spans at the pivot's depth."""
    turn: float = 0.0
    """Roll, radians."""
    slide_x: float = 0.0
    slide_y: float = 0.0
    """How far the nearest things have moved against the farthest, as a share of the view's width."""
    swell: float = 0.0
    """How much larger the nearest things have grown than the farthest, as a share."""


Path = Callable[[float], View]
"""A view for every time from 0 to 1."""


@dataclass(frozen=True)
class Stage:
    """What a move is planned on: the picture's size, the view that shows it best, and what to look at."""

    picture: tuple[int, int]
    home: Window
    focus: tuple[float, float]
    seed: int = 0
    strength: float = 1.0
    """1 for five seconds; shorter shots move less, so that the speed stays the same."""

    def at(self, x: float, y: float, width: float) -> View:
        """A view kept inside the picture."""
        height = width * self.home.height / self.home.width
        limit_x, limit_y = self.picture[0] - width / 2, self.picture[1] - height / 2
        return View(min(max(x, width / 2), limit_x), min(max(y, height / 2), limit_y), width)


def path_of(move: CameraMove | None, stage: Stage) -> Path:
    """The path of a move. None gives the default: a slow push with a little orbit."""
    return _MOVES[move](stage)


def settled(path: Path, home: View, *, start: bool, end: bool) -> Path:
    """The same path, brought to rest exactly on `home` at its start, its end, or both."""

    def settled_at(time: float) -> View:
        away = min(eased(time / 0.3) if start else 1.0, eased((1 - time) / 0.3) if end else 1.0)
        return _between(home, path(time), away)

    return settled_at


def tightened_path(path: Path, share: float) -> Path:
    """The same path with every view `share` as wide."""
    return lambda time: replace(path(time), width=path(time).width * share)


def eased(time: float) -> float:
    """0 to 1 with a steady middle: speed rises over the first fifth and falls over the last."""
    time = min(max(time, 0.0), 1.0)
    if time > 0.5:
        return 1 - eased(1 - time)
    top = 1 / (1 - _RAMP)
    return top * time * time / (2 * _RAMP) if time < _RAMP else top * (time - _RAMP / 2)


def _between(one: View, other: View, share: float) -> View:
    def mixed(name: str) -> float:
        first, second = float(getattr(one, name)), float(getattr(other, name))
        return first + (second - first) * share

    return View(*(mixed(name) for name in ("x", "y", "width", "turn", "slide_x", "slide_y", "swell")))


def _zoom(stage: Stage, begin: float, end: float, swell: float) -> Path:
    """Zoom in the picture's middle towards its focus; equal times magnify equally."""
    middle = stage.home.centre
    # A little above the focus: what is being approached should keep its head.
    focus = stage.focus[0], stage.focus[1] - 0.06 * stage.home.height
    far = max(begin, end)

    def view(time: float) -> View:
        done = eased(time)
        zoom = exp(log(begin) + (log(end) - log(begin)) * done)
        # Nearer to the focus the closer the view, and never faster than the frame allows.
        lean = (1 - 1 / zoom) / max(1e-6, 1 - 1 / far) if far > 1 else 0.0
        x = middle[0] + (focus[0] - middle[0]) * lean
        y = middle[1] + (focus[1] - middle[1]) * lean
        width = stage.home.width / zoom
        inside = _inside(stage.home, x, y, width)
        return replace(stage.at(*inside, width), swell=swell * log(zoom) / log(far) if far > 1 else 0.0)

    return view


def _inside(window: Window, x: float, y: float, width: float) -> tuple[float, float]:
    height = width * window.height / window.width
    left, right = window.x + width / 2, window.x + window.width - width / 2
    top, bottom = window.y + height / 2, window.y + window.height - height / 2
    return min(max(x, left), right), min(max(y, top), bottom)


def _push_in(stage: Stage) -> Path:
    return _zoom(stage, 1.0, 1 + 0.18 * stage.strength, 0.16)


def _pull_out(stage: Stage) -> Path:
    return _zoom(stage, 1 + 0.18 * stage.strength, 1.0, 0.16)


def _static(stage: Stage) -> Path:
    """A held camera that breathes, so that the picture does not look frozen."""
    width = stage.home.width / 1.03

    def view(time: float) -> View:
        breath = sin(2 * pi * time) * stage.strength
        grown = width * (1 - 0.004 * (1 - cos(2 * pi * time)) * stage.strength)
        return replace(stage.at(*stage.home.centre, grown), slide_x=0.004 * breath, slide_y=0.002 * breath)

    return view


def _pan(stage: Stage, direction: int) -> Path:
    """Across what the picture has beyond the view, else across a slightly closer one."""
    room = stage.picture[0] - stage.home.width
    width = stage.home.width if room > 0.2 * stage.home.width else stage.home.width / 1.12
    reach = min(stage.picture[0] - width, _TRAVEL * 2 * width * stage.strength)
    begin = min(max(stage.focus[0] - reach / 2, width / 2), stage.picture[0] - width / 2 - reach)

    def view(time: float) -> View:
        done = eased(time) if direction > 0 else 1 - eased(time)
        at = stage.at(begin + reach * done, stage.home.centre[1], width)
        # The camera turns with a little travel: near things fall behind the far ones.
        return replace(at, slide_x=-0.022 * (done - 0.5) * stage.strength)

    return view


def _tilt(stage: Stage, direction: int) -> Path:
    """Up (-1) or down (1), as `_pan` goes across."""
    shape = stage.home.height / stage.home.width
    room = stage.picture[1] - stage.home.height
    width = stage.home.width if room > 0.2 * stage.home.height else stage.home.width / 1.12
    height = width * shape
    reach = min(stage.picture[1] - height, _TRAVEL * 2 * height * stage.strength)
    begin = min(max(stage.focus[1] - reach / 2, height / 2), stage.picture[1] - height / 2 - reach)

    def view(time: float) -> View:
        done = eased(time) if direction > 0 else 1 - eased(time)
        at = stage.at(stage.home.centre[0], begin + reach * done, width)
        return replace(at, slide_y=-0.016 * (done - 0.5) * stage.strength)

    return view


def _orbit(stage: Stage) -> Path:
    def view(time: float) -> View:
        swing = (2 * eased(time) - 1) * stage.strength
        at = stage.at(*stage.home.centre, stage.home.width / 1.06)
        return replace(at, slide_x=0.036 * swing, slide_y=0.006 * swing * swing, swell=0.04 * (1 - swing**2))

    return view


def _dolly_zoom(stage: Stage) -> Path:
    """The subject keeps its size while the distance behind it stretches."""

    def view(time: float) -> View:
        done = eased(time) * stage.strength
        return replace(
            stage.at(*stage.home.centre, stage.home.width / (1.02 + 0.1 * done)), swell=-0.26 * done
        )

    return view


def _handheld(stage: Stage) -> Path:
    """Somebody breathing and shifting their weight: smooth noise in place and roll, over a faint push."""
    drift = _sway(stage.seed)
    width = stage.home.width / 1.07

    def view(time: float) -> View:
        x, y, roll, near = drift(time * 5 * stage.strength)
        closer = width * (1 - 0.03 * eased(time) * stage.strength)
        middle = stage.home.centre
        at = stage.at(middle[0] + 0.012 * x * width, middle[1] + 0.012 * y * width, closer)
        return replace(at, turn=0.006 * roll, slide_x=0.008 * x, slide_y=0.004 * near)

    return view


def _follow(stage: Stage) -> Path:
    """Alongside the focus: a pan's parallax with a push."""
    push, pan = _zoom(stage, 1.06, 1 + 0.16 * stage.strength, 0.12), 0.024 * stage.strength
    return lambda time: replace(push(time), slide_x=pan * (eased(time) - 0.5) * 2)


def _usual(stage: Stage) -> Path:
    push, swing = _zoom(stage, 1.025, 1 + 0.1 * stage.strength, 0.1), 0.014 * stage.strength
    return lambda time: replace(push(time), slide_x=swing * (2 * eased(time) - 1))


def _sway(seed: int) -> Callable[[float], tuple[float, float, float, float]]:
    """Four independent smooth noises of about -1 to 1, by seconds."""
    random = np.random.default_rng(seed)
    speeds = random.uniform(0.25, 1.1, (4, 4))
    phases = random.uniform(0, 2 * pi, (4, 4))

    def at(seconds: float) -> tuple[float, float, float, float]:
        waves = np.sin(2 * pi * speeds * seconds + phases) / (1 + speeds) ** 2
        x, y, roll, near = (waves.sum(axis=1) / 1.4).tolist()
        return float(x), float(y), float(roll), float(near)

    return at


_MOVES: dict[CameraMove | None, Callable[[Stage], Path]] = {
    None: _usual,
    CameraMove.STATIC: _static,
    CameraMove.PUSH_IN: _push_in,
    CameraMove.PULL_OUT: _pull_out,
    CameraMove.PAN_LEFT: lambda stage: _pan(stage, -1),
    CameraMove.PAN_RIGHT: lambda stage: _pan(stage, 1),
    CameraMove.TILT_UP: lambda stage: _tilt(stage, -1),
    CameraMove.TILT_DOWN: lambda stage: _tilt(stage, 1),
    CameraMove.ORBIT: _orbit,
    CameraMove.DOLLY_ZOOM: _dolly_zoom,
    CameraMove.HANDHELD: _handheld,
    CameraMove.FOLLOW: _follow,
}
