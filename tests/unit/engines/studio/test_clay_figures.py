"""What a stranger must still find in a clip remade in clay."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.footage import painting

from omnireel.engines.studio.looks.clay.clay import Clay
from omnireel.engines.studio.picture.raster import grey_of
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame

SIZE = (640, 360)
SKIN = (140, 165, 205)


def in_clay(frames: list[Frame]) -> list[NDArray[np.int64]]:
    """Lightness of the remade frames, without the miniature's changing rims."""
    look = Clay(frames[::4], SIZE, 7)
    return [grey_of(m.frame).astype(np.int64) for m in look.apply(tracked(frames, SIZE), threads=1)]


def face(height: int) -> Frame:
    """A head of so many pixels over a wall, its eyes and mouth no darker than on a film."""
    frame = np.full((SIZE[1], SIZE[0], 3), (150, 130, 90), np.uint8)
    centre, part = (320, 180), height / 10
    cv2.ellipse(frame, centre, (round(3.6 * part), round(5 * part)), 0, 0, 360, SKIN, -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (round(320 + side * 1.6 * part), round(180 - part))
        cv2.ellipse(
            frame, eye, (round(0.7 * part), round(0.4 * part)), 0, 0, 360, (70, 80, 95), -1, cv2.LINE_AA
        )
    mouth = (320, round(180 + 2.4 * part))
    cv2.ellipse(
        frame, mouth, (round(1.3 * part), round(0.4 * part)), 0, 0, 360, (85, 80, 140), -1, cv2.LINE_AA
    )
    return frame


@pytest.mark.parametrize("height", [80, 140, 240])
def test_eyes_and_mouth_stay_in_a_face(height: int) -> None:
    clay, part = in_clay([face(height)] * 2)[-1], height / 10
    cheek = clay[round(180 + 0.8 * part), round(320 - 1.8 * part) : round(320 + 1.8 * part)].mean()
    for x, y in ((-1.6, -1.0), (1.6, -1.0), (0.0, 2.4)):
        column, row = round(320 + x * part), round(180 + y * part)
        assert clay[row - 1 : row + 2, column - 1 : column + 2].mean() < cheek - 40


def test_large_letters_stay_letters() -> None:
    sign = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    ink = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    cv2.putText(ink, "OPEN", (120, 220), cv2.FONT_HERSHEY_DUPLEX, 4, 255, 12, cv2.LINE_AA)
    sign[ink > 128] = 215
    clay = in_clay([sign] * 2)[-1]
    found = clay > (clay[ink > 128].mean() + clay[100:260, 90:550][ink[100:260, 90:550] == 0].mean()) / 2
    window = (slice(100, 260), slice(90, 550))
    assert np.corrcoef(found[window].ravel(), (ink > 128)[window].ravel())[0, 1] > 0.75


def test_a_flat_grey_clip_gets_pigments_far_apart() -> None:
    mist = (painting(*SIZE, colour=0.0) * 0.3 + 100).astype(np.uint8)
    look = Clay([mist], SIZE, 7)
    frame = next(iter(look.apply(tracked([mist], SIZE), threads=1))).frame
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2LAB).astype(np.float32)
    spread = np.percentile(lab.reshape(-1, 3), 90, axis=0) - np.percentile(lab.reshape(-1, 3), 10, axis=0)
    assert np.hypot(lab[..., 1] - 128, lab[..., 2] - 128).mean() > 14
    assert np.hypot(spread[1], spread[2]) > 12


def test_a_walker_leaves_no_trail() -> None:
    """Behind it the ground is as it was before, and beside its path nothing has stirred."""
    ground = (painting(*SIZE, seed=3) * 0.25 + 130).astype(np.uint8)
    frames = []
    for index in range(12):
        frame = ground.copy()
        left = 40 + 30 * index
        cv2.rectangle(frame, (left, 120), (left + 39, 239), (40, 40, 60), -1)
        frames.append(frame)
    clay = in_clay(frames)
    changed = np.abs(clay[-1] - clay[0])
    assert changed[20:95, :400].mean() < 3
    assert changed[265:340, :400].mean() < 3
    # Prints under its feet may have been pushed.
    smooth = [cv2.blur(frame.astype(np.float32), (15, 15))[130:230, 150:260] for frame in clay]
    assert np.abs(smooth[-1] - smooth[0]).mean() < 10


def test_a_blinking_light_does_not_shake_the_ground_around_it() -> None:
    still = (painting(*SIZE, seed=3) * 0.5 + 60).astype(np.uint8)
    frames = []
    for index in range(8):
        frame = still.copy()
        if index % 2:
            cv2.circle(frame, (500, 180), 20, (255, 255, 255), -1)
        frames.append(frame)
    moments = (replace(moment, index=0) for moment in tracked(frames, SIZE))
    clay = [moment.frame.astype(np.int64) for moment in Clay(frames[:1], SIZE, 7).apply(moments, threads=1)]
    changes = [np.abs(one - other)[:, :320].mean() for one, other in pairwise(clay[2:])]
    assert max(changes) < 0.3
