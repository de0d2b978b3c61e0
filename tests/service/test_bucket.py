"""The application with its files in a bucket, and without the bucket when that is away."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server

import httpx2
import pytest
from tests.s3_server import S3Server
from tests.service.house import BASE, O1, open_house

from omnireel.clock import ManualClock
from omnireel.models import Resource, Succeeded
from omnireel.storage.links import FileLinks
from omnireel.storage.s3 import Patience, S3Blobs
from omnireel.storage.s3_troubles import Bucket

FILES = "/api/v1/media/files"

pytestmark = pytest.mark.usefixtures("s3_credentials")


def kept_in(bucket: Bucket, clock: ManualClock) -> S3Blobs:
    hasty = Patience(request=5.0, retry=0.2, retries=1)
    return S3Blobs(bucket, FileLinks(BASE, secret=b"s" * 32, clock=clock), hasty)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


def test_a_link_leads_to_the_bucket_for_as_long_as_it_has_left(
    s3_server: S3Server, clock: ManualClock, tmp_path: Path, picture: bytes
) -> None:
    bucket = kept_in(s3_server.new_bucket(), clock)
    with open_house(tmp_path, clock=clock, bucket=bucket) as house:
        url = house.client().post(FILES, files={"file": ("a.png", picture)}).json()["data"]["url"]
        path = url.removeprefix(BASE)
        clock.advance(seconds=timedelta(days=7).total_seconds() - 100)
        answer = house.stranger().get(path, follow_redirects=False)
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "X-Amz-Expires=100&" in answer.headers["Location"]
        assert httpx2.get(answer.headers["Location"]).content == picture
        head = house.stranger().head(path, follow_redirects=False).headers["Location"]
        assert int(httpx2.head(head).headers["Content-Length"]) == len(picture)
        clock.advance(seconds=100)
        late = house.stranger().get(path, follow_redirects=False)
        assert (late.status_code, late.json()["code"]) == (403, 403)
        assert list(house.values.scratch.iterdir()) == []


def test_a_video_as_openai_has_it_is_handed_out_by_the_bucket(
    s3_server: S3Server, clock: ManualClock, tmp_path: Path
) -> None:
    bucket = kept_in(s3_server.new_bucket(), clock)
    with open_house(tmp_path, clock=clock, bucket=bucket) as house:
        video = house.client().post("/v1/videos", json={"prompt": "a fox"}).json()["id"]
        claim = house.claim()
        key = f"results/{video}/{claim.token}/{video}.mp4"
        (tmp_path / "made.mp4").write_bytes(b"a video")
        bucket.put(key, tmp_path / "made.mp4")
        file = Resource(key, "video", "primary", "mp4", 1280, 720, 7, "ab" * 32, 4.0, 24.0)
        house.store.finish(claim, Succeeded((file,), "fake", 7))
        answer = house.client().get(f"/v1/videos/{video}/content", follow_redirects=False)
        made = httpx2.get(answer.headers["Location"])

    assert (answer.status_code, answer.headers["Cache-Control"]) == (307, "no-store")
    assert made.content == b"a video"


def test_a_bucket_that_is_away_is_no_fault_and_nothing_is_queued(
    clock: ManualClock, tmp_path: Path, picture: bytes
) -> None:
    with create_server(("127.0.0.1", 0)) as door:
        endpoint = f"http://127.0.0.1:{door.getsockname()[1]}"
    bucket = kept_in(Bucket("secret-name", "", endpoint), clock)
    with open_house(tmp_path, clock=clock, bucket=bucket) as house:
        body = {"prompt": "a cat", "images": [base64.b64encode(picture).decode()]}
        submitted = house.client().post(O1, json=body)
        uploaded = house.client().post(FILES, files={"file": ("a.png", picture)})
        tasks = house.client().get("/api/v1/tasks").json()["data"]["items"]
        files = house.client().get(FILES).json()["data"]["items"]
        needs_none = house.client().post(O1, json={"prompt": "a cat"})

    for answer in (submitted, uploaded):
        assert answer.status_code == 503
        assert answer.json()["message"] == (
            "Service unavailable: the storage is away; send the request again in a moment"
        )
        assert answer.headers["Retry-After"] == "5"
    assert (tasks, files) == ([], [])
    assert needs_none.status_code == 200
