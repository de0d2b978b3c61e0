"""What an `mp4a` track really holds: the object type inside its `esds` box (ISO/IEC 14496-1, 7.2.6)."""

from __future__ import annotations

from omnireel.media.boxes import Box, BoxTooLong, boxes
from omnireel.media.codecs import MP4A_OBJECTS, refuse_audio_codec
from omnireel.media.window import Window

_SOUND_ENTRY = {0: 28, 1: 44, 2: 64}
_STREAM, _DECODER = 0x03, 0x04
_DEEPEST = 4


def mp4a_codec(window: Window, entry: Box) -> str:
    """The codec of an `mp4a` sample description. Raises InvalidFormat for one outside the list."""
    version = window.number(entry.start + 8, ">H")
    start = entry.start + _SOUND_ENTRY.get(version, 28)
    esds = _find_esds(window, min(start, entry.end), entry.end, _DEEPEST)
    kind = _object_type(window.read(esds.start, min(esds.length, 256))) if esds else 0x40
    if kind not in MP4A_OBJECTS:
        raise refuse_audio_codec(f"mp4a type {kind:#04x}")
    return MP4A_OBJECTS[kind]


def _find_esds(window: Window, start: int, end: int, depth: int) -> Box | None:
    """The `esds` box, which QuickTime hides inside a `wave` box."""
    try:
        for box in boxes(window, start, end):
            if box.name == b"esds":
                return box
            if box.name == b"wave" and depth:
                return _find_esds(window, box.start, box.end, depth - 1)
    except BoxTooLong:
        return None
    return None


def _object_type(esds: bytes) -> int:
    """The object type, or 0 when the descriptor is damaged."""
    position = _descriptor(esds, 4, _STREAM)
    if position < 0 or position + 3 > len(esds):
        return 0
    flags = esds[position + 2]
    position += 3 + (2 if flags & 0x80 else 0)
    if flags & 0x40 and position < len(esds):
        position += 1 + esds[position]
    position = _descriptor(esds, position + (2 if flags & 0x20 else 0), _DECODER)
    return esds[position] if 0 <= position < len(esds) else 0


def _descriptor(esds: bytes, position: int, tag: int) -> int:
    """Where a descriptor's content begins, or -1. Of its 1 to 4 length bytes only the last is below 0x80."""
    if position >= len(esds) or esds[position] != tag:
        return -1
    for step in range(1, 5):
        if position + step < len(esds) and not esds[position + step] & 0x80:
            return position + step + 1
    return -1
