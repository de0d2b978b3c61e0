from __future__ import annotations

import cv2
import numpy as np
import pytest
from benchmarks.measures import flicker, motion_error, palette_distance, texture_distance
from tests.footage import filmed, painting, true_flow
from tests.unit.engines.studio.scenes import board, landscape, repainted

from omnireel.director.invention import materials as words_for_materials
from omnireel.engines.studio.looks.invented.materials import materials, ramp_of
from omnireel.engines.studio.looks.invented.surface import surface_of, tile_of
from omnireel.engines.studio.looks.invented.textures import PATTERNS, texture_of
from omnireel.media.frames import Frame
from omnireel.models import InventedLook

SIZE = (320, 180)


def cast_in(*names: str, colours: tuple[str, ...] = (), frames: list[Frame] | None = None) -> list[Frame]:
    look = InventedLook(" ".join(names), names, colours)
    return repainted(board(invented=[look]), frames or [landscape()] * 2)


def mean_lab(frame: Frame) -> tuple[float, float, float]:
    light, a, b = cv2.cvtColor(frame, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(float).mean(axis=0) - (
        0,
        128,
        128,
    )
    return float(light), float(a), float(b)


def test_every_material_that_words_name_can_be_cast() -> None:
    assert set(words_for_materials().values()) <= set(materials())


def test_every_material_has_a_pattern_and_colours() -> None:
    for material in materials().values():
        assert material.pattern in PATTERNS
        ramp = ramp_of(material)
        assert ramp.shape == (256, 3)
        assert ramp[-1].sum() > ramp[0].sum()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_wrap_and_vary(pattern: str) -> None:
    texture = texture_of(pattern, 3)
    tone = texture.tone.astype(int)
    inner = np.abs(np.diff(tone, axis=1)).mean(axis=0)
    seam = float(np.abs(tone[:, 0] - tone[:, -1]).mean())
    assert seam <= max(3.0, float(np.quantile(inner, 0.99)) * 1.6)
    assert texture.tone.std() + texture.lean.std() > 2


def test_gold_is_yellow_and_denim_is_blue_and_marble_is_pale() -> None:
    gold, denim, marble = (mean_lab(cast_in(name)[-1]) for name in ("gold", "denim", "marble"))
    assert gold[2] > 25
    assert denim[2] < -12
    assert marble[0] > denim[0] + 40
    assert max(abs(marble[1]), abs(marble[2])) < 6


def test_a_named_colour_dyes_the_material() -> None:
    plain, green = mean_lab(cast_in("marble")[-1]), mean_lab(cast_in("marble", colours=("green",))[-1])
    assert green[1] < plain[1] - 10


def test_colours_alone_become_paint() -> None:
    look = InventedLook("red and black", (), ("red", "black"))
    result = repainted(board(invented=[look]), [landscape()] * 2)[-1]
    assert mean_lab(result)[1] > 12


def test_two_materials_share_the_picture() -> None:
    both = cast_in("copper", "emerald")[-1].astype(int)
    warm, green = (both[..., 2] > both[..., 1] + 15).mean(), (both[..., 1] > both[..., 2] + 15).mean()
    assert warm > 0.1
    assert green > 0.1


def test_the_material_is_lit_from_the_upper_left() -> None:
    field = np.full((180, 320, 3), 90, np.uint8)
    cv2.circle(field, (160, 90), 50, (200, 200, 200), -1, cv2.LINE_AA)
    grey = cv2.cvtColor(cast_in("stone", frames=[field] * 2)[-1], cv2.COLOR_BGR2GRAY).astype(float)
    assert grey[50:62, 118:132].mean() > grey[118:130, 188:202].mean() + 12


def test_it_keeps_the_motion_and_does_not_flicker() -> None:
    frames = filmed(painting(900, 560), (640, 360), 8)
    result = cast_in("marble", frames=frames)
    assert motion_error(result[2:], [true_flow(index, (640, 360)) for index in range(2, 8)]) <= 0.5
    assert palette_distance(frames[-1], result[-1]) >= 4
    assert texture_distance(frames[-1], result[-1]) >= 1.3
    assert flicker(cast_in("rust", frames=[frames[0]] * 4)) < 0.05


@pytest.mark.parametrize("names", [("gold",), ("copper", "emerald"), ("neon",)])
def test_one_seed_gives_the_same_bytes_on_any_number_of_threads(names: tuple[str, ...]) -> None:
    source = filmed(painting(520, 320), SIZE, 3)
    look = board(invented=[InventedLook("x", names)])
    ways = [repainted(look, source, threads=threads) for threads in (1, 2)]
    assert all((one == two).all() for one, two in zip(*ways, strict=True))


def striped(angle_is_across: bool) -> Frame:
    """A reddish picture whose surface is brushed one way."""
    noise = np.random.default_rng(1).standard_normal((480, 640)).astype(np.float32)
    spread = (9.0, 0.6) if angle_is_across else (0.6, 9.0)
    brushed = cv2.GaussianBlur(noise, (0, 0), sigmaX=spread[0], sigmaY=spread[1])
    light = np.linspace(60, 200, 640, dtype=np.float32) + brushed / brushed.std() * 12
    tinted = np.stack([light * 0.4, light * 0.5, light], axis=-1)
    return np.asarray(np.clip(tinted, 0, 255), np.uint8)


def test_a_picture_lends_its_colours() -> None:
    before = landscape()
    after = repainted(board(), [before] * 2, references=[striped(True)])[-1]
    assert mean_lab(after)[1] > mean_lab(before)[1] + 15
    assert palette_distance(before, after) >= 4


@pytest.mark.parametrize("across", [True, False])
def test_a_picture_lends_its_brushing(across: bool) -> None:
    tile = tile_of(surface_of([striped(across)]), 5).astype(int)
    along_x, along_y = np.abs(np.diff(tile, axis=1)).mean(), np.abs(np.diff(tile, axis=0)).mean()
    assert bool(along_y > 2 * along_x) is across
    assert tile.std() > 3


def test_a_borrowed_look_is_decided_once() -> None:
    frames = [landscape()] * 4
    assert flicker(repainted(board(), frames, references=[striped(True)])) < 0.05
    ways = [repainted(board(), frames, references=[striped(True)], threads=threads) for threads in (1, 2)]
    assert all((one == two).all() for one, two in zip(*ways, strict=True))
