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
from typing import NamedTuple
from urllib.parse import quote

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine as Database

from omnireel.api.app import create_app
from omnireel.api.checks import current_schema, free_disk, live_worker, storable, writable
from omnireel.api.rooms import ApiValues, Check
from omnireel.api.scratch import sweep_arrivals
from omnireel.api.server import server_config
from omnireel.api.task_answer import poll_body
from omnireel.catalog.model import Terms
from omnireel.clock import SystemClock
from omnireel.engines.base import Engine
from omnireel.engines.registry import engine_names, load_engine
from omnireel.errors import CannotStart, EngineUnavailable, StorageAway, Unavailable
from omnireel.execution import scratch
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.logs import configure_logs
from omnireel.media import sandbox
from omnireel.media.post import TOTAL_SECONDS, post, post_policy
from omnireel.settings import Settings
from omnireel.storage.base import ServedBlobs
from omnireel.storage.bucket import open_bucket
from omnireel.storage.links import FileLinks
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.address import parse
from omnireel.tasks.away import PATIENCE
from omnireel.tasks.balances import Balances
from omnireel.tasks.bell import ENDINGS, Bell, bell_of
from omnireel.tasks.counts import RequestCounts
from omnireel.tasks.courier import Courier
from omnireel.tasks.database import Schema, connect, open_database, schema_of, upgrade_schema
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.gauges import StoreGauges
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.keys import KeyStore, new_secret
from omnireel.tasks.link_secret import shared_link_secret
from omnireel.tasks.prices import PriceList
from omnireel.tasks.running import Rhythm
from omnireel.tasks.service import Admission, TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.teams import TeamStore
from omnireel.tasks.webhook_secrets import WebhookSecrets
from omnireel.tasks.workers import Workers
from omnireel.telemetry.exposition import Exposition
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.metrics import Metrics
from omnireel.telemetry.tracing import Tracer

FIRST_KEY = "first-key"
SWEEP_EVERY = timedelta(minutes=10)
ABANDONED = timedelta(hours=1)
"""A file on its way in that is older belongs to a process that died."""

_POST_ROOM_SECONDS = 30.0

log = structlog.get_logger(__name__)


class _Bells(NamedTuple):
    """What is rung when there is work, and when some has ended."""

    work: Bell
    endings: Bell


@dataclass(frozen=True)
class House:
    """What a data folder holds, opened."""

    settings: Settings
    database: Database
    blobs: ServedBlobs
    patient_blobs: ServedBlobs
    """The same, for work that would be lost if the store were given up soon."""
    store: SqlTaskStore
    bell: Bell
    endings: Bell
    keys: KeyStore
    files: MediaFiles
    counts: RequestCounts
    deliveries: Deliveries
    secrets: WebhookSecrets
    workers: Workers
    instruments: Instruments

    @property
    def scratch(self) -> Path:
        """Where attempts work."""
        return self.settings.data / "scratch"

    @property
    def arrivals(self) -> Path:
        """Where uploads and inline inputs are written before they are stored."""
        return self.settings.data / "incoming"

    def close(self) -> None:
        self.counts.close()
        self.database.dispose()


def open_house(settings: Settings, base_url: str, instruments: Instruments | None = None) -> House:
    """Open, or furnish, the data folder. Links in answers start with `base_url`. Raises CannotStart."""
    instruments = instruments or Instruments()
    data = settings.data.resolve()
    settings = settings.model_copy(update={"data": data})
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    database = open_database(_place(settings), connections=settings.database_connections)
    bell, endings = bell_of(database), bell_of(database, ENDINGS)
    blobs, patient_blobs = _blobs(settings, database, base_url)
    return House(
        settings=settings,
        database=database,
        blobs=blobs,
        patient_blobs=patient_blobs,
        store=_store(settings, database, _Bells(bell, endings), instruments.metrics),
        bell=bell,
        endings=endings,
        keys=KeyStore(database, clock),
        files=MediaFiles(database, clock, quota=settings.upload_quota_bytes),
        counts=RequestCounts.of(database),
        deliveries=Deliveries(database, lease=timedelta(seconds=TOTAL_SECONDS + settings.lease_seconds)),
        secrets=WebhookSecrets(database, clock),
        workers=Workers(database),
        instruments=instruments,
    )


