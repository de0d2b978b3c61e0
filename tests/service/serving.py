"""A house behind the real HTTP server on a real socket, in this process, so that a test may look inside."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from tests.service.house import House, open_house

from omnireel.api.server import server_config


@contextmanager
def served_house(folder: Path, **values: Any) -> Iterator[House]:
    """A house whose links lead to where it is served."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        origin = f"http://127.0.0.1:{door.getsockname()[1]}"
        with open_house(folder, base_url=origin, **values) as house:
            server = uvicorn.Server(server_config(house.app, drain_seconds=5))
            thread = Thread(target=server.run, args=([door],))
            thread.start()
            try:
                yield house
            finally:
                server.should_exit = True
                thread.join(30)
                assert not thread.is_alive()
