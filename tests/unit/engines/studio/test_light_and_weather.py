from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from benchmarks.measures import flicker
from tests.footage import filmed, painting
from tests.unit.engines.studio.scenes import (
    HOUSE,
    LAMP,
    ROAD,
    SIZE,
    SKY,
    TREE,
    board,
    landscape,
    mean,
    repainted,
    two_shots,
)

from omnireel.engines.studio.looks.light.air import Footage
from omnireel.engines.studio.looks.light.cube import Shade, cube_of
from omnireel.engines.studio.looks.light.exposure import Exposure, rim_of
from omnireel.engines.studio.looks.light.grain import Grain
from omnireel.engines.studio.looks.plan import plan_looks, style_names
from omnireel.engines.studio.looks.weather.curtain import RAIN, SNOW, Drops, Flakes
from omnireel.media.frames import Frame
from omnireel.models import Shot, TimeOfDay, Weather

DAYLIGHT = landscape()
FILMS = ("noir", "vintage", "sepia", "super-8", "fantasy", "infrared", "thermal")
WORLDS = ("autumn", "winter", "spring", "underwater")


def once(*styles: str, hour: TimeOfDay | None = None, weather: Weather | None = None) -> Frame:
    return repainted(board(*styles, hour=hour, weather=weather), [DAYLIGHT] * 2)[-1]


def luma(frame: Frame) -> float:
    return float(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).mean())


def shaded(picture: Frame, *shades: Shade) -> Frame:
    """A picture through a cube, in plain light."""
    size = picture.shape[1], picture.shape[0]
    return Exposure(size, cube_of(shades), rim_of(size, 0)).of(picture)


def test_a_cube_that_changes_nothing_changes_nothing() -> None:
    picture = painting(96, 64)
    out = shaded(picture)
    assert int(np.abs(out.astype(int) - picture).max()) <= 1


def test_a_cube_keeps_smooth_ramps_smooth() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = shaded(ramp, lambda colours: colours**1.5)
    steps = np.diff(out[0, :, 1].astype(int))
    assert steps.min() >= 0
    assert steps.max() <= 3


def test_night_is_dark_and_blue_and_its_lamps_are_warm_and_bright() -> None:
    night = once(hour=TimeOfDay.NIGHT)
    assert luma(night) < 0.55 * luma(DAYLIGHT)
    road = mean(night, ROAD)
    assert road[0] > road[2] * 1.2
    assert sum(mean(night, LAMP)) > 3 * sum(mean(night, HOUSE))
    assert mean(night, LAMP)[2] > 150


def test_night_leaves_a_dark_clip_readable() -> None:
    dim = (DAYLIGHT * 0.35).astype(np.uint8)
    night = repainted(board(hour=TimeOfDay.NIGHT), [dim] * 2)[-1]
    assert luma(night) > 10
    assert sum(mean(night, (slice(100, 140), slice(110, 180)))) > 1.15 * sum(mean(night, TREE))


def test_stars_stand_in_the_sky_alone() -> None:
    night = cv2.cvtColor(once(hour=TimeOfDay.NIGHT), cv2.COLOR_BGR2GRAY)
    sky = night[:45]
    assert int(sky.max()) > float(np.median(sky)) + 60
    meadow = night[105:145, 110:190]
    assert int(meadow.max()) < float(np.median(meadow)) + 40


def test_hours_have_colours_of_their_own() -> None:
    golden, dawn, dusk = (once(hour=hour) for hour in (TimeOfDay.GOLDEN_HOUR, TimeOfDay.DAWN, TimeOfDay.DUSK))
    plain = mean(DAYLIGHT, ROAD)
    assert mean(golden, ROAD)[2] - mean(golden, ROAD)[0] > plain[2] - plain[0] + 25
    assert luma(dusk) < 0.8 * luma(DAYLIGHT)
    assert luma(dawn) > 1.3 * luma(dusk)
    assert mean(dusk, SKY)[2] > mean(dusk, SKY)[1]


def test_autumn_turns_leaves_and_leaves_the_sky() -> None:
    autumn = once("autumn")
    blue, green, red = mean(autumn, TREE)
    assert red > green * 1.3 > blue
    assert mean(autumn, SKY)[0] > mean(autumn, SKY)[2] + 40


def test_winter_whitens_meadow_and_tree_but_not_the_house() -> None:
    winter = once("winter")
    before, meadow = (
        mean(DAYLIGHT, (slice(100, 140), slice(110, 180))),
        mean(winter, (slice(100, 140), slice(110, 180))),
    )
    assert min(meadow) > 170
    assert np.ptp(meadow) < 45 < np.ptp(before)
    assert mean(winter, HOUSE)[2] > mean(winter, HOUSE)[1] + 12


