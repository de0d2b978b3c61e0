"""Seconds and memory of things that run on a device."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import torch

Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Of some rounds. Bytes are the most that was allocated at once, None where nobody counts."""

    seconds: tuple[float, ...]
    peak_bytes: int | None

    @property
    def median(self) -> float:
        return median(self.seconds)


ENOUGH = 30.0
"""Seconds after which no further round of the same thing is begun."""


class Stopwatch:
    """Waits for the device before and after, so that what was only queued is not called done."""

    def __init__(self, device: torch.device, rounds: int, enough: float = ENOUGH) -> None:
        self._device = device
        self._rounds = rounds
        self._enough = enough

    def once(self, work: Work) -> Timing:
        """The first time, whatever that takes."""
        return self._rounds_of({"": work}, rounds=1)[""]

    def timed(self, work: Work) -> Timing:
        """After one round that does not count."""
        return self.paired({"": work})[""]

    def paired(self, works: Mapping[str, Work]) -> Mapping[str, Timing]:
        """Several in turn, round by round, forwards and backwards, so that none has the cooler GPU."""
        for work in works.values():
            self._measured(work)
        return self._rounds_of(works, self._rounds)

    def _rounds_of(self, works: Mapping[str, Work], rounds: int) -> dict[str, Timing]:
        seconds: dict[str, list[float]] = {name: [] for name in works}
        peaks: dict[str, int | None] = {}
        for turn in range(rounds):
            if sum(map(sum, seconds.values())) > self._enough * len(works):
                break
            for name in _turned(list(works), turn):
                took, peaks[name] = self._measured(works[name])
                seconds[name].append(took)
        return {name: Timing(tuple(seconds[name]), peaks[name]) for name in works}

    def _measured(self, work: Work) -> tuple[float, int | None]:
        counts = self._device.type == "cuda"
        if counts:
            torch.cuda.synchronize(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
        began = time.perf_counter()
        with torch.no_grad():
            work()
        if counts:
            torch.cuda.synchronize(self._device)
        seconds = time.perf_counter() - began
        return seconds, int(torch.cuda.max_memory_allocated(self._device)) if counts else None


def _turned(names: Sequence[str], turn: int) -> Sequence[str]:
    return names if turn % 2 == 0 else names[::-1]


def emptied(device: torch.device) -> None:
    """Give back what is no longer used."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
