"""The loop that gives rows to an executor: claim, start, watch, finish; drain when told to stop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Final

import structlog

from omnireel.crashpoints import crash_point
from omnireel.execution.base import Attempt, Executor, Handle
from omnireel.storage.base import BlobStore
from omnireel.tasks.account import Account
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.bell import Bell
from omnireel.tasks.breakers import Breakers
from omnireel.tasks.outage import Outage
from omnireel.tasks.route import Route, onward
from omnireel.tasks.running import Rhythm, RunningTask, backoff
from omnireel.tasks.store import Claim, TaskStore
from omnireel.tasks.workers import Workers
from omnireel.telemetry.instruments import Instruments

_PUBLISHERS = 4
_PAUSE = 1.0
_CREW_SECONDS: Final = 60.0
"""Between counts of the workers there are."""
_PER_WORKER: Final = 0.001
_LONGEST_WINDOW: Final = 1.0

WITH_SPRITESHEET: Final = frozenset({"openai"})
"""Dialects in which a spritesheet may be asked for; it takes a second, so others go without."""

log = structlog.get_logger(__name__)


def ring_window(workers: int) -> float:
    """How long a worker may wait before it looks for what a ring was about, when so many hear it. Seconds.

    Each waits a moment drawn from it. So somebody looks within about a millisecond however many there are,
    and most of a thousand idle workers learn in one look what many rings were about, not at every ring.
    """
    return min((workers - 1) * _PER_WORKER, _LONGEST_WINDOW) if workers > 1 else 0.0


class Dispatcher:
    """Works on tasks through an executor, as many at once as it has room for.

    `worker` names this process in the rows it claims. `bell` is rung when there may be something to claim;
    the queue is looked at now and then all the same. While the database is away the attempts go on. `workers`
    is told now and then that this one lives.
    """

    def __init__(
        self,
        store: TaskStore,
        executor: Executor,
        blobs: BlobStore,
        *,
        worker: str,
        rhythm: Rhythm | None = None,
        bell: Bell | None = None,
        workers: Workers | None = None,
        instruments: Instruments | None = None,
        breakers: Breakers | None = None,
    ) -> None:
        self._store = store
        self._breakers = breakers or Breakers()
        self._executor = executor
        self._blobs = blobs
        self._worker = worker
        self._rhythm = rhythm or Rhythm()
        self._bell = bell or Bell()
        self._workers = workers
        self._instruments = instruments or Instruments()
        self._outage = Outage(self._rhythm.heartbeat)
        self._running: list[RunningTask] = []
        self._draining = False
        self._window = 0.0
        self._due: dict[str, float] = {}
        # Hashing and storing a big clip must not keep the leases of the others waiting.
        self._pool = ThreadPoolExecutor(_PUBLISHERS, thread_name_prefix="publish")

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then drain: what runs may end, what does not is given back. Once only."""
        log.info("dispatcher started", worker=self._worker)
        try:
            while not stop.is_set():
                self._turn()
                self._periodically("claim", self._rhythm.claim, self._fill)
                if self._bell.wait(self._rhythm.poll):
                    self._look_within(self._window)
            self._drain()
        finally:
            for running in self._running:
                running.abandon("dispatcher ended")
            self._pool.shutdown(wait=False, cancel_futures=True)
        log.info("dispatcher stopped", worker=self._worker)

    def _turn(self) -> None:
        self._periodically("watch", self._rhythm.cancel, self._watch)
        for running in self._running:
            if not running.done:
                with running.told():
                    self._try(running.turn)
        self._instruments.metrics.busy.set(self._busy())
        if any(running.done for running in self._running):
            self._running = [running for running in self._running if not running.done]
            self._look_soon()
        # Our own leases are renewed by now, also when this process was frozen for longer than they last.
        self._periodically("reap", self._rhythm.heartbeat, self._reap)
        self._periodically("report", self._rhythm.heartbeat, self._report)
        self._periodically("crew", _CREW_SECONDS, self._count_crew)

    def _drain(self) -> None:
        log.info("dispatcher draining", worker=self._worker, running=len(self._running))
        self._draining = True
        self._try(self._leave)
        self._turn_until_idle(self._rhythm.drain)
        for running in self._running:
            with running.told():
                running.give_back()
        self._turn_until_idle(self._rhythm.stop)
        for running in self._running:
            with running.told():
                self._try(running.give_back_now)

    def _turn_until_idle(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._running and time.monotonic() < deadline:
            self._turn()
            time.sleep(self._rhythm.poll)

    def _fill(self) -> None:
        if not self._outage.settled or self._executor.capacity() <= 0:
            return
        if (claim := self._store.claim(self._worker)) is None:
            return
        crash_point("after_claim")
        if (way := self._detour(claim)) is not None:
            self._store.reroute(claim, *way)
            self._look_soon()
            return
        account = Account(claim, self._instruments)
        with account.told():
            handle = self._start(claim, account)
        if handle is None:
            return
        self._running.append(
            RunningTask(
                claim,
                handle,
                store=self._store,
                blobs=self._blobs,
                pool=self._pool,
                rhythm=self._rhythm,
                account=account,
                breakers=self._breakers,
            )
        )
        crash_point("after_start")
        # Starting takes a moment: look after the others before the next one, but do not pause.
        self._look_soon()

    def _detour(self, claim: Claim) -> tuple[str, Route] | None:
        """The way around an engine that is left alone for now, where there is one.

        An attempt that another began goes on: what it remembers is with this engine.
        """
        if not claim.route.ahead or claim.note:
            return None
        objection = self._breakers.objection(claim.engine)
        if objection is None:
            return None
        log.info("engine passed over", task=claim.task_id, engine=claim.engine, reason=objection)
        return onward(claim.engine, claim.route, objection)

    def _start(self, claim: Claim, account: Account) -> Handle | None:
        """Begin an attempt. None when this machine cannot, and then the task is to be tried again later."""
        try:
            handle = self._executor.start(_attempt_at(claim, account.trace))
        except Exception:
            # Whatever it was, it happened to the machine and not yet to the request.
            log.exception("attempt did not start", task=claim.task_id, attempt=claim.attempt)
            account.close("not started", ())
            reason = "the attempt could not be started"
            self._store.retry(claim, reason, backoff(claim.attempt, self._rhythm.retry))
            return None
        log.info("attempt started", task=claim.task_id, attempt=claim.attempt, engine=claim.engine)
        return handle

    def _watch(self) -> None:
        if self._running or self._outage.away:
            holds = self._store.watch([running.claim for running in self._running])
            for running in self._running:
                with running.told():
                    running.heed(holds[running.claim.token])
            self._outage.over()

    def _report(self) -> None:
        if self._workers is not None and not self._draining:
            self._workers.report(self._worker, self._executor.capacity() + len(self._running))

    def _count_crew(self) -> None:
        if self._workers is not None:
            lately = timedelta(seconds=3 * self._rhythm.heartbeat)
            self._window = ring_window(self._workers.crew(lately).workers)

    def _leave(self) -> None:
        if self._workers is not None:
            self._workers.leave(self._worker)

    def _busy(self) -> float:
        """The share of the places for attempts that are taken, 0 to 1."""
        places = self._executor.capacity() + len(self._running)
        return len(self._running) / places if places else 1.0

    def _look_soon(self) -> None:
        """Look at the queue in the next turn."""
        self._due["claim"] = time.monotonic()

    def _look_within(self, seconds: float) -> None:
        """Look at the queue at a moment within so many, unless a look within them is due already."""
        now = time.monotonic()
        if self._due.get("claim", now) > now + seconds:
            self._due["claim"] = now + random.random() * seconds

    def _reap(self) -> None:
        if not self._outage.settled:
            return
        if reaped := self._store.reap():
            log.warning("tasks given up", tasks=reaped)

    def _periodically(self, name: str, seconds: float, step: Callable[[], None]) -> None:
        now = time.monotonic()
        if now >= self._due.get(name, now):
            self._due[name] = now + seconds
            self._try(step, name=name)

    def _try(self, step: Callable[[], None], **facts: str) -> None:
        """Try a step that is safe to repeat: a database that is away for a moment must not end the loop."""
        try:
            step()
        except DatabaseAway:
            self._outage.began()
            time.sleep(min(_PAUSE, self._rhythm.claim))
        except Exception:
            log.exception("dispatcher step failed", **facts)
            time.sleep(min(_PAUSE, self._rhythm.claim))


def _attempt_at(claim: Claim, trace: str) -> Attempt:
    return Attempt(
        claim.task_id,
        claim.attempt,
        claim.request,
        claim.engine,
        claim.seed,
        claim.note,
        trace,
        spritesheet=claim.dialect in WITH_SPRITESHEET,
        recall=claim.canceled,
    )
