"""The headers of MP4 and QuickTime files: enough of the `moov` index to know what is inside."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from omnireel.errors import InvalidFormat
from omnireel.media.boxes import Box, BoxTooLong, boxes, child, children, show
from omnireel.media.codecs import MP4_AUDIO, MP4_VIDEO, refuse_audio_codec, refuse_video_codec
from omnireel.media.descriptor import mp4a_codec
from omnireel.media.fragments import fragment_timing
from omnireel.media.sniffed import Sniffed
from omnireel.media.window import Window
from omnireel.models import MediaKind

_MOST_TRACKS = 16
_MOST_EDITS = 64
_VITAL = {b"mdat", b"moov", b"moof"}
_STILL_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}
_VISUAL_ENTRY = 78


@dataclass(frozen=True)
class _Timing:
    """How many samples a track has and how many seconds they last."""

    samples: int
    seconds: float


def read_mp4(window: Window) -> Sniffed:
    """Size, length, rate and codecs of an MP4 or QuickTime movie, wherever its index lies."""
    top = list(_top_level(window))
    moov = _index(top)
    tracks = children(window, moov, b"trak")
    if len(tracks) > _MOST_TRACKS:
        raise InvalidFormat(f"the file has {len(tracks)} tracks; at most {_MOST_TRACKS} are accepted")
    videos = [track for track in tracks if _handler(window, track) == b"vide"]
    sounds = [track for track in tracks if _handler(window, track) == b"soun"]
    if not videos:
        raise InvalidFormat("the file has no video track")
    codecs = [_video_codec(window, track) for track in videos]
    codecs += [_audio_codec(window, track) for track in sounds]
    for track in videos + sounds:
        _refuse_outside_data(window, track)
    width, height = _display_size(window, videos[0])
    timing = _timing(window, moov, videos[0], top)
    return Sniffed(
        kind=MediaKind.VIDEO,
        format=_format(window, top),
        width=width,
        height=height,
        size=window.size,
        duration=min(timing.seconds, _edited_seconds(window, moov, videos[0]) or timing.seconds),
        fps=timing.samples / timing.seconds,
        codecs=tuple(codecs),
        has_audio=bool(sounds),
    )


def _top_level(window: Window) -> Iterator[Box]:
    """The outermost boxes. Junk after both index and data is forgiven, as players forgive it."""
    seen = set()
    try:
        for box in boxes(window, 0, window.size):
            seen.add(box.name)
            yield box
    except BoxTooLong as error:
        if error.box.name in _VITAL or not {b"mdat", b"moov"} <= seen:
            raise


def _index(top: list[Box]) -> Box:
    for box in top:
        if box.name == b"moov":
            return box
    raise InvalidFormat("the file has no index (moov box): it was cut off, or its recording never finished")


def _format(window: Window, top: list[Box]) -> str:
    if top[0].name != b"ftyp":
        return "mov"
    brand = window.read(top[0].start, 4)
    if brand in _STILL_BRANDS:
        raise InvalidFormat("the file is a HEIF or AVIF image; accepted images are JPEG, PNG and WebP")
    return "mov" if brand == b"qt  " else "mp4"


def _handler(window: Window, track: Box) -> bytes:
    return window.read(child(window, track, b"mdia", b"hdlr").start + 8, 4)


def _entries(window: Window, track: Box) -> list[Box]:
    """The track's sample descriptions, at least one."""
    stsd = child(window, track, b"mdia", b"minf", b"stbl", b"stsd")
    found = list(boxes(window, stsd.start + 8, stsd.end))
    if not found:
        raise InvalidFormat("a track does not say how it is coded")
    return found


def _video_codec(window: Window, track: Box) -> str:
    for entry in _entries(window, track):
        if entry.name not in MP4_VIDEO:
            raise refuse_video_codec("encrypted" if entry.name == b"encv" else show(entry.name))
    return MP4_VIDEO[_entries(window, track)[0].name]


