"""What a measurement is given, and how its result becomes a row."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from benchmarks.gpu.report import Row
from benchmarks.gpu.sizes import Sizes
from benchmarks.gpu.timing import Stopwatch, Timing


@dataclass(frozen=True)
class Bench:
    """A device, the stopwatch beside it, and how large things are."""

    device: torch.device
    dtype: torch.dtype
    sizes: Sizes
    watch: Stopwatch

    def drawn(self, *shape: int, dtype: torch.dtype | None = None) -> torch.Tensor:
        """Normal noise, the same in every run."""
        dice = torch.Generator(self.device).manual_seed(0)
        return torch.randn(shape, generator=dice, device=self.device, dtype=dtype or self.dtype)

    def text(self) -> torch.Tensor:
        """What a prompt is for the transformer."""
        return self.drawn(1, self.sizes.text, self.sizes.large["text_dim"])


def row(
    what: str, timing: Timing, *, tokens: int | None = None, flop: float | None = None, remark: str = ""
) -> Row:
    return Row(what, tokens, timing.seconds, timing.median, flop, timing.peak_bytes, remark)
