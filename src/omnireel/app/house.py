"""What a data folder holds, opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine as Database

from omnireel.app.files import open_blobs, pair_secret
from omnireel.clock import SystemClock
from omnireel.media.post import TOTAL_SECONDS
from omnireel.settings import Settings
from omnireel.storage.base import ServedBlobs
from omnireel.tasks.away import PATIENCE
from omnireel.tasks.bell import ENDINGS, Bell, bell_of
from omnireel.tasks.counts import RequestCounts
from omnireel.tasks.database import open_database
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.key_pairs import KeyPairs
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.webhook_secrets import WebhookSecrets
from omnireel.tasks.workers import Workers
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.metrics import Metrics


class Bells(NamedTuple):
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
    pairs: KeyPairs
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
    database = open_database(database_place(settings), connections=settings.database_connections)
    bell, endings = bell_of(database), bell_of(database, ENDINGS)
    blobs, patient_blobs = open_blobs(settings, database, base_url)
    return House(
        settings=settings,
        database=database,
        blobs=blobs,
        patient_blobs=patient_blobs,
        store=task_store(settings, database, Bells(bell, endings), instruments.metrics),
        bell=bell,
        endings=endings,
        keys=KeyStore(database, clock),
        pairs=KeyPairs(database, partial(pair_secret, settings, database), clock),
        files=MediaFiles(database, clock, quota=settings.upload_quota_bytes),
        counts=RequestCounts.of(database),
        deliveries=Deliveries(database, lease=timedelta(seconds=TOTAL_SECONDS + settings.lease_seconds)),
        secrets=WebhookSecrets(database, clock),
        workers=Workers(database),
        instruments=instruments,
    )


def task_store(
    settings: Settings, database: Database, bells: Bells, metrics: Metrics, *, patience: float = PATIENCE
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


def database_place(settings: Settings) -> str:
    """Where the database is; when that is the data folder, it is made."""
    if settings.database is not None:
        return settings.database.get_secret_value()
    data = settings.data.resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(data / "omnireel.db")
