from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from benchmarks.measures import flicker, motion_error, palette_distance, texture_distance
from tests.footage import filmed, painting, path_step, true_flow

from omnireel.engines.studio.looks.graphic.blocks import PARTS, Wall
from omnireel.engines.studio.looks.graphic.catalog import GRAPHIC
from omnireel.engines.studio.looks.graphic.cells import CellPlan, Cutter
from omnireel.engines.studio.looks.graphic.drift import Drift
from omnireel.engines.studio.looks.graphic.kernels_cells import NONE, hold_colours
from omnireel.engines.studio.looks.graphic.ride import Ride
from omnireel.engines.studio.looks.graphic.seeds import Seeds
from omnireel.engines.studio.picture.raster import Mask, Plane, shrunk
from omnireel.engines.studio.tracker import Motion, Tracker, tracked, working_size
from omnireel.media.frames import Frame

SIZE, SMALL = (640, 360), (320, 180)
GRIDS = {"lego", "pixel"}
each = pytest.mark.parametrize("style", sorted(GRAPHIC))
free = pytest.mark.parametrize("style", sorted(set(GRAPHIC) - GRIDS))


def repainted(style: str, frames: list[Frame], *, threads: int = 1, seed: int = 7) -> list[Frame]:
    size = frames[0].shape[1], frames[0].shape[0]
    look = GRAPHIC[style](frames[::4], size, seed)
    return [moment.frame for moment in look.apply(tracked(frames, size), threads=threads)]


def scene(count: int = 6, *, size: tuple[int, int] = SIZE, colour: float = 1.0) -> list[Frame]:
    return filmed(painting(900, 560, colour=colour), size, count)


def grey(frame: Frame) -> Mask:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)


def colours(frame: Frame) -> int:
    return len(np.unique(frame.reshape(-1, 3), axis=0))


def disc(level: int = 60, ground: int = 200) -> Frame:
    field = np.full((SIZE[1], SIZE[0], 3), ground, np.uint8)
    cv2.circle(field, (320, 180), 110, (level, level + 20, level + 60), -1, cv2.LINE_AA)
    return field


@free
def test_motion_is_kept_to_half_a_pixel(style: str) -> None:
    frames = repainted(style, scene(7))
    assert motion_error(frames[2:], [true_flow(index, SIZE) for index in range(2, 7)]) <= 0.5


@each
def test_the_picture_really_changes(style: str) -> None:
    # Without the grain, which is as fine as wool and would hide it.
    source = [np.asarray(cv2.GaussianBlur(frame, (0, 0), 1.5), np.uint8) for frame in scene(2)]
    result = repainted(style, source)[-1]
    assert palette_distance(source[-1], result) >= 4
    assert texture_distance(source[-1], result) >= 1.3


@each
def test_a_still_source_gives_a_still_picture(style: str) -> None:
    frames = repainted(style, [scene(1, size=SMALL)[0]] * 4)
    assert flicker(frames) < 0.12


@each
def test_sensor_noise_does_not_boil(style: str) -> None:
    random, still = np.random.default_rng(3), scene(1, size=SMALL)[0].astype(np.float32)
    noisy = [np.clip(still + random.normal(0, 4, still.shape), 0, 255).astype(np.uint8) for _ in range(7)]
    assert flicker(repainted(style, noisy)[3:]) < flicker(noisy[3:])


@each
def test_a_cut_leaves_nothing_of_the_shot_before(style: str) -> None:
    before, after = scene(2), filmed(painting(900, 560, seed=9), SIZE, 2)
    look, fresh = GRAPHIC[style](after, SIZE, 7), GRAPHIC[style](after, SIZE, 7)
    moments = list(tracked(before + after, SIZE))
    assert moments[2].motion.cut
    joined = [moment.frame for moment in look.apply(moments, threads=1)]
    alone = [moment.frame for moment in fresh.apply(tracked(after, SIZE), threads=1)]
    assert all((one == other).all() for one, other in zip(joined[2:], alone, strict=True))


