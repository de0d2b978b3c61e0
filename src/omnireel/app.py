"""The composition root: settings become a wired service. The only file that knows every room."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine as Database

from omnireel.api.app import create_app
from omnireel.api.health_routes import free_disk, writable
from omnireel.api.rooms import ApiValues, Check
from omnireel.api.scratch import sweep_arrivals
from omnireel.api.server import server_config
from omnireel.api.task_answer import poll_body
from omnireel.catalog.model import Terms
from omnireel.clock import SystemClock
from omnireel.engines.base import Engine
from omnireel.engines.registry import engine_names, load_engine
from omnireel.errors import CannotStart, EngineUnavailable, Unavailable
from omnireel.execution import scratch
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.logs import configure_logs
from omnireel.media import sandbox
from omnireel.media.post import TOTAL_SECONDS, post, post_policy
from omnireel.settings import Settings
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.away import PATIENCE
from omnireel.tasks.balances import Balances
from omnireel.tasks.bell import Bell, bell_of
from omnireel.tasks.courier import Courier
from omnireel.tasks.database import Schema, connect, open_database, schema_of, upgrade_schema
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.keys import KeyStore, new_secret
from omnireel.tasks.prices import PriceList
from omnireel.tasks.running import Rhythm
from omnireel.tasks.service import Admission, TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.teams import TeamStore
from omnireel.tasks.webhook_secrets import WebhookSecrets

FIRST_KEY = "first-key"
SWEEP_EVERY = timedelta(minutes=10)
ABANDONED = timedelta(hours=1)
"""A file on its way in that is older belongs to a process that died."""

_POST_ROOM_SECONDS = 30.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class House:
    """What a data folder holds, opened."""

    settings: Settings
    database: Database
    blobs: LocalBlobs
    store: SqlTaskStore
    bell: Bell
    keys: KeyStore
    files: MediaFiles
    deliveries: Deliveries
    secrets: WebhookSecrets

    @property
    def scratch(self) -> Path:
        """Where attempts work."""
        return self.settings.data / "scratch"

    @property
    def arrivals(self) -> Path:
        """Where uploads and inline inputs are written before they are stored."""
        return self.settings.data / "incoming"


def open_house(settings: Settings, base_url: str) -> House:
    """Open, or furnish, the data folder. Links in answers start with `base_url`. Raises CannotStart."""
    data = settings.data.resolve()
    settings = settings.model_copy(update={"data": data})
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    database = open_database(_place(settings), connections=settings.database_connections)
    bell = bell_of(database)
    return House(
        settings=settings,
        database=database,
        blobs=LocalBlobs(data / "files", base_url=base_url, secret=_secret(data / "secret"), clock=clock),
        store=_store(settings, database, bell),
        bell=bell,
        keys=KeyStore(database, clock),
        files=MediaFiles(database, clock),
        deliveries=Deliveries(database, lease=timedelta(seconds=TOTAL_SECONDS + settings.lease_seconds)),
        secrets=WebhookSecrets(database, clock),
    )


def open_keys(settings: Settings) -> KeyStore:
    """The keys of the server with these settings. Raises CannotStart."""
    return KeyStore(open_database(_place(settings)), SystemClock())


def open_teams(settings: Settings) -> TeamStore:
    """The teams of the server with these settings. Raises CannotStart."""
    return TeamStore(open_database(_place(settings)), SystemClock())


def inspect_database(settings: Settings) -> Schema:
    """What shape the database has. Raises CannotStart when it cannot be reached."""
    with _connected(settings) as database:
        return schema_of(database)


def upgrade_database(settings: Settings) -> Schema:
    """Bring the database to the shape this version needs; which it had before. Raises CannotStart."""
    with _connected(settings) as database:
        schema_of(database)
        return upgrade_schema(database)


@contextmanager
def _connected(settings: Settings) -> Iterator[Database]:
    database = connect(_place(settings))
    try:
        yield database
    finally:
        database.dispose()


def _place(settings: Settings) -> str:
    """Where the database is; when that is the data folder, it is made."""
    if settings.database is not None:
        return settings.database.get_secret_value()
    data = settings.data.resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(data / "omnireel.db")


def _store(settings: Settings, database: Database, bell: Bell, *, patience: float = PATIENCE) -> SqlTaskStore:
    return SqlTaskStore(
        database,
        lease=timedelta(seconds=settings.lease_seconds),
        max_attempts=settings.max_attempts,
        retention=timedelta(days=settings.retention_days),
        ring=bell.ring,
        patience=patience,
        team_running_limit=settings.team_running_limit,
    )


class Workshop:
    """The half of the service that makes videos: an executor, a dispatcher and a janitor on their threads.

    `on_end` is called, on a thread of its own, when no more tasks will be worked on.
    """

    def __init__(self, house: House, on_end: Callable[[], None]) -> None:
        settings = house.settings
        self._engine = settings.engine
        self._stop = Event()
        self._ready = Event()
        self._on_end = on_end
        self.broken = False
        """True when the dispatcher ended without having been told to."""
        self._patience = settings.drain_seconds + settings.stop_grace_seconds + 10
        self._executor = LocalExecutor(
            house.scratch,
            house.blobs,
            slots=settings.workers,
            cache=settings.data / "kernels",
            limits=_local_limits(settings),
            sandbox_mode=settings.sandbox,
            # An operator may name a class of their own, `module:Class`; callers cannot.
            engines=(settings.engine,) if ":" in settings.engine else (),
        )
        # Its loop tries again by itself, and meanwhile has attempts to look after.
        store = _store(settings, house.database, house.bell, patience=0.0)
        self._dispatcher = Dispatcher(
            store,
            self._executor,
            house.blobs,
            worker=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}",
            rhythm=Rhythm(
                claim=0.2 if dialect_of(house.database).embedded else 1.0,
                heartbeat=settings.heartbeat_seconds,
                drain=settings.drain_seconds,
                stop=settings.stop_grace_seconds + 1,
            ),
            bell=house.bell,
        )
        self._janitor = Janitor(
            house.store,
            house.files,
            house.blobs,
            clock=SystemClock(),
            sweep_scratch=lambda: scratch.sweep(house.scratch) + sweep_arrivals(house.arrivals, ABANDONED),
            sweep_deliveries=house.deliveries.sweep,
        )
        self._threads = [
            Thread(target=self._work, name="dispatcher", daemon=True),
            Thread(target=self._janitor.run, args=(self._stop, SWEEP_EVERY), name="janitor", daemon=True),
            Thread(target=house.bell.listen, args=(self._stop,), name="bell", daemon=True),
        ]

    def open(self) -> None:
        for thread in self._threads:
            thread.start()

    def ask_to_stop(self) -> None:
        """Claim nothing more and drain; returns at once."""
        self._stop.set()

    def close(self) -> None:
        """Wait for the drain, at most as long as the settings allow; end what is left."""
        self.ask_to_stop()
        for thread in self._threads:
            if self._ready.is_set():
                thread.join(self._patience)
        if self._ready.is_set():
            self._executor.close()

    def check(self) -> str:
        """For `/readyz`. Raises Unavailable while nothing would be worked on."""
        if not self._ready.is_set():
            raise Unavailable(f"preparing the {self._engine} engine; the first time takes a minute")
        if not self._threads[0].is_alive():
            raise Unavailable("the dispatcher has stopped")
        return "claiming tasks"

    def _work(self) -> None:
        try:
            # Kernels first: an attempt beside their compilation would only compile them a second time.
            self._prepare()
            self._ready.set()
            self._dispatcher.run(self._stop)
        finally:
            self.broken = not self._stop.is_set()
            self._on_end()

    def _prepare(self) -> None:
        try:
            self._executor.prepare(self._engine)
        except Exception:
            # Attempts can do without, only slower; what truly is wrong they will say in their own words.
            log.exception("engine not prepared", engine=self._engine)


class PostRoom:
    """The part of the service that tells others what became of their tasks, on a thread of its own."""

    def __init__(self, house: House) -> None:
        settings = house.settings
        lifetime = timedelta(seconds=settings.link_seconds)

        def render(team: str, task_id: str) -> bytes:
            return poll_body(house.store.get(team, task_id), lambda key: house.blobs.sign(key, lifetime))

        courier = Courier(
            house.deliveries,
            house.secrets,
            render=render,
            post=partial(post, policy=post_policy(allow_private=settings.allow_private_network)),
            clock=SystemClock(),
        )
        self._stop = Event()
        self._thread = Thread(target=courier.run, args=(self._stop,), name="courier", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Begin nothing more and wait for what is under way, at most half a minute."""
        self._stop.set()
        self._thread.join(_POST_ROOM_SECONDS)


