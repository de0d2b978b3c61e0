"""The programs in docs/examples, run as their readers will run them, against the real server."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.service.house import House
from tests.service.served import listening
from tests.service.test_sdk import VIDEO

from omnireel.models import Progress, Resource, Succeeded
from omnireel.signatures import new_secret, sign
from omnireel.tasks.store import Claim

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
POSTER = b"\xff\xd8 a still"


@pytest.fixture
def working(standing: House, port: int, tmp_path: Path) -> Iterator[House]:
    """A house that listens and works on every task that comes."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            if (claim := standing.store.claim("a worker")) is not None:
                standing.store.renew(claim, Progress(0.5, "painting"), "")
                time.sleep(0.3)
                hand_back(standing, claim, tmp_path)

    worker = threading.Thread(target=work)
    with listening(standing, port):
        worker.start()
        yield standing
        over.set()
        worker.join(20)


def hand_back(house: House, claim: Claim, folder: Path) -> None:
    """A video and its poster."""
    resources = []
    for content, kind, role, form in (
        (VIDEO, "video", "primary", "mp4"),
        (POSTER, "image", "poster", "jpg"),
    ):
        key = f"results/{claim.task_id}/{claim.token}/{claim.task_id}.{form}"
        (folder / "made").write_bytes(content)
        house.blobs.put(key, folder / "made")
        digest = hashlib.sha256(content).hexdigest()
        resources.append(Resource(key, kind, role, form, 1280, 720, len(content), digest))
    assert house.store.finish(claim, Succeeded(tuple(resources), "fake", 7, warnings=("no sound",)))


def example(name: str, *arguments: str, house: House, port: int, folder: Path) -> list[str]:
    """What it prints, run in the folder."""
    environment = {"OMNIREEL_BASE_URL": f"http://127.0.0.1:{port}", "OMNIREEL_API_KEY": house.key}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_clip_is_restyled(working: House, port: int, tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip)

    assert example("one_video.py", "clip.mp4", "clay.mp4", house=working, port=port, folder=tmp_path) == [
        "clay.mp4"
    ]
    assert (tmp_path / "clay.mp4").read_bytes() == VIDEO


def test_several_videos_are_made_at_once(working: House, port: int, tmp_path: Path) -> None:
    saved = example("many_videos.py", "a fox", "a hen", house=working, port=port, folder=tmp_path)

    assert len(set(saved)) == 2
    assert {(tmp_path / name).read_bytes() for name in saved} == {VIDEO}


def test_the_tour_goes_all_the_way(working: House, port: int, tmp_path: Path, picture: bytes) -> None:
    (tmp_path / "picture.png").write_bytes(picture)

    said = example("tour.py", "picture.png", house=working, port=port, folder=tmp_path)

    assert said[0] == "ready: True key: True balance: 0.0"
    assert "saved: video.mp4 poster.jpg" in said
    assert said[-1].startswith("gone: Resource not found")
    assert (tmp_path / "poster.jpg").read_bytes() == POSTER
    assert working.store.list("default").tasks == ()


def test_webhooks_are_received(port: int) -> None:
    secret, now = new_secret(), int(time.time())
    body = json.dumps({"code": 0, "data": {"task_id": "task-t2v-1", "status": "success"}}).encode()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign([secret], "msg_1", now, body),
    }
    command = [sys.executable, str(EXAMPLES / "receive_webhooks.py"), str(port)]
    environment = {**os.environ, "OMNIREEL_WEBHOOK_SECRET": secret}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            transport = httpx2.HTTPTransport(retries=8)
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", transport=transport) as sender:
                good = sender.post("/", content=body, headers=headers)
                forged = sender.post("/", content=body + b" ", headers=headers)
        finally:
            receiver.terminate()
        said = receiver.communicate(timeout=20)[0]

    assert (good.status_code, forged.status_code) == (204, 400)
    assert re.findall(r"\S+", said) == ["msg_1", "prediction.task.succeeded", "task-t2v-1"]
