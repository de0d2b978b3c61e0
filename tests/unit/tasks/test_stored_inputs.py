"""Inputs are stored once and kept while anybody needs them, whoever sweeps meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine
from tests.s3_server import S3Server

from omnireel.api.intake import Intake
from omnireel.clock import ManualClock, SystemClock
from omnireel.errors import NotFound, Unavailable
from omnireel.models import MediaKind, MediaRef, VideoRequest
from omnireel.storage.base import BlobStore
from omnireel.storage.links import FileLinks
from omnireel.storage.local import LocalBlobs
from omnireel.storage.s3 import S3Blobs
from omnireel.tasks import stored_inputs
from omnireel.tasks.database import writing
from omnireel.tasks.files import MediaFile, MediaFiles
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask

GRACE = timedelta(hours=1)
HOUR = GRACE.total_seconds()
DIGEST = "ab" * 32


class House:
    """Records on a clock that stands still."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine = engine
        self.clock = clock
        self.files = MediaFiles(engine, clock)
        self.store = SqlTaskStore(engine, clock=clock)

    def keep(self, team: str = "team", digest: str = DIGEST) -> str:
        return self.files.keep_input(team, digest, "png")

    def drop(self) -> tuple[str, ...]:
        return self.files.drop_inputs(self.clock.now() - GRACE, 100)

    def submit(self, task_id: str, *keys: str) -> None:
        images = tuple(MediaRef(MediaKind.IMAGE, f"blob:{key}") for key in keys)
        self.store.add(NewTask(task_id, "team", VideoRequest("kling/o1", "p", images=images), "fake", 7))

    def upload(self, file_id: str, blob: str) -> MediaFile:
        now, link = self.clock.now(), f"uploads/{file_id}/a.png"
        return self.files.add(
            "team", MediaFile(file_id, "team", MediaKind.IMAGE, "a.png", 5, link, now, blob)
        )


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    return House(engine, clock)


def test_equal_bytes_have_one_key_in_a_team_and_another_in_the_next(house: House) -> None:
    assert house.keep() == house.keep()
    assert house.keep().startswith(f"inputs/team/{DIGEST}-")
    assert len({house.keep(), house.keep(digest="cd" * 32), house.keep(team="others")}) == 3


def test_an_input_stays_for_the_grace_after_its_last_use(house: House) -> None:
    key = house.keep()
    house.clock.advance(seconds=HOUR - 1)
    assert house.keep() == key
    house.clock.advance(seconds=HOUR - 1)
    assert house.files.hold_input(key)
    house.clock.advance(seconds=HOUR - 1)
    assert house.drop() == ()
    house.clock.advance(seconds=1)
    assert house.drop() == (key,)
    assert house.drop() == ()


def test_an_input_stays_while_an_unfinished_task_or_an_upload_needs_it(house: House) -> None:
    read, uploaded, unused = (house.keep(digest=two * 32) for two in ("ab", "cd", "ef"))
    house.submit("t1", read)
    house.upload("file-1", uploaded)
    house.clock.advance(seconds=24 * HOUR)
    assert house.drop() == (unused,)
    house.store.cancel("team", "t1")
    assert house.drop() == (read,)
    house.files.delete("team", "file-1")
    assert house.drop() == (uploaded,)


def test_what_was_dropped_is_stored_under_a_new_key(house: House) -> None:
    old = house.keep()
    house.clock.advance(seconds=HOUR)
    house.drop()
    assert not house.files.hold_input(old)
    assert house.keep() != old
    assert house.files.recorded_inputs([old, house.keep()]) == {house.keep()}


def test_a_submit_that_took_longer_than_the_grace_is_refused_and_not_lost(house: House) -> None:
    kept, dropped = house.keep(), house.keep(digest="cd" * 32)
    house.clock.advance(seconds=HOUR)
    house.files.hold_input(kept)
    assert house.drop() == (dropped,)
    with pytest.raises(Unavailable):
        house.submit("t1", kept, dropped)
    with pytest.raises(Unavailable):
        house.upload("file-1", dropped)
    with pytest.raises(NotFound):
        house.store.get("team", "t1")
    assert house.files.list("team") == ()


def test_keys_from_before_there_were_records_are_taken_as_they_are(house: House) -> None:
    assert house.files.hold_input("inputs/abc.png")
    house.submit("t1", "inputs/abc.png", "results/t0/token/t0.mp4", "uploads/file-1/pond.mp4")
    assert house.store.get("team", "t1").task_id == "t1"


