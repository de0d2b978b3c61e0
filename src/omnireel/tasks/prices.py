"""What a request costs: USD per second of output, by model and mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Final

from omnireel.models import Mode, VideoRequest

_SMALLEST: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Quote:
    """What a task may cost, USD with at most four decimals."""

    reserved: Decimal
    """The most it can cost; set aside until the task ends."""
    rate: Decimal | None = None
    """The price per second where the finished clip decides the length; None when `reserved` is the price."""


@dataclass(frozen=True)
class PriceList:
    """Prices per second. `longest_source` is how long a source video may be, seconds."""

    per_second: Mapping[str, Mapping[Mode, Decimal]]
    longest_source: float

    def quote(self, request: VideoRequest) -> Quote:
        """The price; for a source video, not fetched yet, the price of the longest one allowed."""
        rate = self.per_second[request.model][request.mode]
        if request.duration is not None:
            return Quote(rate * request.duration)
        most = rate * Decimal(str(self.longest_source))
        return Quote(most.quantize(_SMALLEST, ROUND_UP), rate)
