"""The compiled loops of scenes against the plain arithmetic they stand for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from omnireel.engines.studio.scenery import kernels
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.card import Card, banded
from omnireel.engines.studio.scenery.kernels_floor import add_wave
from omnireel.engines.studio.scenery.painter import Painter
from omnireel.engines.studio.scenery.places import PLACES
from omnireel.engines.studio.scenery.script import ShotScript
from omnireel.engines.studio.scenery.shot import ShotPainter
from omnireel.engines.studio.scenery.sprite import premultiplied, sprite_of
from omnireel.models import Shot, Subject, Weather

GREY = 90


def soft_picture(height: int, width: int, seed: int = 3) -> Bytes:
    """Straight BGRA: smooth colours inside a smooth outline."""
    noise = np.random.default_rng(seed).integers(0, 256, (9, 9, 4), np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def a_frame(width: int = 120, height: int = 80) -> Painter:
    painter = Painter(width, height)
    painter.frame[:] = GREY
    return painter


def test_a_turned_sprite_lies_where_plain_arithmetic_lays_it() -> None:
    painter, sprite = a_frame(), sprite_of(premultiplied(soft_picture(60, 60)))
    painter.sprite(sprite, 55.3, 41.6, 0.9, anchor=(0.5, 0.5), lean=0.4, haze=0.3, haze_colour=(200, 150, 80))
    picture = sprite.levels[0].astype(np.float32)
    rows, columns = picture.shape[:2]
    c, s = np.cos(0.4) * 0.9, np.sin(0.4) * 0.9
    way = np.array(((c, -s, 55.3 - (c - s) * columns / 2), (s, c, 41.6 - (s + c) * rows / 2)))
    laid = cv2.warpAffine(picture, way, (120, 80), flags=cv2.INTER_LINEAR)
    alpha = laid[..., 3:] / 255
    hazed = laid[..., :3] * 0.7 + np.array((200, 150, 80)) * 0.3 * alpha
    expected = hazed + GREY * (1 - alpha)
    assert np.abs(painter.frame - expected).max() < 6
    assert abs(float((painter.frame - expected).mean())) < 0.5


def test_an_opaque_sprite_covers_and_a_clear_one_leaves_no_trace() -> None:
    solid = np.full((40, 40, 4), 255, np.uint8)
    clear = np.zeros((40, 40, 4), np.uint8)
    painter = a_frame()
    painter.sprite(sprite_of(clear), 60, 60, 1.0, mark=2)
    assert (painter.frame == GREY).all()
    assert not painter.ids.any()
    painter.sprite(sprite_of(solid), 60, 60, 1.0, mark=2)
    assert (painter.frame[30:50, 50:70] == 255).all()
    assert (painter.ids[30:50, 50:70] == 2).all()


def test_a_strip_repeats_without_a_seam() -> None:
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    colour = np.repeat((128 + 100 * np.sin(angle))[None, :, None], 30, axis=0).repeat(3, axis=2)
    band = banded(colour.astype(np.float32), np.ones((30, 64), np.float32))
    painter = a_frame(200)
    painter.strip(band, left=-40.4, step=0.8, top=5.0)
    row = painter.frame[20, :, 0].astype(np.float32)
    expected = 128 + 100 * np.sin((np.arange(200) * 0.8 - 40.4) / 64 * 2 * np.pi)
    assert np.abs(row - expected).max() < 3


def test_half_a_strip_is_laid_where_half_its_opacity_is_asked_for() -> None:
    band = banded(np.full((30, 64, 3), 250, np.float32), np.ones((30, 64), np.float32))
    painter = a_frame()
    painter.strip(band, left=0.0, step=1.0, top=5.0, opacity=0.5)
    assert np.abs(painter.frame[10:30].astype(int) - (250 + GREY) // 2).max() <= 1


@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_colour_of_a_set_exceeds_its_alpha(place: str) -> None:
    script = ShotScript.of(Shot("", place=place, subjects=(Subject("dog"),)), lambda _: None, lambda _: None)
    painter = ShotPainter(script, size=(96, 54), frames=24, seed=4)
    stage = painter.stage
    sprites = [sprite for prop in stage.props for sprite in (prop.sprite, *prop.cycle)]
    sprites += [sprite for member in painter.cast.members for sprite in member.drawings]
    pictures = [level for sprite in sprites for level in sprite.levels]
    pictures += [layer.band for layer in stage.layers] + ([] if stage.clouds is None else [stage.clouds])
    assert all((picture[..., :3] <= picture[..., 3:]).all() for picture in pictures)


def test_pictures_pasted_over_each_other_keep_their_cover() -> None:
    card = Card(64, 40)
    half = np.full((20, 20, 4), 255, np.uint8)
    half[..., 3] = 128
    card.paste(half, 30, 40, 20)
    card.paste(half, 30, 40, 20)
    assert np.abs(card.band()[25:35, 25:35].astype(int) - 192).max() <= 1


def test_waves_on_every_fourth_column_are_those_of_cosine_and_sine() -> None:
    cosines, sines = np.zeros(336, np.float32), np.zeros(336, np.float32)
    add_wave(cosines, sines, 0.7, 0.31, 2.0, 0.5)
    angle = 0.7 + 0.31 * np.arange(336)
    assert np.abs(cosines - 2.0 * np.cos(angle)).max() < 1e-3
    assert np.abs(sines - 0.5 * np.sin(angle)).max() < 1e-3


def test_the_last_pass_keeps_greys_in_order_and_dithers_about_them() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3 * 64, axis=1)
    noise = np.random.default_rng(2).integers(-115, 116, (256, 3 * 64 + 256), np.int8)
    still = np.zeros_like(levels)
    p = np.array((0.0, 1.0, 0.0, 5, 9, 0.12), np.float32)
    kernels.finish(levels, still, np.zeros(3 * 64, np.int32), noise, p)
    share = np.arange(256) / 255
    expected = 255 * (share + 0.12 * (share * share * (3 - 2 * share) - share))
    means = levels.mean(axis=1)
    assert np.abs(means - expected).max() < 0.8
    assert levels[128].std() > 0.2


def test_clouds_close_an_overcast_sky_up_to_the_upper_border() -> None:
    script = ShotScript.of(Shot("", place="sea", weather=Weather.STORM), lambda _: None, lambda _: None)
    frame = ShotPainter(script, size=(192, 108), frames=24, seed=4).paint(2)[0].astype(np.float32)
    rows = frame.mean(axis=(1, 2))
    assert np.abs(np.diff(rows[:8])).max() < 6
