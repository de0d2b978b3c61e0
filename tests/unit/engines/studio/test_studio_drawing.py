from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.footage import filmed, painting

from omnireel.engines.studio.anchor import Sheet
from omnireel.engines.studio.looks.painterly.drawing import vividness
from omnireel.engines.studio.looks.painterly.hatching import Hatch, hatch_stamps
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay, lay_tone
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.looks.painterly.paper import drawing_grain
from omnireel.engines.studio.looks.painterly.toothed import ToothedPaper
from omnireel.engines.studio.picture.raster import grey_of
from omnireel.engines.studio.tracker import Motion, tracked
from omnireel.media.frames import Frame

SIZE = (320, 180)
WHITE, INK = np.array([240, 246, 249], np.uint8), np.array([62, 56, 54], np.uint8)


def rubbed(level: int, lines: int = 0) -> Frame:
    """A sheet covered evenly with marks of one level and lines of one strength."""
    canvas = np.full((SIZE[1], SIZE[0], 4), level, np.uint8)
    offset = np.zeros((SIZE[1] // 4, SIZE[0] // 4, 2), np.float32)
    paper = ToothedPaper(drawing_grain(SIZE, 3), SIZE, WHITE, 0.6)
    return paper.rubbed(canvas, np.full((SIZE[1], SIZE[0]), lines, np.uint8), INK, (Sheet(offset, 1.0),))


def marked(cover: int, lines: int = 0) -> Frame:
    """A sheet with one ink laid evenly on it and lines of one strength."""
    laid, drawn = (np.full((SIZE[1], SIZE[0]), level, np.uint8) for level in (cover, lines))
    offset = np.zeros((SIZE[1] // 4, SIZE[0] // 4, 2), np.float32)
    paper = ToothedPaper(drawing_grain(SIZE, 3), SIZE, WHITE, 0.6)
    return paper.marked(laid, drawn, INK, (Sheet(offset, 1.0),))


def spread(frame: Frame) -> float:
    return float(grey_of(frame).astype(np.float32).std())


def motion() -> Motion:
    moments = list(tracked(filmed(painting(900, 560), (640, 360), 2), (640, 360)))
    return replace(moments[1].motion, trust=np.ones_like(moments[1].motion.trust))


def test_a_sheet_without_marks_is_nearly_even() -> None:
    bare = rubbed(255)
    assert np.abs(bare.mean(axis=(0, 1)) - WHITE).max() < 1
    assert spread(bare) < 1.5


def test_tooth_breaks_middling_marks_most() -> None:
    light, middling, heavy = (spread(rubbed(level)) for level in (245, 140, 20))
    assert middling > 2 * light
    assert middling > 2 * heavy


def test_strong_lines_fill_the_paper_and_faint_ones_break() -> None:
    full, faint = rubbed(255, lines=255), rubbed(255, lines=90)
    assert np.abs(full.mean(axis=(0, 1)) - INK).max() < 4
    assert spread(faint) > 2 * spread(full)


def test_one_ink_is_drawn_as_any_colour_would_be() -> None:
    for cover, lines in ((0, 0), (30, 0), (150, 0), (255, 0), (0, 90), (0, 255), (120, 160)):
        level = round(255 - cover * (1 - INK.mean() / 255))
        apart = marked(cover, lines).astype(np.float32) - rubbed(level, lines)
        assert np.abs(apart).mean() < 4
        assert abs(spread(marked(cover, lines)) - spread(rubbed(level, lines))) < 1


def test_strokes_of_one_tone_cover_what_coloured_ones_do() -> None:
    hatch = Hatch(spacing=9, long=18, wide=2, tones=(0, 1), angle=0, form=0, opacity=1)
    stamps, random = hatch_stamps(hatch, SIZE, 5, 1.6), np.random.default_rng(1)
    strokes = np.zeros((400, 8), np.float32)
    strokes[:, :2] = random.uniform(-20, 340, (400, 2))
    strokes[:, 2], strokes[:, 3] = random.integers(0, 96, 400), random.uniform(0, 7.9, 400)
    strokes[:, 4], strokes[:, 5:8] = random.uniform(0.1, 1, 400), 200
    coloured, plain = np.zeros((180, 320, 4), np.uint8), np.zeros((180, 320), np.uint8)

    lay(strokes, stamps, coloured)
    lay_tone(strokes, stamps, 200, plain)

    assert plain.max() > 150
    assert (coloured[..., 0] == plain).all()


def test_colours_settle_where_they_agree_and_not_across_an_edge() -> None:
    step = motion()
    now = np.full((*step.trust.shape, 3), 100, np.uint8)
    near, far = now + np.uint8(5), now + np.uint8(60)
    assert (settled(now, near, step, 0.6) == 103).all()
    assert (settled(now, far, step, 0.6) == 100).all()


def test_a_field_keeps_its_share_of_the_past_and_leaves_the_past_alone() -> None:
    step = motion()
    field, past = np.zeros_like(step.trust), np.full_like(step.trust, 10)
    assert np.allclose(remembered(field, past, step, 0.7), 7, atol=0.01)
    assert (field == 0).all()
    assert (past == 10).all()


def test_grey_is_not_vivid_and_a_pure_colour_is() -> None:
    colours = np.array([[[90, 90, 90], [0, 0, 255]]], np.uint8)
    assert vividness(colours).tolist() == [[0.0, 1.0]]
