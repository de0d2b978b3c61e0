"""A clip's files on their way from a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from omnireel.execution.cluster.carrying import CHUNK, carry, described, files_of
from omnireel.models import Clip, Spritesheet


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    there = tmp_path / "there"
    there.mkdir()
    sheet = Spritesheet(there / "sheet.jpg", 320, 180)
    (there / "clip.mp4").write_bytes(bytes(range(256)) * (2 * CHUNK // 256) + b"the end")
    (there / "poster.jpg").write_bytes(b"poster")
    sheet.path.write_bytes(b"stills")
    return Clip(there / "clip.mp4", there / "poster.jpg", 64, 36, Fraction(24), 24, spritesheet=sheet)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def reader(clip: Clip) -> Callable[[str, int], bytes]:
    return lambda part, offset: dict(files_of(clip))[part].read_bytes()[offset : offset + CHUNK]


def test_every_file_arrives_as_it_left(clip: Clip, here: Path) -> None:
    carried = carry(clip, described(clip), reader(clip), here)
    for (_, there), (_, path) in zip(files_of(clip), files_of(carried), strict=True):
        assert path.parent == here
        assert path.read_bytes() == there.read_bytes()
    assert replace(carried, path=clip.path, poster=clip.poster, spritesheet=clip.spritesheet) == clip


def test_a_clip_without_a_spritesheet_arrives_without_one(clip: Clip, here: Path) -> None:
    bare = replace(clip, spritesheet=None)
    assert carry(bare, described(bare), reader(bare), here).spritesheet is None


def test_a_file_that_changed_on_the_way_is_refused(clip: Clip, here: Path) -> None:
    files = described(clip)
    clip.poster.write_bytes(b"other!")
    with pytest.raises(ValueError, match="poster did not arrive as it left"):
        carry(clip, files, reader(clip), here)


def test_a_file_that_ends_too_soon_is_refused(clip: Clip, here: Path) -> None:
    files = described(clip)
    clip.path.write_bytes(b"cut")
    with pytest.raises(ValueError, match="path did not arrive as it left"):
        carry(clip, files, reader(clip), here)


def test_a_file_that_is_not_named_is_missed(clip: Clip, here: Path) -> None:
    with pytest.raises(ValueError, match="without its spritesheet"):
        carry(clip, described(clip)[:2], reader(clip), here)


@pytest.mark.parametrize("name", ["../clip.mp4", "/etc/passwd", "a/b"])
def test_a_name_that_leads_elsewhere_is_refused(clip: Clip, here: Path, name: str) -> None:
    first, *others = described(clip)
    with pytest.raises(ValueError, match="not a file to be carried"):
        carry(clip, (replace(first, name=name), *others), reader(clip), here)