def open_keys(settings: Settings) -> KeyStore:
    """The keys of the server with these settings. Raises CannotStart."""
    return KeyStore(open_database(_place(settings)), SystemClock())


def open_teams(settings: Settings) -> TeamStore:
    """The teams of the server with these settings. Raises CannotStart."""
    return TeamStore(open_database(_place(settings)), SystemClock())


def open_files(settings: Settings) -> MediaFiles:
    """The uploaded files of the server with these settings. Raises CannotStart."""
    return MediaFiles(open_database(_place(settings)), SystemClock(), quota=settings.upload_quota_bytes)


def inspect_database(settings: Settings) -> Schema:
    """What shape the database has. Raises CannotStart when it cannot be reached."""
    with _connected(settings) as database:
        return schema_of(database)


def upgrade_database(settings: Settings) -> Schema:
    """Bring the database to the shape this version needs; which it had before. Raises CannotStart."""
    with _connected(settings) as database:
        schema_of(database)
        return upgrade_schema(database)


def inspect_bucket(settings: Settings) -> tuple[str, bool]:
    """Store, read and delete an object: where that is, and whether it refuses to store one twice.

    Raises CannotStart.
    """
    bucket = open_bucket(settings, FileLinks("", secret=b"", clock=SystemClock()))
    try:
        return str(bucket), bucket.probe()
    except StorageAway as error:
        raise CannotStart(error.reason) from error


def _blobs(settings: Settings, database: Database, base_url: str) -> tuple[ServedBlobs, ServedBlobs]:
    """Where files are kept, for those who are waited for and for those who work long. Raises CannotStart."""
    clock = SystemClock()
    if settings.s3_bucket is None:
        secret = _secret(settings.data / "secret")
        folder = LocalBlobs(settings.data / "files", base_url=base_url, secret=secret, clock=clock)
        return folder, folder
    place, careful = inspect_bucket(settings)
    if not careful:
        log.warning("bucket stores twice under one name", bucket=place)
    # Other machines are to know our links, and we theirs.
    links = FileLinks(base_url, secret=shared_link_secret(database), clock=clock)
    return open_bucket(settings, links), open_bucket(settings, links, patient=True)


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


