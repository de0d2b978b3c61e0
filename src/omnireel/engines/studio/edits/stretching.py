"""Sound at another pace without another pitch."""

from __future__ import annotations

import numpy as np

from omnireel.media.frames import SAMPLE_RATE, Samples

_WINDOW = SAMPLE_RATE // 25
"""Samples of a grain: 40 ms, two periods of the lowest voice."""
_SEEK = SAMPLE_RATE // 100
"""How far a grain may be moved to fit its neighbour."""
_THINNED = 8
"""Every n-th sample decides where a grain fits."""


def at_pace(samples: Samples, factor: float) -> Samples:
    """`(n, 2)` sound played `factor` times as fast, about n / factor samples long.

    Grains overlap where they fit best (WSOLA; Verhelst and Roelands, "An Overlap-Add Technique Based on
    Waveform Similarity", 1993).
    """
    hop = _WINDOW // 2
    length = round(len(samples) / factor)
    padded = np.concatenate([samples, np.zeros((2 * _WINDOW + _SEEK, 2), np.float32)])
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)[:, None]
    out = np.zeros((length + 2 * _WINDOW, 2), np.float32)
    natural = 0
    for start in range(0, length, hop):
        wanted = min(round(start * factor), len(samples))
        begin = _best_start(padded, natural, wanted) if start else 0
        out[start : start + _WINDOW] += padded[begin : begin + _WINDOW] * window
        natural = begin + hop
    return np.ascontiguousarray(out[:length])


def _best_start(padded: Samples, natural: int, wanted: int) -> int:
    """Where near `wanted` the sound goes on most like it does at `natural`."""
    low = max(0, wanted - _SEEK)
    pattern = padded[natural : natural + _WINDOW : _THINNED].sum(axis=1)
    region = padded[low : wanted + _SEEK + _WINDOW : _THINNED].sum(axis=1)
    if len(region) < len(pattern):
        return min(wanted, len(padded) - _WINDOW)
    match = np.correlate(region, pattern, mode="valid")
    energy = np.convolve(region**2, np.ones(len(pattern), np.float32), mode="valid")
    best = int(np.argmax(match / np.sqrt(energy + 1e-6)))
    return min(low + best * _THINNED, len(padded) - _WINDOW)
