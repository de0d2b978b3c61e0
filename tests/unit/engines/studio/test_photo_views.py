from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.unit.engines.studio.photographs import flow_between, growth, landscape, psnr, textured

from omnireel.engines.studio.photo.camera import Stage, path_of
from omnireel.engines.studio.photo.depth import depth_of
from omnireel.engines.studio.photo.kernels_view import STEP, look
from omnireel.engines.studio.photo.plate import kept_inside, view_places
from omnireel.engines.studio.photo.shown import Photo, Setup, Shown, show
from omnireel.engines.studio.picture.saliency import best_window, focus_of, saliency_of
from omnireel.media.frames import Frame
from omnireel.models import CameraMove, Framing, ImageRole, Shot

CANVAS = (320, 180)
MOVES = [None, *CameraMove]


def shown(
    picture: Frame,
    move: CameraMove | None = None,
    framing: Framing | None = None,
    role: ImageRole | None = None,
) -> Shown:
    shot = Shot("", camera=move, framing=framing, images=(1,))
    setup = Setup(CANVAS, seed=4, roles=(role,) if role else ())
    return show(shot, [Photo(picture)], setup, seconds=5, first=True, last=True)


def at_rest(picture: Frame) -> Frame:
    """The picture as the canvas shows it whole."""
    window = Photo(picture).window(CANVAS)
    rows = slice(round(window.y), round(window.y + window.height))
    columns = slice(round(window.x), round(window.x + window.width))
    cropped = np.ascontiguousarray(picture[rows, columns])
    return np.asarray(cv2.resize(cropped, CANVAS, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize(
    ("move", "least", "most"),
    [
        (CameraMove.PUSH_IN, 1.12, 1.3),
        (None, 1.04, 1.15),
        (CameraMove.FOLLOW, 1.04, 1.2),
        (CameraMove.PULL_OUT, 0.76, 0.9),
        (CameraMove.ORBIT, 0.98, 1.02),
        (CameraMove.STATIC, 0.98, 1.02),
    ],
)
def test_a_zoom_reads_back_from_the_motion_it_makes(
    move: CameraMove | None, least: float, most: float
) -> None:
    frames = shown(textured(640, 360), move)
    halves = growth(flow_between(frames(0), frames(0.5))) * growth(flow_between(frames(0.5), frames(1)))
    assert least < halves < most


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [
        (CameraMove.PAN_LEFT, 0, 1),
        (CameraMove.PAN_RIGHT, 0, -1),
        (CameraMove.TILT_UP, 1, 1),
        (CameraMove.TILT_DOWN, 1, -1),
    ],
)
@pytest.mark.parametrize("size", [(640, 360), (900, 400), (500, 640)])
def test_a_pan_or_tilt_moves_the_picture_the_other_way(
    move: CameraMove, axis: int, sign: int, size: tuple[int, int]
) -> None:
    frames = shown(textured(*size), move)
    flow = flow_between(frames(0.45), frames(0.55))
    assert sign * float(flow[..., axis].mean()) > 0.8
    assert abs(float(flow[..., 1 - axis].mean())) < 0.4


def test_a_pan_goes_where_the_picture_has_more_to_show() -> None:
    wide, fitting = textured(900, 360), textured(640, 360)
    far = flow_between(shown(wide, CameraMove.PAN_LEFT)(0.45), shown(wide, CameraMove.PAN_LEFT)(0.55))
    near = flow_between(shown(fitting, CameraMove.PAN_LEFT)(0.45), shown(fitting, CameraMove.PAN_LEFT)(0.55))
    assert far[..., 0].mean() > 2 * near[..., 0].mean()


def test_an_orbit_moves_what_is_near_against_what_is_far() -> None:
    frames = shown(landscape(640, 360), CameraMove.ORBIT)
    flow = flow_between(frames(0), frames(1))
    ground, horizon = flow[150:175, 40:280, 0].mean(), flow[92:104, 40:110, 0].mean()
    assert ground - horizon > 2


def test_a_dolly_zoom_changes_the_distance_behind_the_subject() -> None:
    frames = shown(textured(640, 360), CameraMove.DOLLY_ZOOM)
    flow = flow_between(frames(0), frames(1))
    upper, lower = growth(flow[:60]), growth(flow[-60:])
    assert upper > lower + 0.03


def test_handheld_sways_without_going_anywhere() -> None:
    frames = shown(textured(640, 360), CameraMove.HANDHELD)
    steps = [flow_between(frames(k / 8), frames((k + 1) / 8)).mean(axis=(0, 1)) for k in range(8)]
    assert max(float(np.abs(step).max()) for step in steps) > 0.3
    assert float(np.abs(np.sum(steps, axis=0)).max()) < 12


def test_a_slow_move_advances_evenly_by_fractions_of_a_pixel() -> None:
    frames = shown(textured(640, 360), CameraMove.PAN_RIGHT)
    steps = [
        float(flow_between(frames(k / 119), frames((k + 1) / 119))[40:140, 60:260, 0].mean())
        for k in range(50, 70)
    ]
    assert -1 < np.mean(steps) < -0.1
    assert np.std(steps) < 0.03


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("size", [(640, 360), (900, 380), (300, 700)])
def test_no_move_looks_beyond_the_picture_or_folds_it(move: CameraMove | None, size: tuple[int, int]) -> None:
    photo = Photo(landscape(*size))
    home = photo.window(CANVAS)
    stage = Stage(size, home, focus_of(photo.saliency, size, home), seed=4, strength=1.5)
    path = kept_inside(photo.scene, path_of(move, stage), CANVAS)
    for number in range(25):
        view = path(number / 24)
        places = view_places(photo.scene, view, CANVAS)
        usual = view.width / CANVAS[0] * STEP
        assert float(np.diff(places[..., 0], axis=1).min()) > 0.3 * usual
        assert float(np.diff(places[..., 1], axis=0).min()) > 0.3 * usual
        inner = places[:-1, : CANVAS[0] // STEP]
        assert float(inner.min()) > -1.5
        assert float(inner[..., 0].max()) < size[0] + 1.5
        assert float(inner[..., 1].max()) < size[1] + 1.5


@pytest.mark.parametrize("move", MOVES)
def test_a_first_frame_begins_on_the_picture_and_a_last_frame_ends_on_it(move: CameraMove | None) -> None:
    picture = landscape(640, 400)
    still = at_rest(picture)
    assert psnr(shown(picture, move, role=ImageRole.FIRST_FRAME)(0), still) > 33
    assert psnr(shown(picture, move, role=ImageRole.LAST_FRAME)(1), still) > 33


def test_a_close_framing_shows_less() -> None:
    picture = landscape(1280, 720, subject=(0.3, 0.5))
    wide, close = shown(picture, CameraMove.STATIC)(0), shown(picture, CameraMove.STATIC, Framing.CLOSE)(0)
    red = [int(((frame[..., 2] > 150) & (frame[..., 1] < 90)).sum()) for frame in (wide, close)]
    assert red[1] > 2 * red[0]


def test_a_tiny_picture_is_not_enlarged_into_blur() -> None:
    small = landscape(150, 84)
    wide, close = shown(small, CameraMove.STATIC)(0), shown(small, CameraMove.STATIC, Framing.CLOSE)(0)
    red = [int(((frame[..., 2] > 150) & (frame[..., 1] < 90)).sum()) for frame in (wide, close)]
    assert red[1] < 3 * red[0]


@pytest.mark.parametrize("subject", [(0.2, 0.55), (0.5, 0.55), (0.8, 0.55)])
def test_a_crop_keeps_the_subject(subject: tuple[float, float]) -> None:
    picture = landscape(900, 400, subject)
    window = best_window(saliency_of(picture), (900, 400), 9 / 16)
    assert window.x + 40 < subject[0] * 900 < window.x + window.width - 40
    assert window.width == pytest.approx(225)
    assert focus_of(saliency_of(picture), (900, 400), window)[0] == pytest.approx(subject[0] * 900, abs=60)


def test_the_sky_is_far_and_the_ground_comes_nearer() -> None:
    near = depth_of(landscape(640, 400))
    rows = near.mean(axis=1)
    assert rows[: len(rows) // 4].max() < 0.15
    assert rows[-4] > rows[int(len(rows) * 0.58)] > rows[len(rows) // 3]


def test_looking_straight_at_a_picture_returns_its_pixels() -> None:
    picture = textured(40, 24)
    grid = np.mgrid[0 : 24 // STEP + 1, 0 : 40 // STEP + 1].astype(np.float32) * STEP
    out = np.empty_like(picture)
    look(picture, np.ascontiguousarray(np.stack([grid[1], grid[0]], axis=-1)), out)
    assert np.array_equal(out[:-1, :-1], picture[:-1, :-1])


@pytest.mark.parametrize("size", [(300, 300), (300, 750), (750, 300)])
@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_picture_is_animated_like_any_other(size: tuple[int, int], value: int) -> None:
    picture = np.full((size[1], size[0], 3), value, np.uint8)
    assert np.array_equal(shown(picture)(0.5), np.full((CANVAS[1], CANVAS[0], 3), value, np.uint8))
