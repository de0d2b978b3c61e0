from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from omnireel.execution.results import checked_clip
from omnireel.models import Clip, ShotReport, Spritesheet

CIRCLES = ("circle.mp4", "here.mp4", "circle.mp4/clip.mp4", "x" * 5000)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    work = tmp_path / "work"
    work.mkdir()
    for name in ("clip.mp4", "poster.jpg"):
        (work / name).write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"secret")
    return Clip(work / "clip.mp4", work / "poster.jpg", 64, 36, Fraction(24), 24)


def test_two_plain_files_are_taken(clip: Clip) -> None:
    assert checked_clip(clip, clip.path.parent) == clip


def test_a_spritesheet_is_judged_like_the_rest(clip: Clip) -> None:
    work = clip.path.parent
    (work / "sheet.jpg").write_bytes(b"x")
    good = Spritesheet(work / "sheet.jpg", 320, 180)
    assert checked_clip(replace(clip, spritesheet=good), work).spritesheet == good
    for wrong, match in (
        (replace(good, width=0), "measures"),
        (replace(good, height=10**9), "measures"),
        (replace(good, path=work / "../secret"), "outside the scratch folder"),
        (replace(good, path=work / "missing.jpg"), "is missing"),
    ):
        with pytest.raises(ValueError, match=match):
            checked_clip(replace(clip, spritesheet=wrong), work)


def test_impossible_measures_are_refused(clip: Clip) -> None:
    for wrong in (
        replace(clip, width=0),
        replace(clip, height=-1),
        replace(clip, width=10**9),
        replace(clip, frames=0),
        replace(clip, frames=10**300),
        replace(clip, fps=Fraction(10**9)),
        replace(clip, shots=(ShotReport(-1, 24, ""),)),
        replace(clip, shots=(ShotReport(0, 10**300, ""),)),
        replace(clip, fps=Fraction(0)),
        replace(clip, fps=Fraction(-24)),
    ):
        with pytest.raises(ValueError, match="measures"):
            checked_clip(wrong, clip.path.parent)


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "missing.mp4", ".", "clip.mp4/x", "sub/../../secret"]
)
def test_a_path_that_leads_elsewhere_is_refused(clip: Clip, name: str) -> None:
    work = clip.path.parent
    for wrong in (replace(clip, path=work / name), replace(clip, poster=work / name)):
        with pytest.raises(ValueError, match="the clip's file"):
            checked_clip(wrong, work)


def test_links_pipes_and_empty_files_are_refused(clip: Clip) -> None:
    work = clip.path.parent
    (work / "symlink.mp4").symlink_to(work.parent / "secret")
    (work / "inner.mp4").symlink_to(work / "clip.mp4")
    os.link(work.parent / "secret", work / "hard.mp4")
    os.mkfifo(work / "pipe.mp4")
    (work / "empty.mp4").touch()
    (work / "circle.mp4").symlink_to("circle.mp4")
    (work / "here.mp4").symlink_to("there.mp4")
    (work / "there.mp4").symlink_to("here.mp4")
    (work / "folder").symlink_to(work.parent)
    for name in ("symlink.mp4", "inner.mp4", "hard.mp4", "pipe.mp4", "empty.mp4", "folder/secret", *CIRCLES):
        with pytest.raises(ValueError, match="the clip's file"):
            checked_clip(replace(clip, path=work / name), work)


def test_a_relative_path_is_refused(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip.path.parent)
    with pytest.raises(ValueError, match="the clip's file"):
        checked_clip(replace(clip, path=Path("clip.mp4")), clip.path.parent)
