"""Pictures out of packets, with patience for a little damage and none for a lot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from av.codec.context import ThreadType
from av.container.input import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from omnireel.errors import InvalidMedia
from omnireel.media.caps import check_side, max_frames, max_pixels
from omnireel.models import MediaLimits

Skip: TypeAlias = Literal["DEFAULT", "NONREF", "NONKEY"]
"""What a decoder may leave out: nothing, pictures no other one needs, all but key pictures."""

_MOST_DAMAGED = 12


def pictures(
    container: InputContainer, stream: VideoStream, limits: MediaLimits, *, skip: Skip = "DEFAULT"
) -> Iterator[VideoFrame]:
    """Decoded pictures in the order they are shown. `skip` names the frames the decoder may leave out.

    A damaged packet is passed over, twelve at most. Raises InvalidMedia beyond that, for pictures larger than
    the limits allow, and for more of them.
    """
    _set_up(stream, skip, limits)
    most, seen, damaged = max_frames(limits), 0, 0
    for packet in container.demux(stream):
        try:
            found = stream.codec_context.decode(packet)
        except FFmpegError as error:
            damaged += 1
            if damaged > _MOST_DAMAGED:
                raise InvalidMedia(
                    f"the video is damaged: {damaged} of its packets cannot be decoded"
                ) from error
            continue
        for picture in found:
            seen += 1
            check_side(picture.width, picture.height, limits)
            if seen > most:
                raise InvalidMedia(f"the video has more than {most} frames")
            yield picture


def _set_up(stream: VideoStream, skip: Skip, limits: MediaLimits) -> None:
    context = stream.codec_context
    # Automatic threading costs a third more CPU and gains nothing on few cores.
    context.thread_type, context.thread_count = ThreadType.NONE, 1
    context.options = {"max_pixels": str(max_pixels(limits))}
    context.skip_frame = skip
