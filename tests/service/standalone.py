"""A house behind the real HTTP server, in a process of its own; `python -m` with a folder starts it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from tests.service.house import open_house

from omnireel.api.server import server_config
from omnireel.logs import configure_logs


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    pid: int
    port: int
    key: str

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(30)
        return connection

    def peak_memory(self) -> int:
        """The most memory the process ever had, bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@contextmanager
def running_house(folder: Path) -> Iterator[Running]:
    """A house in a child process; ended by SIGTERM, which it must obey."""
    command = [sys.executable, "-m", "tests.service.standalone", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            facts = json.loads(child.stdout.readline())
            yield Running(child.pid, facts["port"], facts["key"])
        finally:
            child.terminate()
            child.communicate(timeout=30)


def main() -> None:
    # Standard output is for the facts, and nobody reads on.
    configure_logs()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with open_house(Path(sys.argv[1]), base_url=f"http://127.0.0.1:{port}") as house:
            server = uvicorn.Server(server_config(house.app, drain_seconds=5))
            print(json.dumps({"port": port, "key": house.key}), flush=True)
            server.run([listener])


if __name__ == "__main__":
    main()