def _store(
    settings: Settings, database: Database, bells: _Bells, metrics: Metrics, *, patience: float = PATIENCE
) -> SqlTaskStore:
    return SqlTaskStore(
        database,
        lease=timedelta(seconds=settings.lease_seconds),
        max_attempts=settings.max_attempts,
        retention=timedelta(days=settings.retention_days),
        ring=bells.work.ring,
        tell=bells.endings.ring,
        patience=patience,
        metrics=metrics,
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
            house.patient_blobs,
            slots=settings.workers,
            cache=settings.data / "kernels",
            limits=_local_limits(settings),
            sandbox_mode=settings.sandbox,
            # An operator may name a class of their own, `module:Class`; callers cannot.
            engines=(settings.engine,) if ":" in settings.engine else (),
        )
        # Its loop tries again by itself, and meanwhile has attempts to look after.
        metrics = house.instruments.metrics
        bells = _Bells(house.bell, house.endings)
        store = _store(settings, house.database, bells, metrics, patience=0.0)
        self._dispatcher = Dispatcher(
            store,
            self._executor,
            house.patient_blobs,
            worker=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}",
            rhythm=Rhythm(
                claim=0.2 if dialect_of(house.database).embedded else 1.0,
                heartbeat=settings.heartbeat_seconds,
                drain=settings.drain_seconds,
                stop=settings.stop_grace_seconds + 1,
            ),
            bell=house.bell,
            workers=house.workers,
            instruments=house.instruments,
        )
        self._janitor = Janitor(
            house.store,
            house.files,
            house.patient_blobs,
            clock=SystemClock(),
            sweep_scratch=lambda: scratch.sweep(house.scratch) + sweep_arrivals(house.arrivals, ABANDONED),
            sweep_deliveries=house.deliveries.sweep,
            sweep_workers=house.workers.sweep,
            metrics=metrics,
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


class Watch:
    """How the process is watched: its log from the start, traces, and numbers on a port of their own."""

    def __init__(self, settings: Settings) -> None:
        configure_logs(
            settings.log_format,
            settings.log_level,
            prompts=settings.log_prompts,
            secrets=_passwords(settings),
        )
        self._settings = settings
        self._exposition: Exposition | None = None
        self.instruments = Instruments(tracer=_tracer(settings))

    def open(self, database: Database) -> None:
        """Offer the numbers to scrapers, when the settings say where. Raises CannotStart."""
        settings = self._settings
        if settings.metrics_port is None:
            return
        registry = self.instruments.metrics.registry
        registry.register(
            StoreGauges(
                database,
                heard=timedelta(seconds=settings.lease_seconds),
                free_disk=lambda: shutil.disk_usage(settings.data).free,
            )
        )
        host, port = settings.metrics_host, settings.metrics_port
        try:
            self._exposition = Exposition(registry, host, port)
        except OSError as error:
            raise CannotStart(f"cannot serve metrics on {host} port {port}: {error.strerror}") from error
        log.info("metrics served", host=host, port=self._exposition.port)

    def close(self) -> None:
        if self._exposition is not None:
            self._exposition.close()
        self.instruments.tracer.close()


def _passwords(settings: Settings) -> list[str]:
    """The database's password in both forms, so that it is known whatever a message does to its URL."""
    if settings.database is None or "://" not in settings.database.get_secret_value():
        return []
    password = parse(settings.database.get_secret_value()).password or ""
    return [password, quote(password, safe="")]


def _tracer(settings: Settings) -> Tracer:
    """One that sends, when the settings or else the standard environment ask for it. Raises CannotStart."""
    wanted = _collector_named() if settings.tracing is None else settings.tracing
    if not wanted:
        return Tracer()
    try:
        from omnireel.telemetry.otel import exporting_tracer
    except ModuleNotFoundError as error:
        if settings.tracing:
            raise CannotStart("tracing needs more packages: pip install 'omnireel[otel]'") from error
        log.warning("no traces: the environment names a collector, and 'omnireel[otel]' is not installed")
        return Tracer()
    return exporting_tracer()


def _collector_named() -> bool:
    """Whether the environment asks for traces, in the names that the OpenTelemetry specification gave it."""
    asked = os.environ.get
    if asked("OTEL_SDK_DISABLED", "").lower() == "true" or asked("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return False
    return bool(asked("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or asked("OTEL_EXPORTER_OTLP_ENDPOINT"))


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
            instruments=house.instruments,
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
        instruments=house.instruments,
        log_prompts=settings.log_prompts,
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
        counts=house.counts,
        deliveries=house.deliveries,
        secrets=house.secrets,
        endings=house.endings,
        values=values,
        draining=draining,
        instruments=house.instruments,
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
    watch = Watch(settings)
    _allow_many_files()
    door = _listen(settings.host, settings.port)
    origin = _origin(settings.host, door.getsockname()[1])
    base_url = (settings.public_url or origin).rstrip("/")
    house = open_house(settings, base_url, watch.instruments)
    watch.open(house.database)
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
    hearing = Thread(target=house.endings.listen, args=(closed := Event(),), name="endings", daemon=True)
    if workshop is not None:
        workshop.open()
    post_room.open()
    hearing.start()
    server.run(sockets=[door])
    stop()
    if workshop is not None:
        workshop.close()
    post_room.close()
    closed.set()
    hearing.join(_POST_ROOM_SECONDS)
    watch.close()
    house.close()
    return int(workshop is not None and workshop.broken)


def worker(settings: Settings) -> int:
    """Work on a data folder's tasks, without HTTP, until told to stop. Returns the exit status."""
    watch = Watch(settings)
    if not settings.workers:
        raise CannotStart("setting 'workers' must be at least 1 for a worker, got 0")
    load_engine(settings.engine, threads=1)
    _allow_many_files()
    house = open_house(
        settings, settings.public_url or _origin(settings.host, settings.port), watch.instruments
    )
    watch.open(house.database)
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
    watch.close()
    house.close()
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
    heard = timedelta(seconds=settings.lease_seconds)
    return {
        "database": writable(house.database),
        "schema": current_schema(house.database),
        "storage": storable(house.blobs),
        "disk": free_disk(settings.data, settings.min_free_disk),
        "worker": live_worker(house.workers, heard, workshop.check if workshop else None),
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
