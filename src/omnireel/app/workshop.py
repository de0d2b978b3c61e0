"""Work on tasks, and the sweeping that goes with it."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import structlog

from omnireel.api.scratch import sweep_arrivals
from omnireel.app.executors import open_executor
from omnireel.app.house import Bells, House, task_store
from omnireel.clock import SystemClock
from omnireel.errors import Unavailable
from omnireel.execution import scratch
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.running import Rhythm

SWEEP_EVERY = timedelta(minutes=10)
ABANDONED = timedelta(hours=1)
"""A file on its way in that is older belongs to a process that died."""

log = structlog.get_logger(__name__)


class Workshop:
    """The half of the service that makes videos: an executor, a dispatcher and a janitor on their threads.

    `on_end` is called, on a thread of its own, when no more tasks will be worked on.
    """

    def __init__(self, house: House, on_end: Callable[[], None]) -> None:
        settings = house.settings
        self._engine = settings.engine
        self._stop = Event()
        self._ready = Event()
        self._on_end = on_end
        self.broken = False
        """True when the dispatcher ended without having been told to."""
        self._patience = settings.drain_seconds + settings.stop_grace_seconds + 10
        self._executor = open_executor(settings, house.scratch, house.patient_blobs)
        # Its loop tries again by itself, and meanwhile has attempts to look after.
        metrics = house.instruments.metrics
        bells = Bells(house.bell, house.endings)
        store = task_store(settings, house.database, bells, metrics, patience=0.0)
        self._dispatcher = Dispatcher(
            store,
            self._executor,
            house.patient_blobs,
            worker=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}",
            rhythm=Rhythm(
                claim=0.2 if dialect_of(house.database).embedded else 1.0,
                heartbeat=settings.heartbeat_seconds,
                drain=settings.drain_seconds,
                stop=settings.stop_grace_seconds + 1,
            ),
            bell=house.bell,
            workers=house.workers,
            instruments=house.instruments,
        )
        self._janitor = Janitor(
            house.store,
            house.files,
            house.patient_blobs,
            clock=SystemClock(),
            sweep_scratch=lambda: scratch.sweep(house.scratch) + sweep_arrivals(house.arrivals, ABANDONED),
            sweep_deliveries=house.deliveries.sweep,
            sweep_workers=house.workers.sweep,
            metrics=metrics,
        )
        self._threads = [
            Thread(target=self._work, name="dispatcher", daemon=True),
            Thread(target=self._janitor.run, args=(self._stop, SWEEP_EVERY), name="janitor", daemon=True),
            Thread(target=house.bell.listen, args=(self._stop,), name="bell", daemon=True),
        ]

    def open(self) -> None:
        for thread in self._threads:
            thread.start()

    def ask_to_stop(self) -> None:
        """Claim nothing more and drain; returns at once."""
        self._stop.set()

    def close(self) -> None:
        """Wait for the drain, at most as long as the settings allow; end what is left."""
        self.ask_to_stop()
        for thread in self._threads:
            if self._ready.is_set():
                thread.join(self._patience)
        if self._ready.is_set():
            self._executor.close()

    def check(self) -> str:
        """For `/readyz`. Raises Unavailable while nothing would be worked on."""
        if not self._ready.is_set():
            raise Unavailable(f"preparing the {self._engine} engine; the first time takes a minute")
        if not self._threads[0].is_alive():
            raise Unavailable("the dispatcher has stopped")
        return "claiming tasks"

    def _work(self) -> None:
        try:
            # Kernels first: an attempt beside their compilation would only compile them a second time.
            self._prepare()
            self._ready.set()
            self._dispatcher.run(self._stop)
        finally:
            self.broken = not self._stop.is_set()
            self._on_end()

    def _prepare(self) -> None:
        try:
            self._executor.prepare(self._engine)
        except Exception:
            # Attempts can do without, only slower; what truly is wrong they will say in their own words.
            log.exception("engine not prepared", engine=self._engine)
