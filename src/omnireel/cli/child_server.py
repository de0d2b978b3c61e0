"""A real server in a child process, for the demo: started on a free port, stopped whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from omnireel.client._wire import Reply, error_in

START_SECONDS = 300.0
"""A first start compiles the engine, which takes a slow machine minutes."""
STOP_SECONDS = 20.0


class ServerNotReady(Exception):
    """The child process ended, or was not ready in time. The text holds the end of its log."""


@contextmanager
def child_server(data: Path, log: Path, say: Callable[[str], None]) -> Iterator[str]:
    """Run `omnireel serve` on `data` and give its address once it is ready; `say` hears what it waits for.

    Raises ServerNotReady.
    """
    address = f"http://127.0.0.1:{_free_port()}"
    process = _start(address, data, log)
    try:
        _wait_ready(process, address, log, say)
        yield address
    finally:
        _stop(process)


def _start(address: str, data: Path, log: Path) -> subprocess.Popen[bytes]:
    port = address.rpartition(":")[2]
    command = [sys.executable, "-m", "omnireel", "serve", "--host", "127.0.0.1", "--port", port]
    # The log holds the first key, which a new server prints.
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink:
        return subprocess.Popen(
            [*command, "--data", str(data)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for us: the server is then stopped in good order, not by the same keystroke.
            start_new_session=True,
        )


def _wait_ready(
    process: subprocess.Popen[bytes], address: str, log: Path, say: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    said = ""
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerNotReady(f"the server ended with {process.returncode}:\n{_tail(log)}")
        lacking = _lacking(address)
        if lacking is None:
            return
        if lacking != said:
            said = lacking
            say(lacking)
        time.sleep(0.1)
    raise ServerNotReady(f"the server was not ready after {START_SECONDS:.0f} s:\n{_tail(log)}")


def _lacking(address: str) -> str | None:
    """What the server says it waits for; None when it is ready."""
    try:
        answer = httpx2.get(f"{address}/readyz", timeout=2.0, trust_env=False)
    except httpx2.HTTPError:
        return "starting the server"
    if answer.status_code == 200:
        return None
    message = str(error_in(Reply(answer.status_code, {}, answer.content)))
    return message.removeprefix("Service unavailable: ")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:].strip()