@each
def test_one_seed_gives_the_same_picture_on_any_number_of_threads(style: str) -> None:
    source = scene(3, size=SMALL)
    once, again, beside = (repainted(style, source, threads=threads) for threads in (1, 1, 2))
    assert all((a == b).all() and (a == c).all() for a, b, c in zip(once, again, beside, strict=True))


@each
@pytest.mark.parametrize("size", [(18, 32), (101, 67)])
def test_odd_and_tiny_pictures_are_repainted(style: str, size: tuple[int, int]) -> None:
    frames = [painting(200, 200, seed=s)[: size[1], : size[0]].copy() for s in (1, 1, 2)]
    assert [frame.shape for frame in repainted(style, frames)] == [(size[1], size[0], 3)] * 3


@each
@pytest.mark.parametrize("level", [0, 255])
def test_blank_pictures_are_repainted_and_rest(style: str, level: int) -> None:
    blank = np.full((SMALL[1], SMALL[0], 3), level, np.uint8)
    assert flicker(repainted(style, [blank] * 3)) < 0.12


@each
def test_a_dark_clip_is_not_drowned(style: str) -> None:
    dark = [np.asarray(frame * 0.22, np.uint8) for frame in scene(2, size=SMALL)]
    result = grey(repainted(style, dark)[-1])
    assert result.mean() > grey(dark[-1]).mean() * 1.5
    assert result.std() > 20


def test_anime_paints_flat_between_soft_steps_of_light() -> None:
    ramp = np.repeat(np.linspace(20, 235, SIZE[0]).astype(np.uint8)[None], SIZE[1], axis=0)
    levels = grey(repainted("anime", [np.dstack([ramp] * 3)] * 2)[-1])[180].astype(float)
    steepness = np.abs(np.diff(cv2.blur(levels[None], (9, 1))[0]))
    assert (steepness < 0.2).mean() > 0.4
    assert (np.diff((steepness > 1.0).astype(int)) == 1).sum() >= 3


def test_anime_ink_is_coloured_and_lies_on_the_outline() -> None:
    result = repainted("anime", [disc(120, 235)] * 2)[-1].astype(int)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    away = np.hypot(x - 320, y - 180)
    band, inside = result[np.abs(away - 108) < 5], result[away < 80]
    inked = band[band.mean(axis=1) < inside.mean() * 0.7]
    assert len(inked) > 2 * 3.14 * 108
    assert np.ptp(inked.mean(axis=0)) > 8


def test_comic_ink_is_black() -> None:
    result = grey(repainted("comic", [disc(90)] * 2)[-1])
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    assert np.median(result[np.abs(np.hypot(x - 320, y - 180) - 109) < 1.0]) < 40


def test_comic_shadows_are_a_screen_at_45_degrees() -> None:
    ramp = np.repeat(np.linspace(0, 255, SIZE[0]).astype(np.uint8)[None], SIZE[1], axis=0)
    dots = grey(repainted("comic", [np.dstack([ramp] * 3)] * 2)[-1])[52:308, 100:356].astype(np.float32)
    power = np.abs(np.fft.rfft2((dots - dots.mean()) * np.outer(np.hanning(256), np.hanning(256))))
    power[:, :12] = 0
    row, column = np.unravel_index(int(power.argmax()), power.shape)
    assert abs(float(np.degrees(np.arctan2(min(row, 256 - row), column))) - 45) < 4
    assert dots.std() > 12


def test_comic_prints_each_colour_on_a_screen_of_its_own() -> None:
    field = np.full((SIZE[1], SIZE[0], 3), (150, 165, 180), np.uint8)
    field[:, :60], field[:, -60:] = 10, 245
    plates = repainted("comic", [field] * 2)[-1][52:308, 192:448].astype(np.float32)
    angles = [dots_angle(plate) for plate in np.moveaxis(plates, -1, 0)]
    assert np.allclose(angles, [0, 45, 15], atol=4)


def dots_angle(plate: Plane) -> float:
    """Degrees from the nearest axis, of the strongest wave."""
    power = np.abs(np.fft.fft2((plate - plate.mean()) * np.outer(np.hanning(256), np.hanning(256))))
    row, column = np.unravel_index(int(power.argmax()), power.shape)
    down, across = min(row, 256 - row), min(column, 256 - column)
    return float(np.degrees(np.arctan2(min(down, across), max(down, across))))


