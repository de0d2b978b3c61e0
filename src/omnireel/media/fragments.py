"""How long a fragmented MP4 plays: the sum over its `moof` boxes, since its index lists no samples."""

from __future__ import annotations

import struct

from omnireel.errors import InvalidFormat
from omnireel.media.boxes import Box, child, children
from omnireel.media.window import Window

_MOST_SAMPLES = 100_000
_BASE_OFFSET, _DESCRIPTION, _DURATION = 0x1, 0x2, 0x8
_RUN_FIELDS = (0x1, 0x4)
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)


def fragment_timing(window: Window, moov: Box, track: Box, top: list[Box]) -> tuple[int, int]:
    """Samples of the track in all fragments, and the ticks they last together."""
    number = _track_number(window, track)
    default = _default_ticks(window, moov, number)
    samples = ticks = 0
    for moof in (box for box in top if box.name == b"moof"):
        for traf in children(window, moof, b"traf"):
            more, longer = _part_timing(window, traf, number, default)
            samples, ticks = samples + more, ticks + longer
    return samples, ticks


def _track_number(window: Window, track: Box) -> int:
    tkhd = child(window, track, b"tkhd")
    return window.number(tkhd.start + (20 if window.number(tkhd.start, ">B") else 12), ">I")


def _default_ticks(window: Window, moov: Box, number: int) -> int:
    for trex in children(window, moov, b"mvex", b"trex"):
        track, _, ticks = struct.unpack(">III", window.read(trex.start + 4, 12))
        if track == number:
            return int(ticks)
    return 0


def _part_timing(window: Window, traf: Box, number: int, default: int) -> tuple[int, int]:
    headers = children(window, traf, b"tfhd")
    if not headers or window.number(headers[0].start + 4, ">I") != number:
        return 0, 0
    flags = window.number(headers[0].start, ">I")
    if flags & _DURATION:
        skipped = 8 * bool(flags & _BASE_OFFSET) + 4 * bool(flags & _DESCRIPTION)
        default = window.number(headers[0].start + 8 + skipped, ">I")
    runs = [_run_timing(window, trun, default) for trun in children(window, traf, b"trun")]
    return sum(count for count, _ in runs), sum(ticks for _, ticks in runs)


def _run_timing(window: Window, trun: Box, default: int) -> tuple[int, int]:
    flags, count = struct.unpack(">II", window.read(trun.start, 8))
    if count > _MOST_SAMPLES:
        raise InvalidFormat(f"the video has {count} frames in one fragment")
    if not flags & _SAMPLE_FIELDS[0]:
        return count, count * default
    start = trun.start + 8 + 4 * sum(bool(flags & field) for field in _RUN_FIELDS)
    stride = 4 * sum(bool(flags & field) for field in _SAMPLE_FIELDS)
    table = window.read(start, count * stride)
    return count, sum(int.from_bytes(table[at : at + 4], "big") for at in range(0, len(table), stride))
