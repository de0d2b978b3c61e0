"""What a batch will cost, asked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from omnireel.cli.batch.journal import Journal
from omnireel.cli.batch.lines import Line
from omnireel.client.errors import InvalidRequestError
from omnireel.client.types import Estimate
from omnireel.errors import InvalidRequest

if TYPE_CHECKING:
    from omnireel.client._sync import Client

_PRICED: Final = ("model", "mode", "duration", "sound", "multi_shot", "engine")
"""What prices and times hang on; lines that agree in these are asked about once."""


@dataclass(frozen=True)
class Forecast:
    """What the lines not yet sent will take at most; `prices` by line, USD, None where nobody tells."""

    prices: dict[str, Decimal | None]
    spent: Decimal
    seconds: float | None

    @property
    def open(self) -> Decimal | None:
        """What is still to be spent at most; None when any price is not known."""
        known = [price for price in self.prices.values() if price is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.prices) else None

    @property
    def total(self) -> Decimal | None:
        return None if self.open is None else self.open + self.spent


def forecast(client: Client, lines: Sequence[Line], unsent: Sequence[Line], journal: Journal) -> Forecast:
    """Ask what the unsent lines will take. Raises APIError, and InvalidRequest for a line that is no good."""
    estimates: dict[object, Estimate] = {}
    for line in unsent:
        kind = _kind(line)
        if kind not in estimates:
            estimates[kind] = _estimate(client, line)
    found = [(line, estimates[_kind(line)]) for line in unsent]
    times = [estimate.expected_seconds for _, estimate in found]
    known = [seconds for seconds in times if seconds is not None]
    return Forecast(
        {line.ident: estimate.price for line, estimate in found},
        _spent(lines, journal),
        sum(known) if known and len(known) == len(times) else None,
    )


def check_cost(forecast: Forecast, most: Decimal) -> None:
    """Raises InvalidRequest when the whole batch, what is spent included, may cost more than `most`."""
    if forecast.total is None:
        raise InvalidRequest("--max-cost: the server does not tell what these lines would cost")
    if forecast.total > most:
        earlier = f", {forecast.spent:.4f} of it spent already" if forecast.spent else ""
        cost = f"the batch may cost {forecast.total:.4f} USD{earlier}"
        raise InvalidRequest(f"{cost}, and --max-cost is {most:.4f}; nothing was sent")


def _estimate(client: Client, line: Line) -> Estimate:
    try:
        return client.videos.estimate(line.prompt, **line.options)
    except InvalidRequestError as error:
        raise InvalidRequest(f"line {line.number}: {error}; nothing was sent") from error


def _kind(line: Line) -> object:
    options = dict(line.options)
    return *(options.get(name) for name in _PRICED), "video" in options, len(line.options.get("images", ()))


def _spent(lines: Iterable[Line], journal: Journal) -> Decimal:
    """What the lines sent so far have cost, or may: the charge where it is known, else the price."""
    total = Decimal(0)
    for line in lines:
        progress = journal.progress(line.ident)
        charged = progress.ended.get("charged") if progress.ended else None
        price = progress.sent.price if progress.sent else None
        total += Decimal(str(charged if charged is not None else price or 0))
    return total
