"""A finished clip's way from the node that made it to the dispatcher's scratch folder.

In pieces, each asked for when the last one is on the disk: nobody holds a whole file, and Ray's object store
holds a few pieces for a moment. What arrives is measured against what left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from omnireel.execution.cluster.messages import CarriedFile
from omnireel.models import Clip

CHUNK = 2 * 1024 * 1024
"""Bytes in a piece."""
MOST = 4 * 1024**3
"""Bytes of a file that are accepted at all."""


def files_of(clip: Clip) -> Iterator[tuple[str, Path]]:
    """The clip's files, each with the part that it is."""
    yield "path", clip.path
    yield "poster", clip.poster
    if clip.spritesheet is not None:
        yield "spritesheet", clip.spritesheet.path


def described(clip: Clip) -> tuple[CarriedFile, ...]:
    """What is to be carried. Raises OSError."""
    return tuple(_described(part, path) for part, path in files_of(clip))


def carry(clip: Clip, files: tuple[CarriedFile, ...], read: Callable[[str, int], bytes], to: Path) -> Clip:
    """Fetch the files of a clip into a folder; the clip as it is there.

    `read` gives a piece of a part from an offset on. Raises ValueError when what arrives is not what left,
    OSError when it cannot be written.
    """
    carried = {file.part: _fetched(file, read, to) for file in files}
    try:
        sheet = clip.spritesheet and replace(clip.spritesheet, path=carried["spritesheet"])
        return replace(clip, path=carried["path"], poster=carried["poster"], spritesheet=sheet)
    except KeyError as error:
        raise ValueError(f"the clip came without its {error.args[0]}") from None


def _described(part: str, path: Path) -> CarriedFile:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return CarriedFile(part, path.name, file.tell(), sha256)


def _fetched(file: CarriedFile, read: Callable[[str, int], bytes], to: Path) -> Path:
    if file.size > MOST or Path(file.name).name != file.name:
        raise ValueError(f"the clip's {file.part} is not a file to be carried")
    target, digest, arrived = to / file.name, hashlib.sha256(), 0
    with target.open("xb") as whole:
        while arrived < file.size:
            piece = read(file.part, arrived)
            if not piece:
                break
            whole.write(piece)
            digest.update(piece)
            arrived += len(piece)
    if arrived != file.size or digest.hexdigest() != file.sha256:
        raise ValueError(f"the clip's {file.part} did not arrive as it left")
    return target
