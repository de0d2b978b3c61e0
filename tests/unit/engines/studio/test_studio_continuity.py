from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from tests.footage import filmed, painting

from omnireel.engines.studio.known import KnownMotion, joined
from omnireel.engines.studio.shared_motion import SharedMotion, shared_motion
from omnireel.engines.studio.tracker import tracked
from omnireel.media.frames import Frame

SIZE = (320, 180)


def shot(count: int, seed: int = 5) -> list[Frame]:
    return filmed(painting(640, 400, seed=seed), SIZE, count)


def exposed(frame: np.typing.NDArray[Any], gain: float, offset: float = 0.0) -> Frame:
    bright: Frame = np.clip(frame * gain + offset, 0, 255).astype(np.uint8)
    return bright


def cuts(frames: list[Frame]) -> list[int]:
    return [moment.index for moment in tracked(frames, SIZE) if moment.motion.cut]


def test_a_flash_is_not_taken_for_a_cut() -> None:
    frames = shot(7)
    assert cuts([*frames[:3], exposed(frames[3], 1.0, 110), *frames[4:]]) == [0]
    assert cuts([*frames[:3], np.full_like(frames[3], 255), *frames[4:]]) == [0]


def test_a_quick_fade_to_black_and_back_is_not_a_cut() -> None:
    frames = shot(11)
    light = [1, 0.8, 0.6, 0.4, 0.2, 0, 0.2, 0.4, 0.6, 0.8, 1]
    assert cuts([exposed(frame, share) for frame, share in zip(frames, light, strict=True)]) == [0]


def test_a_fade_through_black_to_another_scene_starts_it_afresh() -> None:
    before, after = shot(4), shot(4, seed=9)
    black = np.zeros_like(before[0])
    faded = [*before, exposed(before[-1], 0.4), black, black, exposed(after[0], 0.4), *after]
    assert cuts(faded) == [0, 7]


@pytest.mark.parametrize("light", [1.0, 0.25])
def test_a_cut_is_found_in_the_light_and_in_the_dark(light: float) -> None:
    frames = shot(3) + shot(3, seed=9)
    assert cuts([exposed(frame, light) for frame in frames]) == [0, 3]


def test_a_dissolve_is_no_cut() -> None:
    before, after = shot(10), shot(10, seed=9)
    shares = np.linspace(0, 1, 10)
    mixed = [
        exposed(cv2.addWeighted(a, 1 - s, b, s, 0), 1) for a, b, s in zip(before, after, shares, strict=True)
    ]
    assert cuts(mixed) == [0]


def test_darkness_with_noise_is_one_shot() -> None:
    random = np.random.default_rng(3)
    assert cuts([random.integers(0, 6, (SIZE[1], SIZE[0], 3), np.uint8) for _ in range(5)]) == [0]


def walker(index: int) -> Frame:
    """A darker piece of another picture that walks to the right over a ground of gentle texture."""
    frame = exposed(painting(640, 360, seed=3), 0.25, 130)
    left = 80 + 12 * index
    frame[100:280, left : left + 160] = exposed(painting(160, 180, seed=4), 0.5)
    return frame


def test_a_walker_does_not_drag_the_ground_along() -> None:
    motion = list(tracked([walker(index) for index in range(5)], (640, 360)))[-1].motion
    gone = 2 * (motion.x - np.arange(motion.x.shape[1]))
    walking, behind, above = gone[70:120, 85:120], gone[60:130, 30:55], gone[15:40, 70:140]
    assert -12.5 < walking.mean() < -9
    assert np.abs(behind).mean() < 1
    assert np.abs(above).mean() < 0.1


def test_the_past_is_not_believed_along_the_outline_of_what_moves() -> None:
    moment = list(tracked([walker(index) for index in range(5)], (640, 360)))[-1]
    trust = cv2.resize(moment.motion.trust, (640, 360))
    assert trust[120:260, 116:128].mean() < 0.3
    assert trust[120:260, 286:292].mean() < 0.3
    assert trust[:, 400:].mean() > 0.95
    assert trust[140:240, 180:240].mean() > 0.9


def test_the_shared_motion_is_found_among_things_that_move_by_themselves() -> None:
    flow = SharedMotion(0.02, -0.01, 1.5, -0.75).flow((160, 90))
    flow[20:60, 30:80] = (-6, 2)
    found = shared_motion(flow)
    assert np.allclose([found.zoom, found.turn], [0.02, -0.01], atol=2e-3)
    assert np.allclose([found.shift_x, found.shift_y], [1.5, -0.75], atol=0.15)


def test_known_motion_is_followed_exactly() -> None:
    frames = [np.roll(painting(*SIZE), (0, 3 * step), axis=(0, 1)) for step in range(4)]
    flow = np.zeros((45, 80, 2), np.float32)
    flow[..., 0] = -3 / 4
    known = [KnownMotion(flow)] * 4
    moment = list(tracked(frames, SIZE, known=known))[3]
    width = moment.motion.x.shape[1]
    assert np.allclose(moment.motion.x - np.arange(width), -3 * width / SIZE[0], atol=1e-4)
    inside = slice(10, -10)
    sheet = moment.motion.sheets[0].offset
    assert np.allclose(sheet[inside, inside, 0] * SIZE[0] / sheet.shape[1], -9, atol=1e-3)


def test_a_known_cut_starts_afresh_whatever_the_frames_look_like() -> None:
    still = KnownMotion(np.zeros((9, 16, 2), np.float32))
    told = [still, still, KnownMotion(still.flow, cut=True), still]
    moments = list(tracked([painting(*SIZE)] * 4, SIZE, known=told))
    assert [moment.motion.cut for moment in moments] == [True, False, True, False]


def test_known_ids_say_what_has_just_come_into_sight() -> None:
    """A thing eight pixels wide steps four pixels to the right: the ground it leaves was hidden before."""
    flow = np.zeros((90, 160, 2), np.float32)
    before, after, moved = np.zeros((90, 160), np.int16), np.zeros((90, 160), np.int16), flow.copy()
    before[30:60, 40:48], after[30:60, 44:52] = 7, 7
    moved[30:60, 44:52, 0] = -4
    told = [KnownMotion(flow, before), KnownMotion(moved, after)]
    trust = list(tracked([painting(*SIZE)] * 2, SIZE, known=told))[1].motion.trust
    assert trust[35:55, 41:43].max() < 0.2
    assert trust[35:55, 47:50].min() == 1
    assert trust[:20].min() == 1


def test_known_motion_adds_up_over_frames_that_are_dropped() -> None:
    flow = np.zeros((90, 160, 2), np.float32)
    flow[..., 0], flow[..., 1] = -2, 1
    frames, told = [painting(*SIZE)] * 6, [KnownMotion(flow)] * 6
    moments = list(tracked(frames, SIZE, hold=2, known=told))
    assert [moment.index for moment in moments] == [0, 2, 4]
    assert np.allclose(moments[1].motion.x - np.arange(160), -4)
    assert joined([KnownMotion(flow, cut=True), KnownMotion(flow)]).cut
