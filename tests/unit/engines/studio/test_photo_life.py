from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from tests.unit.engines.studio.photographs import Numbers, flow_between, psnr, textured

from omnireel.engines.studio.photo.content import content_of
from omnireel.engines.studio.photo.life import life_of
from omnireel.engines.studio.photo.shown import Photo, Setup, Shown, show
from omnireel.media.frames import Frame
from omnireel.models import CameraMove, ImageRole, Shot

CANVAS = (320, 180)
SIZE = (640, 360)


def clouds() -> Frame:
    """A blue sky with soft white lumps."""
    noise = cv2.GaussianBlur(textured(*SIZE, seed=5)[..., 0], (0, 0), 12).astype(np.float32)
    white = np.clip((noise - 122) / 16, 0, 1)[..., None]
    blue, pale = np.array((225, 165, 110), np.float32), np.array((245, 240, 235), np.float32)
    return np.asarray(blue + (pale - blue) * white, np.uint8)


def shore() -> Frame:
    """Sky with clouds, a lake below in faint rows, and a brick tower standing in front of both."""
    picture = clouds()
    random = np.random.default_rng(2)
    rows = cv2.GaussianBlur(random.normal(0, 60, (180, 640)).astype(np.float32), (0, 0), 12, sigmaY=1.2)
    water = np.array((160, 120, 80), np.float32) + rows[..., None] * 1.5
    picture[180:] = np.clip(water, 0, 255).astype(np.uint8)
    bricks = (textured(140, 300, seed=9) // 2 + np.array((30, 50, 110), np.uint8)).astype(np.uint8)
    picture[50:350, 470:610] = cv2.GaussianBlur(bricks, (0, 0), 0.5)
    return picture


def meadow() -> Frame:
    """Upright green blades under a plain sky."""
    random = np.random.default_rng(4)
    blades = cv2.GaussianBlur(random.normal(0, 90, (210, 640)).astype(np.float32), (0, 0), 1.2, sigmaY=14)
    picture = np.full((360, 640, 3), (235, 200, 170), np.uint8)
    green = np.array((40, 140, 70), np.float32) + 4 * blades[..., None] * np.array((0.4, 1, 0.6), np.float32)
    picture[150:] = np.clip(green, 0, 255).astype(np.uint8)
    return picture


def shown(picture: Frame, *stirs: str, seconds: float = 4, role: ImageRole | None = None) -> Shown:
    shot = Shot("", camera=CameraMove.STATIC, images=(1,), stirs=stirs)
    setup = Setup(CANVAS, seed=4, roles=(role,) if role else ())
    return show(shot, [Photo(picture)], setup, seconds=seconds, first=True, last=True)


def change(one: Frame, other: Frame, rows: slice, columns: slice) -> float:
    return float(np.abs(one[rows, columns].astype(int) - other[rows, columns]).mean())


def motion(frames: Shown, begin: float, end: float) -> Numbers:
    return flow_between(frames(begin), frames(end))


WATER = slice(120, 172), slice(20, 210)
TOWER = slice(60, 160), slice(248, 292)


def test_named_water_ripples_while_the_tower_in_it_stands() -> None:
    frames = shown(shore(), "water")
    moving = [change(frames(a / 16), frames((a + 1) / 16), *WATER) for a in range(4, 12)]
    standing = [change(frames(a / 16), frames((a + 1) / 16), *TOWER) for a in range(4, 12)]
    assert min(moving) > 1.2
    assert max(standing) < 0.5 * min(moving)
    flow = motion(frames, 0.3, 0.36)
    assert float(np.abs(flow[TOWER]).mean()) < 0.12
    assert frames.missing == ()


def test_clouds_drift_all_one_way() -> None:
    frames = shown(shore(), "clouds")
    across = [motion(frames, a, a + 0.2)[10:70, 30:210, 0] for a in (0.1, 0.4, 0.7)]
    means = [float(step.mean()) for step in across]
    assert min(abs(mean) for mean in means) > 0.4
    assert len({mean > 0 for mean in means}) == 1
    assert float((np.sign(across[1]) == np.sign(means[1])).mean()) > 0.85


def test_grass_sways_to_and_fro_and_most_at_its_tips() -> None:
    frames = shown(meadow(), "leaves", "wind")
    steps = [motion(frames, a / 12, (a + 1) / 12)[..., 0] for a in range(12)]
    tips, feet = (
        [float(np.abs(step[rows]).mean()) for step in steps] for rows in (slice(90, 115), slice(168, 180))
    )
    assert np.mean(tips) > 1.3 * np.mean(feet)
    leaning = [float(step[90:120].mean()) for step in steps]
    assert min(leaning) < -0.05
    assert max(leaning) > 0.05


@pytest.mark.parametrize("stir", ["steam", "motes"])
def test_what_hangs_in_the_air_is_seen_and_moves(stir: str) -> None:
    dark = np.asarray(textured(*SIZE) // 3, np.uint8)
    plain, airy = shown(dark), shown(dark, stir)
    added = [airy(time).astype(int).sum() - plain(time).astype(int).sum() for time in (0.3, 0.6)]
    assert min(added) > 0
    assert change(airy(0.3), airy(0.4), slice(None), slice(None)) > change(
        plain(0.3), plain(0.4), slice(None), slice(None)
    )


def test_a_flame_flickers_and_lights_what_is_near() -> None:
    picture = np.full((360, 640, 3), (22, 26, 34), np.uint8)
    cv2.ellipse(picture, (320, 160), (16, 44), 0, 0, 360, (150, 215, 255), -1, cv2.LINE_AA)
    frames = shown(np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8), "fire")
    levels = [frames(a / 24) for a in range(24)]
    near = [float(frame[60:100, 125:195].mean()) for frame in levels]
    far = [float(frame[150:, :60].mean()) for frame in levels]
    assert np.ptp(near) > 4 * np.ptp(far)
    assert np.ptp(near) > 2


def test_a_picture_in_which_nothing_can_move_keeps_still() -> None:
    room = np.asarray(np.clip(textured(*SIZE).astype(int) * (0.5, 0.7, 1.0) + (0, 10, 40), 0, 255), np.uint8)
    frames = shown(room)
    # Only the held camera's breath, under half a pixel a frame.
    assert all(psnr(one, other) > 30 for one, other in pairwise(frames(a / 96) for a in range(30, 40)))
    assert float(np.abs(motion(frames, 0, 1)).max()) < 1.0


def test_what_is_named_and_not_there_is_missing_and_changes_nothing() -> None:
    room = np.asarray(np.clip(textured(*SIZE).astype(int) * (0.5, 0.7, 1.0) + (0, 10, 40), 0, 255), np.uint8)
    asked = shown(room, "clouds", "fire")
    assert set(asked.missing) == {"clouds", "fire"}
    assert np.array_equal(asked(0.4), shown(room)(0.4))


@pytest.mark.parametrize(("role", "time"), [(ImageRole.FIRST_FRAME, 0.0), (ImageRole.LAST_FRAME, 1.0)])
def test_a_clip_begins_or_ends_on_the_picture_itself_however_much_moves(role: ImageRole, time: float) -> None:
    words = ("water", "clouds", "steam", "motes", "lights")
    frames, calm = shown(shore(), *words, role=role), shown(np.ascontiguousarray(shore()), role=role)
    assert psnr(frames(time), calm(time)) > 45
    assert psnr(frames(0.5), calm(0.5)) < 40


@pytest.mark.parametrize("picture", [shore(), meadow(), textured(*SIZE)])
def test_no_field_folds_or_tears_the_picture(picture: Frame) -> None:
    words = ("water", "clouds", "leaves", "wind", "fire", "hair", "breath")
    photo = Photo(picture)
    life = life_of(picture, photo.scene.near, photo.saliency, Shot("", stirs=words), 4, seconds=5)
    for seconds in (0.0, 1.3, 3.1, 5.0):
        stir = life.at(seconds)
        assert stir is not None
        cells = stir.across * stir.across.shape[1], stir.down * stir.down.shape[1]
        assert all(float(np.abs(np.diff(cell, axis=axis)).max()) < 0.9 for cell in cells for axis in (0, 1))


def test_materials_are_told_apart() -> None:
    lake = content_of(shore(), ["water", "sky"])
    assert lake.water[95:].mean() > 0.5
    assert lake.water[:60].max() == 0
    assert lake.sky[:50, :170].mean() > 0.6
    field = content_of(meadow())
    assert field.plants[80:].mean() > 0.6
    assert field.plants[:50].max() == 0
    assert not field.water.any()