def test_under_water_red_is_lost() -> None:
    sea = once("underwater")
    for part in (SKY, TREE, ROAD, HOUSE):
        blue, green, red = mean(sea, part)
        assert red < min(blue, green)


def test_infrared_makes_leaves_pink_and_keeps_the_road_grey() -> None:
    infrared = once("infrared")
    blue, green, red = mean(infrared, TREE)
    assert red > green + 50
    assert red > blue
    assert np.ptp(mean(infrared, ROAD)) < 30


@pytest.mark.parametrize("style", ["noir", "sepia"])
def test_films_without_colour_have_one_tint(style: str) -> None:
    lab = cv2.cvtColor(once(style), cv2.COLOR_BGR2LAB).astype(np.float32)
    hue = np.arctan2(lab[..., 2] - 128, lab[..., 1] - 128)[np.hypot(lab[..., 1] - 128, lab[..., 2] - 128) > 8]
    assert len(hue) == 0 if style == "noir" else hue.std() < 0.5


def test_noir_has_deep_blacks_and_bright_whites() -> None:
    low, high = np.quantile(cv2.cvtColor(once("noir"), cv2.COLOR_BGR2GRAY), (0.05, 0.97))
    assert low < 20
    assert high > 150


@pytest.mark.parametrize("style", [*FILMS, *WORLDS])
def test_every_film_and_season_is_told_from_the_source(style: str) -> None:
    result = once(style)
    assert float(np.abs(result.astype(int) - DAYLIGHT).mean()) > 9


@pytest.mark.parametrize("style", [*FILMS, *WORLDS])
def test_held_still_nothing_moves_by_itself(style: str) -> None:
    assert flicker(repainted(board(style), [DAYLIGHT] * 4)) < 0.05


@pytest.mark.parametrize("hour", TimeOfDay)
@pytest.mark.parametrize("weather", [None, Weather.STORM])
def test_held_still_no_hour_flickers(hour: TimeOfDay, weather: Weather | None) -> None:
    assert flicker(repainted(board(hour=hour, weather=weather), [DAYLIGHT] * 4)) < 0.05


def test_film_that_runs_weaves_and_flickers() -> None:
    assert flicker(repainted(board("vintage"), [DAYLIGHT] * 4, still=False)) > 0.3


def test_grain_is_held_for_two_frames() -> None:
    frames = [frame.astype(int) for frame in repainted(board("noir"), [DAYLIGHT] * 6, still=False)]
    apart = [float(np.abs(one - two).mean()) for one, two in pairwise(frames)]
    assert apart[2] < 0.2 * apart[3]


def test_grain_is_as_coarse_on_a_large_canvas_for_its_size() -> None:
    def likeness(side: int) -> float:
        grain = Grain(Footage([DAYLIGHT], (side, side), 24.0, 3), 4.0).at(0)
        assert grain is not None
        level = grain.astype(np.float64) - grain.mean()
        return float((level[:, 1:] * level[:, :-1]).mean() / level.var())

    assert likeness(360) == pytest.approx(likeness(720), abs=0.03)
    assert likeness(1080) > likeness(720) + 0.1


def test_a_thermal_camera_does_not_boil_with_the_noise_of_its_source() -> None:
    random = np.random.default_rng(5)
    noisy = [
        np.clip(DAYLIGHT + random.normal(0, 12, DAYLIGHT.shape), 0, 255).astype(np.uint8) for _ in range(8)
    ]
    alone = [repainted(board("thermal"), [frame])[0] for frame in noisy]
    assert flicker(repainted(board("thermal"), noisy)[4:]) < 0.6 * flicker(alone[4:])


def test_fog_hides_what_is_pale_and_far_more_than_what_is_dark_and_near() -> None:
    fog = once(weather=Weather.FOG)

    def contrast(frame: Frame) -> float:
        return abs(
            sum(mean(frame, (slice(64, 70), slice(100, 190))))
            - sum(mean(frame, (slice(40, 56), slice(100, 190))))
        )

    assert contrast(fog) < 0.45 * contrast(DAYLIGHT)
    assert sum(mean(fog, TREE)) < sum(mean(fog, SKY)) - 60


def test_snowfall_whitens_the_meadow() -> None:
    snow = once(weather=Weather.SNOW)
    meadow = slice(100, 140), slice(110, 180)
    assert sum(mean(snow, meadow)) > sum(mean(DAYLIGHT, meadow)) + 100


def test_a_wet_road_mirrors_what_stands_above_it() -> None:
    red = landscape()
    red[0:60, 100:190] = (20, 20, 230)
    plain, mirrored = (repainted(board(weather=Weather.RAIN), [frame] * 2)[-1] for frame in (DAYLIGHT, red))
    here = slice(158, 176), slice(110, 180)
    assert (
        mean(mirrored, here)[2] - mean(mirrored, here)[0] > mean(plain, here)[2] - mean(plain, here)[0] + 12
    )


