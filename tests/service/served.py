"""A house behind the real HTTP server, in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from tests.service.house import House

from omnireel.api.server import server_config


@contextmanager
def listening(house: House, port: int) -> Iterator[None]:
    """The house's application on a port of the loopback; stopped like one that drains."""
    house.draining.clear()
    server = uvicorn.Server(server_config(house.app, port=port, drain_seconds=5))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield
    finally:
        house.draining.set()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
