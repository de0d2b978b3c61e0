from __future__ import annotations

import base64
import io
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from omnireel.client import _media
from omnireel.client._blocking import Blocking, open_http
from omnireel.client._media import INLINE_LIMIT, Media
from omnireel.client._waiting import run
from omnireel.client.errors import InvalidRequestError
from omnireel.client.types import File, Resource

HERE = Blocking(open_http())


async def nowhere(name: str, source: Path | bytes) -> str:
    raise AssertionError(f"{name} should travel inside the request")


def to_wire(images: Sequence[Media], video: Media | None) -> tuple[list[str], list[str]]:
    return run(_media.to_wire(HERE, images, video, nowhere))


def test_every_kind_of_local_input_becomes_the_same_base64(tmp_path: Path) -> None:
    data = bytes(range(256))
    path = tmp_path / "photo.png"
    path.write_bytes(data)

    images, videos = to_wire(
        [path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data)], path
    )

    assert {base64.b64decode(text) for text in [*images, *videos]} == {data}
    assert (len(images), len(videos)) == (6, 1)


@pytest.mark.parametrize("text", ["https://host/a.png", "HTTP://host/a.png", "data:image/png;base64,AAAA"])
def test_links_and_data_urls_travel_as_they_are(text: str) -> None:
    assert to_wire([text], None) == ([text], [])


def test_a_file_that_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"images\[1\].*No such file.*missing\.png"):
        to_wire(["https://host/a.png", tmp_path / "missing.png"], None)


@pytest.mark.parametrize("text", ["x" * 100_000, "nul\0byte"])
def test_text_that_cannot_be_a_path_is_refused_without_echoing_all_of_it(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        to_wire([text], None)

    assert len(str(caught.value)) < 400


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()

    with pytest.raises(InvalidRequestError, match=r"video must have .* got none"):
        to_wire([], tmp_path / "empty.mp4")


@pytest.mark.parametrize("folder", [Path(), Path("/dev/null")])
def test_what_is_no_file_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"Is a directory|got none"):
        to_wire([], folder)


def test_an_endless_device_is_given_up() -> None:
    with pytest.raises(InvalidRequestError, match="must have 1 to"):
        to_wire([], "/dev/zero")


def test_text_files_are_refused() -> None:
    text: Any = io.StringIO("text")
    with pytest.raises(InvalidRequestError, match="binary mode"):
        to_wire([text], None)


def test_what_does_not_fit_into_the_request_is_stored_first(tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(INLINE_LIMIT - 5)
    stored: list[tuple[str, Path | bytes]] = []

    async def store(name: str, source: Path | bytes) -> str:
        stored.append((name, source))
        return f"https://host/{name}"

    images, videos = run(_media.to_wire(HERE, [b"12345678", b"123456"], large, store))

    assert stored == [("large.mp4", large)]
    assert videos == ["https://host/large.mp4"]
    assert [base64.b64decode(image) for image in images] == [b"12345678", b"123456"]


def test_a_pipe_is_read_to_its_end() -> None:
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb", buffering=0) as sink:
            for _ in range(50):
                sink.write(b"x" * 5000)

    feeder = threading.Thread(target=feed)
    feeder.start()
    with os.fdopen(reading, "rb", buffering=0) as source:
        images, _ = to_wire([source], None)
    feeder.join()

    assert len(base64.b64decode(images[0])) == 250_000


def test_a_data_url_too_large_for_the_request_is_stored_as_what_it_holds() -> None:
    data = bytes(INLINE_LIMIT + 1)
    stored: list[tuple[str, Path | bytes]] = []

    async def store(name: str, source: Path | bytes) -> str:
        stored.append((name, source))
        return f"https://host/{name}"

    url = "data:video/mp4;base64," + base64.b64encode(data).decode()
    small = "data:image/png;base64,AAAA"
    images, videos = run(_media.to_wire(HERE, [small], url, store))

    assert (images, videos) == ([small], ["https://host/video"])
    assert stored == [("video", data)]


def test_local_inputs_are_stood_in_for_where_nobody_looks_at_them(tmp_path: Path) -> None:
    clip = tmp_path / "my clip.mp4"
    clip.write_bytes(b"x")

    images, videos = _media.stand_ins([b"x", "https://host/a.png"], clip)

    assert images == ["https://local.invalid/images%5B0%5D", "https://host/a.png"]
    assert videos == ["https://local.invalid/my%20clip.mp4"]
    with pytest.raises(InvalidRequestError, match="No such file"):
        _media.stand_ins([], tmp_path / "missing.mp4")


def test_what_is_uploaded_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x")

    with path.open("rb") as opened:
        names = [_media.to_store(media, None).filename for media in (path, opened, b"x", io.BytesIO(b"x"))]

    assert names == ["clip.mp4", "clip.mp4", "file", "file"]
    assert _media.to_store("data:image/png;base64,AAAA", "a.png").source == b"\0\0\0"
    with pytest.raises(InvalidRequestError, match="needs no upload"):
        _media.to_store("https://host/a.png", None)
    with pytest.raises(InvalidRequestError, match="holds no Base64"):
        _media.to_store("data:text/plain,hello", None)


def test_an_uploaded_file_and_a_result_stand_for_themselves() -> None:
    file = File("file-1", "image", "https://host/a.png", "a.png")
    made = Resource("https://host/v.mp4", "video", "primary", "mp4")

    assert to_wire([file], made) == (["https://host/a.png"], ["https://host/v.mp4"])
    with pytest.raises(InvalidRequestError, match="needs no upload"):
        _media.to_store(file, None)
