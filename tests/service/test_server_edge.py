"""What reaches the server raw: half requests, huge headers, dripping bodies, large bodies."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.service.house import O1
from tests.service.standalone import Running, running_house

from omnireel.api.body import GRACE_SECONDS
from omnireel.api.server import HEADER_BYTES, HEADER_COUNT, HEADER_SECONDS, MOST_CONNECTIONS

MIB = 1024 * 1024
GOOD = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("house")) as running:
        yield running


def talk(server: Running, sent: bytes) -> bytes:
    """Everything the server says to these bytes until it closes the connection."""
    with server.connect() as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    heard = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            heard += piece
    return heard


def is_well(server: Running) -> bool:
    return b" 200 OK\r\n" in talk(server, GOOD.replace(b"Host: a", b"Host: a\r\nConnection: close"))


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * MIB,
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * (HEADER_BYTES + 1) + b"\r\n\r\n",
        b"GET /" + b"x" * MIB,
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X-Many: x\r\n" * (HEADER_COUNT + 1) + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + b"x" * MIB,
    ],
    ids=["1 MB value", "just too long", "1 MB path", "too many", "1 MB name"],
)
def test_headers_beyond_the_cap_are_431_in_the_envelope(server: Running, head: bytes) -> None:
    heard = talk(server, head)

    status, _, rest = heard.partition(b"\r\n")
    assert status == b"HTTP/1.1 431 Request Header Fields Too Large"
    assert json.loads(rest.partition(b"\r\n\r\n")[2])["code"] == 431
    assert b"x-request-id: req-" in rest
    assert is_well(server)


def test_headers_just_within_the_cap_are_taken(server: Running) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: "

    assert b" 200 OK\r\n" in talk(server, head + b"x" * (HEADER_BYTES - 1000) + b"\r\n\r\n")


@dataclass(frozen=True)
class SlowTalk:
    """What the server said to somebody slow, and after how many seconds it had had enough."""

    heard: tuple[bytes, ...]
    seconds: float


@pytest.fixture(scope="module")
def slow_talks(server: Running) -> Iterator[dict[str, Future[SlowTalk]]]:
    """All the slow callers at once, since each takes as long as the server's patience."""
    callers = {
        "half": half_sent_headers,
        "header": dripping_header,
        "body": dripping_body,
        "rest": dripping_rest,
    }
    with ThreadPoolExecutor(len(callers)) as pool:
        yield {name: pool.submit(caller, server) for name, caller in callers.items()}


def half_sent_headers(server: Running) -> SlowTalk:
    connections = [server.connect() for _ in range(200)]
    started = time.monotonic()
    for number, connection in enumerate(connections):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost:"[: number % 28])
    assert is_well(server)
    heard = tuple(read_all(connection) for connection in connections)
    for connection in connections:
        connection.close()
    return SlowTalk(heard, time.monotonic() - started)


def dripping_header(server: Running) -> SlowTalk:
    started = time.monotonic()
    with server.connect() as connection, suppress(ConnectionError):
        connection.sendall(GOOD[:-2])
        while time.monotonic() - started < HEADER_SECONDS + 20:
            connection.sendall(b"X: y\r\n")
            time.sleep(0.5)
    return SlowTalk((), time.monotonic() - started)


def dripping_body(server: Running) -> SlowTalk:
    head = f"POST {O1} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    started, heard = time.monotonic(), b""
    with server.connect() as connection:
        connection.sendall(head.encode())
        connection.settimeout(0.5)
        while b'"code"' not in heard and time.monotonic() - started < GRACE_SECONDS + 20:
            connection.sendall(b" ")
            with suppress(TimeoutError):
                heard += connection.recv(65536)
    return SlowTalk((heard,), time.monotonic() - started)


def dripping_rest(server: Running) -> SlowTalk:
    """Goes on sending a body that was refused by its stated length."""
    head = f"POST {O1} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    started = time.monotonic()
    with server.connect() as connection, suppress(ConnectionError):
        connection.sendall(head.encode())
        while time.monotonic() - started < HEADER_SECONDS + 20:
            connection.sendall(b"x")
            time.sleep(0.5)
    return SlowTalk((), time.monotonic() - started)


def test_two_hundred_half_sent_headers_are_closed_and_hold_nobody_up(
    slow_talks: dict[str, Future[SlowTalk]],
) -> None:
    talk = slow_talks["half"].result(60)

    assert len(talk.heard) == 200
    assert all(heard.startswith(b"HTTP/1.1 408 ") for heard in talk.heard)
    assert HEADER_SECONDS - 2 < talk.seconds < HEADER_SECONDS + 10


def test_a_header_that_drips_does_not_put_off_its_deadline(slow_talks: dict[str, Future[SlowTalk]]) -> None:
    assert slow_talks["header"].result(60).seconds < HEADER_SECONDS + 10


def test_the_rest_of_a_refused_body_is_not_awaited_for_ever(
    slow_talks: dict[str, Future[SlowTalk]],
) -> None:
    assert slow_talks["rest"].result(60).seconds < HEADER_SECONDS + 10


def test_a_body_that_drips_is_cut_off(slow_talks: dict[str, Future[SlowTalk]]) -> None:
    talk = slow_talks["body"].result(60)

    assert b" 400 Bad Request\r\n" in talk.heard[0]
    assert b"Invalid format: the body came at less than" in talk.heard[0]
    assert GRACE_SECONDS - 1 < talk.seconds < GRACE_SECONDS + 10


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n\x00",
        b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX\x00Y: b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n  folded\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_400_in_the_envelope(server: Running, sent: bytes) -> None:
    heard = talk(server, sent)

    assert b"text/plain" not in heard
    assert b'"code":' in heard
    assert is_well(server)


def test_connections_beyond_the_most_are_503_in_the_envelope(server: Running) -> None:
    connections = [server.connect() for _ in range(MOST_CONNECTIONS)]
    try:
        heard = talk(server, b"")
    finally:
        for connection in connections:
            connection.close()

    assert heard.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 5\r\n" in heard
    assert is_well(server)


def test_a_caller_who_hangs_up_harms_nobody(server: Running) -> None:
    head = f"POST {O1} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 50000000\r\n\r\n"
    for _ in range(20):
        with server.connect() as connection:
            connection.sendall(head.encode() + b'{"prompt": "' + b"x" * 100_000)
            # A reset, not a polite end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert is_well(server)


def padded_clip(clip: bytes, size: int) -> bytes:
    """The clip with free space behind it, so that it is as large and still a good MP4."""
    room = size - len(clip)
    return clip + struct.pack(">I4s", room, b"free") + bytes(room - 8)


def test_a_body_of_sixty_megabytes_costs_little_more_than_itself(tmp_path: Path, clip: bytes) -> None:
    video = base64.b64encode(padded_clip(clip, 46 * MIB)).decode()
    body = json.dumps({"prompt": "clay", "videos": [video]}).encode()
    assert 60 * MIB < len(body) < 64 * MIB
    with running_house(tmp_path) as server:
        submit(server, json.dumps({"prompt": "warm up"}).encode())
        before = server.peak_memory()
        assert submit(server, body) == 200
        after = server.peak_memory()

    growth = (after - before) / len(body)
    print(f"peak memory grew by {growth:.2f} times the body")
    assert 0.5 < growth < 1.5


def submit(server: Running, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    connection.request("POST", O1, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status
