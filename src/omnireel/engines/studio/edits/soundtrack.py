"""The source's own sound, in the order and at the pace its pictures are shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from omnireel.engines.studio.edits.pace import Pace
from omnireel.engines.studio.edits.reel import Source
from omnireel.engines.studio.edits.stretching import at_pace
from omnireel.media.frames import SAMPLE_RATE, Samples
from omnireel.media.sound import read_audio

_BLOCK = SAMPLE_RATE // 10


class Soundtrack:
    """Hands the sound out in step with the frames, so that the file interleaves."""

    def __init__(self, source: Source, pace: Pace) -> None:
        blocks = read_audio(source.path, source.format, start=source.start, limits=source.limits)
        played = _played(blocks, pace, source.seconds) if pace.changes else blocks
        self._blocks: Iterator[Samples] = played
        self._fps, self._given = source.fps, 0

    def up_to(self, frames: int) -> Iterator[Samples]:
        """The blocks still missing for the first `frames` frames of the clip."""
        while (
            self._given < frames / self._fps * SAMPLE_RATE and (block := next(self._blocks, None)) is not None
        ):
            self._given += len(block)
            yield block


def _played(blocks: Iterator[Samples], pace: Pace, seconds: float) -> Iterator[Samples]:
    """The whole track turned round and stretched; as the pictures do, what ends early begins again."""
    length = round(seconds * SAMPLE_RATE)
    track = np.concatenate([np.empty((0, 2), np.float32), *blocks])[:length]
    whole = np.concatenate([track, np.zeros((length - len(track), 2), np.float32)])
    turned = whole[::-1] if pace.backwards else whole
    played = at_pace(turned, pace.factor) if pace.factor != 1.0 else np.ascontiguousarray(turned)
    repeats = -(-length // max(1, len(played)))
    long = np.tile(played, (repeats, 1))[:length]
    return (np.ascontiguousarray(long[at : at + _BLOCK]) for at in range(0, length, _BLOCK))
