"""The headers of WebM files, and the time stamps of their blocks (RFC 9559)."""

from __future__ import annotations

from dataclasses import dataclass, field

from omnireel.errors import InvalidFormat
from omnireel.media.codecs import WEBM_AUDIO, WEBM_VIDEO, refuse_audio_codec, refuse_video_codec
from omnireel.media.ebml import Element, elements, text, unsigned, variable
from omnireel.media.sniffed import Sniffed
from omnireel.media.window import Window
from omnireel.models import MediaKind

EBML_START = b"\x1a\x45\xdf\xa3"

_EBML, _DOC_TYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _CLUSTER, _TRACKS, _BLOCK_GROUP = 0x18538067, 0x1549A966, 0x1F43B675, 0x1654AE6B, 0xA0
_CLOCK, _CLUSTER_TIME, _SIMPLE_BLOCK, _BLOCK = 0x2AD7B1, 0xE7, 0xA3, 0xA1
_TRACK, _NUMBER, _TYPE, _CODEC, _FRAME_TIME = 0xAE, 0xD7, 0x83, 0x86, 0x23E383
_VIDEO, _WIDTH, _HEIGHT, _SHOWN_WIDTH, _SHOWN_HEIGHT = 0xE0, 0xB0, 0xBA, 0x54B0, 0x54BA
_SHOWN_UNIT, _ENCODINGS = 0x54B2, 0x6D80
_OPEN = frozenset({_SEGMENT, _INFO, _CLUSTER, _BLOCK_GROUP, _TRACKS})
_TRACK_OPEN = frozenset({_VIDEO})
_VIDEO_TRACK, _AUDIO_TRACK = 1, 2
_MOST_TRACKS = 16
_DEFAULT_CLOCK = 1_000_000
_PIXELS = 0


@dataclass
class _Contents:
    """What one pass over the file gathers."""

    clock: int = _DEFAULT_CLOCK
    cluster: int = 0
    tracks: list[dict[int, Element]] = field(default_factory=list)
    stamps: dict[int, list[int]] = field(default_factory=dict)


def read_webm(window: Window) -> Sniffed:
    """Size, length, rate and codecs of a WebM file.

    Length and rate come from the blocks, not the header: browsers' recorders leave the length out.
    """
    _check_doc_type(window)
    contents = _gather(window)
    videos = [track for track in contents.tracks if _value(window, track, _TYPE) == _VIDEO_TRACK]
    sounds = [track for track in contents.tracks if _value(window, track, _TYPE) == _AUDIO_TRACK]
    if not videos:
        raise InvalidFormat("the file has no video track")
    codecs = [_codec(window, track) for track in videos + sounds]
    width, height = _shown_size(window, videos[0])
    frames, seconds = _timing(window, contents, videos[0])
    return Sniffed(
        kind=MediaKind.VIDEO,
        format="webm",
        width=width,
        height=height,
        size=window.size,
        duration=seconds,
        fps=frames / seconds,
        codecs=tuple(codecs),
        has_audio=bool(sounds),
    )


def _check_doc_type(window: Window) -> None:
    head = next(elements(window, 0, window.size))
    kinds = [text(window, item) for item in elements(window, head.start, head.end) if item.id == _DOC_TYPE]
    if kinds[:1] != [b"webm"]:
        name = "Matroska" if kinds[:1] == [b"matroska"] else "no known kind of EBML"
        raise InvalidFormat(f"the file is {name}, not WebM; accepted videos are MP4, MOV and WebM")


def _gather(window: Window) -> _Contents:
    contents = _Contents()
    for element in elements(window, 0, window.size, opened=_OPEN):
        _note(window, contents, element)
    return contents


def _note(window: Window, contents: _Contents, element: Element) -> None:
    if element.id == _CLOCK:
        contents.clock = unsigned(window, element)
    elif element.id == _CLUSTER_TIME:
        contents.cluster = unsigned(window, element)
    elif element.id == _TRACK:
        contents.tracks.append(_track(window, element))
        if len(contents.tracks) > _MOST_TRACKS:
            raise InvalidFormat(f"the file has more than {_MOST_TRACKS} tracks")
    elif element.id in {_SIMPLE_BLOCK, _BLOCK}:
        track, width = variable(window, element.start)
        offset = window.number(element.start + width, ">h")
        contents.stamps.setdefault(track, []).append(contents.cluster + offset)


def _track(window: Window, element: Element) -> dict[int, Element]:
    return {item.id: item for item in elements(window, element.start, element.end, opened=_TRACK_OPEN)}


def _value(window: Window, track: dict[int, Element], name: int) -> int:
    return unsigned(window, track[name]) if name in track else 0


def _codec(window: Window, track: dict[int, Element]) -> str:
    video = _value(window, track, _TYPE) == _VIDEO_TRACK
    name = text(window, track[_CODEC]) if _CODEC in track else b""
    known = WEBM_VIDEO if video else WEBM_AUDIO
    if name in known and _ENCODINGS not in track:
        return known[name]
    shown = "encrypted or compressed" if name in known else name.decode("ascii", "replace") or "not named"
    raise refuse_video_codec(shown) if video else refuse_audio_codec(shown)


def _shown_size(window: Window, track: dict[int, Element]) -> tuple[int, int]:
    width, height = _value(window, track, _WIDTH), _value(window, track, _HEIGHT)
    if not width or not height:
        raise InvalidFormat(f"the video's header says {width}x{height} pixels")
    shown = _value(window, track, _SHOWN_WIDTH), _value(window, track, _SHOWN_HEIGHT)
    if _value(window, track, _SHOWN_UNIT) == _PIXELS and all(shown):
        # Only the shape counts: the shown size may be any multiple of the stored one.
        width = max(1, round(height * shown[0] / shown[1]))
    return width, height


def _timing(window: Window, contents: _Contents, track: dict[int, Element]) -> tuple[int, float]:
    """Frames, and the seconds they last: up to the last stamp, plus one frame."""
    stamps = contents.stamps.get(_value(window, track, _NUMBER), [])
    if len(stamps) < 2 or not contents.clock:
        raise InvalidFormat("the video has fewer than two frames")
    span = (max(stamps) - min(stamps)) * contents.clock / 1e9
    last = _value(window, track, _FRAME_TIME) / 1e9 or span / (len(stamps) - 1)
    if span <= 0:
        raise InvalidFormat("the video's frames last no time")
    return len(stamps), span + last
