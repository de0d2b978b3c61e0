"""The real application on a real database and real files, with nobody working on its tasks but the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from omnireel.api.app import create_app
from omnireel.api.rooms import ApiValues
from omnireel.api.standing import Standing
from omnireel.catalog.model import Terms
from omnireel.clock import Clock, SystemClock
from omnireel.engines.base import Engine
from omnireel.models import Resource, ShotReport, Succeeded
from omnireel.storage.base import ServedBlobs
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.balances import Balances
from omnireel.tasks.bell import ENDINGS, bell_of
from omnireel.tasks.counts import RequestCounts
from omnireel.tasks.database import open_database
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.files import QUOTA, MediaFiles
from omnireel.tasks.gauges import QueueLook
from omnireel.tasks.key_pairs import KeyPairs
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.prices import PriceList
from omnireel.tasks.service import Admission, TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Claim
from omnireel.tasks.teams import TeamStore
from omnireel.tasks.webhook_secrets import WebhookSecrets
from omnireel.telemetry.instruments import Instruments
from omnireel.testing.fake_engine import FakeEngine

BASE = "http://video.example"
O1 = "/api/v1/kling/kling-video-o1"
OMNI = "/api/v1/kling/kling-v3-omni-video"
TERMS = Terms(engines=("fake",))


@dataclass(frozen=True)
class House:
    """Everything a test may want to look into. `key` belongs to the team `default`."""

    app: FastAPI
    engines: dict[str, Engine]
    store: SqlTaskStore
    keys: KeyStore
    pairs: KeyPairs
    files: MediaFiles
    teams: TeamStore
    blobs: LocalBlobs
    deliveries: Deliveries
    secrets: WebhookSecrets
    values: ApiValues
    draining: Event
    leaving: Event
    key: str

    def client(self, key: str | None = None) -> TestClient:
        """A caller with this key, the default team's when not said."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return TestClient(self.app, base_url="http://some-other-name", headers=headers)

    def stranger(self) -> TestClient:
        """A caller without a key."""
        return TestClient(self.app, base_url="http://some-other-name")

    def submit(self, **body: Any) -> str:
        """The id of a new task."""
        answer = self.client().post(O1, json={"prompt": "a cat", **body})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["task_id"])

    def claim(self) -> Claim:
        """Work on the next task, as a dispatcher would."""
        claim = self.store.claim("a worker")
        assert claim is not None
        return claim

    def succeed(self, claim: Claim, content: bytes, folder: Path) -> None:
        """Hand back these bytes as the video."""
        key = f"results/{claim.task_id}/{claim.token}/{claim.task_id}.mp4"
        source = folder / "made.mp4"
        source.write_bytes(content)
        self.blobs.put(key, source)
        video = Resource(key, "video", "primary", "mp4", 1280, 720, len(content), "ab" * 32, 5.0, 24.0)
        shots = (ShotReport(0, 120, "a cat"),)
        assert self.store.finish(claim, Succeeded((video,), "fake", 7, shots, ("no sound",)))

    def succeed_one(self, folder: Path) -> str:
        """The id of a task that has ended well."""
        task_id = self.submit()
        self.succeed(self.claim(), b"a video", folder)
        return task_id


@contextmanager
def open_house(
    folder: Path,
    *,
    clock: Clock | None = None,
    store_clock: Clock | None = None,
    base_url: str = BASE,
    admission: Admission | None = None,
    database_url: str | None = None,
    prices: PriceList | None = None,
    instruments: Instruments | None = None,
    upload_quota: int = QUOTA,
    bucket: ServedBlobs | None = None,
    **values: Any,
) -> Iterator[House]:
    """A house in a folder, and its database unless it has a URL; `values` are fields of `ApiValues`.

    The task store keeps the database's time unless it has a `store_clock`. With a `bucket` that is where the
    application keeps files, and the house's own `blobs` stay empty.
    """
    clock = clock or SystemClock()
    database = open_database(database_url or folder / "omnireel.db")
    instruments = instruments or Instruments()
    endings = bell_of(database, ENDINGS)
    store = SqlTaskStore(
        database,
        retention=timedelta(days=7),
        clock=store_clock,
        tell=endings.ring,
        metrics=instruments.metrics,
    )
    blobs = LocalBlobs(folder / "blobs", base_url=base_url, secret=b"s" * 32, clock=clock)
    engines: dict[str, Engine] = {"fake": FakeEngine()}
    service = TaskService(
        store,
        engines,
        bucket or blobs,
        default="fake",
        balance_of=Balances(database).of,
        free_disk=lambda: 10**12,
        admission=admission or Admission(),
        prices=prices,
        instruments=instruments,
    )
    keys = KeyStore(database, clock)
    pairs = KeyPairs(database, lambda: b"k" * 32, clock)
    standing = Standing(
        queue=QueueLook(database, heard=timedelta(seconds=30)).latest,
        free_disk=lambda: 10**12,
        least_free=10**6,
        most_queued=1000,
        sandbox_level="none",
        sandbox="media is decoded with resource limits only",
        engines=("fake",),
        default_engine="fake",
        metering=prices is not None,
        retention_days=7,
    )
    given = {"base_url": base_url, "scratch": folder / "incoming", "terms": TERMS, "standing": standing}
    settled = ApiValues(**{**given, **values})
    deliveries, webhook_secrets = Deliveries(database), WebhookSecrets(database, clock)
    files = MediaFiles(database, clock, quota=upload_quota)
    counts = RequestCounts.of(database, clock)
    draining, leaving = Event(), Event()
    app = create_app(
        service=service,
        keys=keys,
        files=files,
        blobs=bucket or blobs,
        counts=counts,
        deliveries=deliveries,
        secrets=webhook_secrets,
        endings=endings,
        values=settled,
        pairs=pairs,
        clock=clock,
        draining=draining,
        leaving=leaving,
        instruments=instruments,
    )
    try:
        yield House(
            app,
            engines,
            store,
            keys,
            pairs,
            files,
            TeamStore(database),
            blobs,
            deliveries,
            webhook_secrets,
            settled,
            draining,
            leaving,
            keys.create("first").secret,
        )
    finally:
        counts.close()
        database.dispose()