def test_anime_leaves_texture_to_the_imagination() -> None:
    random = np.random.default_rng(5)
    grass = cv2.GaussianBlur(random.normal(0, 90, (SIZE[1], SIZE[0])).astype(np.float32), (0, 0), 2.0)
    field = np.dstack([np.clip(level + grass, 0, 255) for level in (60, 150, 90)]).astype(np.uint8)
    field[:, 320:] = (235, 200, 150)
    drawn = repainted("anime", [field] * 2)[-1]
    before, after = (grey(frame)[:, 40:280].astype(np.float32) for frame in (field, drawn))
    assert fine_contrast(after) < fine_contrast(before)


def fine_contrast(part: Plane) -> float:
    return float((part - cv2.GaussianBlur(part, (0, 0), 1.5)).std())


def test_pixels_are_whole_blocks_of_few_colours() -> None:
    result = repainted("pixel", [scene(1)[0]] * 2)[-1]
    assert colours(result) <= 24
    changes = np.flatnonzero((np.diff(result.astype(int), axis=0) != 0).any(axis=(1, 2)))
    assert len(set((changes + 1) % 3)) == 1


def test_pixels_ride_with_the_camera() -> None:
    wide = painting(900, 560)
    frames = [np.ascontiguousarray(wide[50:410, 20 + step : 660 + step]) for step in range(6)]
    result = repainted("pixel", frames)
    still = np.abs(result[-1].astype(int) - result[-2]).mean()
    along = np.abs(result[-1][:, 8:-8].astype(int) - result[-2][:, 9:-7]).mean()
    assert along < still / 3


