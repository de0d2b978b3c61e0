"""The looks side by side over the same four clips: strong enough, steady enough, told from each other.

The numbers are those of `benchmarks/quality.py`, on clips the project makes itself, so the thresholds are
for these clips. They keep a look from getting worse; how it compares with other people's filters on real
footage is published with the benchmark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.comparison import Scores, Source, identified, look_of
from benchmarks.peers import opencv_peers
from tests.footage import painting

from omnireel.engines.studio.looks.plan import plan_looks, through
from omnireel.engines.studio.scenery.script import ShotScript
from omnireel.engines.studio.scenery.shot import ShotPainter
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import JobKind, Shot, Storyboard, Subject, TimeOfDay, Weather

pytestmark = pytest.mark.slow

_SIZE = (384, 216)
_WARM_UP, _FRAMES = 2, 8
_DEMO = Path(__file__).parents[4] / "src" / "omnireel" / "demo" / "pond.mp4"

_DOZEN = (
    "clay", "watercolor", "oil", "pencil", "anime", "comic",
    "pixel", "noir", "rain", "snow", "sci-fi", "vintage",
)  # fmt: skip
_LIVELY = ("rain", "snow", "vintage")
"""Those in which something falls or weaves. It belongs to what they are told by, not to their steadiness."""
_OTHERS = (
    "charcoal", "ink-wash", "paper", "stained-glass", "low-poly", "mosaic", "felt", "lego", "coloured-pencil",
    "winter", "autumn", "spring", "super-8", "infrared", "underwater", "fantasy",
    "thermal",
)  # fmt: skip
_CALM = (
    "clay", "anime", "pencil", "stained-glass", "mosaic", "low-poly", "noir", "vintage", "super-8",
    "sci-fi", "rain", "autumn", "spring", "underwater", "fantasy", "thermal",
)  # fmt: skip
"""Looks that must be as steady as OpenCV's own stylization of the same frames."""
_ON_GRIDS = ("pixel", "lego")

Table = dict[str, dict[str, Scores]]


def _pond() -> list[Frame]:
    with VideoReader(_DEMO, "mp4", _SIZE) as reader:
        return [frame.copy() for frame in islice(reader, 30, 30 + _FRAMES)]


def _scene(place: str, noun: str, action: str, time: TimeOfDay) -> list[Frame]:
    shot = Shot("", place=place, time_of_day=time, subjects=(Subject(noun, action=action),))
    script = ShotScript.of(shot, lambda _: None, lambda _: None)
    painter = ShotPainter(script, size=_SIZE, frames=120, seed=3)
    return [painter.paint(40 + number)[0] for number in range(_FRAMES)]


def _still_life() -> list[Frame]:
    """A painting under a camera that pans, turns and zooms a little."""
    picture = painting(620, 380, 4)
    frames = []
    for number in range(_FRAMES):
        cos, sin = np.cos(0.003 * number), np.sin(0.003 * number)
        path = np.array([[cos, -sin, -70 - 1.3 * number], [sin, cos, -50 + 0.8 * number]], np.float32)
        frames.append(np.asarray(cv2.warpAffine(picture, path, _SIZE), np.uint8))
    return frames


def _board(name: str) -> Storyboard:
    if name in set(Weather):
        return Storyboard(JobKind.EDIT, (Shot("", weather=Weather(name)),))
    return Storyboard(JobKind.EDIT, (Shot(""),), (name,))


def _restyled(style: str, frames: Sequence[Frame], *, still: bool = True) -> list[Frame]:
    plan = plan_looks(_board(style), frames[::3], _SIZE, 24.0, 7, still=still)
    return [moment.frame for moment in through(plan.looks, tracked(frames, _SIZE), threads=1)]


@pytest.fixture(scope="module")
def clips() -> dict[str, list[Frame]]:
    return {
        "pond": _pond(),
        "beach": _scene("beach", "dog", "run", TimeOfDay.DAY),
        "city": _scene("city", "car", "drive", TimeOfDay.NIGHT),
        "painting": _still_life(),
    }


@pytest.fixture(scope="module")
def table(clips: dict[str, list[Frame]]) -> Table:
    """Every look's scores on every clip."""
    found: Table = {style: {} for style in (*_DOZEN, *_OTHERS)}
    for name, frames in clips.items():
        source = Source(frames[_WARM_UP:])
        for style, scores in found.items():
            scores[name] = source.compared(_restyled(style, frames)[_WARM_UP:])
            if style in _LIVELY:
                shown = _restyled(style, frames, still=False)[_WARM_UP:]
                scores[name] = replace(scores[name], look=look_of(shown))
    return found


@pytest.fixture(scope="module")
def stylization(clips: dict[str, list[Frame]]) -> dict[str, Scores]:
    peer = next(peer for peer in opencv_peers() if peer.name == "cv2.stylization")
    return {
        name: Source(frames[_WARM_UP:]).compared([peer.apply(frame) for frame in frames[_WARM_UP:]])
        for name, frames in clips.items()
    }


@pytest.mark.parametrize("style", [*_DOZEN, *_OTHERS])
def test_a_look_changes_palette_and_texture_enough_to_be_one(table: Table, style: str) -> None:
    scores = table[style].values()
    assert np.mean([score.palette for score in scores]) >= 4.0
    assert np.mean([score.texture for score in scores]) >= 1.3


@pytest.mark.parametrize("style", _CALM)
def test_a_calm_look_is_no_less_steady_than_a_filter_frame_by_frame(
    table: Table, stylization: dict[str, Scores], style: str
) -> None:
    for clip in ("pond", "painting"):
        assert table[style][clip].jitter <= stylization[clip].jitter + 0.06


@pytest.mark.parametrize("style", [name for name in (*_DOZEN, *_OTHERS) if name not in _ON_GRIDS])
def test_a_look_keeps_the_motion_of_what_it_repaints(table: Table, style: str) -> None:
    scores = [table[style][clip] for clip in ("pond", "painting")]
    assert np.mean([score.motion_error for score in scores]) <= 0.5
    assert max(score.jitter for score in scores) <= 0.65


def test_a_dozen_looks_are_told_apart_by_their_statistics_alone(table: Table) -> None:
    right, of = identified(
        {style: {clip: score.look for clip, score in table[style].items()} for style in _DOZEN}
    )
    assert of == 48
    assert right >= 41
