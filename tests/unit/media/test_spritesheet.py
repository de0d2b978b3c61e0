from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.media_files import Picture, frame_number, make_video

from omnireel.media.spritesheet import IN_A_ROW, SIDE, draw_spritesheet
from omnireel.models import Spritesheet


def stills(path: Path, count: int, *, width: int, height: int) -> list[Picture]:
    """A sheet taken apart again, BGR."""
    with Image.open(path) as image:
        assert image.format == "JPEG"
        sheet = np.asarray(image.convert("RGB"))[..., ::-1]
    places = [divmod(place, IN_A_ROW) for place in range(count)]
    return [
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row, column in places
    ]


def test_a_sheet_shows_the_clip_in_order_from_near_its_beginning_to_near_its_end(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", width=640, height=360, fps=25, seconds=4)
    sheet = draw_spritesheet(clip, tmp_path / "sheet.jpg")
    numbers = [frame_number(still) for still in stills(tmp_path / "sheet.jpg", 25, width=SIDE, height=144)]

    assert sheet == Spritesheet(tmp_path / "sheet.jpg", 5 * SIDE, 5 * 144)
    assert len(numbers) == 25
    assert numbers == sorted(set(numbers))
    assert numbers[0] <= 4
    assert numbers[-1] >= 95
    assert max(later - earlier for earlier, later in pairwise(numbers)) <= 6


@pytest.mark.parametrize(
    ("width", "height", "frames", "sheet"),
    [
        (360, 640, 100, (5 * 144, 5 * SIDE)),
        (640, 640, 100, (5 * SIDE, 5 * SIDE)),
    ],
)
def test_a_sheet_is_as_large_as_its_stills(
    tmp_path: Path, width: int, height: int, frames: int, sheet: tuple[int, int]
) -> None:
    clip = make_video(tmp_path / "clip.mp4", width=width, height=height, fps=25, seconds=frames / 25)
    drawn = draw_spritesheet(clip, tmp_path / "sheet.jpg")

    assert drawn is not None
    with Image.open(drawn.path) as image:
        assert image.size == (drawn.width, drawn.height) == sheet


def test_a_clip_of_few_frames_has_one_short_row(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", width=640, height=360, fps=25, seconds=3 / 25)
    drawn = draw_spritesheet(clip, tmp_path / "sheet.jpg")

    assert drawn is not None
    assert (drawn.width in (SIDE, 2 * SIDE, 3 * SIDE), drawn.height) == (True, 144)


def test_the_same_clip_gives_the_same_sheet(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", width=640, height=360, seconds=1)
    draw_spritesheet(clip, tmp_path / "one.jpg")
    draw_spritesheet(clip, tmp_path / "two.jpg")

    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()


def test_a_clip_longer_and_smaller_than_any_input_may_be_has_a_sheet_too(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", width=64, height=36, seconds=15)

    assert draw_spritesheet(clip, tmp_path / "sheet.jpg") == Spritesheet(tmp_path / "sheet.jpg", 320, 180)


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a clip" * 100)

    assert draw_spritesheet(tmp_path / "clip.mp4", tmp_path / "sheet.jpg") is None
    assert not (tmp_path / "sheet.jpg").exists()
