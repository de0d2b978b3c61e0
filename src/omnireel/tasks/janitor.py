"""Takes away what nobody owns any more: after kills, after deletions, after the keeping time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from threading import Event

import structlog

from omnireel.clock import Clock
from omnireel.storage.base import BlobStore
from omnireel.tasks.erase import delete_unneeded, erase
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.places import INPUTS, RESULTS, UPLOADS
from omnireel.tasks.publish import token_of
from omnireel.tasks.store import TaskStore
from omnireel.tasks.stored_inputs import is_recorded
from omnireel.telemetry.metrics import Metrics

_BATCH = 200
_MOST_BATCHES = 1000
_SHORTEST_PAUSE = 0.05

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Swept:
    """How many of each were taken away."""

    given_up: int = 0
    """Tasks whose worker is gone and that may not be tried again."""
    expired_tasks: int = 0
    expired_files: int = 0
    expired_answers: int = 0
    """What submits with an Idempotency-Key were answered."""
    orphan_results: int = 0
    orphan_inputs: int = 0
    partial_blobs: int = 0
    scratch_folders: int = 0
    old_deliveries: int = 0
    old_workers: int = 0


class Janitor:
    """Sweeps. Any number of processes may sweep at once.

    `sweep_scratch` removes the scratch folders of dead owners, `sweep_deliveries` what was told long ago,
    `sweep_workers` those not heard of for long; each tells how many those were. Blobs that no row knows are
    left alone for `grace`, because a submit stores its inputs before its row.
    """

    def __init__(
        self,
        store: TaskStore,
        files: MediaFiles,
        blobs: BlobStore,
        *,
        clock: Clock,
        sweep_scratch: Callable[[], int],
        sweep_deliveries: Callable[[], int] = lambda: 0,
        sweep_workers: Callable[[], int] = lambda: 0,
        metrics: Metrics | None = None,
        grace: timedelta = timedelta(hours=1),
    ) -> None:
        self._store = store
        self._files = files
        self._blobs = blobs
        self._clock = clock
        self._sweep_scratch = sweep_scratch
        self._sweep_deliveries = sweep_deliveries
        self._sweep_workers = sweep_workers
        self._metrics = metrics
        self._grace = grace

    def run(self, stop: Event, every: timedelta) -> None:
        """Sweep now and then until `stop` is set."""
        while not stop.is_set():
            try:
                self.sweep()
            except Exception:
                log.exception("sweep failed")
            stop.wait(max(every.total_seconds(), _SHORTEST_PAUSE))

    def sweep(self) -> Swept:
        """Take away all there is to take away."""
        swept = Swept(
            given_up=self._store.reap(),
            expired_tasks=self._expire_tasks(),
            expired_files=self._expire_files(),
            expired_answers=self._expire_answers(),
            orphan_results=self._sweep_results(),
            orphan_inputs=self._drop_inputs() + self._sweep_inputs(INPUTS) + self._sweep_inputs(UPLOADS),
            partial_blobs=self._blobs.sweep(self._grace),
            scratch_folders=self._sweep_scratch(),
            old_deliveries=self._sweep_deliveries(),
            old_workers=self._sweep_workers(),
        )
        self._measure()
        if swept != Swept():
            log.info("swept", **asdict(swept))
        return swept

    def _measure(self) -> None:
        """Count the bytes that are stored, after the sweep."""
        if self._metrics is not None:
            for prefix in (RESULTS, INPUTS, UPLOADS):
                size = sum(info.size for info in self._blobs.list(prefix))
                self._metrics.blob_bytes.labels(prefix.rstrip("/")).set(size)

    def _expire_tasks(self) -> int:
        count = 0
        for _ in range(_MOST_BATCHES):
            batch = self._store.expired(_BATCH)
            for old in batch:
                erase(self._store, self._blobs, old)
            count += len(batch)
            if len(batch) < _BATCH:
                break
        return count

    def _expire_files(self) -> int:
        # A submit may just have looked the file up; its blob stays for the grace.
        old = self._files.expired(self._clock.now() - self._grace)
        self._files.forget([file.file_id for file in old])
        return len(old)

    def _expire_answers(self) -> int:
        return sum(takewhile(bool, (self._store.forget() for _ in range(_MOST_BATCHES))))

    def _sweep_results(self) -> int:
        count = 0
        for keys in _batches(self._old_keys(RESULTS)):
            tokens = {key: token for key in keys if (token := token_of(key)) is not None}
            live = self._store.live_tokens(set(tokens.values()))
            count += self._delete_unneeded(key for key, token in tokens.items() if token not in live)
        return count

    def _drop_inputs(self) -> int:
        """Record first, then blob: what a kill in between leaves is swept as an orphan."""
        count = 0
        for _ in range(_MOST_BATCHES):
            keys = self._files.drop_inputs(self._clock.now() - self._grace, _BATCH)
            for key in keys:
                self._blobs.delete(key)
            count += len(keys)
            if len(keys) < _BATCH:
                break
        return count

    def _sweep_inputs(self, prefix: str) -> int:
        count = 0
        for keys in _batches(self._old_keys(prefix)):
            known = self._files.known_keys(keys) | self._files.recorded_inputs(keys)
            # A key without a record may be stored anew, but not one that has lost it.
            gone = (key for key in keys if key not in known and (is_recorded(key) or self._aged(key)))
            count += self._delete_unneeded(gone)
        return count

    def _old_keys(self, prefix: str) -> Iterator[str]:
        latest: datetime = self._clock.now() - self._grace
        return (info.key for info in self._blobs.list(prefix) if info.modified <= latest)

    def _delete_unneeded(self, keys: Iterable[str]) -> int:
        return sum(delete_unneeded(self._store, self._blobs, key) for key in keys)

    def _aged(self, key: str) -> bool:
        return key in self._old_keys(key)


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, _BATCH)):
        yield batch
