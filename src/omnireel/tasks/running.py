"""One claimed task while this process works on it: keep the lease, watch the attempt, write how it ended."""

from __future__ import annotations

import random
import time
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta

import structlog

from omnireel.crashpoints import crash_point
from omnireel.execution.base import Ending, Handle, Lost, Made
from omnireel.models import Failed, Progress, Stopped, Succeeded
from omnireel.storage.base import BlobStore
from omnireel.tasks.account import Account
from omnireel.tasks.breakers import TROUBLE, Breakers
from omnireel.tasks.endings import overdue
from omnireel.tasks.publish import publish
from omnireel.tasks.route import Route, after
from omnireel.tasks.store import Claim, Hold, TaskStore

log = structlog.get_logger(__name__)

_GROWTHS = 3


@dataclass(frozen=True)
class Rhythm:
    """How often things are done and how long they are waited for, seconds."""

    poll: float = 0.05
    """Between looks at the running attempts."""
    claim: float = 0.2
    """Between looks at an empty queue."""
    cancel: float = 0.25
    """Between looks for tasks that should stop."""
    progress: float = 1.0
    """Between writes of a progress that changes."""
    heartbeat: float = 10.0
    """Between renewals of a lease; well under the lease itself."""
    retry: float = 2.0
    """Before the second attempt; four times as long before each further one, three times over at most."""
    drain: float = 30.0
    """For running attempts to end by themselves after a stop."""
    stop: float = 6.0
    """For stopped attempts to end after that, before they are killed."""


