"""The SDK against the application itself, so that the two cannot drift apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from tests.service.house import BASE, House

from omnireel import (
    AuthenticationError,
    Client,
    DownloadFailed,
    InvalidRequestError,
    NotFoundError,
    Task,
    TaskCanceled,
    TaskFailed,
)
from omnireel.client._media import INLINE_LIMIT
from omnireel.models import Failed, Progress, Resource, Succeeded

VIDEO = bytes(place % 253 for place in range(200_000))


@pytest.fixture
def sdk(house: House) -> Iterator[Client]:
    with Client(BASE, house.key, http=house.stranger()) as sdk:
        yield sdk


def finish(house: House, folder: Path, *, digest: str | None = None) -> None:
    """Work on the next task, and hand back VIDEO."""
    claim = house.claim()
    key = f"results/{claim.task_id}/{claim.token}/{claim.task_id}.mp4"
    source = folder / "made.mp4"
    source.write_bytes(VIDEO)
    house.blobs.put(key, source)
    sha256 = digest or hashlib.sha256(VIDEO).hexdigest()
    video = Resource(key, "video", "primary", "mp4", 1280, 720, len(VIDEO), sha256, 5.0, 24.0)
    assert house.store.finish(claim, Succeeded((video,), "fake", 7, warnings=("no sound",)))


def test_a_video_is_asked_for_watched_and_saved(
    house: House, sdk: Client, tmp_path: Path, clip: bytes, picture: bytes
) -> None:
    updates: list[Task] = []
    worker = Thread(target=lambda: finish(house, tmp_path))

    def watch(task: Task) -> None:
        updates.append(task)
        if len(updates) == 2:
            worker.start()

    result = sdk.videos.create_and_wait(
        "Clay, as in <<<image_1>>>",
        images=[picture],
        video=clip,
        mode="std",
        seed=7,
        on_update=watch,
        timeout=60,
    )
    worker.join()
    saved = result.download(tmp_path)

    assert [task.status for task in updates][:2] == ["pending", "pending"]
    assert (result.task.engine, result.task.seed, result.warnings) == ("fake", 7, ("no sound",))
    assert saved == tmp_path / f"{result.task.task_id}.mp4"
    assert saved.read_bytes() == VIDEO


def test_a_running_task_tells_how_far_it_is(house: House, sdk: Client) -> None:
    task = sdk.videos.create("a fox", duration=10, sound=True, aspect_ratio="9:16")
    house.store.renew(house.claim(), Progress(0.25, "painting"), "")

    seen = sdk.tasks.get(task.task_id)

    assert (seen.status, seen.progress, seen.note) == ("processing", 0.25, "painting")
    assert seen.created_at is not None


def test_a_download_goes_on_by_range_against_the_real_files_door(
    house: House, sdk: Client, tmp_path: Path
) -> None:
    task = sdk.videos.create("a fox")
    finish(house, tmp_path)
    result = sdk.tasks.wait(task.task_id)
    digest = hashlib.sha256(VIDEO).hexdigest()
    (tmp_path / f".out.mp4.{digest[:16]}.part").write_bytes(VIDEO[:150_000])

    result.download(tmp_path / "out.mp4")

    assert (tmp_path / "out.mp4").read_bytes() == VIDEO


def test_a_file_that_is_not_what_was_announced_is_refused(house: House, sdk: Client, tmp_path: Path) -> None:
    task = sdk.videos.create("a fox")
    finish(house, tmp_path, digest="00" * 32)

    with pytest.raises(DownloadFailed, match="sha256"):
        sdk.tasks.wait(task.task_id).download(tmp_path / "out.mp4")


def test_a_large_video_is_uploaded_and_referred_to(
    house: House, sdk: Client, tmp_path: Path, clip: bytes
) -> None:
    large = tmp_path / "large.mp4"
    # A trailing `free` box makes the clip large without changing what it is.
    padding = INLINE_LIMIT
    large.write_bytes(clip + (padding + 8).to_bytes(4, "big") + b"free" + bytes(padding))

    task = sdk.videos.create("clay", video=large)

    (source,) = house.claim().request.videos
    assert task.task_id.startswith("task-v2v-")
    assert source.blob_key is not None
    assert source.blob_key.startswith(f"inputs/default/{hashlib.sha256(large.read_bytes()).hexdigest()}-")
    uploads = house.client().get("/api/v1/media/files").json()["data"]["items"]
    assert [upload["filename"] for upload in uploads] == ["large.mp4"]


def test_a_refusal_arrives_in_the_servers_words(sdk: Client) -> None:
    with pytest.raises(InvalidRequestError, match="parameter 'duration' must be 5 or 10, got 7") as caught:
        sdk.videos.create("a fox", duration=7)

    assert caught.value.status == 400
    assert caught.value.request_id


def test_a_wrong_key_is_told(house: House) -> None:
    with (
        Client(BASE, "omr_live_wrong", http=house.stranger()) as sdk,
        pytest.raises(AuthenticationError, match="Authentication failed"),
    ):
        sdk.models.list()


def test_an_unknown_task_is_told(sdk: Client) -> None:
    with pytest.raises(NotFoundError):
        sdk.tasks.get("task-t2v-unknown")


def test_a_canceled_task_ends_the_wait(sdk: Client) -> None:
    task = sdk.videos.create("a fox")

    assert sdk.tasks.cancel(task.task_id).status == "canceled"
    with pytest.raises(TaskCanceled):
        sdk.tasks.wait(task.task_id)


def test_a_finished_task_is_deleted_and_a_running_one_is_not(
    house: House, sdk: Client, tmp_path: Path
) -> None:
    task = sdk.videos.create("a fox")
    with pytest.raises(InvalidRequestError, match="cancel it first"):
        sdk.tasks.delete(task.task_id)
    finish(house, tmp_path)

    sdk.tasks.delete(task.task_id)

    with pytest.raises(NotFoundError):
        sdk.tasks.get(task.task_id)


def test_a_failed_task_raises_its_reason(house: House, sdk: Client) -> None:
    task = sdk.videos.create("a fox")
    assert house.store.finish(house.claim(), Failed("invalid_media", "the video is truncated"))

    with pytest.raises(TaskFailed, match="truncated") as caught:
        sdk.tasks.wait(task.task_id)

    assert caught.value.type == "invalid_media"


def test_the_catalogue_and_the_balance_are_read(sdk: Client) -> None:
    slugs = {model.slug for model in sdk.models.list()}

    assert slugs == {"kling/kling-video-o1", "kling/kling-v3-omni-video"}
    assert sdk.balance() == 0