def build_app(house: House, base_url: str, workshop: Workshop | None, draining: Event) -> FastAPI:
    """The HTTP side, wired to the house."""
    settings = house.settings
    engines = _engines(settings.engine)
    service = TaskService(
        house.store,
        engines,
        house.blobs,
        default=settings.engine,
        balance_of=Balances(house.database).of,
        free_disk=lambda: shutil.disk_usage(settings.data).free,
        admission=Admission(max_queued=settings.max_queued, min_free_disk=settings.min_free_disk),
        prices=_prices(settings),
    )
    values = ApiValues(
        base_url=base_url,
        scratch=house.arrivals,
        terms=Terms(
            strict=settings.strict,
            engines=tuple(sorted(engines.keys() & engine_names())) if settings.allow_engine_choice else (),
        ),
        max_body=settings.max_body,
        requests_per_minute=settings.requests_per_minute,
        allow_priority=settings.allow_priority,
        link_lifetime=timedelta(seconds=settings.link_seconds),
        media_limits=settings.media_limits,
        webhook_policy=post_policy(allow_private=settings.allow_private_network),
        checks=_checks(house, workshop),
    )
    return create_app(
        service=service,
        keys=house.keys,
        files=house.files,
        blobs=house.blobs,
        deliveries=house.deliveries,
        secrets=house.secrets,
        values=values,
        draining=draining,
    )


