from __future__ import annotations

import pytest

from omnireel.client._sse import LONGEST_EVENT, Decoder, Event, TooLong

STREAM = b"""\
: still here

id: a-1
event: status
data: {"one":
data: 1}

data: bare

event: nothing to say

id
retry: 5
unknown: field
data:no space

data: cut"""


def whole(stream: bytes, *, size: int) -> list[Event]:
    decoder = Decoder()
    blocks = [stream[start : start + size] for start in range(0, len(stream), size)]
    return [event for block in blocks for event in decoder.feed(block)]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_however_the_stream_is_cut_and_its_lines_end(newline: bytes, size: int) -> None:
    assert whole(STREAM.replace(b"\n", newline), size=size) == [
        Event("status", '{"one":\n1}', "a-1"),
        Event("message", "bare", "a-1"),
        Event("message", "no space", None),
    ]


def test_characters_cut_in_two_come_whole() -> None:
    assert whole("data: 雪🦊\n\n".encode(), size=1) == [Event("message", "雪🦊", None)]


def test_an_id_of_an_earlier_connection_stands_until_another_comes() -> None:
    decoder = Decoder(last_id="before")

    assert decoder.feed(b"data: x\n\nid: after\ndata: y\n\n") == [
        Event("message", "x", "before"),
        Event("message", "y", "after"),
    ]


@pytest.mark.parametrize("line", [b"data: " + bytes(1000), b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_without_end_is_given_up(line: bytes) -> None:
    with pytest.raises(TooLong):
        whole(line * (LONGEST_EVENT // 500), size=1000)