def shift_between(one: Frame, two: Frame) -> float:
    """By how many pixels a picture of drops moved down."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) for frame in (one, two)]
    return float(cv2.phaseCorrelate(*grey)[0][1])


def test_drops_fall_down_at_a_believable_speed() -> None:
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    footage = Footage([black], SIZE, 24.0, 3)
    flakes = Flakes(footage, 1.0)
    fall = shift_between(flakes.draw(black.copy(), 10), flakes.draw(black.copy(), 11)) * 24 / SIZE[1]
    assert min(depth.speed for depth in SNOW) * 0.5 < fall < max(depth.speed for depth in SNOW) * 1.2
    assert min(depth.speed for depth in RAIN) > 3 * max(depth.speed for depth in SNOW)
    drops = Drops(footage, 1.0)
    assert (drops.draw(black.copy(), 4) != drops.draw(black.copy(), 5)).any()


def test_lightning_lights_the_whole_scene_and_dies_away() -> None:
    bright = [luma(frame) for frame in repainted(board(weather=Weather.STORM), [DAYLIGHT] * 48, still=False)]
    peak = int(np.argmax(bright))
    usual = float(np.median(bright))
    assert bright[peak] > 1.25 * usual
    assert min(bright[peak : peak + 20]) < usual * 1.1


def test_each_shot_has_its_own_hour() -> None:
    shots = two_shots(Shot("", time_of_day=TimeOfDay.NIGHT), Shot("", time_of_day=TimeOfDay.GOLDEN_HOUR))
    frames = repainted(shots, [DAYLIGHT] * 6, shots=True)
    assert luma(frames[2]) < 0.7 * luma(frames[3])
    assert mean(frames[5], ROAD)[2] > mean(frames[5], ROAD)[0]
    assert mean(frames[0], ROAD)[2] < mean(frames[0], ROAD)[0]


def test_a_shot_without_weather_is_left_as_it_is() -> None:
    shots = two_shots(Shot(""), Shot("", weather=Weather.FOG))
    frames = repainted(shots, [DAYLIGHT] * 4, shots=True)
    assert (frames[1] == DAYLIGHT).all()
    assert (frames[2] != DAYLIGHT).any()


def test_weather_falls_on_the_surface_and_film_goes_on_last() -> None:
    stacked = once("clay", "noir", hour=TimeOfDay.NIGHT, weather=Weather.SNOW)
    lab = cv2.cvtColor(stacked, cv2.COLOR_BGR2LAB).astype(int)
    assert np.abs(lab[..., 1:] - 128).max() <= 2


def test_clay_at_night_is_a_lit_set() -> None:
    night = once("clay", hour=TimeOfDay.NIGHT)
    assert 12 < luma(night) < 0.6 * luma(DAYLIGHT)
    assert int(cv2.cvtColor(night, cv2.COLOR_BGR2GRAY).max()) > 120


def test_what_means_the_same_is_done_once() -> None:
    one, two = once("sepia"), once("vintage", "sepia", "sepia")
    assert (one == two).all()
    night = plan_looks(board("sci-fi", hour=TimeOfDay.NIGHT), [DAYLIGHT], SIZE, 24.0, 7)
    assert len(night.looks) == 1


def test_every_style_that_is_known_can_be_planned() -> None:
    assert not plan_looks(board(*(set(style_names()) & {*FILMS, *WORLDS})), [DAYLIGHT], SIZE, 24.0, 7).unknown
    assert set(style_names()) >= {*FILMS, *WORLDS, "clay"}


@pytest.mark.parametrize(
    ("style", "weather"), [("noir", Weather.RAIN), ("underwater", None), ("autumn", Weather.SNOW)]
)
def test_one_seed_gives_the_same_bytes_on_any_number_of_threads(style: str, weather: Weather | None) -> None:
    source = filmed(painting(520, 320), SIZE, 4)
    ways = [
        repainted(board(style, weather=weather), source, threads=threads, still=False) for threads in (1, 2)
    ]
    assert all((one == two).all() for one, two in zip(*ways, strict=True))


@pytest.mark.parametrize("size", [(32, 18), (18, 64), (50, 50)])
def test_tiny_pictures_have_weather_too(size: tuple[int, int]) -> None:
    frames = [painting(200, 200, seed=s)[: size[1], : size[0]].copy() for s in (1, 1, 2)]
    storyboard = board(*WORLDS, *FILMS, hour=TimeOfDay.DAWN, weather=Weather.STORM)
    assert [frame.shape for frame in repainted(storyboard, frames, still=False)] == [
        (size[1], size[0], 3)
    ] * 3
