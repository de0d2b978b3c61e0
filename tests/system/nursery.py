"""Workers and submitters to be killed, forked from a process that has imported everything already.

Run as `python -m tests.system.nursery FOLDER`. Reads one JSON list a line, answers one JSON value a line:
`["start", role, crash_point]` → process number; `["wait", number]` → exit code, negative for a signal.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import NoReturn

from omnireel import crashpoints
from omnireel.clock import SystemClock
from omnireel.execution import scratch
from omnireel.execution.base import Attempt, Ending, Executor, Made
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.models import Clip, MediaKind, MediaRef, Mode, Progress, VideoRequest
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.database import open_database
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.running import Rhythm
from omnireel.tasks.service import TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.testing.fake_engine import FakeEngine

FAKE = "omnireel.testing.fake_engine:FakeEngine"
LEASE = timedelta(seconds=0.5)
RHYTHM = Rhythm(
    poll=0.01, claim=0.03, cancel=0.05, progress=0.05, heartbeat=0.12, retry=0.05, drain=5, stop=1
)
MANY_ATTEMPTS = 1000
CLIP_BYTES = 200_000


@dataclass(frozen=True)
class Places:
    """Where everything lies that must survive."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "omnireel.db"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def picture(self) -> Path:
        """What submitters send along."""
        return self.root / "picture.png"

    @property
    def receipts(self) -> Path:
        """The ids that submitters were given, one a line."""
        return self.root / "receipts"

    def blobs(self) -> LocalBlobs:
        return LocalBlobs(self.root / "files", base_url="http://x", secret=b"s", clock=SystemClock())

    def store(self, *, retention: timedelta = timedelta(days=7)) -> SqlTaskStore:
        return SqlTaskStore(
            open_database(self.database), lease=LEASE, max_attempts=MANY_ATTEMPTS, retention=retention
        )

    def janitor(self, store: SqlTaskStore, grace: timedelta) -> Janitor:
        return Janitor(
            store,
            MediaFiles(open_database(self.database), SystemClock()),
            self.blobs(),
            clock=SystemClock(),
            sweep_scratch=lambda: scratch.sweep(self.scratch),
            grace=grace,
        )


class QuickHandle:
    """An attempt without a process: a moment of nothing, then a clip of random bytes."""

    note = ""
    stages = ()

    def __init__(self, root: Path, seconds: float, size: int) -> None:
        self._size = size
        self._place = scratch.create(root)
        self._until = time.monotonic() + seconds
        self._stopped = False
        self.progress = Progress(0.5)

    @property
    def scratch(self) -> Path:
        return self._place.folder

    def poll(self) -> Ending | None:
        if time.monotonic() < self._until:
            return None
        clip, poster = self.scratch / "clip.mp4", self.scratch / "poster.jpg"
        clip.write_bytes(secrets.token_bytes(self._size))
        poster.write_bytes(secrets.token_bytes(1000))
        return Made(Clip(clip, poster, 64, 36, Fraction(24), 24))

    def stop(self) -> None:
        """Is over soon anyway."""

    def kill(self) -> None:
        """Holds no process."""

    def close(self) -> None:
        self._place.remove()


class QuickExecutor:
    """Room for two quick attempts."""

    def __init__(self, root: Path, seconds: float, size: int = CLIP_BYTES) -> None:
        self._root = root
        self._seconds = seconds
        self._size = size
        self._handles: list[QuickHandle] = []

    def capacity(self) -> int:
        self._handles = [handle for handle in self._handles if handle.scratch.exists()]
        return 2 - len(self._handles)

    def start(self, attempt: Attempt) -> QuickHandle:
        handle = QuickHandle(self._root, self._seconds, self._size)
        self._handles.append(handle)
        return handle

    def close(self) -> None:
        """Holds nothing."""


def work(places: Places, executor: Executor) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    dispatcher = Dispatcher(
        places.store(), executor, places.blobs(), worker=f"worker-{os.getpid()}", rhythm=RHYTHM
    )
    dispatcher.run(stop)
    executor.close()


def quick_worker(places: Places) -> None:
    work(places, QuickExecutor(places.scratch, 0.02))


def slow_worker(places: Places) -> None:
    """Holds each task for three leases."""
    work(places, QuickExecutor(places.scratch, 3 * LEASE.total_seconds()))


def big_worker(places: Places) -> None:
    """Makes clips that take a while to store."""
    work(places, QuickExecutor(places.scratch, 0.02, size=100 * CLIP_BYTES))


def child_worker(places: Places) -> None:
    """Runs attempts in child processes, as the product does."""
    executor = LocalExecutor(
        places.scratch,
        places.blobs(),
        slots=2,
        cache=places.root / "cache",
        limits=LocalLimits(stop_grace_seconds=0.5),
        sandbox_mode="off",
        engines=[FAKE],
    )
    work(places, executor)


def submitter(places: Places) -> None:
    """Submits until killed and keeps every receipt; each task reads an input of its own."""
    blobs = places.blobs()
    service = TaskService(
        places.store(),
        {FAKE: FakeEngine()},
        blobs,
        default=FAKE,
        balance_of=_no_balance,
        free_disk=lambda: shutil.disk_usage(places.root).free,
    )
    receipts = os.open(places.receipts, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    while True:
        key = f"inputs/{secrets.token_hex(8)}.png"
        blobs.put(key, places.picture)
        image = MediaRef(MediaKind.IMAGE, f"blob:{key}")
        prompt = "a pond fake:frames=2 fake:seconds=0.1"
        request = VideoRequest("kling/kling-video-o1", prompt, images=(image,), mode=Mode.STD)
        task = service.submit("team", request, request_id="req")
        os.write(receipts, f"{task.task_id}\n".encode())
        time.sleep(0.2)


def janitor(places: Places) -> None:
    """Sweeps once, everything that is an orphan or over, at once."""
    places.janitor(places.store(), timedelta(0)).sweep()


def _no_balance(team: str) -> NoReturn:
    raise NotImplementedError(team)


ROLES: dict[str, Callable[[Places], None]] = {
    "quick_worker": quick_worker,
    "slow_worker": slow_worker,
    "big_worker": big_worker,
    "child_worker": child_worker,
    "submitter": submitter,
    "janitor": janitor,
}


def start(places: Places, role: str, crash_point: str) -> int:
    """Fork a process for this role."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        log = os.open(places.root / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for stream in (1, 2):
            os.dup2(log, stream)
        crashpoints.arm(crash_point)
        ROLES[role](places)
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    places = Places(Path(sys.argv[1]))
    # A stop that comes before a worker listens waits until it does.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    for line in sys.stdin:
        match json.loads(line):
            case ["start", role, crash_point]:
                answer = start(places, role, crash_point)
            case ["wait", pid]:
                answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
