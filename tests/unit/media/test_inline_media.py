"""Base64 in every shape callers send it."""

from __future__ import annotations

import base64
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnireel.errors import InvalidFormat, OutOfRange
from omnireel.media.inline import write_base64

MIB = 1024 * 1024
DATA = random.Random(1).randbytes(MIB + 7)
TEXT = base64.b64encode(DATA)


def decode(tmp_path: Path, text: bytes | memoryview, limit: int = 4 * MIB) -> bytes:
    target = tmp_path / "file"
    written = write_base64(text, target, limit=limit)
    assert target.stat().st_size == written
    return target.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        memoryview(TEXT),
        b"data:video/mp4;base64," + TEXT,
        b"data:;base64," + TEXT,
        b"DATA:image/PNG;charset=utf-8;BASE64," + TEXT,
        b"data:image\\/png;base64," + TEXT,
        TEXT.replace(b"/", b"\\/"),
        TEXT.replace(b"+", b"\\u002B"),
        TEXT.replace(b"+", b"\\u002b").replace(b"/", b"\\u002F").replace(b"=", b"\\u003d"),
        TEXT + b"\n",
        TEXT + b"\r\n",
        TEXT + b"\\n",
        TEXT + b"\\r\\n",
    ],
    ids=range(13),
)
def test_every_honest_spelling_is_decoded(tmp_path: Path, text: bytes | memoryview) -> None:
    assert decode(tmp_path, text) == DATA


@settings(max_examples=150, deadline=None)
@given(data=st.binary(min_size=1, max_size=2000), escaped=st.booleans(), header=st.booleans())
def test_whatever_was_encoded_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, escaped: bool, header: bool
) -> None:
    text = base64.b64encode(data)
    text = text.replace(b"/", b"\\/").replace(b"+", b"\\u002B") if escaped else text
    text = b"data:image/png;base64," + text if header else text

    assert decode(tmp_path_factory.getbasetemp(), text) == data


@pytest.mark.parametrize("shift", range(8))
def test_an_escape_across_two_blocks_is_kept_whole(tmp_path: Path, shift: int) -> None:
    data = b"\xff" * (300 * 1024 + shift)
    text = b"data:a/b" + b"c" * shift + b";base64," + base64.b64encode(data).replace(b"/", b"\\u002F")

    assert decode(tmp_path, text) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"data:image/png;base64,", "is empty"),
        (b"=", "not valid Base64"),
        (b"====", "not valid Base64"),
        (b"QQ", "padding is wrong or it was cut off"),
        (b"QQ=", "padding is wrong or it was cut off"),
        (b"QUJDR", "padding is wrong or it was cut off"),
        (b"QQ===", "not valid Base64"),
        (b"QQ==QQ==", "not valid Base64"),
        (b"QQ==" + b"QUJD" * 10, "padding before the end"),
        (b"QUJD QUJD", "white space"),
        (b"QUJD\nQUJD", "white space"),
        (b" QUJD", "white space"),
        (b"QUJD\n\n\n", "white space"),
        (b"-_-_", "URL-safe alphabet; use the standard one, with [+] and /"),
        (b"QUJ*", "characters outside the alphabet"),
        (b"QUJ\x00", "characters outside the alphabet"),
        (b"QUJ\xc3", "characters outside the alphabet"),
        (b"QUJ\\x", "characters outside the alphabet"),
        (b"QUJD\\", "characters outside the alphabet"),
        (b"QUJ\\u0", "characters outside the alphabet"),
        (b"data:image/png,QUJD", "must end in ';base64'"),
        (b"data:image/png;base64", "without a comma"),
        (b"data:" + b"a" * 600 + b";base64,QUJD", "without a comma near its beginning"),
        (b"https://example.com/clip.mp4", "not valid Base64"),
        (b"QUJD" * 100_000 + b"*" + b"QUJD" * 100_000, "characters outside the alphabet"),
    ],
)
def test_faults_are_named_and_leave_no_file(tmp_path: Path, text: bytes, message: str) -> None:
    with pytest.raises(InvalidFormat, match=message):
        decode(tmp_path, text)
    assert list(tmp_path.iterdir()) == []


def test_exactly_the_limit_is_taken_and_one_byte_more_is_not(tmp_path: Path) -> None:
    assert decode(tmp_path, TEXT, limit=len(DATA)) == DATA
    (tmp_path / "file").unlink()

    with pytest.raises(OutOfRange, match="at most 1 MiB"):
        decode(tmp_path, TEXT, limit=MIB)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    text = base64.b64encode(bytes(range(256)) * 4096) * 75
    text = b"data:video/mp4;base64," + text.replace(b"=", b"A")
    assert len(text) > 100_000_000

    tracemalloc.start()
    written = write_base64(memoryview(text), tmp_path / "file", limit=200 * MIB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert written > 75_000_000
    assert peak < 4 * MIB
