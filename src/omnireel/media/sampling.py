"""A few pictures spread over a video, for as little decoding as possible."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

from av.container.input import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from omnireel.media.decode import Skip, pictures
from omnireel.media.demux import open_container, video_stream
from omnireel.media.probe import VideoFacts
from omnireel.models import MediaLimits


def sample_pictures(
    path: Path, file_format: str, facts: VideoFacts, count: int, limits: MediaLimits
) -> Generator[VideoFrame, None, None]:
    """The first picture at or after each of `count` evenly spaced moments, each picture at most once."""
    times = [facts.start + Fraction(2 * i + 1, 2 * count) * Fraction(facts.duration) for i in range(count)]
    with open_container(path, file_format, limits) as container:
        skip = _skip(container, video_stream(container), times, Fraction(facts.duration) / max(1, count))
    with open_container(path, file_format, limits) as container:
        yield from _nearest(pictures(container, video_stream(container), limits, skip=skip), times)


def _skip(container: InputContainer, stream: VideoStream, times: list[Fraction], reach: Fraction) -> Skip:
    """Key pictures alone when each moment has one within `reach` after it; else all that others build on."""
    keys = [
        packet.pts * stream.time_base
        for packet in container.demux(stream)
        if packet.is_keyframe and packet.pts is not None and stream.time_base
    ]
    near = all(any(time <= key < time + reach for key in keys) for time in times)
    return "NONKEY" if near else "NONREF"


def _nearest(decoded: Iterator[VideoFrame], times: list[Fraction]) -> Iterator[VideoFrame]:
    last, given, taken = None, False, 0
    for last in decoded:
        moment = (last.pts or 0) * (last.time_base or 0)
        given = taken < len(times) and moment >= times[taken]
        if given:
            yield last
            taken += 1 + sum(time <= moment for time in times[taken + 1 :])
        if taken >= len(times):
            return
    if last is not None and not given:
        yield last
