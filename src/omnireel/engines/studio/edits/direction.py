"""Decides how a job's source is played and framed, watching it first where that is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.studio.edits.camera_track import Steps
from omnireel.engines.studio.edits.pace import Pace, pace_of
from omnireel.engines.studio.edits.reel import (
    Direction,
    Source,
    directed,
    small_frames,
    source_positions,
)
from omnireel.engines.studio.edits.shooting import (
    WIDTHS,
    Operator,
    Take,
    beyond_a_picture,
    moves_camera,
)
from omnireel.engines.studio.edits.steady import steadied
from omnireel.engines.studio.edits.viewpoint import View, largest_part
from omnireel.engines.studio.edits.watching import SIDE, Watched, watch
from omnireel.engines.studio.picture.raster import Size
from omnireel.models import EditKind, Job

_WANDERS = 0.07
"""How far the eye's focus must wander, as a share of the side, for a crop to go along with it."""
_MOST_ENLARGED = 4.2
"""Canvas pixels per source pixel, beyond which a closer view would only show blur."""
_LEAST_FACTOR = 1.05


def direct_camera(job: Job, source: Source, takes: Sequence[Take], run: Run) -> Direction:
    """The pace, views and corrections of a job. Says what a flat picture does not allow."""
    board, framed = job.storyboard, job.request.multi_shot
    pace = pace_of(board.edits)
    stabilises = any(edit.kind is EditKind.STABILISE for edit in board.edits)
    moves, crops = moves_camera(board.shots, framed=framed), source.crop.scaled != source.crop.size
    if not (stabilises or moves or crops):
        return Direction(pace)
    if not framed and (undepicted := beyond_a_picture(board.shots)):
        names = ", ".join(move.value.replace("_", " ") for move in undepicted)
        run.warn(
            f"A flat video cannot be filmed from another side ({names}); a simpler move was made instead."
        )
    run.report(0.0, "watching")
    with small_frames(source, SIDE) as frames:
        watched = watch(frames, float(source.fps))
    corrections, left = steadied(watched.track) if stabilises else (None, 1.0)
    if not (stabilises or moves or _wanders(watched, source)):
        return Direction(pace)
    return _aimed(source, takes, watched, pace, corrections, left, framed=framed)


def _aimed(
    source: Source,
    takes: Sequence[Take],
    watched: Watched,
    pace: Pace,
    corrections: Steps | None,
    left: float,
    *,
    framed: bool,
) -> Direction:
    largest = largest_part(source.crop.scaled, source.crop.size)
    positions = source_positions(source.frames, pace)
    focus = watched.focus[np.clip(np.rint(positions).astype(np.intp), 0, len(watched.focus) - 1)]
    home = _home(source, left)
    tightest = _tightest(source)
    operator = Operator(takes, focus, home, largest, tightest, framed=framed)
    narrowest = max(
        tightest, min((WIDTHS.get(t.shot.framing, 1.0) for t in takes if t.shot.framing), default=1.0)
    )
    return Direction(pace, directed(list(takes), operator), _read_at(source, narrowest), corrections)


def _home(source: Source, left: float) -> View:
    """The largest view there is: the crop's place, and as much of it as steadying leaves."""
    crop = source.crop
    x, y = crop.left + crop.size[0] / 2, crop.top + crop.size[1] / 2
    return View(x / crop.scaled[0], y / crop.scaled[1], left)


def _tightest(source: Source) -> float:
    """The least width of a view that does not only show blur."""
    enlarged = source.crop.scaled[0] / source.size[0]
    return min(1.0, max(0.4, enlarged / _MOST_ENLARGED))


def _read_at(source: Source, narrowest: float) -> Size:
    """The size to decode at: larger than the crop's where the source has detail that close views show."""
    scaled, native = source.crop.scaled, source.size
    factor = min(1 / narrowest, native[0] / scaled[0])
    if factor < _LEAST_FACTOR:
        return scaled
    return round(scaled[0] * factor), round(scaled[1] * factor)


def _wanders(watched: Watched, source: Source) -> bool:
    across = source.crop.scaled[0] > source.crop.size[0]
    return float(np.ptp(watched.focus[:, 0 if across else 1])) > _WANDERS
