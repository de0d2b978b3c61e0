"""The executor's end of its bridge: keeps one running, hears it, never waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

import structlog

from omnireel.execution.cluster.messages import Opening, Order, Report
from omnireel.execution.cluster.session import GOODBYE_SECONDS, Session

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 15.0
"""Between two bridges, seconds."""
_LONG: Final = 60.0
"""A bridge that lasted so long was a good one."""

log = structlog.get_logger(__name__)


class Link:
    """Starts a bridge, and another when it ends. `hear` gets what it says; `lost` is called when it is
    gone, with how. Both on a thread of the link's.
    """

    def __init__(self, opening: Opening, hear: Callable[[Report], None], lost: Callable[[str], None]) -> None:
        self._opening = opening
        self._hear = hear
        self._lost = lost
        self._closed = Event()
        self._session: Session | None = None
        self._lock = Lock()
        self._thread = Thread(target=self._keep, name="ray-bridge", daemon=True)

    @property
    def pid(self) -> int | None:
        """The bridge's process number; None while there is none."""
        session = self._session
        return session.pid if session else None

    def open(self) -> None:
        self._thread.start()

    def send(self, order: Order) -> None:
        """Have the bridge do something. Raises ConnectionError while there is none. Never waits."""
        with self._lock:
            if self._session is None:
                raise ConnectionError("the cluster is not connected")
            self._session.send(order)

    def close(self) -> None:
        """End the bridge, and so everything that it holds in the cluster."""
        self._closed.set()
        for end in (Session.hang_up, Session.kill):
            with self._lock:
                if self._session is not None:
                    end(self._session)
            self._thread.join(GOODBYE_SECONDS)

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._closed.is_set():
            began = time.monotonic()
            how = self._serve_one()
            self._lost(how)
            if not self._closed.is_set():
                log.warning("ray_bridge_ended", how=how)
            pause = FIRST_PAUSE if time.monotonic() - began > _LONG else min(2 * pause, LONGEST_PAUSE)
            self._closed.wait(pause)

    def _serve_one(self) -> str:
        try:
            session = Session(self._opening)
        except OSError as error:
            return f"it could not start: {error}"
        with self._lock:
            self._session = session
        if self._closed.is_set():
            session.hang_up()
        try:
            for report in session.reports():
                self._hear(report)
        except Exception:
            # Without this thread there would be no bridge any more.
            log.exception("ray_report_not_taken")
            session.kill()
        with self._lock:
            self._session = None
        return session.close()
