"""The `openai` package against the whole server: its own process, its own children, real files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from tests.media_files import make_image
from tests.system.test_server import Server

openai = pytest.importorskip("openai", reason="the openai package is not installed: pip install openai")

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    # The package says at each call that OpenAI itself will no longer make videos.
    pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    server.start()
    yield server
    server.close()


def test_a_video_is_created_polled_and_downloaded_in_every_variant(server: Server, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "fox.png")
    with openai.OpenAI(api_key=server.key, base_url=f"{server.origin}/v1") as client:
        video = client.videos.create_and_poll(
            prompt="a fox fake:frames=48", seconds="4", input_reference=picture, poll_interval_ms=100
        )
        assert video.status == "completed", video
        files: dict[str, Any] = {
            variant: client.videos.download_content(video.id, variant=variant).read()
            for variant in ("video", "thumbnail", "spritesheet")
        }

    with av.open(io.BytesIO(files["video"]), "r") as clip:
        (stream,) = clip.streams.video
        size = stream.width, stream.height
        assert sum(1 for _ in clip.decode(stream)) == 48
    with Image.open(io.BytesIO(files["thumbnail"])) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", size)
    with Image.open(io.BytesIO(files["spritesheet"])) as sheet:
        assert sheet.format == "JPEG"
        assert sheet.width > sheet.height
        # As many stills to a row as to the whole, so the sheet has the clip's own shape, or nearly.
        assert abs(sheet.width / sheet.height - size[0] / size[1]) < 0.1
    assert video.size == "{}x{}".format(*size)