def _prices(settings: Settings) -> PriceList | None:
    """What tasks cost; None while nothing is charged."""
    if settings.metering == "off":
        return None
    return PriceList(settings.prices, settings.media_limits.video_max_seconds)


def _engines(default: str) -> dict[str, Engine]:
    """The engines that can run here. Raises NotFound or EngineUnavailable when the default cannot."""
    engines = {default: load_engine(default, threads=1)}
    for name in set(engine_names()) - {default}:
        try:
            engines[name] = load_engine(name, threads=1)
        except EngineUnavailable as error:
            log.warning("engine left out", engine=name, reason=str(error))
    return engines


class _Server(uvicorn.Server):
    """uvicorn, telling us at once when a signal asks it to stop, not only after the last connection."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stop()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> int:
    """Run the server until it is told to stop. Returns the exit status. Raises CannotStart."""
    configure_logs()
    _allow_many_files()
    door = _listen(settings.host, settings.port)
    origin = _origin(settings.host, door.getsockname()[1])
    base_url = (settings.public_url or origin).rstrip("/")
    house = open_house(settings, base_url)
    draining = Event()

    def stop() -> None:
        draining.set()
        if workshop is not None:
            workshop.ask_to_stop()

    def stop_serving() -> None:
        server.should_exit = True

    workshop = Workshop(house, stop_serving) if settings.workers else None
    app = build_app(house, base_url, workshop, draining)
    server = _Server(server_config(app, drain_seconds=int(settings.drain_seconds)), stop)
    # uvicorn raises the signal once more when it is done; without handlers of ours that would cut the drain.
    _on_stop_signals(stop)
    _greet(house, origin)
    post_room = PostRoom(house)
    if workshop is not None:
        workshop.open()
    post_room.open()
    server.run(sockets=[door])
    stop()
    if workshop is not None:
        workshop.close()
    post_room.close()
    house.database.dispose()
    return int(workshop is not None and workshop.broken)


def worker(settings: Settings) -> int:
    """Work on a data folder's tasks, without HTTP, until told to stop. Returns the exit status."""
    configure_logs()
    if not settings.workers:
        raise CannotStart("setting 'workers' must be at least 1 for a worker, got 0")
    load_engine(settings.engine, threads=1)
    _allow_many_files()
    house = open_house(settings, settings.public_url or _origin(settings.host, settings.port))
    stopped = Event()
    workshop = Workshop(house, stopped.set)
    _on_stop_signals(stopped.set)
    # A webhook holds links, and a worker knows where they lead only when it was told.
    post_room = PostRoom(house) if settings.public_url else None
    workshop.open()
    if post_room is not None:
        post_room.open()
    stopped.wait()
    workshop.close()
    if post_room is not None:
        post_room.close()
    house.database.dispose()
    return int(workshop.broken)


def _allow_many_files() -> None:
    """Connections and downloads each hold a file open; the usual soft limit of 1,024 is soon reached."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _local_limits(settings: Settings) -> LocalLimits:
    cores = len(os.sched_getaffinity(0))
    return LocalLimits(
        media=settings.media_limits,
        memory=settings.engine_memory,
        threads=settings.engine_threads or max(1, cores // max(1, settings.workers)),
        attempt_seconds=settings.attempt_seconds,
        fetch_seconds=settings.fetch_seconds,
        stop_grace_seconds=settings.stop_grace_seconds,
        allow_private=settings.allow_private_network,
    )


def _checks(house: House, workshop: Workshop | None) -> dict[str, Check]:
    settings = house.settings
    level = sandbox.level(settings.sandbox)
    return {
        "database": writable(house.database),
        "disk": free_disk(settings.data, settings.min_free_disk),
        "worker": workshop.check if workshop else lambda: "none in this process",
        "sandbox": lambda: level.description,
    }


def _secret(path: Path) -> bytes:
    """The key that result links are signed with, made on first use."""
    with suppress(FileExistsError):
        _write_private(path, secrets.token_hex(32))
    return bytes.fromhex(path.read_text())


def _write_private(path: Path, content: str) -> None:
    """Write a file only its owner may read, whole or not at all. Raises FileExistsError when there is one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    finally:
        partial.unlink()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise CannotStart(f"cannot listen on {host} port {port}: {error.strerror}") from error


def _origin(host: str, port: int) -> str:
    """Where this machine reaches the server; a wildcard address means loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"


def _on_stop_signals(stop: Callable[[], None]) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def _greet(house: House, origin: str) -> None:
    lines = [f"Omnireel listens on {origin} (API reference at {origin}/docs)"]
    if not house.keys.list():
        path, key = house.settings.data / FIRST_KEY, new_secret()
        # Kept before it counts: a key that nobody can know would leave a server that nobody can use.
        path.unlink(missing_ok=True)
        _write_private(path, key)
        house.keys.create("first", secret=key)
        lines += [f"First API key, shown this once and kept in {path}:", key]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
