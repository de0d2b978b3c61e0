"""Where everything lies that must survive, and how it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, event

from omnireel.api.scratch import sweep_arrivals
from omnireel.clock import SystemClock
from omnireel.execution import scratch
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.database import open_database
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.running import Rhythm
from omnireel.tasks.sql import SqlTaskStore

FAKE: Final = "omnireel.testing.fake_engine:FakeEngine"
TEAM: Final = "team"
LEASE: Final = timedelta(seconds=0.5)
RHYTHM: Final = Rhythm(
    poll=0.01, claim=0.03, cancel=0.05, progress=0.05, heartbeat=0.12, retry=0.05, drain=5, stop=1
)
MANY_ATTEMPTS: Final = 1_000_000


@dataclass(frozen=True)
class Places:
    """A data folder as `omnireel serve` keeps it. `url` is a PostgreSQL's, empty for a file in the folder."""

    root: Path
    url: str = ""
    hook: str = ""
    """Where submitters want webhooks sent; empty for nowhere."""
    pages: int = 0
    """How many pages the SQLite file may have; 0 for as many as it likes."""

    @property
    def database(self) -> str:
        return self.url or str(self.root / "omnireel.db")

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def arrivals(self) -> Path:
        """What callers send, on its way in."""
        return self.root / "incoming"

    @property
    def picture(self) -> Path:
        """What submitters send along."""
        return self.root / "picture.png"

    @property
    def receipts(self) -> Path:
        """What submitters were answered, a JSON list a line: key, task, place in the log."""
        return self.root / "receipts"

    def open(self) -> Engine:
        engine = open_database(self.database)
        if self.pages:
            event.listen(engine, "connect", self._bound)
        return engine

    def blobs(self) -> LocalBlobs:
        return LocalBlobs(self.root / "files", base_url="http://x", secret=b"s", clock=SystemClock())

    def store(self, engine: Engine, **how: Any) -> SqlTaskStore:
        return SqlTaskStore(engine, lease=LEASE, max_attempts=MANY_ATTEMPTS, **how)

    def janitor(self, engine: Engine, grace: timedelta) -> Janitor:
        return Janitor(
            self.store(engine),
            MediaFiles(engine, SystemClock()),
            self.blobs(),
            clock=SystemClock(),
            sweep_scratch=lambda: scratch.sweep(self.scratch) + sweep_arrivals(self.arrivals, grace),
            sweep_deliveries=Deliveries(engine).sweep,
            grace=grace,
        )

    def _bound(self, connection: Any, _entry: object) -> None:
        connection.execute(f"PRAGMA max_page_count={self.pages}").close()
