"""Opening a sniffed file with FFmpeg: the demuxer named, one protocol, codecs from an allow-list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container.input import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from omnireel.errors import InvalidFormat, InvalidMedia
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind, MediaLimits

VIDEO_DECODERS = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
AUDIO_DECODERS = frozenset({"aac", "mp3", "opus", "vorbis"})
_DECODER_NAMES = (
    "h264,hevc,vp8,vp9,libdav1d,av1,aac,mp3float,mp3,opus,vorbis,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be"
)
_DEMUXERS = {"mp4": "mp4", "mov": "mov", "webm": "webm"}


@contextmanager
def open_container(path: Path, file_format: str, limits: MediaLimits) -> Iterator[InputContainer]:
    """The file as FFmpeg sees it. FFmpeg's own errors inside the block become InvalidMedia.

    The boxes are read by us first: FFmpeg starts decoders of its own accord while it opens a file.
    """
    _check_boxes(path, file_format)
    try:
        with av.open(str(path), format=_DEMUXERS[file_format], options=_options(limits)) as container:
            yield container
    except FFmpegError as error:
        raise InvalidMedia(f"the video cannot be read: {error.strerror or type(error).__name__}") from error


def video_stream(container: InputContainer) -> VideoStream:
    """The first video track, its decoder set up and allowed."""
    if not container.streams.video:
        raise InvalidMedia("the file has no video track")
    stream = container.streams.video[0]
    name = stream.codec_context.codec.canonical_name
    if name not in VIDEO_DECODERS:
        raise InvalidMedia(
            f"the video's codec {name} is not accepted; use {', '.join(sorted(VIDEO_DECODERS))}"
        )
    return stream


def _options(limits: MediaLimits) -> dict[str, str]:
    return {
        "protocol_whitelist": "file",
        "codec_whitelist": _DECODER_NAMES,
        "max_pixels": str(max_pixels(limits)),
        "max_streams": "32",
    }


def max_pixels(limits: MediaLimits) -> int:
    """The largest coded frame worth starting a decoder for; coded sides are rounded up to whole blocks."""
    return (limits.video_max_side + 128) ** 2


def _check_boxes(path: Path, file_format: str) -> None:
    try:
        sniffed = sniff(path, kind=MediaKind.VIDEO)
    except InvalidFormat as error:
        raise InvalidMedia(str(error)) from error
    if sniffed.format != file_format:
        raise InvalidMedia(f"the file is {sniffed.format}, not {file_format}")
