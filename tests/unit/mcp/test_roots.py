from __future__ import annotations

import os
from pathlib import Path

import pytest

from omnireel.errors import CannotStart
from omnireel.mcp.roots import Forbidden, Roots


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    allowed = tmp_path / "allowed"
    (allowed / "deep").mkdir(parents=True)
    (allowed / "deep" / "clip.mp4").write_bytes(b"inside")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return allowed


def read(roots: Roots, path: str) -> bytes:
    with roots.open(path) as file:
        return file.read()


def test_files_beneath_a_root_are_read_by_absolute_and_by_relative_path(folder: Path) -> None:
    roots = Roots([folder])

    assert read(roots, str(folder / "deep" / "clip.mp4")) == b"inside"
    assert read(roots, "deep/clip.mp4") == b"inside"
    assert read(roots, "deep/../deep/clip.mp4") == b"inside"


def test_the_second_root_is_looked_at_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()

    assert read(Roots([tmp_path / "other", folder]), str(folder / "deep" / "clip.mp4")) == b"inside"


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/passwd", "deep/../../secret.txt", "/proc/self/environ"]
)
def test_what_lies_outside_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(Forbidden, match="outside the allowed folders"):
        read(Roots([folder]), path)


def test_links_that_lead_outside_are_refused_whether_they_are_files_or_folders(folder: Path) -> None:
    (folder / "link.mp4").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)

    for path in ("link.mp4", "up/secret.txt", "up/allowed/../secret.txt"):
        with pytest.raises(Forbidden, match="outside the allowed folders"):
            read(Roots([folder]), path)


def test_a_link_that_stays_inside_is_followed(folder: Path) -> None:
    (folder / "latest.mp4").symlink_to("deep/clip.mp4")

    assert read(Roots([folder]), "latest.mp4") == b"inside"


def test_a_link_put_there_after_the_look_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = Roots([folder])
    place = roots._place

    def place_and_swap(path: str) -> tuple[Path, Path]:
        found = place(path)
        (folder / "deep").rename(folder / "away")
        (folder / "deep").symlink_to(folder.parent)
        return found

    (folder.parent / "clip.mp4").write_bytes(b"outside")
    monkeypatch.setattr(roots, "_place", place_and_swap)

    with pytest.raises(Forbidden, match="cannot be read"):
        read(roots, "deep/clip.mp4")


def test_only_files_are_read_and_a_pipe_does_not_hang(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")

    for path in (".", "deep", "pipe.mp4"):
        with pytest.raises(Forbidden, match="is not a file"):
            read(Roots([folder]), path)


@pytest.mark.parametrize("path", ["missing.mp4", "a\0b", "x" * 5000])
def test_a_path_that_leads_nowhere_is_an_answer_not_a_fault(folder: Path, path: str) -> None:
    with pytest.raises(Forbidden):
        read(Roots([folder]), path)


def test_without_roots_nothing_is_read(folder: Path) -> None:
    with pytest.raises(Forbidden, match="--root FOLDER"):
        read(Roots([]), str(folder / "deep" / "clip.mp4"))


def test_a_root_must_be_a_folder(folder: Path) -> None:
    with pytest.raises(CannotStart, match="--root must name a folder"):
        Roots([folder / "missing"])
