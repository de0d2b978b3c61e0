from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from omnireel.clock import Clock
from omnireel.tasks.database import open_database
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.teams import TeamStore
from omnireel.testing.task_store import (
    LEASE,
    MAX_ATTEMPTS,
    RETENTION,
    LimitTeam,
    MakeStore,
    TaskStoreContract,
)


class TestSqlTaskStore(TaskStoreContract):
    @pytest.fixture
    def engine(self, database_place: str) -> Iterator[Engine]:
        engine = open_database(database_place)
        yield engine
        engine.dispose()

    @pytest.fixture
    def make_store(self, engine: Engine) -> MakeStore:
        def make(clock: Clock | None, team_running_limit: int | None = None) -> SqlTaskStore:
            return SqlTaskStore(
                engine,
                lease=LEASE,
                max_attempts=MAX_ATTEMPTS,
                retention=RETENTION,
                clock=clock,
                team_running_limit=team_running_limit,
            )

        return make

    @pytest.fixture
    def limit_team(self, engine: Engine) -> LimitTeam:
        def limit(name: str, most: int | None) -> None:
            teams = TeamStore(engine)
            teams.create(name)
            assert teams.limit_running(name, most).running_limit == most

        return limit
