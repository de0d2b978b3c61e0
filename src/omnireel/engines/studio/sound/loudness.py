"""Loudness and peaks as broadcasters measure them, and bringing a mix to them.

Recommendation ITU-R BS.1770-4 (2015): K-weighting, mean square over 400 ms blocks with absolute and relative
gates, true peak at four times the rate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.sound.space import Stereo
from omnireel.media.frames import SAMPLE_RATE

TARGET = -16.0
"""LUFS."""
CEILING = -1.5
"""Decibels of true peak; AAC adds some tenths to what it is given, and -1 is the promise."""
_BLOCK, _STEP = 0.4, 0.1
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_OVERSAMPLING = 4
_LOOKAHEAD = 0.005
_RELEASE = 0.04
_ROUNDS = 12
_STRIDE = 1.4
"""Limiting takes loudness away again, so what is missing is added and some more."""
_LEAST = -60.0
"""LUFS under which there is nothing to bring up."""


def loudness(sound: Stereo) -> float:
    """Integrated loudness in LUFS; minus infinity for silence."""
    power = _block_power(sound)
    heard = power[power > _power_of(-70)]
    if not len(heard):
        return float("-inf")
    gate = _power_of(_level_of(float(heard.mean())) - 10)
    return _level_of(float(heard[heard > gate].mean()))


def true_peak(sound: Stereo) -> float:
    """The highest peak between the samples too, in decibels of full scale."""
    highest = max(float(np.abs(_oversampled(sound[:, ear])).max(initial=0)) for ear in (0, 1))
    return 20 * float(np.log10(max(highest, 1e-9)))


def mastered(sound: Stereo) -> Stereo:
    """At -16 LUFS with no true peak over -1.5 dB. What is all but silent stays so."""
    level = loudness(sound)
    if level < _LEAST:
        return sound
    gain, result = TARGET - level, sound
    for _ in range(_ROUNDS):
        result = _limited(sound * 10 ** (gain / 20))
        missing = TARGET - loudness(result)
        if abs(missing) < 0.1:
            break
        gain += missing * _STRIDE
    return result


def _limited(sound: Stereo) -> Stereo:
    """Peaks turned down ahead of time and let go slowly, so that nothing is clipped."""
    ceiling = 10 ** (CEILING / 20)
    peaks = np.max([_peaks(sound[:, ear]) for ear in (0, 1)], axis=0)
    wanted = np.minimum(1, ceiling / np.maximum(peaks, 1e-9))
    if wanted.min() >= 1:
        return sound
    ahead = round(_LOOKAHEAD * SAMPLE_RATE)
    held = _lowest_within(wanted, ahead)
    gain = np.minimum(_smoothed(_released(held), ahead), held)
    return sound * gain[:, None]


def _lowest_within(gain: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """The lowest value within `reach` samples to either side, in a doubling cascade."""
    padded = np.pad(gain, reach, mode="edge")
    window, lowest = 1, padded
    while window < 2 * reach + 1:
        step = min(window, 2 * reach + 1 - window)
        lowest = np.minimum(lowest[: len(lowest) - step], lowest[step:])
        window += step
    return lowest


def _released(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let go at a steady rate: no sample may be louder than the one before by more than the release."""
    rise = np.log(gain) - np.arange(len(gain)) / (_RELEASE * SAMPLE_RATE)
    return np.asarray(np.exp(np.minimum.accumulate(rise) + np.arange(len(gain)) / (_RELEASE * SAMPLE_RATE)))


def _smoothed(gain: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    padded = np.pad(gain, reach, mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray((total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1))


def _peaks(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each sample the highest level around it, between samples too."""
    fine = np.abs(_oversampled(sound))
    return np.asarray(fine.reshape(-1, _OVERSAMPLING).max(axis=1))


def _oversampled(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    count = len(sound)
    return np.fft.irfft(np.fft.rfft(sound), count * _OVERSAMPLING) * _OVERSAMPLING


def _block_power(sound: Stereo) -> NDArray[np.float64]:
    """Weighted power of both channels over blocks of 400 ms that overlap by three quarters."""
    weighted = sum(_weighted(sound[:, ear]) ** 2 for ear in (0, 1))
    total = np.concatenate([[0.0], np.cumsum(weighted)])
    block, step = round(_BLOCK * SAMPLE_RATE), round(_STEP * SAMPLE_RATE)
    starts = np.arange(0, max(1, len(sound) - block + 1), step)
    ends = np.minimum(starts + block, len(sound))
    return np.asarray((total[ends] - total[starts]) / (ends - starts))


def _weighted(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """K-weighted: the two filters of the recommendation, applied as their exact frequency response."""
    size = len(sound) + SAMPLE_RATE
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones(len(turn), complex)
    for above, below in (_SHELF, _HIGH_PASS):
        response *= np.polyval(above[::-1], turn) / np.polyval(below[::-1], turn)
    return np.fft.irfft(np.fft.rfft(sound, size) * response, size)[: len(sound)]


def _level_of(power: float) -> float:
    return -0.691 + 10 * float(np.log10(max(power, 1e-12)))


def _power_of(level: float) -> float:
    return float(10 ** ((level + 0.691) / 10))
