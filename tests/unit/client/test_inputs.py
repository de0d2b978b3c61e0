from __future__ import annotations

import base64
import io
import os
import threading
from pathlib import Path

import pytest

from omnireel.client._media import INLINE_LIMIT, to_wire
from omnireel.client.errors import InvalidRequestError


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

    with pytest.raises(InvalidRequestError, match="video is empty"):
        to_wire([], tmp_path / "empty.mp4")


def test_text_files_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="binary mode"):
        to_wire([io.StringIO("text")], None)  # type: ignore[list-item]


def test_inputs_too_large_for_one_request_are_refused_before_sending(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(INLINE_LIMIT - 3)
    to_wire([], path)

    with pytest.raises(InvalidRequestError, match=r"video is too large.*give a link"):
        to_wire([b"12345678"], path)


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
