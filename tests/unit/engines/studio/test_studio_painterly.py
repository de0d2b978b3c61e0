from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from benchmarks.measures import flicker, motion_error, palette_distance, texture_distance
from tests.footage import filmed, painting, true_flow

from omnireel.engines.studio.looks.look import LookMaker
from omnireel.engines.studio.looks.painterly.catalog import PAINTERLY
from omnireel.engines.studio.looks.painterly.pigment import ONE, washed
from omnireel.engines.studio.looks.painterly.strokes import Strokes, drift_of
from omnireel.engines.studio.picture.raster import Plane
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame

SIZE = (480, 270)
every = pytest.mark.parametrize("make", PAINTERLY.values(), ids=PAINTERLY)


def repainted(make: LookMaker, frames: list[Frame], *, seed: int = 7, threads: int = 1) -> list[Frame]:
    size = frames[0].shape[1], frames[0].shape[0]
    look = make(frames[::4], size, seed)
    return [moment.frame for moment in look.apply(tracked(frames, size), threads=threads)]


def scene(count: int = 8) -> list[Frame]:
    return filmed(painting(900, 560), SIZE, count)


def one(name: str, frame: Frame) -> Frame:
    return repainted(PAINTERLY[name], [frame] * 2)[-1]


def luma(frame: Frame) -> Plane:
    return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32)


def chroma(frame: Frame) -> float:
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2LAB).astype(np.float32) - 128
    return float(np.hypot(lab[..., 1], lab[..., 2]).mean())


def fine_contrast(grey: Plane) -> float:
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.5)).std())


def disc(level: int, ground: int) -> Frame:
    field = np.full((SIZE[1], SIZE[0], 3), ground, np.uint8)
    cv2.circle(field, (240, 135), 90, (level, level, level), -1, cv2.LINE_AA)
    return field


@every
def test_motion_is_kept_to_half_a_pixel(make: LookMaker) -> None:
    frames = repainted(make, scene(6))
    assert motion_error(frames[2:], [true_flow(index, SIZE) for index in range(2, 6)]) <= 0.5


@every
def test_the_picture_really_changes(make: LookMaker) -> None:
    source = scene(2)
    result = repainted(make, source)[-1]
    assert palette_distance(source[-1], result) >= 4
    assert texture_distance(source[-1], result) >= 1.3


@every
def test_a_still_source_gives_a_still_picture(make: LookMaker) -> None:
    frames = repainted(make, [scene(1)[0]] * 4)
    assert flicker(frames) < 0.05


@every
def test_sensor_noise_does_not_boil(make: LookMaker) -> None:
    random, still = np.random.default_rng(3), scene(1)[0].astype(np.float32)
    noisy = [np.clip(still + random.normal(0, 4, still.shape), 0, 255).astype(np.uint8) for _ in range(5)]
    frames = repainted(make, noisy)
    assert flicker(frames[2:]) < flicker(noisy[2:])


@every
def test_a_cut_leaves_nothing_of_the_shot_before(make: LookMaker) -> None:
    before, after = scene(3), filmed(painting(900, 560, seed=9), SIZE, 2)
    samples = after[:1]
    joined = make(samples, SIZE, 7).apply(tracked(before + after, SIZE), threads=1)
    alone = make(samples, SIZE, 7).apply(tracked(after, SIZE), threads=1)
    assert all((a.frame == b.frame).all() for a, b in zip(list(joined)[3:], alone, strict=True))


@every
def test_one_seed_gives_the_same_picture_on_any_number_of_threads(make: LookMaker) -> None:
    source = scene(3)
    alone, beside = (repainted(make, source, threads=threads) for threads in (1, 2))
    assert all((a == b).all() for a, b in zip(alone, beside, strict=True))


@pytest.mark.parametrize("name", ["oil", "watercolor"])
def test_another_seed_paints_another_picture(name: str) -> None:
    source, make = scene(1), PAINTERLY[name]
    assert (repainted(make, source, seed=1)[0] != repainted(make, source, seed=2)[0]).any()


@every
@pytest.mark.parametrize("size", [(32, 18), (18, 64), (51, 49)])
def test_tiny_and_odd_pictures_are_repainted(make: LookMaker, size: tuple[int, int]) -> None:
    frames = [painting(200, 200, seed=s)[: size[1], : size[0]].copy() for s in (1, 1, 2)]
    assert [frame.shape for frame in repainted(make, frames)] == [(size[1], size[0], 3)] * 3


@every
@pytest.mark.parametrize("level", [0, 255])
def test_blank_pictures_are_repainted(make: LookMaker, level: int) -> None:
    frames = repainted(make, [np.full((SIZE[1], SIZE[0], 3), level, np.uint8)] * 3)
    assert flicker(frames) < 0.05


@pytest.mark.parametrize("name", ["pencil", "charcoal", "ink-wash"])
def test_drawings_have_no_colour_of_the_source(name: str) -> None:
    source = scene(1)[0]
    assert chroma(source) > 15
    assert chroma(one(name, source)) < 9


@pytest.mark.parametrize("name", ["watercolor", "oil"])
def test_paintings_have_more_colour_than_the_source(name: str) -> None:
    source = np.asarray(scene(1)[0] * 0.3 + 120, np.uint8)
    assert chroma(one(name, source)) > chroma(source) * 1.1


@pytest.mark.parametrize(("name", "level"), [("watercolor", 236), ("pencil", 228), ("ink-wash", 215)])
def test_highlights_are_left_as_bare_paper(name: str, level: int) -> None:
    result = luma(one(name, disc(250, 60)))
    assert np.median(result[95:175, 200:280]) > level


