from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from benchmarks.measures import flicker, motion_error, palette_distance, texture_distance
from tests.footage import filmed, painting, repaint_job, true_flow

from omnireel.engines.studio.looks.clay.clay import Clay
from omnireel.engines.studio.looks.look import LookMaker
from omnireel.engines.studio.looks.plan import plan_looks, through
from omnireel.engines.studio.looks.scifi import SciFi
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame
from omnireel.models import TimeOfDay, Weather

SIZE = (640, 360)
LOOKS: dict[str, LookMaker] = {"clay": Clay, "sci-fi": SciFi}
either = pytest.mark.parametrize("make", LOOKS.values(), ids=LOOKS)


def repainted(
    make: LookMaker, frames: list[Frame], *, seed: int = 7, threads: int = 1, frozen: bool = False
) -> list[Frame]:
    size = frames[0].shape[1], frames[0].shape[0]
    look = make(frames[::4], size, seed)
    moments = tracked(frames, size)
    if frozen:
        moments = (replace(moment, index=0) for moment in moments)
    return [moment.frame for moment in look.apply(moments, threads=threads)]


def chroma(frame: Frame) -> float:
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2LAB).astype(np.float32) - 128
    return float(np.hypot(lab[..., 1], lab[..., 2]).mean())


def scene(count: int = 8) -> list[Frame]:
    return filmed(painting(900, 560), SIZE, count)


@either
def test_motion_is_kept_to_half_a_pixel(make: LookMaker) -> None:
    frames = repainted(make, scene())
    assert motion_error(frames[2:], [true_flow(index, SIZE) for index in range(2, 8)]) <= 0.5


@either
def test_the_picture_really_changes(make: LookMaker) -> None:
    source = scene(2)
    result = repainted(make, source)[-1]
    assert palette_distance(source[-1], result) >= 4
    assert texture_distance(source[-1], result) >= 1.3


@either
def test_a_still_source_gives_a_still_picture(make: LookMaker) -> None:
    frames = repainted(make, [scene(1)[0]] * 6, frozen=True)
    assert flicker(frames) < 0.05


