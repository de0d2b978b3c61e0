"""A Ray of our own: several nodes on this machine, private ports, a temporary folder, a secret token."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

import psutil
from tests.real_server import clean_environment

ROOT = Path(__file__).parents[1]
MEMORY = 64 * 1024**3
"""What a node claims to have, bytes: only processors are to be scarce."""
_PATIENCE = 90.0
_QUICK = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "3000",
    "RAY_health_check_failure_threshold": "3",
}
"""A dead node is found in seconds."""


class Node:
    """`ray start` and what it started."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, name: str) -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_dying_with_us(), *command], cwd=folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._await_start()
        self._family = self._descendants()

    def find(self, word: str) -> list[psutil.Process]:
        """Its processes with a word in their command line."""
        return [process for process in self._descendants() if word in _words(process)]

    def kill(self, word: str = "") -> None:
        """kill -9 of its processes with a word in their command line, else of all of them at once."""
        doomed = self.find(word)
        assert doomed, f"no process of the node is a {word}"
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def freeze(self) -> None:
        """Stop all its processes where they are, as a cut network would look from outside."""
        for process in self._descendants():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        for process in self._descendants():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def close(self) -> None:
        self.thaw()
        self._family += self._descendants()
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        for process in self._family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self._family, timeout=_PATIENCE)
        self._process.kill()
        self._process.wait(_PATIENCE)

    def _await_start(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while "Ray runtime started" not in self._log.read_text(errors="replace"):
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, self._log.read_text(errors="replace")[-2000:]
            time.sleep(0.05)

    def _descendants(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self._process.pid).children(recursive=True)
        return []


class RayCluster:
    """A head, and nodes that come and go. `settings` are in the environment of all of them."""

    def __init__(self, *, cpus: int, cards: int, settings: Mapping[str, str]) -> None:
        # Ray's sockets lie in it, and their names must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="omr-ray-", dir="/tmp"))
        self.port = _free_port()
        self._token = token_hex(32)
        self._cards = cards
        self._settings = {"OMNIREEL_KERNEL_FOLDER": str(self.folder / "kernels")} | dict(settings)
        self._count = 0
        self.nodes: list[Node] = []
        self.head = self.start_head(cpus)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to join."""
        return {"RAY_ADDRESS": self.address, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self._token}

    def start_head(self, cpus: int) -> Node:
        """Also again, after the last one died."""
        # Ray takes nodes that still look for the old head for one at this address.
        (self.folder / "ray_current_cluster").unlink(missing_ok=True)
        self.head = self._start(cpus, "--head", f"--port={self.port}", "--include-dashboard=false")
        return self.head

    def add(self, cpus: int) -> Node:
        """One more node."""
        return self._start(cpus, f"--address={self.address}")

    def close(self) -> None:
        for node in reversed(self.nodes):
            node.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, cpus: int, *flags: str) -> Node:
        self._count += 1
        command = [
            sys.executable, "-W", "ignore", "-m", "ray.scripts.scripts", "start", "--block",
            "--node-ip-address=127.0.0.1", f"--num-cpus={cpus}", f"--num-gpus={self._cards}",
            f"--memory={MEMORY}", f"--object-store-memory={80 * 1024**2}",
            "--min-worker-port=0", "--max-worker-port=0",
            "--disable-usage-stats", f"--temp-dir={self.folder}", *flags,
        ]  # fmt: skip
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        more = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self._token, "PYTHONPATH": paths}
        environment = clean_environment(**_QUICK, **more, **self._settings)
        environment.pop("RAY_ADDRESS", None)
        node = Node(command, environment, self.folder, f"node-{self._count}")
        self.nodes.append(node)
        return node


@contextmanager
def ray_cluster(
    *, cpus: int, cards: int = 0, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[RayCluster]:
    cluster = RayCluster(cpus=cpus, cards=cards, settings=settings)
    try:
        yield cluster
    finally:
        cluster.close()


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _dying_with_us() -> list[str]:
    """A prefix that has a node stop when the tests are killed."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