def _audio_codec(window: Window, track: Box) -> str:
    for entry in _entries(window, track):
        if entry.name not in MP4_AUDIO:
            raise refuse_audio_codec("encrypted" if entry.name == b"enca" else show(entry.name))
    entry = _entries(window, track)[0]
    return mp4a_codec(window, entry) if entry.name == b"mp4a" else MP4_AUDIO[entry.name]


def _refuse_outside_data(window: Window, track: Box) -> None:
    """Refuse tracks whose samples lie in another file: only the first flag bit says `in this one`."""
    for dref in children(window, track, b"mdia", b"minf", b"dinf", b"dref"):
        for reference in boxes(window, dref.start + 8, dref.end):
            if not window.number(reference.start, ">I") & 1:
                raise InvalidFormat(
                    "the file points to media in another file; it must contain all of its own"
                )


def _display_size(window: Window, track: Box) -> tuple[int, int]:
    entry = _entries(window, track)[0]
    width, height = struct.unpack(">HH", window.read(entry.start + 24, 4))
    if not width or not height:
        raise InvalidFormat(f"the video's header says {width}x{height} pixels")
    for pasp in boxes(window, min(entry.start + _VISUAL_ENTRY, entry.end), entry.end):
        if pasp.name == b"pasp":
            width = _stretched(width, *struct.unpack(">II", window.read(pasp.start, 8)))
    return (height, width) if _is_turned(window, track) else (width, height)


def _stretched(width: int, across: int, down: int) -> int:
    return max(1, round(width * across / down)) if across and down else width


def _is_turned(window: Window, track: Box) -> bool:
    """Whether the track's matrix turns it by a quarter either way."""
    tkhd = child(window, track, b"tkhd")
    start = tkhd.start + (52 if window.number(tkhd.start, ">B") else 40)
    return abs(window.number(start + 4, ">i")) > abs(window.number(start, ">i"))


def _timing(window: Window, moov: Box, track: Box, top: list[Box]) -> _Timing:
    clock = _clock(window, child(window, track, b"mdia", b"mdhd"))
    samples, ticks = _sample_table(window, track)
    if children(window, moov, b"mvex"):
        more, longer = fragment_timing(window, moov, track, top)
        samples, ticks = samples + more, ticks + longer
    if samples <= 0 or ticks <= 0:
        raise InvalidFormat("the video has no frames, or they last no time")
    return _Timing(samples, ticks / clock)


def _clock(window: Window, header: Box) -> int:
    """Ticks per second of an `mdhd` or `mvhd` box."""
    clock = window.number(header.start + (20 if window.number(header.start, ">B") else 12), ">I")
    if not clock:
        raise InvalidFormat(f"the {show(header.name)} box counts time in no unit")
    return clock


def _sample_table(window: Window, track: Box) -> tuple[int, int]:
    """Samples, and the ticks they last together (`stts`: runs of samples of equal length)."""
    stts = child(window, track, b"mdia", b"minf", b"stbl", b"stts")
    runs = window.number(stts.start + 4, ">I")
    if 8 + runs * 8 > stts.length:
        raise InvalidFormat(f"the stts box lists {runs} runs of frames and has no room for them")
    pairs = list(struct.iter_unpack(">II", window.read(stts.start + 8, runs * 8)))
    return sum(count for count, _ in pairs), sum(count * ticks for count, ticks in pairs)


def _edited_seconds(window: Window, moov: Box, track: Box) -> float:
    """How long the track's edit list plays; 0 when there is none or it leaves the length open."""
    found = children(window, track, b"edts", b"elst")
    if not found:
        return 0.0
    version, edits = window.number(found[0].start, ">B"), window.number(found[0].start + 4, ">I")
    layout = ">QqI" if version else ">IiI"
    if edits > _MOST_EDITS:
        raise InvalidFormat(f"the video has {edits} edits; at most {_MOST_EDITS} are accepted")
    table = window.read(found[0].start + 8, edits * struct.calcsize(layout))
    ticks = sum(length for length, begin, _ in struct.iter_unpack(layout, table) if begin >= 0)
    return float(ticks / _clock(window, child(window, moov, b"mvhd")))