class RunningTask:
    """A claim with its attempt. `done` when its ending is written, or the claim is lost."""

    def __init__(
        self,
        claim: Claim,
        handle: Handle,
        *,
        store: TaskStore,
        blobs: BlobStore,
        pool: Pool,
        rhythm: Rhythm,
        account: Account,
        breakers: Breakers,
    ) -> None:
        self.claim = claim
        self._breakers = breakers
        self._account = account
        self.done = False
        self._handle = handle
        self._store = store
        self._blobs = blobs
        self._pool = pool
        self._rhythm = rhythm
        self._began = self._renewed = time.monotonic()
        self._written = (Progress(), claim.note)
        self._publishing: Future[Succeeded] | None = None
        self._ending: Failed | Stopped | Succeeded | Lost | None = None
        # An attempt that only calls off what was remembered is not to be stopped for that.
        self._canceling = claim.canceled
        self._overdue = False
        self._releasing = False

    def told(self) -> AbstractContextManager[None]:
        """A block whose log lines say which attempt they are about."""
        return self._account.told()

    def turn(self) -> None:
        """Do what is due now. Safe to repeat when the database was not to be reached."""
        if self._ending is None:
            self._ending = self._look()
        if self._ending is None:
            self._beat()
        else:
            self._settle(self._ending)

    def heed(self, hold: Hold) -> None:
        """Act on what became of the claim."""
        if hold is Hold.LOST:
            self.abandon("claim lost")
        elif hold is Hold.CANCEL_REQUESTED and not self._canceling:
            self._canceling = True
            self._handle.stop()
            log.info("attempt stopping", task=self.claim.task_id, attempt=self.claim.attempt)
        elif hold is Hold.OVERDUE and not self._overdue:
            self._overdue = True
            self._handle.stop()
            log.info("attempt overdue", task=self.claim.task_id, attempt=self.claim.attempt)

    def give_back(self) -> None:
        """Stop the attempt; the task is another worker's to begin anew."""
        self._releasing = True
        self._handle.stop(hand_over=True)

    def give_back_now(self) -> None:
        """Kill the attempt and release the task without waiting for it to end."""
        self._handle.kill()
        self._store.release(self.claim)
        self._end("released")

    def abandon(self, why: str) -> None:
        """Kill the attempt and write nothing."""
        self._handle.kill()
        self._end(why)

    def _look(self) -> Failed | Stopped | Succeeded | Lost | None:
        if self._publishing is not None:
            return _published(self._publishing) if self._publishing.done() else None
        ending: Ending | None = self._handle.poll()
        if isinstance(ending, Made):
            # The pool's threads know nothing of whose work they do.
            self._publishing = self._pool.submit(copy_context().run, self._publish, ending)
            return None
        return ending

    def _publish(self, made: Made) -> Succeeded:
        with self._account.publishing():
            return publish(self._blobs, self.claim, made)

    def _beat(self) -> None:
        news = self._news()
        since = time.monotonic() - self._renewed
        due = since >= self._rhythm.heartbeat
        worth_telling = news != self._written and since >= self._rhythm.progress
        if due or worth_telling or news[1] != self._written[1]:
            self.heed(self._tell(news))

    def _news(self) -> tuple[Progress, str]:
        return self._handle.progress, self._handle.note

    def _tell(self, news: tuple[Progress, str]) -> Hold:
        hold = self._store.renew(self.claim, *news)
        if hold is not Hold.LOST and news[1] != self._written[1]:
            self._handle.confirm(news[1])
        self._renewed, self._written = time.monotonic(), news
        return hold

    def _settle(self, ending: Failed | Stopped | Succeeded | Lost) -> None:
        crash_point("before_finish")
        written = self._write(ending)
        crash_point("after_finish")
        self._end(written, reason=ending.type if isinstance(ending, Failed) else "")

    def _write(self, ending: Failed | Stopped | Succeeded | Lost) -> str:
        """Write the ending; what became of the task, in a word or two."""
        news = self._news()
        if news[1] != self._written[1]:
            # The last thing it asked to be remembered decides what the next attempt may do.
            self._tell(news)
        self._learn(ending)
        match ending:
            case Failed() if not self._canceling and not self._overdue and (way := self._way_on(ending)):
                return self._reroute(ending, *way)
            case Failed() if self.claim.canceled:
                # Nobody is left who could be asked to call anything off.
                return self._finish(Stopped())
            case Succeeded() | Failed():
                return self._finish(ending)
            case Stopped() if self._canceling and (self.claim.canceled or not news[1]):
                return self._finish(ending)
            case Stopped() if self._canceling:
                return self._leave_to_call_off()
            case _ if self._overdue and not self.claim.canceled:
                return self._finish(overdue())
            case _ if self._releasing:
                return "released" if self._store.release(self.claim) else "claim lost"
            case Stopped():
                return self._retry("the attempt was stopped from outside")
            case Lost(reason):
                return self._retry(reason)

    def _learn(self, ending: Failed | Stopped | Succeeded | Lost) -> None:
        """What the ending says about the engine."""
        match ending:
            case Failed(type=kind) if kind in TROUBLE:
                self._breakers.failed(self.claim.engine, ending.message)
            case Succeeded() | Failed():
                self._breakers.succeeded(self.claim.engine)

    def _way_on(self, failed: Failed) -> tuple[str, Route] | None:
        return after(self.claim.engine, self.claim.route, failed)

    def _reroute(self, failed: Failed, engine: str, route: Route) -> str:
        log.warning("task rerouted", task=self.claim.task_id, engine=engine, reason=failed.message)
        return "rerouted" if self._store.reroute(self.claim, engine, route) else "claim lost"

    def _finish(self, outcome: Succeeded | Failed | Stopped) -> str:
        kept = self._store.finish(self.claim, outcome)
        return type(outcome).__name__.lower() if kept else "claim lost"

    def _retry(self, reason: str) -> str:
        log.warning("attempt lost", task=self.claim.task_id, attempt=self.claim.attempt, reason=reason)
        status = self._store.retry(self.claim, reason, backoff(self.claim.attempt, self._rhythm.retry))
        return "claim lost" if status is None else status.value

    def _leave_to_call_off(self) -> str:
        """The attempt stopped, and what it remembers may still run: another one calls that off."""
        reason = "it stopped before what it remembers was called off"
        status = self._store.retry(self.claim, reason, timedelta(0))
        return "claim lost" if status is None else status.value

    def _end(self, how: str, *, reason: str = "") -> None:
        self.done = True
        self._account.close(how, self._handle.stages, reason=reason)
        self._handle.close()
        log.info(
            "attempt ended",
            task=self.claim.task_id,
            attempt=self.claim.attempt,
            engine=self.claim.engine,
            outcome=how,
            seconds=round(time.monotonic() - self._began, 3),
        )


def backoff(attempt: int, first: float) -> timedelta:
    """How long a task waits after this attempt failed, spread out so that many do not return together."""
    growth = 4 ** min(attempt - 1, _GROWTHS)
    return timedelta(seconds=first * growth * random.uniform(0.5, 1.5))


def _published(publishing: Future[Succeeded]) -> Succeeded | Lost:
    error = publishing.exception()
    if error is None:
        return publishing.result()
    log.error("publishing failed", error=f"{type(error).__name__}: {error}")
    return Lost(f"the result could not be stored ({type(error).__name__})")
