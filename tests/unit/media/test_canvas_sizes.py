"""How large clips are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnireel.media.canvas import canvas, canvas_like
from omnireel.models import AspectRatio, Mode


@pytest.mark.parametrize(
    ("mode", "aspect_ratio", "size"),
    [
        ("std", "16:9", (1280, 720)),
        ("std", "9:16", (720, 1280)),
        ("std", "1:1", (960, 960)),
        ("pro", "16:9", (1920, 1080)),
        ("pro", "9:16", (1080, 1920)),
        ("pro", "1:1", (1440, 1440)),
    ],
)
def test_a_chosen_shape_has_the_contracts_size(mode: str, aspect_ratio: str, size: tuple[int, int]) -> None:
    assert canvas(Mode(mode), AspectRatio(aspect_ratio)) == size


@pytest.mark.parametrize(
    ("source", "mode", "size"),
    [
        ((960, 540), Mode.STD, (1280, 720)),
        ((480, 360), Mode.STD, (960, 720)),
        ((1080, 1920), Mode.STD, (720, 1280)),
        ((1920, 1080), Mode.PRO, (1920, 1080)),
        ((641, 361), Mode.STD, (1278, 720)),
        ((500, 500), Mode.PRO, (1080, 1080)),
    ],
)
def test_a_sources_shape_is_kept(source: tuple[int, int], mode: Mode, size: tuple[int, int]) -> None:
    assert canvas_like(*source, mode) == size


@given(width=st.integers(360, 2160), height=st.integers(360, 2160), mode=st.sampled_from(Mode))
def test_sides_are_even_and_the_short_one_is_the_modes(width: int, height: int, mode: Mode) -> None:
    size = canvas_like(width, height, mode)

    assert not size[0] % 2
    assert not size[1] % 2
    assert min(size) == (720 if mode is Mode.STD else 1080)
    assert size[0] / size[1] == pytest.approx(width / height, rel=0.002)
