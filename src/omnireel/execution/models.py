"""A worker's side of the process that keeps models loaded: started when first wanted, watched, replaced."""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock, Thread

import msgspec
import structlog

from omnireel.engines.spec import EngineSpec
from omnireel.execution.model_process import MAX_LEASE, Lease, ModelOrder
from omnireel.execution.process import ChildProcess
from omnireel.media.sandbox import PATH, PYTHON
from omnireel.telemetry.redaction import redact, without

WATCH_SECONDS = 0.5
STUCK_SECONDS = 300.0
"""How long it may go on with what nobody waits for: longer than any one step of a denoiser."""
LOGGED = 2000
"""How much of its last words goes into our log, characters."""
RECENT = 32
"""Attempts whose words may stand in that much."""
PASSED_ON = ("CUDA_", "NVIDIA_", "HIP_", "ROCR_", "LD_LIBRARY_PATH", "PYTORCH_", "TORCH_")
"""Beginnings of the names in our environment that say how to use the machine's accelerators."""

log = structlog.get_logger(__name__)


@dataclass
class _Lent:
    attempt: int
    """A descriptor of the attempt's process; -1 until it is known."""
    over: float | None = None
    """When that process was first seen to be gone."""


class ModelKeepers:
    """A model process for each place where models live; see `Capabilities.model`."""

    def __init__(self, cache: Path, *, threads: int, keep: int) -> None:
        self._cache, self._threads, self._keep = cache, threads, keep
        self._keepers: dict[str, ModelKeeper] = {}

    def at(self, place: str) -> ModelKeeper:
        """Call it on the thread that starts children."""
        if place not in self._keepers:
            self._keepers[place] = ModelKeeper(self._cache, threads=self._threads, keep=self._keep)
        return self._keepers[place]

    def close(self) -> None:
        """End every process."""
        for keeper in self._keepers.values():
            keeper.close()


class ModelKeeper:
    """Lends the model process of one place to attempts.

    `threads` and `keep` are 1 or more; `cache` is a folder for compiled models.
    """

    def __init__(self, cache: Path, *, threads: int, keep: int) -> None:
        self._order = ModelOrder(threads, keep, os.getpid(), -1)
        self._cache = cache
        self._lock = Lock()
        self._process: ChildProcess | None = None
        self._control: socket.socket | None = None
        self._lent: dict[int, _Lent] = {}
        self._private: deque[Collection[str]] = deque(maxlen=RECENT)
        self._number = 0
        self._stop = Event()
        self._watch: Thread | None = None

    def lend(self, engine: str, spec: EngineSpec, task: str, private: Collection[str]) -> tuple[int, int]:
        """A lease's number and the descriptor of its link, which is the caller's to close.

        Nothing of `private` comes into the log. Call it on the thread that starts children: the kernel ends
        the process with that thread. Raises OSError when the process cannot be started.
        """
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                self._number += 1
                packet = msgspec.json.encode(Lease(self._number, engine, task, spec.kind, dict(spec.options)))
                if len(packet) > MAX_LEASE:
                    raise OSError(errno.EMSGSIZE, f"a lease of {len(packet)} bytes, of {MAX_LEASE}")
                self._private.append(private)
                socket.send_fds(self._running(), [packet], [theirs.fileno()])
                self._lent[self._number] = _Lent(-1)
                return self._number, os.dup(ours.fileno())
        finally:
            ours.close()
            theirs.close()

    def follow(self, number: int, pid: int) -> None:
        """Say which process has the lease, while that process cannot have been waited for."""
        # Where it cannot be followed, only a device that hangs goes unnoticed.
        with self._lock, suppress(KeyError, OSError):
            self._lent[number].attempt = os.pidfd_open(pid)

    def close(self) -> None:
        """End the process."""
        self._stop.set()
        if self._watch is not None:
            self._watch.join()
        with self._lock:
            self._end()

    def _running(self) -> socket.socket:
        if self._process is not None:
            self._bury(self._process)
        if self._control is None:
            self._control = self._start()
        return self._control

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._cache.mkdir(parents=True, exist_ok=True)
        order = replace(self._order, control=theirs.fileno())
        try:
            self._process = ChildProcess(
                [*PYTHON, "-m", "omnireel.execution.model_process"],
                lambda _: msgspec.json.encode(order),
                environment=_environment(self._cache, self._order.threads),
                folder=self._cache,
                inherited=(theirs.fileno(),),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.settimeout(0)
        if self._watch is None:
            self._watch = Thread(target=self._look_after, name="model-watch", daemon=True)
            self._watch.start()
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.close()
            self._process = None
        for number in tuple(self._lent):
            self._forget(number)

    def _look_after(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            with self._lock:
                try:
                    self._look()
                except (OSError, ValueError):
                    log.exception("model_process_unwatched")

    def _look(self) -> None:
        if self._process is None:
            return
        # What it says is read so that it can go on saying it; only its last words are ever shown.
        for _ in self._process.pump():
            pass
        if self._bury(self._process):
            return
        for number in self._returned():
            self._forget(number)
        if any(_stuck(lent, time.monotonic()) for lent in self._lent.values()):
            log.error("model_process_stuck", seconds=STUCK_SECONDS)
            self._end()

    def _bury(self, process: ChildProcess) -> bool:
        """Whether it is gone; then its last words are in the log, and another may be started."""
        if not process.exited():
            return False
        for _ in process.pump():
            pass
        log.warning(
            "model_process_gone",
            reason=self._told(process.obituary()),
            stderr=self._told(process.log[-LOGGED:]),
        )
        self._end()
        return True

    def _told(self, text: str) -> str:
        """What it wrote, as far as it may be repeated: libraries quote prompts in their advice."""
        return redact(without(text, [words for private in self._private for words in private]))

    def _returned(self) -> list[int]:
        numbers: list[int] = []
        with suppress(BlockingIOError):
            while self._control is not None and (data := self._control.recv(MAX_LEASE)):
                numbers.append(int(data))
        return numbers

    def _forget(self, number: int) -> None:
        lent = self._lent.pop(number, None)
        if lent is not None and lent.attempt >= 0:
            os.close(lent.attempt)


def _stuck(lent: _Lent, now: float) -> bool:
    """Whether its attempt has been gone for too long."""
    if lent.over is None and lent.attempt >= 0 and select.select([lent.attempt], [], [], 0)[0]:
        lent.over = now
    return lent.over is not None and now - lent.over > STUCK_SECONDS


def _environment(cache: Path, threads: int) -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    return {
        **passed,
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "HOME": str(Path.home()),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "OMP_NUM_THREADS": str(threads),
        "TORCHINDUCTOR_CACHE_DIR": str(cache / "compiled"),
        "TRITON_CACHE_DIR": str(cache / "kernels"),
        # cuBLAS gives the same sums in the same order only with a workspace of fixed size.
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "PYTHONHASHSEED": "0",
    }
