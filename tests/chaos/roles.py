"""What a process that is to be killed does. Each role takes the places and what it was started with."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, NoReturn

from tests.chaos.places import FAKE, LEASE, MANY_ATTEMPTS, RHYTHM, TEAM, Places
from tests.chaos.threads import ThreadExecutor

from omnireel.api.task_answer import poll_body
from omnireel.app.serving import serve
from omnireel.clock import SystemClock
from omnireel.engines.registry import load_engine, standing_names
from omnireel.errors import EngineUnavailable
from omnireel.execution.base import Attempt, Executor, Made
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.media.post import post, post_policy
from omnireel.models import MediaKind, MediaRef, Mode, Task, VideoRequest
from omnireel.settings import PRICES, Settings
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.bell import bell_of
from omnireel.tasks.courier import Courier
from omnireel.tasks.database import open_database
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.prices import PriceList
from omnireel.tasks.service import TaskService
from omnireel.tasks.store import Once, TaskStore
from omnireel.tasks.teams import TeamStore
from omnireel.tasks.webhook_secrets import WebhookSecrets
from omnireel.testing.fake_engine import FakeEngine

Options = Mapping[str, Any]
SERVER_LEASE = 0.9
MOST_WAITING = 40


def worker(places: Places, options: Options) -> None:
    """Works on tasks with the fake engine, on threads: each takes so many seconds and bytes more."""
    _work(places, ThreadExecutor(places.scratch, options.get("seconds", 0.0), options.get("padding", 0)))


def child_worker(places: Places, options: Options) -> None:
    """Runs attempts in child processes, as the product does."""
    executor = LocalExecutor(
        places.scratch,
        places.blobs(),
        slots=1,
        cache=places.root / "cache",
        limits=LocalLimits(stop_grace_seconds=0.5),
        sandbox_mode="off",
        engines=[FAKE],
    )
    _work(places, executor)


def _work(places: Places, executor: Executor) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    store = places.store(places.open(), patience=0.0)
    Dispatcher(store, executor, places.blobs(), worker=f"worker-{os.getpid()}", rhythm=RHYTHM).run(stop)
    executor.close()


def server(places: Places, options: Options) -> None:
    """`omnireel serve`, metered."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    settings = Settings(
        data=places.root,
        database=places.url or None,
        port=options["port"],
        workers=options.get("workers", 0),
        engine=FAKE,
        lease_seconds=SERVER_LEASE,
        heartbeat_seconds=SERVER_LEASE / 3,
        max_attempts=MANY_ATTEMPTS,
        metering="on",
        allow_private_network=True,
        requests_per_minute=10**9,
        sandbox="off",
    )
    serve(settings)


