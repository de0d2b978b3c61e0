from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.tasks.database import open_database


@pytest.fixture
def engine(database_place: str) -> Iterator[Engine]:
    engine = open_database(database_place)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
