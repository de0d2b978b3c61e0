"""S5 to S7 of the security catalogue: bodies that lie, drip or never end; certificates; the environment."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme
from tests.loopback import Listener, Reply, listening, respond

from omnireel.errors import FetchFailed
from omnireel.media.egress import EgressPolicy
from omnireel.media.fetch import fetch
from omnireel.media.pinned import UNREADABLE

LIMIT = 100_000


def policy(port: int, *, total: float = 3.0, idle: float = 0.5) -> EgressPolicy:
    return EgressPolicy(
        ports=(port,),
        also=(ip_network("127.0.0.1/32"),),
        resolver=lambda host, port: ("127.0.0.1",),
        connect_seconds=1,
        idle_seconds=idle,
        total_seconds=total,
    )


def fetched(listener: Listener, folder: Path, *, total: float = 3.0, idle: float = 0.5) -> bytes:
    target = folder / "input"
    url = f"http://media.example:{listener.port}/clip"
    fetch(url, target, policy=policy(listener.port, total=total, idle=idle), limit=LIMIT)
    return target.read_bytes()


def fails(reply: Reply, folder: Path, *, total: float = 3.0, idle: float = 0.5) -> str:
    """That the fetch fails and leaves nothing; the error's text."""
    with listening(reply) as listener, pytest.raises(FetchFailed) as caught:
        fetched(listener, folder, total=total, idle=idle)
    assert not list(folder.iterdir())
    return str(caught.value)


def raw(data: bytes) -> Reply:
    return lambda path, connection: connection.sendall(data)


def endless(head: bytes, chunk: bytes, pause: float = 0.0) -> Reply:
    def reply(path: str, connection: socket.socket) -> None:
        connection.sendall(head)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            connection.sendall(chunk)
            time.sleep(pause)

    return reply


OK = b"HTTP/1.1 200 OK\r\n"


def test_a_body_up_to_the_limit_is_taken_whole(tmp_path: Path) -> None:
    body = os.urandom(LIMIT)
    with listening(lambda path, connection: respond(connection, body)) as listener:
        assert fetched(listener, tmp_path) == body


def test_a_body_without_a_length_ends_with_the_connection(tmp_path: Path) -> None:
    with listening(raw(OK + b"\r\npicture")) as listener:
        assert fetched(listener, tmp_path) == b"picture"


def test_a_chunked_body_is_put_together(tmp_path: Path) -> None:
    chunks = b"Transfer-Encoding: chunked\r\n\r\n4\r\npict\r\n3\r\nure\r\n0\r\n\r\n"
    with listening(raw(OK + chunks)) as listener:
        assert fetched(listener, tmp_path) == b"picture"


def test_an_announced_length_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    text = fails(raw(OK + b"Content-Length: 10000000000\r\n\r\n"), tmp_path)
    assert f"at most {LIMIT} bytes" in text


def test_one_byte_too_many_is_refused(tmp_path: Path) -> None:
    text = fails(lambda path, connection: respond(connection, b"x" * (LIMIT + 1)), tmp_path)
    assert f"at most {LIMIT} bytes" in text


@pytest.mark.parametrize(
    "reply",
    [
        endless(OK + b"\r\n", b"x" * 8192),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + b"x" * 8192 + b"\r\n"),
        raw(OK + b"\r\n" + b"x" * (LIMIT * 3)),
    ],
    ids=["endless", "endless chunks", "three times the limit"],
)
def test_a_body_that_announces_nothing_is_cut_at_the_limit(reply: Reply, tmp_path: Path) -> None:
    assert f"at most {LIMIT} bytes" in fails(reply, tmp_path)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 100\r\n\r\nshort",
        OK + b"Content-Length: -1\r\n\r\nx",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx",
        OK + b"Content-Length: five\r\n\r\nxxxxx",
        OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nxx\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nxx",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"X: " + b"y" * 300_000 + b"\r\n\r\n",
        OK + b"X: y\r\n" * 60_000 + b"\r\n",
        b"HTTP/1.1 200 OK" + b" OK" * 100_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"-ERR unknown command\r\n",
        b"\x00" * 100,
        b"",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_http_is_unreadable(answer: bytes, tmp_path: Path) -> None:
    assert fails(raw(answer), tmp_path) in (UNREADABLE, "the address answers with status 101")


def test_more_bytes_than_announced_are_not_taken(tmp_path: Path) -> None:
    with listening(raw(OK + b"Content-Length: 7\r\n\r\npicture and much more")) as listener:
        assert fetched(listener, tmp_path) == b"picture"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "x-gzip"])
