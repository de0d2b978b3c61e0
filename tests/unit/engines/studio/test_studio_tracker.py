from __future__ import annotations

import numpy as np
from tests.footage import filmed, painting, true_flow

from omnireel.engines.studio.anchor import Anchor
from omnireel.engines.studio.tracker import Moment, tracked

SIZE = (640, 360)


def moments(count: int = 6) -> list[Moment]:
    return list(tracked(filmed(painting(900, 560), SIZE, count), SIZE))


def test_the_flow_follows_a_known_camera_path() -> None:
    motion = moments()[3].motion
    height, width = motion.x.shape
    back = np.stack([motion.x, motion.y], axis=-1) - np.stack(
        np.meshgrid(range(width), range(height)), axis=-1
    )
    expected = -true_flow(2, SIZE)[::2, ::2] / 2
    inner = (slice(15, -15), slice(15, -15))
    assert np.linalg.norm(back - expected, axis=2)[inner].mean() < 0.25


def test_the_first_frame_has_nothing_to_follow() -> None:
    first = moments(1)[0].motion
    assert first.cut
    assert (first.trust == 1).all()


def test_a_still_source_is_found_to_be_exactly_still() -> None:
    still = [painting(*SIZE)] * 4
    for moment in list(tracked(still, SIZE))[1:]:
        assert not moment.motion.cut
        width = moment.motion.x.shape[1]
        assert (moment.motion.x == np.arange(width)).all()
        assert not moment.motion.sheets[0].offset.any()


def test_a_cut_starts_afresh() -> None:
    frames = filmed(painting(900, 560), SIZE, 3) + filmed(painting(900, 560, seed=9), SIZE, 3)
    assert [moment.motion.cut for moment in tracked(frames, SIZE)] == [True, False, False, True, False, False]
    assert not list(tracked(frames, SIZE))[3].motion.sheets[0].offset.any()


def test_texture_rides_on_what_moves() -> None:
    sheet = moments(7)[-1].motion.sheets[0]
    width = sheet.offset.shape[1]
    place = np.array([0.5 * SIZE[0], 0.5 * SIZE[1]])
    here = place.copy()
    for index in range(6):
        here += true_flow(index, SIZE)[round(here[1]), round(here[0])]
    scale = SIZE[0] / width
    cell = here / scale
    texel = here + sheet.offset[round(cell[1]), round(cell[0])] * scale
    assert np.abs(texel - place).max() < 1.0


def test_on_twos_every_frame_is_counted_once() -> None:
    frames = filmed(painting(900, 560), SIZE, 7)
    held = list(tracked(frames, SIZE, hold=2))
    assert [(moment.index, moment.hold) for moment in held] == [(0, 2), (2, 2), (4, 2), (6, 1)]


def test_a_stretched_sheet_is_replaced_little_by_little() -> None:
    size = (64, 48)
    anchor = Anchor(size)
    x, y = np.meshgrid(np.arange(64, dtype=np.float32), np.arange(48, dtype=np.float32))
    flow = np.stack([(x - 32) * -0.03, (y - 24) * -0.03], axis=-1)
    shares = []
    for _ in range(60):
        anchor.carry(flow, x + flow[..., 0], y + flow[..., 1])
        shares.append(tuple(sheet.weight for sheet in anchor.sheets))
    assert all(abs(sum(weights) - 1) < 1e-6 for weights in shares)
    fading = [weights[-1] for weights in shares if len(weights) == 2]
    assert fading
    assert max(np.diff(fading[:15])) <= 0.06


def test_the_next_look_sees_the_picture_that_the_last_one_made() -> None:
    moment = moments(1)[0]
    dark = np.full_like(moment.frame, 30)
    assert moment.small.shape == (180, 320, 3)
    assert moment.small.std() > 10
    assert np.array_equal(moment.repainted(dark).small, np.full_like(moment.small, 30))
