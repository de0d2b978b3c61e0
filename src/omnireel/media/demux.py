"""Opening a sniffed file with FFmpeg: the demuxer named, one protocol, codecs from an allow-list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from omnireel.errors import InvalidFormat, InvalidMedia
from omnireel.media.caps import max_pixels
from omnireel.media.codecs import AUDIO_CODECS, VIDEO_CODECS, refuse_audio_codec, refuse_video_codec
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind, MediaLimits

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
    """The first video track that is no cover picture, its codec allowed."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            name = stream.codec_context.codec.canonical_name
            if name not in VIDEO_CODECS:
                raise InvalidMedia(str(refuse_video_codec(name)))
            return stream
    raise InvalidMedia("the file has no video track")


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first sound track, its codec allowed; None when there is none."""
    for stream in container.streams.audio:
        name = stream.codec_context.codec.canonical_name
        if name not in AUDIO_CODECS and not name.startswith("pcm_"):
            raise InvalidMedia(str(refuse_audio_codec(name)))
        return stream
    return None


def _options(limits: MediaLimits) -> dict[str, str]:
    return {
        "protocol_whitelist": "file",
        "codec_whitelist": _DECODER_NAMES,
        "max_pixels": str(max_pixels(limits)),
        "max_streams": "32",
    }


def _check_boxes(path: Path, file_format: str) -> None:
    try:
        sniffed = sniff(path, kind=MediaKind.VIDEO)
    except InvalidFormat as error:
        raise InvalidMedia(str(error)) from error
    if sniffed.format != file_format:
        raise InvalidMedia(f"the file is {sniffed.format}, not {file_format}")
