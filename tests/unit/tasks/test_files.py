from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.errors import NotFound
from omnireel.models import MediaKind
from omnireel.tasks.files import MediaFile, MediaFiles


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
