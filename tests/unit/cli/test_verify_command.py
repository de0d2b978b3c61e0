"""Whether a file is whole, and who made it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.media_files import make_image, make_video
from tests.unit.cli.commands import Ended
from tests.unit.cli.inside import Inside
from tests.unit.cli.test_generate_command import happy
from tests.unit.client.loopback import Answer, Loopback, Seen, enveloped, receipt, refused

NAME = "task-t2v-abc"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4").read_bytes()


def published(video: bytes, task_id: str = NAME) -> dict[str, Any]:
    """A finished task with these bytes as its video."""
    resource = {
        "url": f"https://h/{task_id}.mp4", "type": "video", "role": "primary", "format": "mp4",
        "size": len(video), "sha256": hashlib.sha256(video).hexdigest(),
    }  # fmt: skip
    metadata = {"engine": "studio", "seed": 7, "warnings": ["cannot remove the dog"]}
    return receipt(task_id) | {"status": "success", "result": {"resources": [resource], "metadata": metadata}}


def knowing(server: Loopback, *tasks: dict[str, Any]) -> None:
    """The server has exactly these tasks."""

    def answer(seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        if path == "/api/v1/tasks":
            return enveloped({"items": list(tasks), "has_more": False})
        found = [task for task in tasks if path == f"/api/v1/tasks/{task['task_id']}"]
        return enveloped(found[0]) if found else refused(404, "Resource not found: no such task")

    server.script = [answer]


def verdict(ended: Ended) -> tuple[int, str, bool]:
    document = json.loads(ended.out)
    return ended.code, document["verdict"], document["whole"]


def put(inside: Inside, content: bytes, name: str = f"{NAME}.mp4") -> str:
    (inside.folder / name).write_bytes(content)
    return name


def test_a_result_is_known_by_its_bytes_and_its_engine_is_named(
    inside: Inside, server: Loopback, video: bytes
) -> None:
    knowing(server, published(video))

    ended = inside("verify", put(inside, video))

    assert ended.code == 0
    for words in ("whole      yes", "MP4, ", "made by    studio"):
        assert words in ended.out
    assert f"genuine: {server.base_url} published exactly these bytes" in ended.out
    assert "cannot remove the dog" in ended.out


def test_a_renamed_result_is_found_among_the_newest(inside: Inside, server: Loopback, video: bytes) -> None:
    knowing(server, published(b"another", "task-t2v-other"), published(video))

    ended = inside("verify", put(inside, video, "holiday.mp4"), "--json")

    assert verdict(ended) == (0, "genuine", True)
    assert json.loads(ended.out)["task_id"] == NAME


def test_a_changed_file_is_1_though_it_plays(inside: Inside, server: Loopback, video: bytes) -> None:
    knowing(server, published(video))
    changed = bytearray(video)
    changed[-1] ^= 1

    assert verdict(inside("verify", put(inside, bytes(changed)), "--json")) == (1, "changed", True)
    assert inside("verify", put(inside, bytes(changed), "x.mp4"), "--task", NAME, "-q").out == "changed\n"


def test_a_cut_file_is_1_and_says_what_is_missing(inside: Inside, server: Loopback, video: bytes) -> None:
    knowing(server, published(video))

    ended = inside("verify", put(inside, video[:-100]))

    assert ended.code == 1
    assert "whole      no: the file ends early" in ended.out


def test_what_nobody_knows_is_1(inside: Inside, server: Loopback, video: bytes) -> None:
    knowing(server)

    assert verdict(inside("verify", put(inside, video), "--json")) == (1, "unknown", True)


def test_what_was_downloaded_here_is_known_without_a_server(inside: Inside, server: Loopback) -> None:
    server.script = happy(server)
    inside("generate", "fox", "-o", "out.mp4")
    asked = len(server.seen)

    ended = inside("verify", "out.mp4", "--offline", "--json")

    document = json.loads(ended.out)
    assert (document["verdict"], document["engine"], document["witness"]) == ("genuine", "studio", "history")
    assert len(server.seen) == asked


def test_a_server_that_cannot_be_asked_is_said_so(nowhere: Inside, video: bytes) -> None:
    ended = nowhere("verify", put(nowhere, video))

    assert ended.code == 1
    assert "not asked  no API key" in ended.out


def test_a_file_that_is_not_there_is_2(nowhere: Inside) -> None:
    assert nowhere("verify", "missing.mp4").code == 2


def test_a_poster_is_looked_at_too(inside: Inside, server: Loopback, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "poster.png").read_bytes()
    knowing(server, published(picture))

    assert verdict(inside("verify", put(inside, picture, "poster.png"), "--json")) == (0, "genuine", True)