def test_bricks_come_in_the_toy_boxs_colours_with_a_stud_on_each() -> None:
    field = np.full((SIZE[1], SIZE[0], 3), (30, 20, 200), np.uint8)
    field[:, 320:] = (230, 230, 230)
    result = repainted("lego", [field] * 2)[-1]
    assert colours(result) < 300
    one = grey(result)[60:240, 60:240].astype(np.float32)
    spectrum = np.abs(np.fft.rfft(one.mean(axis=0) - one.mean()))
    assert int(spectrum.argmax()) % (180 // 6 // 2) == 0
    assert (result[100:200, 60:260].reshape(-1, 3).mean(axis=0) @ [-1, -1, 2]) > 200


def test_a_strong_yellow_is_built_of_yellow_bricks() -> None:
    frame = np.full((SIZE[1], SIZE[0], 3), (71, 160, 90), np.uint8)
    cv2.circle(frame, (SIZE[0] // 2, SIZE[1] // 2), SIZE[1] // 3, (71, 223, 242), -1)

    built = repainted("lego", [frame] * 3)[-1]

    _, green, red = built[SIZE[1] // 2 - 20 : SIZE[1] // 2 + 20, SIZE[0] // 2 - 20 : SIZE[0] // 2 + 20].mean(
        axis=(0, 1)
    )
    assert red > green


def test_paper_is_few_sheets_that_throw_shadows() -> None:
    field = np.full((SIZE[1], SIZE[0], 3), 225, np.uint8)
    cv2.rectangle(field, (200, 100), (440, 260), (30, 30, 170), -1)
    result = grey(repainted("paper", [field] * 2)[-1]).astype(float)
    lower, upper = result[266:272, 240:400].mean(), result[84:92, 240:400].mean()
    assert upper - lower > 15


def test_paper_shows_a_white_core_where_it_is_torn() -> None:
    field = np.full((SIZE[1], SIZE[0], 3), (200, 150, 120), np.uint8)
    cv2.rectangle(field, (200, 100), (440, 260), (30, 30, 170), -1)
    result = repainted("paper", [field] * 2)[-1].min(axis=2).astype(int)
    along = result[120:240, 190:210]
    assert (along.max(axis=1) > np.maximum(along[:, 0], along[:, -1]) + 15).mean() > 0.7


def test_glass_has_its_share_of_lead_around_clear_panes() -> None:
    result = repainted("stained-glass", scene(2))[-1]
    lead = grey(result) < 48
    assert 0.10 < lead.mean() < 0.40
    panes = cv2.connectedComponents((~lead).astype(np.uint8))[0]
    assert panes > 80


def test_a_grey_clip_becomes_coloured_glass() -> None:
    result = repainted("stained-glass", scene(2, colour=0.0))[-1]
    lab = cv2.cvtColor(result, cv2.COLOR_BGR2LAB).astype(int) - 128
    assert np.hypot(lab[..., 1], lab[..., 2]).mean() > 14


def test_facets_are_flat() -> None:
    result = repainted("low-poly", scene(2))[-1].astype(int)
    same = (np.abs(np.diff(result, axis=1)).max(axis=2) == 0).mean()
    assert same > 0.6
    assert (np.abs(np.diff(scene(2)[-1].astype(int), axis=1)).max(axis=2) == 0).mean() < 0.1


def test_facets_and_panes_keep_their_edges_while_the_camera_moves() -> None:
    for style in ("low-poly", "stained-glass", "mosaic"):
        source = scene(7)
        frames = repainted(style, source)
        place = np.mgrid[0 : SIZE[1], 0 : SIZE[0]][::-1].transpose(1, 2, 0).astype(np.float32)
        there = place + true_flow(5, SIZE)
        moved = cv2.remap(frames[6], there[..., 0], there[..., 1], cv2.INTER_LINEAR)
        inner = np.s_[24:-24, 24:-24]
        jumped = np.abs(moved[inner].astype(int) - frames[5][inner]).max(axis=2) > 60
        assert jumped.mean() < 0.05, style


def test_stones_lie_in_mortar() -> None:
    result = repainted("mosaic", [disc()] * 2)[-1].astype(int)
    mortar = np.abs(result - [96, 108, 116]).max(axis=2) < 26
    assert 0.08 < mortar.mean() < 0.45


def test_felt_has_fuzzy_edges_and_fibres() -> None:
    result = repainted("felt", [disc()] * 2)[-1].astype(np.float32)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    ring = (np.abs(np.hypot(x - 320, y - 180) - 110) < 0.7) & (x > 240)
    assert result[ring].mean(axis=1).std() > 12
    plain = result[20:60, 20:120].mean(axis=2)
    assert 2 < (plain - cv2.blur(plain, (9, 9))).std() < 25


def motion_of(source: list[Frame]) -> list[Motion]:
    tracker = Tracker(working_size(SIZE))
    width, height = tracker.size
    return [tracker.see(shrunk(frame, (width, height))) for frame in source]


def test_drift_adds_up_the_cameras_pan_and_starts_again_at_a_cut() -> None:
    wide, drift = painting(900, 560), Drift(SIZE)
    frames = [np.ascontiguousarray(wide[50:410, 20 + 2 * step : 660 + 2 * step]) for step in range(6)]
    for motion in motion_of([*frames, painting(640, 360, seed=8)])[:-1]:
        drift.follow(motion)
    assert abs(drift.x + 10) < 1.0
    assert abs(drift.y) < 0.5
    drift.follow(motion_of(frames)[0])
    assert (drift.x, drift.y) == (0.0, 0.0)


def test_drift_goes_with_what_there_is_to_see() -> None:
    lively, frames = painting(300, 300), []
    for step in range(6):
        frame = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
        frame[60:300, 200 + 2 * step : 440 + 2 * step] = lively[:240, :240]
        frames.append(frame)
    drift = Drift(SIZE)
    for motion, frame in zip(motion_of(frames), frames, strict=True):
        drift.follow(motion, grey(shrunk(frame, working_size(SIZE))))
    assert 7 < drift.x < 11
    assert abs(drift.y) < 1.0


def test_a_wall_moves_by_parts_of_a_pixel() -> None:
    labels = (np.indices((8, 12)).sum(axis=0) % 2).astype(np.uint8)
    colours = np.array([[0, 0, 0], [240, 240, 240]], np.uint8)
    at_rest, shifted = (
        Wall(labels, 6, left, PARTS * 6).coloured(colours, (60, 36)) for left in (PARTS * 6, PARTS * 5 + 2)
    )
    assert set(np.unique(at_rest)) == {0, 240}
    assert set(np.unique(shifted)) == {0, 60, 180, 240}
    assert (np.diff(np.flatnonzero(np.diff(shifted[3, :, 0].astype(int)))) <= 5).all()


def test_a_block_keeps_its_colour_until_another_is_clearly_nearer() -> None:
    palette = np.array([[20, 0, 0], [60, 0, 0]], np.float32)
    blocks = np.zeros((2, 5, 3), np.float32)
    blocks[..., 0] = [25, 38, 42, 45, 55]
    new, dark = np.full((2, 5), NONE, np.uint8), np.zeros((2, 5), np.uint8)
    fresh, held, moved = (np.empty_like(new) for _ in range(3))
    hold_colours(blocks, palette, new, 0, 0, np.float32(8), fresh)
    hold_colours(blocks, palette, dark, 0, 0, np.float32(8), held)
    assert fresh[0].tolist() == [0, 0, 1, 1, 1]
    assert held[0].tolist() == [0, 0, 0, 1, 1]
    hold_colours(blocks, palette, fresh, 1, 0, np.float32(8), moved)
    assert moved[0].tolist() == [0, 0, 0, 1, 1]


def test_no_reluctance_lets_a_block_keep_a_colour_it_no_longer_has_at_all() -> None:
    palette = np.array([[20, 0, 0], [32, 0, 0]], np.float32)
    blocks = np.zeros((1, 3, 3), np.float32)
    blocks[..., 0] = [22, 28, 32]
    held, dark = np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8)
    hold_colours(blocks, palette, dark, 0, 0, np.float32(100), held)
    assert held[0].tolist() == [0, 0, 1]


def test_a_ride_turns_with_the_scene() -> None:
    ride = Ride(SIZE)
    for motion in motion_of(scene(4)):
        ride.follow(motion)
    found = ride.onto_screen() @ np.array([[320, 100], [180, 60], [1, 1]], float)
    there = np.array([[320, 100], [180, 60], [1, 1]], float)
    screen = there[:2]
    for index in reversed(range(3)):
        onto = np.vstack([path_step(index + 1), [0, 0, 1]])
        back = np.vstack([cv2.invertAffineTransform(path_step(index)), [0, 0, 1]])
        screen = (back @ onto @ np.vstack([screen, [1, 1]]))[:2]
    assert np.abs(found - (screen - [[320], [180]])).max() < 1.5


def test_seeds_keep_their_names_and_their_distance_on_a_moving_picture() -> None:
    motions = motion_of(scene(8))
    height, width = motions[0].x.shape
    seeds, spacing = Seeds((width, height), 12.0, 3), np.full((height, width), 12.0, np.float32)
    first = seeds.follow(motions[0], spacing)
    assert len(set(first.name)) == len(first.name)
    for motion in motions[1:]:
        last = seeds.follow(motion, spacing)
    kept = np.isin(first.name, last.name).mean()
    settled = last.only(last.life == 1)
    places = np.stack([settled.x, settled.y], 1)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + np.eye(len(places)) * 99
    assert kept > 0.7
    assert apart.min() > 5


def test_cells_cover_a_picture_and_rest_on_a_still_one() -> None:
    still = shrunk(scene(1)[0], (320, 180))
    motions = motion_of([scene(1)[0]] * 3)
    cutter = Cutter((320, 180), CellPlan(16.0, 1 / 2000), 3)
    cells = [cutter.cut(still, motion) for motion in motions]
    changed = (cells[1].names[cells[1].labels] != cells[2].names[cells[2].labels]).mean()
    assert changed < 0.01
    assert 120 < len(cells[0].names) < 360


def test_another_seed_cuts_other_panes() -> None:
    source = scene(1)
    one, other = (repainted("stained-glass", source, seed=seed)[0] for seed in (1, 2))
    assert (one != other).any()


def test_a_moment_keeps_its_place_in_the_clip() -> None:
    look = GRAPHIC["pixel"](scene(1), SIZE, 7)
    moments = [replace(moment, index=5) for moment in tracked(scene(1), SIZE)]
    assert [moment.index for moment in look.apply(moments, threads=1)] == [5]
