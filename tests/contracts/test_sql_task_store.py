from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from omnireel.clock import Clock
from omnireel.tasks.database import open_database
from omnireel.tasks.sql import SqlTaskStore
from omnireel.testing.task_store import LEASE, MAX_ATTEMPTS, RETENTION, MakeStore, TaskStoreContract


class TestSqlTaskStore(TaskStoreContract):
    @pytest.fixture
    def engine(self, database_place: str) -> Iterator[Engine]:
        engine = open_database(database_place)
        yield engine
        engine.dispose()

    @pytest.fixture
    def make_store(self, engine: Engine) -> MakeStore:
        def make(clock: Clock | None) -> SqlTaskStore:
            return SqlTaskStore(
                engine, lease=LEASE, max_attempts=MAX_ATTEMPTS, retention=RETENTION, clock=clock
            )

        return make