@either
def test_sensor_noise_does_not_boil(make: LookMaker) -> None:
    random, still = np.random.default_rng(3), scene(1)[0].astype(np.float32)
    noisy = [np.clip(still + random.normal(0, 4, still.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    frames = repainted(make, noisy, frozen=True)
    assert flicker(frames[3:]) < flicker(noisy[3:])


@either
def test_a_cut_leaves_nothing_of_the_shot_before(make: LookMaker) -> None:
    before, after = scene(4), filmed(painting(900, 560, seed=9), SIZE, 4)
    look, fresh = make(after, SIZE, 7), make(after, SIZE, 7)
    joined = [
        m.frame for m in look.apply((replace(m, index=0) for m in tracked(before + after, SIZE)), threads=1)
    ]
    alone = [m.frame for m in fresh.apply((replace(m, index=0) for m in tracked(after, SIZE)), threads=1)]
    assert all((one == other).all() for one, other in zip(joined[4:], alone, strict=True))


@either
def test_one_seed_gives_the_same_picture_on_any_number_of_threads(make: LookMaker) -> None:
    source = scene(4)
    once, *others = (repainted(make, source, threads=threads) for threads in (1, 1, 2, 4))
    assert all((a == b).all() for other in others for a, b in zip(once, other, strict=True))


def test_another_seed_presses_other_prints() -> None:
    source = scene(1)
    assert (repainted(Clay, source, seed=1)[0] != repainted(Clay, source, seed=2)[0]).any()


@either
@pytest.mark.parametrize("size", [(32, 18), (18, 64), (50, 50)])
def test_tiny_pictures_are_repainted(make: LookMaker, size: tuple[int, int]) -> None:
    frames = [painting(200, 200, seed=s)[: size[1], : size[0]].copy() for s in (1, 1, 2)]
    assert [frame.shape for frame in repainted(make, frames)] == [(size[1], size[0], 3)] * 3


@either
@pytest.mark.parametrize("level", [0, 255])
def test_blank_pictures_are_repainted(make: LookMaker, level: int) -> None:
    blank = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
    frames = repainted(make, [blank] * 3)
    assert len(frames) == 3
    assert flicker(frames) < 1.0


def test_a_grey_clip_becomes_colourful_clay() -> None:
    grey = filmed(painting(900, 560, colour=0.0), SIZE, 2)
    assert chroma(grey[-1]) < 3
    assert chroma(repainted(Clay, grey)[-1]) > 10


def test_a_thin_pole_survives_in_clay() -> None:
    field = np.full((SIZE[1], SIZE[0], 3), (200, 170, 120), np.uint8)
    cv2.line(field, (320, 0), (320, 359), (20, 20, 40), 5)
    result = cv2.cvtColor(repainted(Clay, [field] * 2)[-1], cv2.COLOR_BGR2GRAY).astype(int)
    pole, beside = result[60:300, 318:323].mean(axis=1), result[60:300, 280:300].mean(axis=1)
    assert (beside - pole > 40).all()


def test_clay_has_no_burnt_rims() -> None:
    source = scene(2)
    result = cv2.cvtColor(repainted(Clay, source)[-1], cv2.COLOR_BGR2GRAY)
    assert (result < 12).mean() < 0.01


def test_clay_is_lit_from_the_upper_left() -> None:
    field = np.full((SIZE[1], SIZE[0], 3), (170, 120, 80), np.uint8)
    cv2.circle(field, (320, 180), 90, (80, 140, 210), -1, cv2.LINE_AA)
    result = cv2.cvtColor(repainted(Clay, [field] * 2)[-1], cv2.COLOR_BGR2GRAY).astype(np.float32)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    edge = np.abs(np.hypot(x - 320, y - 180) - 78) < 8
    towards = (x - 320) * -0.62 + (y - 180) * -0.78
    assert result[edge & (towards > 40)].mean() > result[edge & (towards < -40)].mean() + 15


def mean_of(hour: TimeOfDay | None, weather: Weather | None) -> Sequence[float]:
    frames = scene(2)
    plan = plan_looks(repaint_job(hour=hour, weather=weather).storyboard, frames, SIZE, 24.0, 7)
    final = [moment.frame for moment in through(plan.looks, tracked(frames, SIZE), threads=1)][-1]
    return [float(value) for value in final.reshape(-1, 3).mean(axis=0)]


def test_hours_and_weather_change_the_light() -> None:
    plain, night, golden, snow = (
        mean_of(None, None),
        mean_of(TimeOfDay.NIGHT, None),
        mean_of(TimeOfDay.GOLDEN_HOUR, None),
        mean_of(None, Weather.SNOW),
    )
    assert sum(night) < 0.6 * sum(plain)
    assert night[0] > night[2]
    assert golden[2] - golden[0] > plain[2] - plain[0] + 10
    assert snow != plain


@pytest.mark.parametrize("weather", [Weather.RAIN, Weather.SNOW, Weather.STORM, Weather.FOG])
def test_weather_is_the_same_for_the_same_seed(weather: Weather) -> None:
    assert mean_of(None, weather) == mean_of(None, weather)


def test_noir_has_no_colour() -> None:
    frames = scene(1)
    plan = plan_looks(repaint_job("noir").storyboard, frames, SIZE, 24.0, 7)
    final = next(iter(through(plan.looks, tracked(frames, SIZE), threads=1))).frame
    assert chroma(final) < 1.5


def test_looks_stack_in_the_order_asked_for() -> None:
    frames = scene(1)
    plan = plan_looks(repaint_job("clay", "noir").storyboard, frames, SIZE, 24.0, 7)
    final = next(iter(through(plan.looks, tracked(frames, SIZE), threads=1))).frame
    clay = repainted(Clay, frames)[0]
    assert chroma(final) < 1.5
    assert texture_distance(frames[0], final) > 1.3
    assert chroma(clay) > 10


def test_what_no_look_is_called_is_named() -> None:
    plan = plan_looks(repaint_job("marzipan", "clay").storyboard, scene(1), SIZE, 24.0, 7)
    assert plan.unknown == ("marzipan",)
    assert len(plan.looks) == 1
