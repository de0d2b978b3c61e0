"""Sound at another rate, made ours."""

from __future__ import annotations

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from omnireel.media.frames import SAMPLE_RATE, Samples

_BLOCK = 1 << 16
"""Samples given to the resampler at once."""


def resampled(channels: NDArray[np.float32], rate: int) -> Samples:
    """Sound of shape `(1 or 2, n)` at `rate` Hz as `(m, 2)` at 48 kHz, with FFmpeg's polyphase filter."""
    if not channels.shape[1]:
        return np.zeros((0, 2), np.float32)
    stereo = np.ascontiguousarray(np.broadcast_to(channels, (2, channels.shape[1])), np.float32)
    resampler = AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE)
    pieces = []
    for begin in range(0, stereo.shape[1], _BLOCK):
        block = np.ascontiguousarray(stereo[:, begin : begin + _BLOCK])
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate = rate
        pieces += resampler.resample(frame)
    pieces += resampler.resample(None)
    return np.concatenate([np.asarray(one.to_ndarray(), np.float32).reshape(-1, 2) for one in pieces])