def submitter(places: Places, options: Options) -> None:
    """Submits until killed, or `limit` tasks, and keeps every receipt; every other one has an input."""
    engine = places.open()
    store = places.store(engine, ring=bell_of(engine).ring)
    service = _service(places, store)
    receipts = os.open(places.receipts, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    log = None if places.url else LogPlace(Path(places.database))
    me = secrets.token_hex(6)
    for n in range(options.get("limit", 10**9)):
        try:
            while store.waiting() > options.get("most", MOST_WAITING):
                time.sleep(0.02)
            task = _submit(service, places, f"{me}-{n}", with_picture=n % 2 == 0)
        except DatabaseAway:
            continue
        receipt = [f"{me}-{n}", task.task_id, log and log.now()]
        os.write(receipts, f"{json.dumps(receipt)}\n".encode())
        time.sleep(options.get("pause", 0.0))


def _service(places: Places, store: TaskStore) -> TaskService:
    return TaskService(
        store,
        {FAKE: FakeEngine()},
        places.blobs(),
        default=FAKE,
        balance_of=_no_balance,
        free_disk=lambda: shutil.disk_usage(places.root).free,
        prices=PriceList(PRICES, 10.0),
    )


def _submit(service: TaskService, places: Places, name: str, *, with_picture: bool) -> Task:
    images: tuple[MediaRef, ...] = ()
    if with_picture:
        key = f"inputs/{name}.png"
        places.blobs().put(key, places.picture)
        images = (MediaRef(MediaKind.IMAGE, f"blob:{key}"),)
    request = VideoRequest("kling/kling-video-o1", prompt_of(name), images=images, mode=Mode.STD)
    hook = places.hook or None
    return service.submit(TEAM, request, request_id=name, once=_once(name), webhook_url=hook)


def prompt_of(name: str) -> str:
    """A prompt that tells whose it is."""
    return f"a pond name={name} fake:frames=2"


def _once(name: str) -> Once:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Once(digest, digest)


class LogPlace:
    """How far SQLite's log is written, read from its shared index.

    The file stays open: a process that closes one of SQLite's files, however it came to have it open, loses
    the locks that SQLite holds on it. See "How To Corrupt An SQLite Database File", 2.2.
    """

    def __init__(self, database: Path) -> None:
        self._index = os.open(database.with_name(f"{database.name}-shm"), os.O_RDONLY)

    def now(self) -> tuple[str, int] | None:
        """The log's salts and its last frame.

        The index's header is there twice, and only half written while the copies differ. See "WAL-Index
        Header" in SQLite's "WAL-mode File Format".
        """
        for _ in range(100):
            both = os.pread(self._index, 96, 0)
            if both[:48] == both[48:] and len(both) == 96:
                return both[32:40].hex(), int.from_bytes(both[16:20], sys.byteorder)
        return None


def courier(places: Places, options: Options) -> None:
    """Delivers webhooks, so many seconds ahead of the time."""
    engine = places.open()
    store, ahead = places.store(engine), options.get("ahead", 0.0)
    Courier(
        Deliveries(engine, lease=LEASE, clock=Ahead(ahead) if ahead else None),
        WebhookSecrets(engine, SystemClock()),
        render=lambda team, task_id: poll_body(store.get(team, task_id), str),
        post=partial(post, policy=post_policy(allow_private=True)),
        clock=SystemClock(),
        look=0.02,
    ).run(Event())


class Ahead:
    """A clock that is fast."""

    def __init__(self, seconds: float) -> None:
        self._fast = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return SystemClock().now() + self._fast


def canceler(places: Places, options: Options) -> None:
    """Cancels the newest task."""
    store = places.store(places.open())
    store.cancel(TEAM, store.list(TEAM).tasks[0].task_id)


def janitor(places: Places, options: Options) -> None:
    """Sweeps once, everything that is an orphan or over, at once."""
    places.janitor(places.open(), timedelta(0)).sweep()


def treasurer(places: Places, options: Options) -> None:
    """Credits a cent under one new reference after the other."""
    teams = TeamStore(places.open(), SystemClock())
    for n in range(options.get("from", 0), 10**9):
        teams.credit(TEAM, Decimal("0.01"), reference=f"cent-{n}")


def migrator(places: Places, options: Options) -> None:
    """Makes the tables in a new file."""
    open_database(places.root / "new.db").dispose()


def warm_up() -> None:
    """Do everything once that is slow the first time, so that forked processes need not."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        open_database(place / "warm.db").dispose()
        executor = ThreadExecutor(place / "scratch")
        request = VideoRequest("kling/kling-video-o1", prompt_of("nobody"), mode=Mode.STD)
        handle = executor.start(Attempt("warm", 1, request, FAKE, 7))
        while handle.poll() is None:
            time.sleep(0.01)
        assert isinstance(handle.poll(), Made), handle.poll()
        handle.close()


@cache
def warm_up_for(role: str) -> None:
    """Servers load every engine that need not be told anything."""
    if role == "server":
        for name in standing_names():
            with suppress(EngineUnavailable):
                load_engine(name, threads=1).close()


def _no_balance(team: str) -> NoReturn:
    raise NotImplementedError(team)


_ROLES = (
    worker, child_worker, server, submitter, courier, canceler, janitor, treasurer,
    migrator,
)  # fmt: skip
ROLES: dict[str, Callable[[Places, Options], None]] = {role.__name__: role for role in _ROLES}