def test_coloured_pencil_keeps_the_colours_that_pencil_drops() -> None:
    source = scene(1)[0]
    assert chroma(one("coloured-pencil", source)) > 3 * chroma(one("pencil", source))


def test_much_of_an_ink_painting_is_bare_paper() -> None:
    assert (luma(one("ink-wash", scene(1)[0])) > 205).mean() > 0.35


def test_charcoal_is_blackest_and_pencil_stays_grey() -> None:
    dark = disc(20, 200)
    coal, lead = (luma(one(name, dark))[95:175, 200:280].mean() for name in ("charcoal", "pencil"))
    assert coal < 100
    assert coal + 15 < lead < 180


def test_hatching_gathers_where_it_is_dark() -> None:
    ramp = np.linspace(10, 245, SIZE[0]).astype(np.uint8)
    field = np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (SIZE[1], SIZE[0], 3)))
    result = luma(one("pencil", field))
    means = [result[:, start : start + 96].mean() for start in range(0, 480, 96)]
    assert all(a + 8 < b for a, b in pairwise(means[:-1]))
    assert fine_contrast(result[:, :192]) > 2 * fine_contrast(result[:, -80:])


def test_pigment_pools_at_the_edge_of_a_wash() -> None:
    result = luma(one("watercolor", disc(120, 250)))
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    away = np.hypot(x - 240, y - 135)
    rim = np.array([result[(away > r) & (away <= r + 2)].mean() for r in range(76, 96, 2)])
    assert rim.min() + 12 < result[away < 60].mean()


def test_a_wash_of_density_one_shows_its_colour_and_a_thick_one_a_darker_one() -> None:
    colour = np.arange(256, dtype=np.uint8)[None].repeat(2, axis=0)
    white, plain = np.full_like(colour, 255), np.full_like(colour, ONE)
    assert (washed(colour, plain, white) == colour).all()
    thick = washed(colour, plain * 2, white).astype(int)
    assert (thick[:, [0, 255]] == [0, 255]).all()
    assert (thick[:, 1:255] < colour[:, 1:255]).all()
    assert (washed(white, plain * 3, colour) == colour).all()


def test_pigment_model_is_that_of_the_paper_it_comes_from() -> None:
    random = np.random.default_rng(2)
    colour, density, sheet = (random.integers(0, 256, (40, 50), dtype=np.uint8) for _ in range(3))
    clear = colour / 255
    true = np.clip(clear - (clear - clear**2) * (density / ONE - 1), 0, 1) * sheet
    assert np.abs(washed(colour, density, sheet) - true).max() <= 1.1


def test_oil_strokes_follow_the_form() -> None:
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    stripes = (128 + 70 * np.sin((x * 0.6 + y * 0.8) * 0.10)).astype(np.uint8)
    result = luma(one("oil", cv2.merge([stripes, stripes, stripes])))
    across, down = cv2.Sobel(result, cv2.CV_32F, 1, 0), cv2.Sobel(result, cv2.CV_32F, 0, 1)
    along = np.abs(across * 0.8 - down * 0.6).mean()
    against = np.abs(across * 0.6 + down * 0.8).mean()
    assert against > along * 1.3


def test_oil_is_lit_relief() -> None:
    flat = luma(one("oil", np.full((SIZE[1], SIZE[0], 3), (90, 130, 170), np.uint8)))
    assert fine_contrast(flat) > 4


@pytest.mark.parametrize(("shift", "name"), [((3, 1), "right and down"), ((-4, 2), "left and down")])
def test_strokes_ride_on_what_moves(shift: tuple[int, int], name: str) -> None:
    picture = painting(900, 560)
    frames = [
        np.ascontiguousarray(picture[100 - shift[1] * k :, 130 - shift[0] * k :][: SIZE[1], : SIZE[0]])
        for k in range(5)
    ]
    moments = list(tracked(frames, SIZE))
    strokes = Strokes(SIZE, 12, 3)
    strokes.fade(np.ones(len(strokes.place), np.float32), at_once=True)
    began, whim = strokes.place.copy(), strokes.whim.copy()
    for moment in moments[1:]:
        strokes.follow(drift_of(moment.motion, SIZE))
    same = strokes.alive & (strokes.whim == whim).all(axis=1)
    moved = (strokes.place - began)[same]
    assert same.mean() > 0.5, name
    assert np.abs(np.median(moved, axis=0) - np.array(shift) * 4).max() < 1.5


def test_strokes_neither_thin_out_nor_pile_up() -> None:
    strokes = Strokes(SIZE, 12, 3)
    moments = tracked(filmed(painting(1400, 900), SIZE, 30), SIZE)
    for moment in moments:
        strokes.follow(drift_of(moment.motion, SIZE))
        strokes.fade(np.ones(len(strokes.place), np.float32), at_once=moment.motion.cut)
    cells = (SIZE[0] // 12 + 1) * (SIZE[1] // 12 + 1)
    assert 0.7 * cells < strokes.alive.sum() < 1.25 * cells


def test_no_stroke_pops() -> None:
    strokes = Strokes(SIZE, 12, 3)
    strokes.follow(drift_of(replace(next(tracked(scene(1), SIZE)).motion, cut=False), SIZE))
    before = strokes.opacity.copy()
    strokes.fade(np.ones(len(before), np.float32))
    assert np.abs(strokes.opacity - before).max() <= 0.25
