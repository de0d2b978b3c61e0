"""Rung when a task may be there to be claimed, or has ended, so that those who wait for that look at once.

Nothing depends on it: a ring that nobody hears costs the time until the next look at the queue, and one for
nothing costs a look. A task never travels in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event
from typing import TYPE_CHECKING, Final, cast

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from omnireel.tasks.dialect import dialect_of

if TYPE_CHECKING:
    from psycopg import Connection

WORK: Final = "omnireel_task"
"""A task may be there to be claimed."""
ENDINGS: Final = "omnireel_ending"
"""A task has ended."""
_LOOK: Final = 0.5
"""Seconds between looks for a stop while listening."""
_PAUSE: Final = 1.0
"""Seconds before another try to listen."""

log = structlog.get_logger(__name__)


class Bell:
    """A bell for one who waits, rung within its own process."""

    def __init__(self) -> None:
        self._rung = Event()

    def ring(self) -> None:
        """From any thread, and never an error."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Whether it was rung, since the last wait or within `seconds`."""
        rung = self._rung.wait(seconds)
        self._rung.clear()
        return rung

    def listen(self, stop: Event) -> None:
        """Hear the rings of other processes until `stop` is set. There are none to be heard here."""


class SharedBell(Bell):
    """A bell for all processes on one PostgreSQL: `ring` is heard by those that `listen`."""

    def __init__(self, engine: Engine, channel: str = WORK) -> None:
        super().__init__()
        self._engine = engine
        self._channel = channel

    def ring(self) -> None:
        # Apart from the submit's own transaction: those that notify wait for each other while they commit.
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(select(func.pg_notify(self._channel, "")))
        except SQLAlchemyError as error:
            log.info("nobody was notified", reason=type(error).__name__)

    def listen(self, stop: Event) -> None:
        from psycopg import Error

        listening = True
        while not stop.is_set():
            try:
                with self._line() as line:
                    listening = True
                    # Rings may have gone unheard until now.
                    super().ring()
                    self._hear(line, stop)
            except (Error, SQLAlchemyError) as error:
                if listening:
                    log.warning("not listening", channel=self._channel, reason=type(error).__name__)
                listening = False
                stop.wait(_PAUSE)

    @contextmanager
    def _line(self) -> Iterator[Connection]:
        """A connection of its own, outside the pool's number."""
        taken = self._engine.raw_connection()
        line = cast("Connection", taken.driver_connection)
        taken.detach()
        with closing(line):
            line.autocommit = True
            line.execute(f"LISTEN {self._channel}")
            yield line

    def _hear(self, line: Connection, stop: Event) -> None:
        while not stop.is_set():
            for _ in line.notifies(timeout=_LOOK):
                super().ring()


def bell_of(engine: Engine, channel: str = WORK) -> Bell:
    """The bell that goes with a database."""
    return Bell() if dialect_of(engine).embedded else SharedBell(engine, channel)
