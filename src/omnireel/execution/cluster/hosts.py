"""The hosts of one bridge: actors that hold what an attempt takes, kept warm for the next one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex
from threading import Lock
from typing import Any, Final

import ray
from ray.exceptions import RayError

from omnireel.execution.cluster.host import AttemptHost
from omnireel.execution.cluster.messages import NAMESPACE, PREFIX, Opening, Shape
from omnireel.execution.cluster.waiting import Waiting

IDLE_SECONDS: Final = 60.0
"""How long a host that has nothing to do keeps its place, and an engine's process warm in it."""
IDLE_CARD_SECONDS: Final = 600.0
"""The same where there are graphics cards: bringing a model there again takes minutes."""
PING_SECONDS: Final = 5.0
_THREADS: Final = 8
"""Calls that a host answers at once; one of them waits for news."""


class Host:
    """An actor, and what is known of it here."""

    def __init__(self, actor: Any, shape: Shape, engine: str) -> None:
        self.actor = actor
        self.shape = shape
        self.engine = engine
        self.placed = False
        """Whether it has answered, so that it takes up room on a node."""
        self.idle_since = 0.0

    def answers(self) -> bool:
        """Whether it is there still. Waits a few seconds at most."""
        try:
            ray.get(self.actor.report.remote(), timeout=PING_SECONDS)
        except RayError:
            return False
        return True


class Hosts:
    """Which hosts there are. Any thread may ask."""

    def __init__(self, opening: Opening, now: Callable[[], float] = time.monotonic) -> None:
        self._opening = opening
        self.waiting = Waiting(opening.usual)
        self._idle: list[Host] = []
        self._busy: set[Host] = set()
        self._lock = Lock()
        self._now = now

    @property
    def placed(self) -> int:
        """How many take up room on nodes."""
        with self._lock:
            return sum(host.placed for host in (*self._idle, *self._busy))

    def idle(self, shape: Shape, engine: str) -> Host | None:
        """One that waits and answers, if possible one that did the same before."""
        while (host := self._pick(shape, engine)) is not None:
            if host.answers():
                host.engine = engine
                return host
            self.discard(host)
        return None

    def new(self, shape: Shape, engine: str) -> Host:
        """One more. It is placed when Ray has room for it."""
        host = Host(self._create(shape), shape, engine)
        with self._lock:
            self._busy.add(host)
        return host

    def put_back(self, host: Host) -> None:
        """It has nothing to do now."""
        with self._lock:
            self._busy.discard(host)
            host.idle_since = self._now()
            self._idle.append(host)

    def discard(self, host: Host) -> None:
        """End it, with whatever it does."""
        with self._lock:
            self._busy.discard(host)
        with suppress(RayError):
            ray.kill(host.actor)

    def make_room(self, shape: Shape) -> None:
        """Somebody waits for a place: end those that wait with another shape."""
        self._end(lambda host: host.shape != shape)

    def expire(self) -> None:
        """End those that had nothing to do for long."""
        self._end(lambda host: self._now() - host.idle_since > _patience(host))

    def _pick(self, shape: Shape, engine: str) -> Host | None:
        with self._lock:
            fitting = [host for host in self._idle if host.shape == shape]
            if not fitting:
                return None
            # The last one back first: those that are not needed grow old.
            host = max(fitting, key=lambda host: (host.engine == engine, host.idle_since))
            self._idle.remove(host)
            self._busy.add(host)
            return host

    def _end(self, superfluous: Callable[[Host], bool]) -> None:
        with self._lock:
            ended = [host for host in self._idle if superfluous(host)]
            self._idle = [host for host in self._idle if host not in ended]
        for host in ended:
            self.discard(host)

    def _create(self, shape: Shape) -> Any:
        remote = ray.remote(AttemptHost).options(
            name=f"{PREFIX}{token_hex(8)}",
            namespace=NAMESPACE,
            num_cpus=shape.cpus,
            num_gpus=shape.gpus,
            memory=shape.memory,
            max_concurrency=_THREADS,
            # A new one would know nothing of the attempt; what is lost is begun anew from the queue.
            max_restarts=0,
            scheduling_strategy="SPREAD" if self._opening.spread else "DEFAULT",
        )
        return remote.remote(self._opening.terms, max(1, int(shape.cpus)))


def _patience(host: Host) -> float:
    return IDLE_CARD_SECONDS if host.shape.gpus else IDLE_SECONDS
