"""A server and a worker as on two machines: they share a database and a bucket, and no folder."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.media_files import make_image
from tests.s3_server import S3Server
from tests.system.test_server import Server
from tests.system.test_shared_database import worker

pytestmark = pytest.mark.system


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "one").mkdir()
    running = Server(tmp_path / "one" / "data")
    yield running
    running.close()


def test_a_bucket_carries_inputs_to_the_worker_and_results_to_the_caller(
    server: Server, postgres_url: str, s3_server: S3Server, s3_credentials: str, tmp_path: Path
) -> None:
    bucket = s3_server.new_bucket()
    settings = {"OMNIREEL_S3_BUCKET": bucket.name, "OMNIREEL_S3_ENDPOINT": s3_server.endpoint}
    settings |= {"OMNIREEL_S3_PREFIX": "videos", "OMNIREEL_DATABASE": postgres_url}
    server.start("--workers", "0", **settings)
    picture = make_image(tmp_path / "picture.png").read_bytes()
    inline = server.submit("a fox fake:read", images=[base64.b64encode(picture).decode()])
    form = {"file": ("my fox.png", picture)}
    uploaded = server.call("POST", "/api/v1/media/files", files=form).json()["data"]
    linked = server.submit("a fox fake:read", images=[uploaded["url"]])

    (tmp_path / "two").mkdir()
    log = tmp_path / "two" / "log"
    with worker(tmp_path / "two" / "data", settings, log):
        tasks = [server.until(name, "success", "failed") for name in (inline, linked)]

    assert [task["status"] for task in tasks] == ["success"] * 2, tasks
    for task in tasks:
        video, poster = task["result"]["resources"]
        assert httpx2.URL(video["url"]).path.endswith(f"/{task['task_id']}.mp4")
        passed_on = httpx2.get(video["url"])
        assert passed_on.status_code == 307
        assert passed_on.headers["Location"].startswith(f"{s3_server.endpoint}/{bucket.name}/videos/results/")
        assert "X-Amz-Signature=" in passed_on.headers["Location"]
        with httpx2.Client(follow_redirects=True) as visitor:
            whole, head = visitor.get(video["url"]), visitor.head(video["url"])
            part = visitor.get(video["url"], headers={"Range": "bytes=4-7"})
            still = visitor.get(poster["url"])
        assert hashlib.sha256(whole.content).hexdigest() == video["sha256"]
        assert (head.status_code, int(head.headers["Content-Length"])) == (200, video["size"])
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert whole.headers["Content-Type"] == "video/mp4"
        assert whole.headers["Content-Disposition"] == f'inline; filename="{task["task_id"]}.mp4"'
        assert (still.status_code, still.headers["Content-Type"]) == (200, "image/jpeg")
    assert httpx2.get(uploaded["url"], follow_redirects=True).content == picture
    assert httpx2.get(uploaded["url"].replace("my-fox", "your-fox")).status_code == 403
    assert not list(tmp_path.rglob("files"))
    assert s3_credentials not in log.read_text()
    assert server.stop() == 0
