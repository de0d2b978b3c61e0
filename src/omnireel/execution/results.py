"""Whether what a child says it made is there, and is a file of its own."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from omnireel.models import Clip

MAX_SIDE = 16_384
MAX_FRAMES = 10_000_000
MAX_FPS = 1000
DIRECTORS = frozenset({"", "rules", "model"})


def checked_clip(clip: Clip, folder: Path) -> Clip:
    """The clip with resolved paths. Raises ValueError for one that cannot be, or whose files are not plain
    ones inside `folder`.
    """
    sheet = clip.spritesheet
    sides = [clip.width, clip.height, *([sheet.width, sheet.height] if sheet else [])]
    sane = all(0 < side <= MAX_SIDE for side in sides)
    if not (sane and 0 < clip.frames <= MAX_FRAMES and 0 < clip.fps <= MAX_FPS):
        raise ValueError("the clip's measures make no sense")
    if not all(0 <= place <= MAX_FRAMES for shot in clip.shots for place in (shot.start, shot.frames)):
        raise ValueError("the measures of the clip's shots make no sense")
    if clip.director not in DIRECTORS:
        raise ValueError("nobody directed the clip")
    return replace(
        clip,
        path=_own_file(clip.path, folder),
        poster=_own_file(clip.poster, folder),
        spritesheet=replace(sheet, path=_own_file(sheet.path, folder)) if sheet else None,
    )


def _own_file(path: Path, folder: Path) -> Path:
    """No link of either kind: the child could have pointed one at a file it may not read itself."""
    if not _inside(path, folder):
        raise ValueError(f"the clip's file {path.name!r} is outside the scratch folder")
    try:
        facts = path.lstat()
    except OSError as error:
        raise ValueError(f"the clip's file {path.name!r} is missing") from error
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or not facts.st_size:
        raise ValueError(f"the clip's file {path.name!r} is not a plain file")
    return path


def _inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve() == path.absolute() and path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        # Links that lead in a circle, or a name too long for the disk.
        return False
