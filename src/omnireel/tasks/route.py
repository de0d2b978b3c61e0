"""A task's way from engine to engine: which one has it, which come after, and which are behind it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from omnireel.errors import EngineFailed, EngineLost, EngineUnavailable
from omnireel.models import Failed, PassedOver

GOES_ON: Final = frozenset({EngineFailed.type, EngineLost.type, EngineUnavailable.type})
"""Failures that another engine may not have. Not among them: what may have been paid for, what the inputs
are to blame for, and whoever was too slow.
"""
MAX_REASON = 300


@dataclass(frozen=True)
class Stop:
    """An engine on the way. `paid` when somebody else gets money for what it makes."""

    engine: str
    paid: bool = False


@dataclass(frozen=True)
class Route:
    """`paid` is whether the engine that has the task is."""

    paid: bool = False
    ahead: tuple[Stop, ...] = ()
    passed: tuple[PassedOver, ...] = ()


NOWHERE_ELSE: Final = Route()


def after(engine: str, route: Route, failed: Failed) -> tuple[str, Route] | None:
    """The engine that is to try next, and its route; None when this failure ends the task.

    An engine that may still be owed money for the task is followed by none that costs money too.
    """
    if failed.type not in GOES_ON:
        return None
    owing = failed.type == EngineLost.type and route.paid
    dear = [
        PassedOver(stop.engine, f"{engine} may have been paid already") for stop in route.ahead if stop.paid
    ]
    if owing:
        ahead = tuple(stop for stop in route.ahead if not stop.paid)
        route = replace(route, ahead=ahead, passed=(*route.passed, *dear))
    return onward(engine, route, failed.message)


def onward(engine: str, route: Route, reason: str) -> tuple[str, Route] | None:
    """The same for any other reason to leave this engine."""
    if not route.ahead:
        return None
    following, *ahead = route.ahead
    passed = (*route.passed, PassedOver(engine, reason[:MAX_REASON]))
    return following.engine, Route(following.paid, tuple(ahead), passed)


def route_of(stops: Sequence[Stop], passed: Sequence[PassedOver]) -> tuple[str, Route]:
    """A task begins with the first of these engines."""
    first, *ahead = stops
    return first.engine, Route(first.paid, tuple(ahead), tuple(passed))