def test_a_compressed_body_is_refused(encoding: str, tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    text = fails(lambda p, c: respond(c, bomb, headers=(f"Content-Encoding: {encoding}",)), tmp_path)
    assert "compressed" in text


def test_no_compression_is_asked_for(tmp_path: Path) -> None:
    with listening(lambda path, connection: respond(connection, b"picture")) as listener:
        fetched(listener, tmp_path)
        assert b"Accept-Encoding: identity\r\n" in listener.requests[0]


@pytest.mark.parametrize(
    "status", ["204 No Content", "206 Partial", "304 Same", "401 No", "404 None", "500 Broken"]
)
def test_any_status_but_200_is_refused(status: str, tmp_path: Path) -> None:
    text = fails(lambda path, connection: respond(connection, status=status), tmp_path)
    assert text == f"the address answers with status {status.partition(' ')[0]}"


@pytest.mark.parametrize(
    "reply",
    [
        endless(b"", b"", pause=5),
        endless(OK + b"Content-Length: 50\r\n\r\nhalf", b"", pause=5),
    ],
    ids=["before the answer", "inside the body"],
)
def test_silence_ends_the_fetch(reply: Reply, tmp_path: Path) -> None:
    started = time.monotonic()
    assert fails(reply, tmp_path, idle=0.3, total=30) == UNREADABLE
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "reply",
    [
        endless(OK + b"\r\n", b"x", pause=0.05),
        endless(OK, b"X: y\r\n", pause=0.05),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", pause=0.05),
    ],
    ids=["body", "headers", "interim answers", "chunks"],
)
def test_a_drip_ends_with_the_total_time(reply: Reply, tmp_path: Path) -> None:
    started = time.monotonic()
    assert fails(reply, tmp_path, idle=5, total=0.6) == UNREADABLE
    assert time.monotonic() - started < 10


def test_redirects_share_the_total_time(tmp_path: Path) -> None:
    def reply(path: str, connection: socket.socket) -> None:
        time.sleep(0.4)
        respond(connection, status="302 Found", headers=("Location: /next",))

    assert fails(reply, tmp_path, idle=5, total=0.6) == UNREADABLE


def test_proxies_and_passwords_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine media.example login me password secret\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    with listening(lambda p, c: respond(c, b"from the proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with listening(lambda p, c: respond(c, b"picture")) as listener:
            assert fetched(listener, tmp_path) == b"picture"
            assert b"Authorization" not in listener.requests[0]
        assert proxy.hits == 0


def test_an_existing_file_is_neither_overwritten_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"mine")
    with listening(lambda p, c: respond(c, b"picture")) as listener, pytest.raises(FileExistsError):
        fetched(listener, tmp_path)
    assert (tmp_path / "input").read_bytes() == b"mine"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def served_with(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Listener]:
    context = served_with(authority.issue_cert("media.example"))
    with listening(lambda p, c: respond(c, b"picture"), tls=context) as listener:
        yield listener


def test_a_good_certificate_is_checked_against_the_name_not_the_address(
    secure: Listener, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    url = f"https://media.example:{secure.port}/"
    fetch(url, tmp_path / "x", policy=policy(secure.port), limit=LIMIT, tls=trusting)
    assert (tmp_path / "x").read_bytes() == b"picture"


def test_the_name_is_sent_for_the_server_to_choose_its_certificate(
    authority: trustme.CA, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    asked: list[str | None] = []
    context = served_with(authority.issue_cert("media.example"))
    context.sni_callback = lambda _, name, __: asked.append(name)
    with listening(lambda p, c: respond(c, b"picture"), tls=context) as listener:
        url = f"https://media.example:{listener.port}/"
        fetch(url, tmp_path / "x", policy=policy(listener.port), limit=LIMIT, tls=trusting)
    assert asked == ["media.example"]


def test_a_certificate_for_another_name_is_refused(
    secure: Listener, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    for host in ("other.example", "127.0.0.1"):
        url = f"https://{host}:{secure.port}/"
        with pytest.raises(FetchFailed, match=UNREADABLE):
            fetch(url, tmp_path / "x", policy=policy(secure.port), limit=LIMIT, tls=trusting)
    assert not secure.requests


def test_an_unknown_authority_is_refused(secure: Listener, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=UNREADABLE):
        fetch(
            f"https://media.example:{secure.port}/", tmp_path / "x", policy=policy(secure.port), limit=LIMIT
        )
    assert not secure.requests


def test_an_expired_certificate_is_refused(
    authority: trustme.CA, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    expired = authority.issue_cert(
        "media.example", not_before=yesterday - timedelta(days=1), not_after=yesterday
    )
    with listening(lambda p, c: respond(c, b"x"), tls=served_with(expired)) as listener:
        url = f"https://media.example:{listener.port}/"
        with pytest.raises(FetchFailed, match=UNREADABLE):
            fetch(url, tmp_path / "x", policy=policy(listener.port), limit=LIMIT, tls=trusting)
        assert not listener.requests


def test_plain_http_behind_an_https_address_is_refused(trusting: ssl.SSLContext, tmp_path: Path) -> None:
    with listening(raw(OK + b"\r\npicture")) as listener:
        url = f"https://media.example:{listener.port}/"
        with pytest.raises(FetchFailed, match=UNREADABLE):
            fetch(url, tmp_path / "x", policy=policy(listener.port), limit=LIMIT, tls=trusting)


def test_a_handshake_that_never_ends_is_given_up(trusting: ssl.SSLContext, tmp_path: Path) -> None:
    with listening(endless(b"", b"", pause=5)) as listener:
        url = f"https://media.example:{listener.port}/"
        slow = replace(policy(listener.port), connect_seconds=0.3)
        with pytest.raises(FetchFailed, match=UNREADABLE):
            fetch(url, tmp_path / "x", policy=slow, limit=LIMIT, tls=trusting)
