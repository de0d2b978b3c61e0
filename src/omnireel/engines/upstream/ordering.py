"""Ordering a clip from somebody who is paid for it, never twice.

    nothing ──remember──▶ paying ──order──▶ (…) ──remember──▶ ordered ──follow──▶ clip

What is remembered is stored before the next step is taken. An attempt that finds `paying` and no order does
not know whether there is one. Where the upstream promises that an order under the same key is the same order,
it asks again under that key, for as long as the promise holds; elsewhere nobody can tell, and it says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from secrets import token_urlsafe

from omnireel.crashpoints import crash_point
from omnireel.engines.base import Run
from omnireel.errors import EngineUnavailable, OutcomeUnknown, WorkerLost

MARGIN_SECONDS = 3600.0
"""A promise is not relied on to its last moment."""


@dataclass(frozen=True)
class Order:
    """What is known of an order. `order_id` is the upstream's name for it, "" while it may not exist.

    `until` is unix time: how long the upstream remembers `key`; 0 when it makes no such promise.
    """

    key: str
    until: float = 0.0
    order_id: str = ""


def order_once(run: Run, promised: Callable[[], float], order: Callable[[str], str]) -> str:
    """The upstream's name for this task's only order, made now or by an earlier attempt.

    `promised` tells for how many seconds the upstream remembers a key, 0 when it does not; `order` makes the
    order under a key. Both raise EngineUnavailable when nothing can have been ordered by that.

    Raises OutcomeUnknown when there may be an order that nobody can find, and WorkerLost when the upstream
    cannot be asked for one now: a later attempt can.
    """
    known = _read(run.note)
    resumed = known is not None
    if known is not None and known.order_id:
        return known.order_id
    if known is None:
        seconds = promised()
        known = Order(token_urlsafe(24), time.time() + seconds if seconds else 0.0)
        run.remember(_written(known))
        # The last moment at which a cancel costs nothing.
        run.report(0.0, "ordering")
    elif time.time() > known.until - MARGIN_SECONDS:
        raise OutcomeUnknown(
            "an earlier attempt died while it ordered the clip from the upstream, and nobody can tell "
            "whether the order arrived; it is not ordered again"
        )
    crash_point("before_pay")
    try:
        order_id = order(known.key)
    except EngineUnavailable as error:
        if resumed:
            raise WorkerLost(f"an earlier order cannot be asked for: {error}") from error
        raise
    crash_point("after_pay")
    run.remember(_written(Order(known.key, known.until, order_id)))
    crash_point("after_remember")
    return order_id


def order_in(note: str) -> str:
    """The upstream's name for the order that a note tells of; "" when it tells of none."""
    known = _read(note)
    return "" if known is None else known.order_id


def _read(note: str) -> Order | None:
    return Order(**json.loads(note)) if note else None


def _written(order: Order) -> str:
    return json.dumps(asdict(order))
