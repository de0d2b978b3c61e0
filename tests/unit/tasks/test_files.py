from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.errors import NotFound, QuotaExceeded
from omnireel.models import MediaKind
from omnireel.tasks.files import MediaFile, MediaFiles
from omnireel.tasks.quotas import Usage
from omnireel.tasks.teams import TeamStore


@pytest.fixture
def files(engine: Engine, clock: ManualClock) -> MediaFiles:
    return MediaFiles(engine, clock)


def a_file(name: str, clock: ManualClock, team: str = "team") -> MediaFile:
    return MediaFile(name, team, MediaKind.VIDEO, "pond.mp4", 1234, f"uploads/{name}/pond.mp4", clock.now())


def test_a_recorded_file_is_found_by_id_and_by_key(files: MediaFiles, clock: ManualClock) -> None:
    file = a_file("file-1", clock)
    assert files.add("team", file) == file
    assert files.get("team", "file-1") == file
    assert files.by_key("team", "uploads/file-1/pond.mp4") == file


def test_another_teams_file_is_not_found(files: MediaFiles, clock: ManualClock) -> None:
    files.add("team", a_file("file-1", clock))
    with pytest.raises(NotFound):
        files.get("other", "file-1")
    with pytest.raises(NotFound):
        files.by_key("other", "uploads/file-1/pond.mp4")
    with pytest.raises(NotFound):
        files.delete("other", "file-1")
    assert files.get("team", "file-1").team == "team"


def test_a_deleted_file_is_gone(files: MediaFiles, clock: ManualClock) -> None:
    files.add("team", a_file("file-1", clock))
    files.add("team", a_file("file-2", clock))
    files.delete("team", "file-1")
    with pytest.raises(NotFound):
        files.get("team", "file-1")
    assert [file.file_id for file in files.list("team")] == ["file-2"]
    assert files.known_keys(["uploads/file-1/pond.mp4", "uploads/file-2/pond.mp4"]) == {
        "uploads/file-2/pond.mp4"
    }


def test_a_file_expires_for_its_team_before_it_is_forgotten(files: MediaFiles, clock: ManualClock) -> None:
    file = files.add("team", a_file("file-1", clock))
    clock.advance(seconds=timedelta(days=7).total_seconds() - 1)
    assert files.get("team", "file-1") == file
    assert files.expired(clock.now()) == ()
    clock.advance(seconds=1)
    with pytest.raises(NotFound):
        files.get("team", "file-1")
    assert files.list("team") == ()
    assert files.expired(clock.now()) == (file,)
    assert files.expired(clock.now() - timedelta(hours=1)) == ()
    files.forget(["file-1"])
    assert files.expired(clock.now()) == ()


def test_files_are_listed_newest_first(files: MediaFiles, clock: ManualClock) -> None:
    for n in range(3):
        files.add("team", a_file(f"file-{n}", clock))
        clock.advance(seconds=1)
    files.add("other", a_file("file-9", clock, "other"))
    assert [file.file_id for file in files.list("team")] == ["file-2", "file-1", "file-0"]
    assert [file.file_id for file in files.list("team", limit=1)] == ["file-2"]


def test_pages_go_on_where_they_ended_among_files_of_one_moment_too(
    files: MediaFiles, clock: ManualClock
) -> None:
    for n in range(5):
        files.add("team", a_file(f"file-{n}", clock))
    first = files.page("team", 2)
    assert first.next_cursor is not None
    second = files.page("team", 2, first.next_cursor)
    last = files.page("team", 2, second.next_cursor)

    found = [file.file_id for page in (first, second, last) for file in page.files]
    assert (found, last.next_cursor) == ([f"file-{n}" for n in range(5)], None)


def a_big_file(name: str, size: int, clock: ManualClock, team: str = "team") -> MediaFile:
    return replace(a_file(name, clock, team), size=size)


@pytest.fixture
def narrow(engine: Engine, clock: ManualClock) -> MediaFiles:
    """Teams `team` and `other`, with 1,000 bytes each."""
    for name in ("team", "other"):
        TeamStore(engine, clock).create(name)
    return MediaFiles(engine, clock, quota=1000)


def test_a_teams_files_take_no_more_than_its_quota(narrow: MediaFiles, clock: ManualClock) -> None:
    narrow.add("team", a_big_file("file-1", 600, clock))
    with pytest.raises(QuotaExceeded, match="1000 bytes together, 600 are used and this one has 401"):
        narrow.add("team", a_big_file("file-2", 401, clock))
    narrow.add("team", a_big_file("file-3", 400, clock))
    narrow.add("other", a_big_file("file-4", 1000, clock, "other"))

    assert narrow.usage("team") == Usage(1000, 1000)
    assert [file.file_id for file in narrow.list("team")] == ["file-1", "file-3"]


def test_a_delete_and_an_expiry_free_what_a_file_took(narrow: MediaFiles, clock: ManualClock) -> None:
    narrow.add("team", a_big_file("file-1", 600, clock))
    clock.advance(seconds=10)
    narrow.add("team", a_big_file("file-2", 400, clock))
    narrow.delete("team", "file-2")
    assert narrow.usage("team").used == 600
    clock.advance(seconds=timedelta(days=7).total_seconds() - 11)
    assert narrow.usage("team").used == 600
    clock.advance(seconds=1)
    assert narrow.usage("team").used == 0
    narrow.add("team", a_big_file("file-3", 1000, clock))


def test_a_file_told_again_counts_once(narrow: MediaFiles, clock: ManualClock) -> None:
    file = a_big_file("file-1", 600, clock)
    assert narrow.add("team", file) == narrow.add("team", file) == file
    assert narrow.usage("team").used == 600


def test_a_team_may_have_a_quota_of_its_own(narrow: MediaFiles, clock: ManualClock) -> None:
    narrow.set_quota("team", 2000)
    narrow.set_quota("team", 3000)
    narrow.add("team", a_big_file("file-1", 3000, clock))
    narrow.set_quota("team", None)

    assert narrow.usage("team") == Usage(3000, 1000)
    assert narrow.get("team", "file-1").size == 3000
    with pytest.raises(QuotaExceeded):
        narrow.add("team", a_big_file("file-2", 1, clock))


def test_of_many_uploads_at_once_exactly_those_are_kept_that_fit(
    narrow: MediaFiles, clock: ManualClock
) -> None:
    barrier = Barrier(8)

    def upload(number: int) -> int:
        barrier.wait()
        kept = 0
        for turn in range(5):
            try:
                narrow.add("team", a_big_file(f"file-{number}-{turn}", 70, clock))
            except QuotaExceeded:
                continue
            kept += 1
        return kept

    with ThreadPoolExecutor(8) as pool:
        kept = sum(pool.map(upload, range(8)))

    assert kept == 1000 // 70
    assert narrow.usage("team").used == kept * 70
