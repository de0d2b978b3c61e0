"""The `openai` package, unmodified, against the application on a real socket."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from tests.media_files import make_image
from tests.service.house import House
from tests.service.served import listening

from omnireel.media.spritesheet import draw_spritesheet
from omnireel.models import Failed, ImageRole, MediaKind, Progress, Resource, Succeeded, VideoRole
from omnireel.tasks.scopes import Scope

openai = pytest.importorskip("openai", reason="the openai package is not installed: pip install openai")

# The package says at each call that OpenAI itself will no longer make videos.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")


@pytest.fixture
def house(standing: House, port: int) -> Iterator[House]:
    with listening(standing, port):
        yield standing


@pytest.fixture
def client(house: House) -> Iterator[Any]:
    with client_of(house) as client:
        yield client


def client_of(house: House, key: str | None = None) -> Any:
    return openai.OpenAI(api_key=key or house.key, base_url=f"{house.values.base_url}/v1", max_retries=0)


def work(house: House, clip: bytes, folder: Path) -> None:
    """Wait for a task and hand back this clip."""
    while house.store.waiting() == 0:
        time.sleep(0.02)
    house.succeed(house.claim(), clip, folder)


def made(house: House, client: Any, clip: bytes, folder: Path, **asked: Any) -> Any:
    """A finished video."""
    video = client.videos.create(prompt="a fox", **asked)
    house.succeed(house.claim(), clip, folder)
    return client.videos.retrieve(video.id)


def test_a_video_is_created_polled_and_downloaded(
    house: House, client: Any, clip: bytes, picture: bytes, tmp_path: Path
) -> None:
    worker = Thread(target=work, args=(house, clip, tmp_path))
    worker.start()
    video = client.videos.create_and_poll(
        prompt="a fox in the snow",
        model="sora-2",
        seconds="8",
        size="1280x720",
        input_reference=("fox.png", picture, "image/png"),
        poll_interval_ms=50,
    )
    worker.join()
    client.videos.download_content(video.id).write_to_file(tmp_path / "fox.mp4")

    task = house.store.get("default", video.id)
    assert (video.object, video.status, video.progress, video.error) == ("video", "completed", 100, None)
    assert (video.prompt, video.model) == ("a fox in the snow", "kling-v3-omni-video")
    assert video.created_at <= video.completed_at < video.expires_at
    assert video.expires_at - video.completed_at == 7 * 24 * 3600
    assert (tmp_path / "fox.mp4").read_bytes() == clip
    assert (task.request.duration, task.request.sound, task.dialect) == (8, True, "openai")
    assert (task.request.mode, task.request.aspect_ratio) == ("std", "16:9")
    assert task.request.image_types == (ImageRole.FIRST_FRAME,)
    (reference,) = task.request.images
    assert reference.kind is MediaKind.IMAGE
    assert reference.blob_key is not None
    assert house.blobs.path(reference.blob_key).read_bytes() == picture


@pytest.mark.parametrize("variant", ["video", None])
def test_the_bytes_are_those_that_were_made(
    house: House, client: Any, clip: bytes, tmp_path: Path, variant: str | None
) -> None:
    video = made(house, client, clip, tmp_path)
    how = {"variant": variant} if variant else {}
    answer = client.videos.with_raw_response.download_content(video.id, **how)

    assert answer.content == clip
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"].endswith('.mp4"')


def test_the_thumbnail_and_the_spritesheet_are_pictures(
    house: House, client: Any, clip: bytes, tmp_path: Path
) -> None:
    video = client.videos.create(prompt="a fox")
    claim = house.claim()
    (tmp_path / "clip.mp4").write_bytes(clip)
    sheet = draw_spritesheet(tmp_path / "clip.mp4", tmp_path / "sheet.jpg")
    assert sheet is not None
    make_image(tmp_path / "poster.jpg", width=640, height=360)
    files: list[Resource] = []
    for role, name, end in (
        ("primary", "clip.mp4", "mp4"),
        ("poster", "poster.jpg", "jpg"),
        ("spritesheet", "sheet.jpg", "spritesheet.jpg"),
    ):
        key = f"results/{video.id}/{claim.token}/{video.id}.{end}"
        house.blobs.put(key, tmp_path / name)
        files += [Resource(key, "image", role, end, 640, 360, 1, "ab" * 32)]
    house.store.finish(claim, Succeeded(tuple(files), "fake", 7))
    for variant, size in (("thumbnail", (640, 360)), ("spritesheet", (sheet.width, sheet.height))):
        answer = client.videos.with_raw_response.download_content(video.id, variant=variant)
        assert answer.headers["content-type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.size == size


def test_a_video_without_a_spritesheet_says_so(
    house: House, client: Any, clip: bytes, tmp_path: Path
) -> None:
    video = made(house, client, clip, tmp_path)

    with pytest.raises(openai.NotFoundError, match="has no spritesheet"):
        client.videos.download_content(video.id, variant="spritesheet")


def test_openais_defaults_hold_where_nothing_is_said(client: Any) -> None:
    video = client.videos.create(prompt="a fox")

    assert (video.status, video.progress, video.seconds, video.size) == ("queued", 0, "4", "720x1280")
    assert (video.completed_at, video.expires_at, video.warnings) == (None, None, [])


def test_what_was_changed_to_fit_is_said_at_once_and_in_the_end(
    house: House, client: Any, clip: bytes, tmp_path: Path
) -> None:
    asked = {"model": "kling-video-o1", "seconds": "8", "size": "1024x1792", "extra_body": {"style": "noir"}}
    expected = [
        "'size' 1024x1792 was taken as 1080x1920, the nearest that is made here",
        "'seconds' 8 was taken as 10: this model makes 5 or 10",
        "the unknown field 'style' was ignored",
    ]
    video = client.videos.create(prompt="a fox", **asked)

    assert (video.model, video.seconds, video.size) == ("kling-video-o1", "10", "1080x1920")
    assert video.warnings == expected
    assert client.videos.retrieve(video.id).warnings == expected
    named = client.videos.create(prompt="a fox", model="sora-2-pro").warnings
    assert named == ["'model' 'sora-2-pro' is not made here; kling-v3-omni-video stood in"]


def test_a_finished_video_tells_what_it_really_measures(
    house: House, client: Any, clip: bytes, tmp_path: Path
) -> None:
    video = made(house, client, clip, tmp_path, seconds="12")

    assert (video.seconds, video.size, video.warnings) == ("5", "1280x720", ["no sound"])


def test_a_running_video_tells_how_far_it_is_and_when_to_ask_again(house: House, client: Any) -> None:
    video = client.videos.create(prompt="a fox")
    claim = house.claim()
    house.store.renew(claim, Progress(0.256, "painting"), "")
    answer = client.videos.with_raw_response.retrieve(video.id)

    assert (answer.parse().status, answer.parse().progress) == ("in_progress", 25)
    assert 1000 <= int(answer.headers["openai-poll-after-ms"]) <= 5000
    house.store.renew(claim, Progress(1.0, "painting"), "")
    assert client.videos.retrieve(video.id).progress == 99


def test_a_failure_tells_why(house: House, client: Any) -> None:
    video = client.videos.create(prompt="a fox")
    house.store.finish(house.claim(), Failed("fetch_failed", "the picture could not be fetched"))
    failed = client.videos.poll(video.id)

    assert failed.status == "failed"
    assert (failed.error.code, failed.error.message) == ("fetch_failed", "the picture could not be fetched")
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.download_content(video.id)
    assert refused.value.code == "video_failed"


def test_a_canceled_video_is_a_failed_one_that_says_so(house: House, client: Any) -> None:
    video = client.videos.create(prompt="a fox")
    house.store.cancel("default", video.id)
    canceled = client.videos.poll(video.id)

    assert (canceled.status, canceled.error.code) == ("failed", "canceled")


def test_videos_are_listed_page_by_page_in_either_order(house: House, client: Any) -> None:
    ids = [client.videos.create(prompt=f"fox {n}").id for n in range(5)]
    native = house.submit()

    assert [video.id for video in client.videos.list(limit=2)] == [native, *reversed(ids)]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == [*ids, native]
    page = client.videos.list(limit=2, after=ids[3])
    assert ([video.id for video in page.data], page.has_more, page.last_id) == (
        [ids[2], ids[1]],
        True,
        ids[1],
    )
    assert client.videos.list(after=ids[0]).data == []
    with pytest.raises(openai.NotFoundError):
        client.videos.list(after="video_unknown")


def test_a_video_that_has_ended_is_deleted_and_another_is_not(
    house: House, client: Any, clip: bytes, tmp_path: Path
) -> None:
    video = made(house, client, clip, tmp_path)
    waiting = client.videos.create(prompt="a fox")
    gone = client.videos.delete(video.id)

    assert (gone.id, gone.deleted, gone.object) == (video.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)
    with pytest.raises(openai.BadRequestError, match="cancel it first"):
        client.videos.delete(waiting.id)


def test_a_video_made_here_is_remixed(house: House, client: Any, clip: bytes, tmp_path: Path) -> None:
    video = made(house, client, clip, tmp_path, size="1920x1080", model="kling-video-o1")
    remix = client.videos.remix(video.id, prompt="as clay")
    request = house.store.get("default", remix.id).request

    assert (remix.remixed_from_video_id, remix.model, remix.prompt) == (video.id, video.model, "as clay")
    assert (remix.size, remix.seconds) == (None, None)
    assert (request.video_type, request.keep_original_sound, request.mode) == (VideoRole.EDIT, True, "pro")
    (source,) = request.videos
    assert source.blob_key is not None
    assert house.blobs.path(source.blob_key).read_bytes() == clip
    client.videos.delete(video.id)
    assert house.blobs.path(source.blob_key).exists(), "a remix that waits needs it"


def test_a_video_that_is_not_done_cannot_be_remixed(client: Any) -> None:
    waiting = client.videos.create(prompt="a fox")

    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.remix(waiting.id, prompt="as clay")
    assert refused.value.code == "video_not_ready"


def test_a_video_that_is_sent_is_edited(house: House, client: Any, clip: bytes) -> None:
    edit = client.videos.edit(prompt="as ink", video=io.BytesIO(clip))
    request = house.store.get("default", edit.id).request

    assert (edit.remixed_from_video_id, request.duration, request.aspect_ratio) == (None, None, None)
    assert (request.video_type, request.mode, request.sound) == (VideoRole.EDIT, "std", False)
    (source,) = request.videos
    assert source.blob_key is not None
    assert house.blobs.path(source.blob_key).read_bytes() == clip


def test_a_link_to_a_picture_goes_with_a_form_too(house: House, client: Any) -> None:
    link = {"image_url": "https://example.com/fox.png"}
    video = client.videos.create(prompt="a fox", extra_body={"input_reference": link})

    (picture,) = house.store.get("default", video.id).request.images
    assert picture.uri == "https://example.com/fox.png"


def test_one_key_makes_one_video_however_often_it_is_sent(client: Any, picture: bytes) -> None:
    def create() -> Any:
        return client.videos.with_raw_response.create(
            prompt="a fox",
            input_reference=("fox.png", picture),
            extra_headers={"Idempotency-Key": "fox"},
        )

    first, again = create(), create()

    assert first.parse().id == again.parse().id
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt="a cat", extra_headers={"Idempotency-Key": "fox"})
    assert (refused.value.type, refused.value.code) == ("idempotency_error", "idempotency_key_reused")


def test_the_models_are_listed_and_shown(client: Any) -> None:
    models = client.models.list()
    one = client.models.retrieve("kling-video-o1")

    assert [model.id for model in models] == ["kling-video-o1", "kling-v3-omni-video"]
    assert (one.id, one.object, one.owned_by, one.created) == ("kling-video-o1", "model", "omnireel", 0)
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("sora-2")
    assert refused.value.code == "model_not_found"


def test_keys_are_refused_in_openais_words(house: House) -> None:
    reader = house.keys.create("reader", scopes=frozenset({Scope.READ}))
    with client_of(house, "sk-nothing") as stranger, client_of(house, reader.secret) as looker:
        with pytest.raises(openai.AuthenticationError) as refused:
            stranger.models.list()
        assert looker.videos.list().data == []
        with pytest.raises(openai.PermissionDeniedError) as forbidden:
            looker.videos.create(prompt="a fox")

    assert (refused.value.code, refused.value.type) == ("invalid_api_key", "invalid_request_error")
    assert forbidden.value.code == "insufficient_permissions"


WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"prompt": ""}, "prompt", "1 to 2500 characters"),
    ({"seconds": "40"}, "seconds", "3 to 15"),
    ({"size": "100x900"}, "size", "near to"),
    ({"extra_body": {"seed": "-1"}}, "seed", "whole number"),
    ({"extra_body": {"sound": "loud"}}, "sound", "'on' or 'off'"),
    ({"extra_body": {"input_reference": {"image_url": "ftp://a/b"}}}, "input_reference", "ftp"),
    ({"input_reference": b"a picture, honestly"}, "input_reference", "the file is plain text"),
)


def test_what_is_wrong_is_named_as_the_caller_named_it(house: House, client: Any) -> None:
    for asked, param, words in WRONG:
        with pytest.raises(openai.BadRequestError) as refused:
            client.videos.create(**{"prompt": "a fox", **asked})
        assert (refused.value.type, refused.value.param) == ("invalid_request_error", param)
        assert words in refused.value.body["message"]
        assert refused.value.request_id.startswith("req-")
    assert house.store.waiting() == 0
