from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.unit.engines.studio.photographs import psnr, textured

from omnireel.engines.studio.photo.morph import Tone, subject_of
from omnireel.engines.studio.photo.shown import Photo, Setup, Shown, show
from omnireel.engines.studio.picture.saliency import Window
from omnireel.media.frames import Frame
from omnireel.models import Shot

CANVAS = (320, 180)


def still_life(at: tuple[int, int], radius: int, ground: tuple[int, int, int], seed: int) -> Frame:
    """A red ball on a ground of a colour and texture of its own."""
    picture = np.asarray(textured(640, 360, seed=seed) // 4 + np.array(ground, np.uint8), np.uint8)
    cv2.circle(picture, at, radius, (30, 30, 225), -1, cv2.LINE_AA)
    return picture


SMALL = still_life((170, 190), 40, (90, 110, 60), 3)
LARGE = still_life((430, 170), 68, (120, 70, 40), 8)


def morph(first: Frame, last: Frame) -> Shown:
    photos = [Photo(first), Photo(last)]
    return show(Shot("", images=(1, 2)), photos, Setup(CANVAS, 4), seconds=5, first=True, last=True)


def still(picture: Frame) -> Frame:
    return np.asarray(cv2.resize(picture, CANVAS, interpolation=cv2.INTER_AREA), np.uint8)


def ball(frame: Frame) -> tuple[float, float, float]:
    """Middle and area of what is strongly red."""
    red = (frame[..., 2].astype(int) - np.maximum(frame[..., 0], frame[..., 1])) > 70
    y, x = np.nonzero(red)
    return float(x.mean()), float(y.mean()), float(red.sum())


def test_pictures_of_different_things_begin_and_end_on_themselves() -> None:
    frames = morph(SMALL, LARGE)
    assert psnr(frames(0), still(SMALL)) > 30
    assert psnr(frames(1), still(LARGE)) > 30


def test_what_the_pictures_are_of_meets_half_way_in_place_and_size() -> None:
    frames = morph(SMALL, LARGE)
    first, middle, last = ball(frames(0)), ball(frames(0.5)), ball(frames(1))
    assert first[0] + 20 < middle[0] < last[0]
    assert middle[2] > 1.5 * first[2]
    # One ball, not two side by side.
    x = np.nonzero((frames(0.5)[..., 2] > 150) & (frames(0.5)[..., 1] < 90))[1]
    assert np.ptp(x) < 1.5 * 2 * 68 / 2


def test_light_and_colour_pass_over_without_a_jump() -> None:
    frames = morph(SMALL, LARGE)
    levels = np.array([frames(time / 24).mean(axis=(0, 1)) for time in range(25)])
    whole = float(np.abs(levels[-1] - levels[0]).max())
    assert float(np.abs(np.diff(levels, axis=0)).max()) < 0.35 * whole


def test_a_frame_takes_on_another_ones_tone() -> None:
    dark, warm = np.asarray(textured(64, 64) // 2, np.uint8), np.asarray(LARGE[:64, :64], np.uint8)
    changed = Tone.between(dark, warm).towards(dark, 1)
    assert np.abs(changed.mean(axis=(0, 1)) - warm.mean(axis=(0, 1))).max() < 6
    assert np.array_equal(Tone.between(dark, warm).towards(dark, 0), dark)


@pytest.mark.parametrize(
    ("picture", "at"), [(SMALL, (170 / 640, 190 / 360)), (LARGE, (430 / 640, 170 / 360))]
)
def test_a_picture_is_of_what_stands_out_in_it(picture: Frame, at: tuple[float, float]) -> None:
    found = subject_of(picture, Window(0, 0, 640, 360))
    assert found.x == pytest.approx(at[0], abs=0.08)
    assert found.y == pytest.approx(at[1], abs=0.1)
