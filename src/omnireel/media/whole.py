"""Is an MP4 all there? Whether every sample its index lists lies inside the file, without decoding any."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from omnireel.errors import InvalidFormat
from omnireel.media.boxes import Box, boxes, child, children
from omnireel.media.window import Window

_BUDGET: Final = 64 * 1024 * 1024
_MOST_SAMPLES: Final = 4_000_000
_MOST_FAULTS: Final = 5


def faults_of_mp4(path: Path) -> list[str]:
    """Sentences on what is missing or does not fit, the first few; none for a whole file. Raises OSError.

    Fragmented files are looked at box by box only: their samples are listed beside them.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        window = Window(file, size, budget=_BUDGET)
        try:
            return _faults(window)[:_MOST_FAULTS]
        except InvalidFormat as error:
            return [str(error)]


def _faults(window: Window) -> list[str]:
    if not window.size:
        return ["the file is empty"]
    top = list(boxes(window, 0, window.size))
    if not top or top[0].name != b"ftyp":
        return ["the file does not begin like an MP4"]
    indexes = [box for box in top if box.name == b"moov"]
    if not indexes:
        return ["the file has no index (moov box): it was cut off, or its recording never finished"]
    rest = window.size - top[-1].end
    faults = [f"{rest} bytes follow the last box"] if rest else []
    data = [box for box in top if box.name == b"mdat"]
    for number, track in enumerate(children(window, indexes[0], b"trak"), start=1):
        faults += [f"track {number}: {fault}" for fault in _misplaced(window, track, data)]
    return faults


def _misplaced(window: Window, track: Box, data: list[Box]) -> Iterator[str]:
    """Chunks of samples (14496-12, 8.7) that are not where the file keeps its data."""
    for start, end in _chunks(window, child(window, track, b"mdia", b"minf", b"stbl")):
        if not any(box.start <= start and end <= box.end for box in data):
            yield f"bytes {start} to {end} belong to it and are not in the file's data"


def _chunks(window: Window, table: Box) -> Iterator[tuple[int, int]]:
    """Where each chunk of a track begins and ends."""
    sizes = _sizes(window, child(window, table, b"stsz"))
    counts = _counts(window, child(window, table, b"stsc"))
    for start in _starts(window, table):
        taken = [next(sizes, 0) for _ in range(next(counts, 0))]
        yield start, start + sum(taken)
    if next(sizes, None) is not None:
        raise InvalidFormat("the file's index lists more samples than it says where to find")


def _sizes(window: Window, stsz: Box) -> Iterator[int]:
    """The bytes of each sample."""
    common, count = struct.unpack(">II", window.read(stsz.start + 4, 8))
    if count > _MOST_SAMPLES:
        raise InvalidFormat(f"the file's index lists {count} samples")
    if common:
        return iter([common] * count)
    return iter([size for (size,) in struct.iter_unpack(">I", window.read(stsz.start + 12, 4 * count))])


def _starts(window: Window, table: Box) -> list[int]:
    """Where each chunk begins: `stco`, or `co64` in long files."""
    layout, width = ">I", 4
    found = children(window, table, b"stco")
    if not found:
        found, layout, width = [child(window, table, b"co64")], ">Q", 8
    count = window.number(found[0].start + 4, ">I")
    table_bytes = window.read(found[0].start + 8, width * count)
    return [start for (start,) in struct.iter_unpack(layout, table_bytes)]


def _counts(window: Window, stsc: Box) -> Iterator[int]:
    """How many samples each chunk has: runs of chunks alike, the last one without an end."""
    runs = window.number(stsc.start + 4, ">I")
    entries = list(struct.iter_unpack(">III", window.read(stsc.start + 8, 12 * runs)))
    for (first, samples, _), (after, _, _) in pairwise(entries):
        for _ in range(min(after - first, _MOST_SAMPLES)):
            yield samples
    while entries:
        yield entries[-1][1]
