from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.client.loopback import KEY, Loopback, serving

from omnireel import Client


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def client(server: Loopback) -> Iterator[Client]:
    with Client(server.base_url, KEY, timeout=5.0) as client:
        yield client
