"""What is this file? Answered from its header alone, without decoding anything."""

from __future__ import annotations

from pathlib import Path

from omnireel.errors import InvalidFormat
from omnireel.media.disguise import looks_like
from omnireel.media.mp4 import read_mp4
from omnireel.media.sniffed import Sniffed
from omnireel.media.still import JPEG_START, PNG_START, read_jpeg, read_png, read_webp
from omnireel.media.webm import EBML_START, read_webm
from omnireel.media.window import Window
from omnireel.models import MediaKind

__all__ = ["ACCEPTED", "Sniffed", "sniff"]

ACCEPTED = {
    MediaKind.IMAGE: "images are JPEG, PNG and WebP",
    MediaKind.VIDEO: "videos are MP4, MOV and WebM",
}
_MOVIE_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}


def sniff(path: Path, kind: MediaKind | None = None) -> Sniffed:
    """The facts in a file's header; `kind` is what the file ought to be.

    Reads at most 4 MiB however large the file. Raises
    InvalidFormat when the file is not of an accepted format, is damaged, holds a codec outside the list or is
    not of the `kind` asked for.
    """
    size = path.stat().st_size
    if not size:
        raise InvalidFormat("the file is empty")
    with path.open("rb") as file:
        sniffed = _read(Window(file, size))
    if kind is not None and sniffed.kind is not kind:
        raise InvalidFormat(f"the file is {_article(sniffed)}; accepted {ACCEPTED[kind]}")
    return sniffed


def _read(window: Window) -> Sniffed:
    head = window.head(4096)
    if head.startswith(JPEG_START):
        return read_jpeg(window)
    if head.startswith(PNG_START):
        return read_png(window)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return read_webp(window)
    if head.startswith(EBML_START):
        return read_webm(window)
    if head[4:8] in _MOVIE_BOXES:
        return read_mp4(window)
    raise InvalidFormat(f"the file is {looks_like(head)}; accepted {'; '.join(ACCEPTED.values())}")


def _article(sniffed: Sniffed) -> str:
    article = "an" if sniffed.format == "mp4" else "a"
    return f"{article} {sniffed.format.upper()} {sniffed.kind}"