def test_an_input_that_is_just_being_used_is_passed_over(house: House) -> None:
    key = house.keep()
    house.clock.advance(seconds=2 * HOUR)
    dropped: list[tuple[str, ...]] = []
    sweeper = Thread(target=lambda: dropped.append(house.drop()))
    with writing(house.engine) as connection:
        assert stored_inputs.hold(connection, key, house.clock.now().timestamp())
        sweeper.start()
        sweeper.join(0.2)
    sweeper.join()
    assert dropped == [()]


@pytest.fixture(params=["folder", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    clock = SystemClock()
    if request.param == "folder":
        return LocalBlobs(tmp_path / "files", base_url="http://x", secret=b"s", clock=clock)
    server: S3Server = request.getfixturevalue("s3_server")
    request.getfixturevalue("s3_credentials")
    return S3Blobs(server.new_bucket(), FileLinks("http://x", secret=b"s", clock=clock))


def test_no_task_misses_its_input_however_eagerly_it_is_swept(
    engine: Engine, blobs: BlobStore, tmp_path: Path
) -> None:
    """The janitor has no grace at all here, so it comes between any two steps of a submit."""
    files, store = MediaFiles(engine, SystemClock()), SqlTaskStore(engine)
    intake, over = Intake(blobs, files), Event()
    calm = wrapped(blobs, sweep=lambda older_than: 0)
    janitor = Janitor(store, files, calm, clock=SystemClock(), sweep_scratch=lambda: 0, grace=timedelta(0))

    def sweep() -> None:
        while not over.is_set():
            janitor.sweep()

    def submit(number: int) -> str | None:
        source = tmp_path / f"source-{number}"
        source.write_bytes(b"cat" if number % 2 else b"dog")
        try:
            key = intake.store("team", source, "png")
            image = MediaRef(MediaKind.IMAGE, f"blob:{key}")
            store.add(
                NewTask(f"t{number}", "team", VideoRequest("kling/o1", "p", images=(image,)), "fake", 7)
            )
        except Unavailable:
            return None
        blobs.get(key, tmp_path / f"copy-{number}")
        assert (tmp_path / f"copy-{number}").read_bytes() == source.read_bytes()
        # From here on it may be swept, so that the next one finds it going.
        store.cancel("team", f"t{number}")
        return key

    sweepers = [Thread(target=sweep) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            keys = list(pool.map(submit, range(40)))
    finally:
        over.set()
        for sweeper in sweepers:
            sweeper.join()
    assert any(keys)
    janitor.sweep()
    assert list(blobs.list("")) == []


def test_an_upload_is_swept_by_record_and_what_a_kill_left_as_an_orphan(
    engine: Engine, blobs: BlobStore, tmp_path: Path
) -> None:
    # The store's own times are the machine's.
    clock = ManualClock(datetime.now(UTC) + timedelta(minutes=1))
    house, source = House(engine, clock), tmp_path / "source"
    source.write_bytes(b"a cat")
    janitor = Janitor(house.store, house.files, blobs, clock=clock, sweep_scratch=lambda: 0, grace=GRACE)
    key = Intake(blobs, house.files).store("team", source, "png")
    file = house.upload("file-1", key)
    assert key.startswith(f"inputs/team/{sha256(b'a cat').hexdigest()}-")
    assert house.files.blob_of(file.key) == key
    clock.advance(seconds=24 * HOUR)
    assert janitor.sweep().orphan_inputs == 0
    house.files.delete("team", "file-1")
    with pytest.raises(NotFound):
        house.files.blob_of(file.key)
    unlucky = wrapped(blobs, delete=die)
    with suppress(KeyboardInterrupt):
        Janitor(house.store, house.files, unlucky, clock=clock, sweep_scratch=lambda: 0, grace=GRACE).sweep()
    assert (blobs.has(key), house.files.recorded_inputs([key])) == (True, frozenset())
    assert janitor.sweep().orphan_inputs == 1
    assert not blobs.has(key)


def wrapped(blobs: BlobStore, **others: Callable[..., Any]) -> BlobStore:
    """A store some of whose methods do something else."""
    names = ("put", "put_new", "has", "get", "delete", "sign", "list", "sweep")
    methods = {name: getattr(blobs, name) for name in names} | others
    return cast("BlobStore", SimpleNamespace(**methods))


def die(key: str) -> None:
    raise KeyboardInterrupt
