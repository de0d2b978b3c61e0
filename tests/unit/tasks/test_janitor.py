from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.errors import NotFound
from omnireel.execution import scratch
from omnireel.models import MediaKind, MediaRef, Resource, Succeeded, TaskStatus, VideoRequest
from omnireel.storage.base import BlobInfo
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.files import MediaFile, MediaFiles
from omnireel.tasks.janitor import Janitor, Swept
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Claim, NewTask

GRACE = timedelta(hours=1)
DAY = 86400.0


class House:
    """A janitor and everything it keeps clean."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        # Ahead of the file system's own time, so that files stored now are as old as the test says.
        self.clock = ManualClock(datetime.now(UTC) + timedelta(minutes=1))
        self.store = SqlTaskStore(engine, clock=self.clock)
        self.files = MediaFiles(engine, self.clock)
        self.blobs = LocalBlobs(folder / "files", base_url="http://x", secret=b"s", clock=self.clock)
        self.scratch = folder / "scratch"
        self.source = folder / "source"
        self.source.write_bytes(b"bytes")
        self.janitor = Janitor(
            self.store,
            self.files,
            self.blobs,
            clock=self.clock,
            sweep_scratch=lambda: scratch.sweep(self.scratch),
            grace=GRACE,
        )

    def put(self, key: str) -> str:
        self.blobs.put(key, self.source)
        return key

    def stored(self) -> set[str]:
        return {info.key for info in self.blobs.list("")}

    def submit(self, task_id: str, *keys: str) -> None:
        images = tuple(MediaRef(MediaKind.IMAGE, f"blob:{key}") for key in keys)
        self.store.add(NewTask(task_id, "team", VideoRequest("kling/o1", "p", images=images), "fake", 7))

    def claim(self) -> Claim:
        claim = self.store.claim("worker")
        assert claim is not None
        return claim

    def succeed(self, claim: Claim) -> set[str]:
        keys = [
            self.put(f"results/{claim.task_id}/{claim.token}/{claim.task_id}.{s}") for s in ("mp4", "jpg")
        ]
        files = tuple(Resource(key, "video", "primary", "mp4", 64, 36, 5, "00") for key in keys)
        assert self.store.finish(claim, Succeeded(files, "fake", 7))
        return set(keys)

    def upload(self, file_id: str) -> str:
        key = self.put(f"uploads/{file_id}/pond.mp4")
        self.files.add(
            "team", MediaFile(file_id, "team", MediaKind.VIDEO, "pond.mp4", 5, key, self.clock.now())
        )
        return key


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    return House(engine, tmp_path)


def test_a_tidy_house_stays_as_it_is(house: House) -> None:
    house.submit("t1")
    kept = house.succeed(house.claim())
    house.submit("t2", house.put("inputs/a.png"))
    house.upload("file-1")
    house.clock.advance(seconds=6 * DAY)
    house.janitor.sweep()
    assert house.janitor.sweep() == Swept()
    assert house.stored() == kept | {"inputs/a.png", "uploads/file-1/pond.mp4"}
    assert house.store.get("team", "t1").status is TaskStatus.SUCCESS


def test_an_expired_task_goes_with_its_files(house: House) -> None:
    house.submit("old")
    house.succeed(house.claim())
    house.clock.advance(seconds=6 * DAY)
    house.submit("young")
    kept = house.succeed(house.claim())
    house.clock.advance(seconds=DAY)
    assert house.janitor.sweep().expired_tasks == 1
    assert house.stored() == kept
    with pytest.raises(NotFound):
        house.store.get("team", "old")
    assert house.store.get("team", "young").status is TaskStatus.SUCCESS


def test_what_a_lost_attempt_published_is_swept_and_the_result_stays(house: House) -> None:
    house.submit("t1")
    stale = house.claim()
    house.put(f"results/t1/{stale.token}/t1.mp4")
    house.clock.advance(seconds=31)
    kept = house.succeed(house.claim())
    assert house.janitor.sweep().orphan_results == 0
    house.clock.advance(seconds=GRACE.total_seconds())
    assert house.janitor.sweep().orphan_results == 1
    assert house.stored() == kept


def test_what_is_being_published_is_left_alone(house: House) -> None:
    house.submit("t1")
    claim = house.claim()
    key = house.put(f"results/t1/{claim.token}/t1.mp4")
    house.clock.advance(seconds=DAY)
    assert house.janitor.sweep().orphan_results == 0
    assert house.stored() == {key}


def test_results_of_tasks_nobody_knows_are_swept(house: House) -> None:
    house.put("results/unknown/token/unknown.mp4")
    house.clock.advance(seconds=DAY)
    assert house.janitor.sweep().orphan_results == 1
    assert house.stored() == set()


def test_files_that_are_not_ours_are_left_alone(house: House) -> None:
    house.put("results/readme.txt")
    house.put("notes/readme.txt")
    house.clock.advance(seconds=30 * DAY)
    house.janitor.sweep()
    assert house.stored() == {"results/readme.txt", "notes/readme.txt"}


def test_inputs_go_when_the_last_task_that_reads_them_has_ended(house: House) -> None:
    house.submit("t1", house.put("inputs/a.png"))
    house.submit("t2", "inputs/a.png")
    house.put("inputs/orphan.png")
    assert house.janitor.sweep().orphan_inputs == 0
    house.clock.advance(seconds=GRACE.total_seconds())
    assert house.janitor.sweep().orphan_inputs == 1
    house.store.cancel("team", "t1")
    assert house.janitor.sweep().orphan_inputs == 0
    house.store.cancel("team", "t2")
    assert house.janitor.sweep().orphan_inputs == 1
    assert house.stored() == set()


def test_an_uploaded_file_goes_a_grace_after_its_time(house: House) -> None:
    house.upload("file-1")
    house.clock.advance(seconds=7 * DAY)
    with pytest.raises(NotFound):
        house.files.get("team", "file-1")
    assert house.janitor.sweep() == Swept()
    house.clock.advance(seconds=GRACE.total_seconds())
    swept = house.janitor.sweep()
    assert (swept.expired_files, swept.orphan_inputs) == (1, 1)
    assert house.stored() == set()


def test_a_deleted_upload_stays_for_the_task_that_reads_it(house: House) -> None:
    house.submit("t1", house.upload("file-1"))
    house.files.delete("team", "file-1")
    house.clock.advance(seconds=DAY)
    assert house.janitor.sweep().orphan_inputs == 0
    house.store.cancel("team", "t1")
    assert house.janitor.sweep().orphan_inputs == 1


def test_a_result_that_another_task_reads_outlives_its_own_task(house: House) -> None:
    house.submit("t1")
    clip = next(key for key in house.succeed(house.claim()) if key.endswith(".mp4"))
    house.submit("t2", clip)
    house.clock.advance(seconds=7 * DAY)
    assert house.janitor.sweep().expired_tasks == 1
    assert house.stored() == {clip}
    house.store.cancel("team", "t2")
    assert house.janitor.sweep().orphan_results == 1


def test_tasks_whose_workers_are_gone_for_good_are_given_up(house: House) -> None:
    house.submit("t1")
    for _ in range(3):
        house.claim()
        house.clock.advance(seconds=31)
    assert house.janitor.sweep().given_up == 1
    assert house.store.get("team", "t1").status is TaskStatus.FAILED


def test_leftovers_of_killed_puts_go_when_they_are_old(house: House, tmp_path: Path) -> None:
    leftover = tmp_path / "files" / ".incoming" / "tmpabc"
    leftover.write_bytes(b"half")
    assert house.janitor.sweep().partial_blobs == 0
    yesterday = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(leftover, (yesterday, yesterday))
    assert house.janitor.sweep().partial_blobs == 1
    assert not leftover.exists()


def test_scratch_folders_of_the_living_stay(house: House) -> None:
    mine = scratch.create(house.scratch)
    orphan = house.scratch / "attempt-orphan"
    orphan.mkdir()
    assert house.janitor.sweep().scratch_folders == 1
    assert mine.folder.is_dir()
    assert not orphan.exists()
    mine.remove()


@pytest.mark.slow
def test_more_than_one_batch_is_swept(house: House) -> None:
    for n in range(450):
        house.put(f"inputs/{n}.png")
    for n in range(210):
        house.submit(f"t{n}")
        house.store.cancel("team", f"t{n}")
    house.clock.advance(seconds=8 * DAY)
    swept = house.janitor.sweep()
    assert (swept.orphan_inputs, swept.expired_tasks) == (450, 210)
    assert house.janitor.sweep() == Swept()


class BusyBlobs(LocalBlobs):
    """Files among which something happens as soon as they have been listed."""

    def __init__(self, house: House, happening: Callable[[], None]) -> None:
        super().__init__(house.source.parent / "files", base_url="http://x", secret=b"s", clock=house.clock)
        self._happenings = [happening]

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        yield from tuple(super().list(prefix))
        if prefix == "inputs/" and self._happenings:
            self._happenings.pop()()


def test_an_input_stored_anew_while_the_janitor_looks_is_kept(house: House) -> None:
    key = house.put("inputs/abc.png")
    house.clock.advance(seconds=2 * GRACE.total_seconds())

    def store_again() -> None:
        now = house.clock.now().timestamp()
        os.utime(house.blobs.path(house.put(key)), (now, now))

    janitor = Janitor(
        house.store,
        house.files,
        BusyBlobs(house, store_again),
        clock=house.clock,
        sweep_scratch=lambda: 0,
        grace=GRACE,
    )

    assert janitor.sweep().orphan_inputs == 0
    assert house.stored() == {key}


def test_an_input_whose_task_arrives_while_the_janitor_looks_is_kept(house: House) -> None:
    key = house.put("inputs/abc.png")
    house.clock.advance(seconds=2 * GRACE.total_seconds())
    janitor = Janitor(
        house.store,
        house.files,
        BusyBlobs(house, lambda: house.submit("task-1", key)),
        clock=house.clock,
        sweep_scratch=lambda: 0,
        grace=GRACE,
    )

    assert janitor.sweep().orphan_inputs == 0
    assert house.stored() == {key}


def test_what_was_told_long_ago_is_swept_and_counted(house: House) -> None:
    janitor = Janitor(
        house.store,
        house.files,
        house.blobs,
        clock=house.clock,
        sweep_scratch=lambda: 0,
        sweep_deliveries=lambda: 3,
        grace=GRACE,
    )

    assert janitor.sweep().old_deliveries == 3
