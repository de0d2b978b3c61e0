"""The sound of a video, in step with its frames."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.error import FFmpegError

from omnireel.errors import InvalidMedia
from omnireel.media.caps import max_seconds
from omnireel.media.demux import audio_stream, open_container
from omnireel.media.frames import SAMPLE_RATE, Samples
from omnireel.models import MediaLimits

_MOST_DAMAGED = 50


def read_audio(
    path: Path, file_format: str, *, start: Fraction = Fraction(0), limits: MediaLimits | None = None
) -> Generator[Samples, None, None]:
    """The first sound track in blocks, as `(n, 2)` float32 at 48 kHz; nothing when there is none.

    The first sample belongs to the time stamp `start` (seconds; `VideoFacts.start`): sound from before it is
    left out, and silence stands in for sound that begins later. Raises InvalidMedia for sound that cannot be
    decoded or runs far beyond the `limits`.
    """
    limits = limits or MediaLimits()
    most = ceil(max_seconds(limits) * SAMPLE_RATE)
    with open_container(path, file_format, limits) as container:
        stream = audio_stream(container)
        if stream is None:
            return
        resampler = AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE)
        given = 0
        for samples in _in_step(_blocks(container, stream, resampler), start):
            given += len(samples)
            if given > most:
                raise InvalidMedia(f"the video's sound runs longer than {most / SAMPLE_RATE:g} seconds")
            yield samples


def _blocks(
    container: InputContainer, stream: AudioStream, resampler: AudioResampler
) -> Iterator[tuple[Fraction | None, Samples]]:
    """Decoded blocks with the time stamp of each one's first sample, in seconds."""
    damaged = 0
    for packet in container.demux(stream):
        try:
            found = stream.codec_context.decode(packet)
        except FFmpegError as error:
            damaged += 1
            if damaged > _MOST_DAMAGED:
                raise InvalidMedia(f"the video's sound is damaged: {damaged} packets") from error
            continue
        for frame in found:
            yield from (_block(piece) for piece in resampler.resample(frame))
    yield from (_block(piece) for piece in resampler.resample(None))


def _block(frame: AudioFrame) -> tuple[Fraction | None, Samples]:
    samples = np.asarray(frame.to_ndarray(), np.float32).reshape(-1, 2)
    stamp = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
    return stamp, samples


def _in_step(blocks: Iterator[tuple[Fraction | None, Samples]], start: Fraction) -> Iterator[Samples]:
    """Samples from `start` on: the first block decides how much is cut or filled."""
    ahead: int | None = None
    for stamp, samples in blocks:
        if ahead is None:
            ahead = round((start - (stamp if stamp is not None else start)) * SAMPLE_RATE)
            if ahead < 0:
                yield from _silence(-ahead)
                ahead = 0
        cut = min(ahead, len(samples))
        ahead -= cut
        if cut < len(samples):
            yield samples[cut:]


def _silence(count: int) -> Iterator[Samples]:
    block = SAMPLE_RATE // 10
    for given in range(0, count, block):
        yield np.zeros((min(block, count - given), 2), np.float32)
