"""A picture that shows what became of a video: its moments above, the result's same moments below."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader

MOMENTS = 4
TILE_WIDTH = 400
GAP = 8
PAPER = 245


def write_contact_sheet(before: Path, after: Path, target: Path) -> None:
    """Save a PNG of two rows: frames of `before`, and of `after` at the same times. Both are MP4s of our own.

    Raises OSError when the picture cannot be saved.
    """
    rows = [_row(before, "before"), _row(after, "after")]
    height = max(row.shape[0] for row in rows)
    sheet = np.vstack([_padded(row, height) for row in rows])
    done, encoded = cv2.imencode(".png", sheet[:-GAP, :-GAP])
    if not done:
        raise OSError(f"cannot encode {target.name}")
    target.write_bytes(encoded.tobytes())


def _row(video: Path, caption: str) -> Frame:
    tiles = [_framed(tile) for tile in _moments(video)]
    row = np.hstack(tiles)
    _write(row, caption)
    return row


def _moments(video: Path) -> list[Frame]:
    """Frames from the middle of each of MOMENTS equal parts."""
    with VideoReader(video, "mp4", size=_tile_size(video)) as reader:
        wanted = {int(Fraction(2 * part + 1, 2 * MOMENTS) * len(reader)) for part in range(MOMENTS)}
        return [frame.copy() for place, frame in enumerate(reader) if place in wanted]


def _tile_size(video: Path) -> tuple[int, int]:
    with VideoReader(video, "mp4") as reader:
        return TILE_WIDTH, max(1, round(TILE_WIDTH * reader.facts.height / reader.facts.width))


def _framed(tile: Frame) -> Frame:
    height, width = tile.shape[:2]
    framed = np.full((height + GAP, width + GAP, 3), PAPER, np.uint8)
    framed[:height, :width] = tile
    return framed


def _padded(row: Frame, height: int) -> Frame:
    padded = np.full((height, *row.shape[1:]), PAPER, np.uint8)
    padded[: row.shape[0]] = row
    return padded


def _write(row: Frame, caption: str) -> None:
    for colour, thickness in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.putText(row, caption, (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.7, colour, thickness, cv2.LINE_AA)
