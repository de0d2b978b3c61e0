"""The SDK against the application itself, so that the two cannot drift apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
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
from omnireel.tasks.store import Claim

VIDEO = bytes(place % 253 for place in range(200_000))


@pytest.fixture
def sdk(house: House) -> Iterator[Client]:
    with Client(BASE, house.key, http=house.stranger()) as sdk:
        yield sdk


def finish(house: House, folder: Path, *, digest: str | None = None, claim: Claim | None = None) -> None:
    """Work on the next task, or the one claimed, and hand back VIDEO."""
    claim = claim or house.claim()
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


def test_the_tasks_are_listed_page_after_page(house: House, sdk: Client) -> None:
    made = [sdk.videos.create("a fox").task_id for _ in range(5)]
    sdk.tasks.cancel(made[2])

    assert [task.task_id for task in sdk.tasks.list(page_size=2)] == made[::-1]
    assert [task.task_id for task in sdk.tasks.list(status="canceled")] == [made[2]]
    assert list(sdk.tasks.list(created_after=datetime.now(UTC) + timedelta(hours=1))) == []
    first, *_ = sdk.tasks.list(page_size=2).pages()
    assert first.next_cursor
    rest = sdk.tasks.list(page_size=2, cursor=first.next_cursor, model="kling/kling-video-o1")
    assert [task.task_id for task in rest] == made[2::-1]


def test_files_are_uploaded_listed_found_and_deleted(house: House, sdk: Client, picture: bytes) -> None:
    files = [sdk.files.upload(picture, filename=f"{name}.png") for name in "abc"]

    assert [file.filename for file in sdk.files.list(page_size=1)] == ["c.png", "b.png", "a.png"]
    assert sdk.files.get(files[0].file_id).size == len(picture)
    assert (sdk.files.usage().used_bytes, files[0].type) == (3 * len(picture), "image")
    assert sdk.videos.create("a fox", images=[files[0]]).task_id.startswith("task-i2v-")
    sdk.files.delete(files[0].file_id)
    with pytest.raises(NotFoundError):
        sdk.files.get(files[0].file_id)


def test_what_a_video_would_take_is_told_without_sending_its_media(
    house: House, sdk: Client, tmp_path: Path, clip: bytes
) -> None:
    (tmp_path / "my clip.mp4").write_bytes(clip)

    estimate = sdk.videos.estimate("clay", images=[clip], video=tmp_path / "my clip.mp4", mode="std")

    assert (estimate.expected_seconds, estimate.queue_position, estimate.price) == (None, 1, Decimal(0))
    assert list(house.blobs.list("")) == []
    with pytest.raises(InvalidRequestError, match="must be 5 or 10"):
        sdk.videos.estimate("clay", duration=7)


def test_a_model_is_described_by_its_schema(sdk: Client) -> None:
    found = sdk.models.describe("kling/kling-video-o1")

    assert found.url == f"{BASE}/api/v1/kling/kling-video-o1"
    assert found.schema["properties"]["prompt"]["maxLength"] == 2500
    with pytest.raises(NotFoundError):
        sdk.models.describe("kling/nothing")


def test_a_key_and_a_server_are_looked_over(house: House, sdk: Client) -> None:
    assert sdk.key_is_valid()
    assert sdk.readiness().ready
    house.draining.set()
    found = sdk.readiness()
    assert (found.ready, found.checks["serving"].ok) == (False, False)
    assert "Service unavailable" in found.message
    with Client(BASE, "omr_live_wrong", http=house.stranger()) as stranger:
        assert not stranger.key_is_valid()


def test_news_of_a_task_end_with_it(house: House, sdk: Client, tmp_path: Path) -> None:
    task_id = house.succeed_one(tmp_path)

    (event,) = sdk.tasks.events(task_id)

    assert (event.type, event.task.status) == ("terminal", "success")
    assert list(sdk.tasks.events(task_id, last_event_id=event.event_id)) == []
    with pytest.raises(NotFoundError):
        next(sdk.tasks.events("task-t2v-unknown"))


def test_the_place_in_the_queue_and_the_deadline_are_asked_for(house: House, sdk: Client) -> None:
    sdk.videos.create("a fox")
    sdk.videos.create("a hen", priority="high", deadline_seconds=60)

    assert house.claim().request.prompt == "a hen"


def test_an_answer_is_given_as_it_came(house: House, sdk: Client) -> None:
    answer = sdk.videos.with_raw_response.create("a fox")

    assert (answer.status, answer.json()["code"]) == (200, 0)
    assert answer.headers["x-ratelimit-limit"] == "600"
    assert answer.request_id == answer.headers["x-request-id"]
    task = sdk.tasks.with_raw_response.get(answer.parse().task_id).parse()
    assert task.raw == sdk.tasks.get(task.task_id).raw
    assert sdk.with_raw_response.balance().parse() == 0


def test_the_same_key_makes_no_second_video(house: House, sdk: Client) -> None:
    first = sdk.videos.create("a fox", idempotency_key="mine")
    answer = sdk.videos.with_raw_response.create("a fox", idempotency_key="mine")

    assert answer.parse().task_id == first.task_id
    assert answer.headers["idempotent-replayed"] == "true"
    assert len(list(sdk.tasks.list())) == 1


def test_a_result_is_the_source_of_the_next_video(
    house: House, sdk: Client, tmp_path: Path, clip: bytes
) -> None:
    first = sdk.videos.create("a fox")
    house.succeed(house.claim(), clip, tmp_path)
    made = sdk.tasks.wait(first.task_id).task.resource("primary")
    assert made is not None

    again = sdk.videos.create("clay", video=made)

    assert again.task_id.startswith("task-v2v-")
    (source,) = house.claim().request.videos
    assert source.blob_key is not None
    assert source.blob_key.startswith(f"results/{first.task_id}/")
