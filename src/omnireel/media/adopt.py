"""Somebody else's clip, made ours: measured, and written anew where it is not what was wanted."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Protocol

from omnireel.errors import EngineFailed, InvalidFormat, InvalidMedia
from omnireel.media.frames import Frame, Samples
from omnireel.media.poster import write_poster
from omnireel.media.probe import VideoFacts
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.sound import read_audio
from omnireel.media.writer import ClipWriter
from omnireel.models import Clip, MediaKind, MediaLimits, ShotReport

LONGEST_SECONDS = 60.0
"""No clip that anybody was asked for is longer."""
LARGEST_SIDE = 4096


class Place(Protocol):
    """Where an attempt works, and what it may decode."""

    @property
    def scratch(self) -> Path: ...

    @property
    def limits(self) -> MediaLimits: ...

    def report(self, progress: float, note: str = "") -> None: ...


@dataclass(frozen=True)
class Wanted:
    """What a clip must be. None leaves it as it came."""

    sound: bool
    """False takes the sound away."""
    size: tuple[int, int] | None = None
    """Width and height, pixels."""
    fps: Fraction | None = None
    seconds: float | None = None
    """Its length; a longer one is cut, and the last frame of a shorter one is held."""


def adopt(path: Path, place: Place, wanted: Wanted, *, threads: int, prompt: str) -> Clip:
    """The video at `path` as a clip in the attempt's folder. `path` is used up.

    A file that is as wanted stays as it is, byte for byte. Raises EngineFailed for what is no video.
    """
    limits = replace(
        place.limits,
        video_max_seconds=max(LONGEST_SECONDS, place.limits.video_max_seconds),
        video_max_side=max(LARGEST_SIDE, place.limits.video_max_side),
    )
    try:
        return _adopted(path, place, wanted, limits, threads, prompt)
    except (InvalidMedia, InvalidFormat) as error:
        raise EngineFailed(f"what came is no video that can be used: {error}") from error


def _adopted(
    path: Path, place: Place, wanted: Wanted, limits: MediaLimits, threads: int, prompt: str
) -> Clip:
    source = sniff(path, MediaKind.VIDEO)
    with VideoReader(path, source.format, limits=limits) as reader:
        facts, rate = reader.facts, reader.fps
        write_poster(next(iter(reader)), place.scratch / "poster.jpg")
    clip = place.scratch / "clip.mp4"
    if source.format == "mp4" and _is_as_wanted(facts, wanted):
        path.replace(clip)
        size, fps, audio, frames = (facts.width, facts.height), facts.fps, facts.has_audio, facts.frames
    else:
        size, fps = wanted.size or _even(facts), wanted.fps or rate
        audio = wanted.sound and facts.has_audio
        frames = round((wanted.seconds or facts.duration) * fps)
        with VideoReader(path, source.format, size, fps, limits=limits) as reader:
            _write(
                reader,
                clip,
                place,
                Target(size, fps, frames, threads),
                _sound(path, reader, limits, audio=audio),
            )
        path.unlink()
    poster, shots = place.scratch / "poster.jpg", (ShotReport(0, frames, prompt),)
    return Clip(clip, poster, *size, fps, frames, audio, shots)


@dataclass(frozen=True)
class Target:
    """A clip that is to be written."""

    size: tuple[int, int]
    fps: Fraction
    frames: int
    threads: int


def _is_as_wanted(facts: VideoFacts, wanted: Wanted) -> bool:
    return (
        facts.codec == "h264"
        and facts.rotation == 0
        and facts.pictures == facts.frames
        and (wanted.sound or not facts.has_audio)
        and wanted.size in (None, (facts.width, facts.height))
        and wanted.fps in (None, facts.fps)
        and (wanted.seconds is None or facts.frames == round(wanted.seconds * facts.fps))
    )


def _sound(
    path: Path, reader: VideoReader, limits: MediaLimits, *, audio: bool
) -> Generator[Samples, None, None] | None:
    if not audio:
        return None
    return read_audio(path, sniff(path).format, start=reader.facts.start, limits=limits)


def _write(
    pictures: Iterable[Frame],
    clip: Path,
    place: Place,
    target: Target,
    sound: Generator[Samples, None, None] | None,
) -> None:
    width, height = target.size
    with ClipWriter(
        clip,
        width=width,
        height=height,
        fps=target.fps,
        audio=sound is not None,
        threads=target.threads,
    ) as writer:
        for frame in _exactly(iter(pictures), target.frames):
            place.report(0.96 + 0.03 * writer.frames / target.frames, "writing")
            writer.write(frame)
        if sound is not None:
            with closing(sound):
                for samples in sound:
                    writer.write_audio(samples)


def _exactly(frames: Iterator[Frame], count: int) -> Iterator[Frame]:
    """So many: the rest left out, or the last one held."""
    given = 0
    last: Frame | None = None
    for last in islice(frames, count):
        given += 1
        yield last
    while last is not None and given < count:
        given += 1
        yield last


def _even(facts: VideoFacts) -> tuple[int, int]:
    return facts.width - facts.width % 2, facts.height - facts.height % 2
