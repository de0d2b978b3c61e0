"""A source video in shots of its own: framings and camera moves inside its frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sin

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.edits.viewpoint import View
from omnireel.models import CameraMove, Framing, Shot, Storyboard, Transition

WIDTHS = {Framing.MEDIUM: 0.74, Framing.CLOSE: 0.52}
_DISSOLVE = 12
"""Frames in which one shot gives way to the next."""
_CLOSER = 0.84
"""Width at the near end of a push or pull, as a share of the shot's."""
_PANNING = 0.86
"""Width of a view that pans or tilts, as a share of the shot's: it needs room beside it."""
_UNDEPICTED = (CameraMove.ORBIT, CameraMove.DOLLY_ZOOM)


@dataclass(frozen=True)
class Take:
    """A shot and where it lies in the clip, in frames; `overlap` of them it shares with the one before."""

    shot: Shot
    start: int
    frames: int
    overlap: int = 0


def takes_of(storyboard: Storyboard, total: int) -> list[Take]:
    """The storyboard's shots over `total` frames, those too short for a frame left out."""
    counts = storyboard.frame_counts(total)
    starts = [0, *accumulate(counts)]
    takes: list[Take] = []
    for shot, start, frames in zip(storyboard.shots, starts, counts, strict=False):
        if frames:
            dissolves = bool(takes) and shot.transition is Transition.DISSOLVE
            takes.append(Take(shot, start, frames, min(_DISSOLVE, frames // 2) if dissolves else 0))
    return takes


def moves_camera(shots: Sequence[Shot], *, framed: bool) -> bool:
    """Whether any shot shows less than the whole source, or another part of it from frame to frame."""
    tight = framed and any(shot.framing in WIDTHS for shot in shots)
    return tight or any(shot.camera not in (None, CameraMove.STATIC) for shot in shots)


def beyond_a_picture(shots: Sequence[Shot]) -> tuple[CameraMove, ...]:
    """Moves around things, which a flat picture cannot show."""
    return tuple(dict.fromkeys(shot.camera for shot in shots if shot.camera in _UNDEPICTED))


class Operator:
    """Aims a camera inside the source.

    `focus` `(n, 2)` is where the eye is drawn in each frame of the clip, as shares of the source; `home` the
    largest view, `tightest` the least width that still looks sharp.
    """

    def __init__(
        self,
        takes: Sequence[Take],
        focus: NDArray[np.float64],
        home: View,
        largest: tuple[float, float],
        tightest: float,
        *,
        framed: bool,
    ) -> None:
        self._takes, self._focus, self._home, self._largest = takes, focus, home, largest
        self._tightest, self._framed = tightest, framed

    def aim(self, take: Take, index: int) -> View:
        """A take's view for frame `index` of the clip, which may lie a little past the take's end."""
        shot, last = take.shot, len(self._focus) - 1
        framing = shot.framing if self._framed else None
        width = WIDTHS.get(framing, 1.0) if framing else 1.0
        share = min(1.0, (index - take.start) / max(1, take.frames - 1))
        x, y = (
            self._focus[min(index, last)]
            if width < 1 or self._follows(shot)
            else (self._home.x, self._home.y)
        )
        grown, right, down = _move(shot.camera, share, index)
        width = min(self._home.width, max(self._tightest, width * grown * self._home.width))
        if shot.camera in (CameraMove.PUSH_IN, CameraMove.PULL_OUT) and not self._follows(shot):
            x, y = _leaning((x, y), self._focus[min(index, last)], (1 - width) * 2.0)
        view = View(float(x + right * self._largest[0]), float(y + down * self._largest[1]), width)
        return view.inside(self._largest)

    def _follows(self, shot: Shot) -> bool:
        crops = min(self._largest) < 0.97
        return crops or shot.camera is CameraMove.FOLLOW


def _leaning(home: tuple[float, float], focus: NDArray[np.float64], share: float) -> tuple[float, float]:
    """From the middle towards the focus: the nearer the camera, the more it looks at what matters."""
    lean = min(1.0, max(0.0, share))
    return home[0] + (float(focus[0]) - home[0]) * lean, home[1] + (float(focus[1]) - home[1]) * lean


def _move(move: CameraMove | None, share: float, index: int) -> tuple[float, float, float]:
    """How wide the view is, as a share of the shot's, and how far it has gone right and down."""
    done = share * share * (3 - 2 * share)
    aside = (1 - _PANNING) / 2 * (2 * done - 1)
    match move:
        case CameraMove.PUSH_IN:
            return _CLOSER**done, 0.0, 0.0
        case CameraMove.PULL_OUT:
            return float(_CLOSER ** (1 - done)), 0.0, 0.0
        case CameraMove.PAN_RIGHT | CameraMove.ORBIT:
            return _PANNING, aside, 0.0
        case CameraMove.PAN_LEFT:
            return _PANNING, -aside, 0.0
        case CameraMove.TILT_DOWN:
            return _PANNING, 0.0, aside
        case CameraMove.TILT_UP:
            return _PANNING, 0.0, -aside
        case CameraMove.HANDHELD:
            return 0.94, *_sway(index)
        case CameraMove.FOLLOW:
            return 0.8, 0.0, 0.0
        case CameraMove.DOLLY_ZOOM:
            return _CLOSER**done, 0.0, 0.0
    return 1.0, 0.0, 0.0


def _sway(index: int) -> tuple[float, float]:
    """Somebody breathing and shifting their weight, in shares of the view."""
    time = index / 24
    x = 0.55 * sin(time * 1.9) + 0.3 * sin(time * 4.3 + 1) + 0.15 * sin(time * 9.1 + 2)
    y = 0.55 * sin(time * 2.3 + 0.7) + 0.3 * sin(time * 5.1) + 0.15 * sin(time * 8.3 + 1.3)
    return 0.02 * x, 0.02 * y
