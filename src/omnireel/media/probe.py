"""What is really in this video? Answered by walking its packets and decoding its first picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from av.container.input import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from omnireel.errors import InvalidMedia
from omnireel.media.caps import check_side, max_frames, max_seconds
from omnireel.media.decode import pictures
from omnireel.media.demux import open_container, video_stream
from omnireel.media.sniffed import Sniffed
from omnireel.media.timing import Timing, measure
from omnireel.models import MediaLimits


@dataclass(frozen=True)
class VideoFacts:
    """Measured facts about a video.

    `width` and `height` are as shown: after `rotation` (degrees clockwise: 0, 90, 180, 270), with square
    pixels. `fps` is the constant rate nearest to the source's, `frames` its length in frames of that rate,
    `duration` in seconds, `start` the time stamp of the first frame in seconds, `pictures` how many the file
    stores.
    """

    width: int
    height: int
    fps: Fraction
    frames: int
    duration: float
    rotation: int
    has_audio: bool
    codec: str
    start: Fraction = Fraction(0)
    pictures: int = 0


def probe(path: Path, file_format: str, limits: MediaLimits | None = None) -> VideoFacts:
    """Measure a sniffed video. Run it only where a decoder may crash: in an attempt's child.

    Raises InvalidMedia when it cannot be decoded or holds more than `limits` allow.
    """
    limits = limits or MediaLimits()
    with open_container(path, file_format, limits) as container:
        stream = video_stream(container)
        timing = _timing(container, stream, limits)
    with open_container(path, file_format, limits) as container:
        stream = video_stream(container)
        picture = next(pictures(container, stream, limits), None)
        if picture is None:
            raise InvalidMedia("the video holds no picture that can be decoded")
        return _facts(container, stream, picture, timing, limits)


def measured(sniffed: Sniffed, facts: VideoFacts) -> Sniffed:
    """The sniffed facts with the measured ones in their place, to be held against the limits once more."""
    return replace(
        sniffed, width=facts.width, height=facts.height, duration=facts.duration, fps=float(facts.fps)
    )


def _timing(container: InputContainer, stream: VideoStream, limits: MediaLimits) -> Timing:
    """Walk the packets, decoding nothing. Stops at the first sign of more than the limits allow."""
    most = max_frames(limits)
    stamps, lengths = [], {}
    for packet in container.demux(stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or packet.is_discard or stamp is None:
            continue
        stamps.append(stamp)
        lengths[stamp] = packet.duration or 0
        if len(stamps) > most:
            raise InvalidMedia(f"the video has more than {most} frames")
    if not stamps or not stream.time_base:
        raise InvalidMedia("the video has no frames")
    stamps.sort()
    timing = measure(stamps, lengths[stamps[-1]], stream.time_base)
    if timing.frames / timing.fps > max_seconds(limits):
        raise InvalidMedia(f"the video runs {float(timing.frames / timing.fps):.6g} seconds")
    return timing


def _facts(
    container: InputContainer, stream: VideoStream, first: VideoFrame, timing: Timing, limits: MediaLimits
) -> VideoFacts:
    rotation = round(-first.rotation / 90) * 90 % 360
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width, height = max(1, round(first.width * aspect)), first.height
    check_side(width, height, limits)
    if rotation % 180:
        width, height = height, width
    return VideoFacts(
        width=width,
        height=height,
        fps=timing.fps,
        frames=timing.frames,
        duration=float(timing.frames / timing.fps),
        rotation=rotation,
        has_audio=bool(container.streams.audio),
        codec=stream.codec_context.codec.canonical_name,
        start=timing.start,
        pictures=timing.pictures,
    )
