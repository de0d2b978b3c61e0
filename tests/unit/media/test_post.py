"""Messages to receivers: where they may go, what is read of the answer, and when they are given up."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from ipaddress import ip_network

import pytest
from tests.loopback import Listener, Reply, listening, respond

from omnireel.media.egress import EgressPolicy
from omnireel.media.post import Unreachable, judge_target, post, post_policy

PUBLIC = post_policy(allow_private=False)
LOCAL = post_policy(allow_private=True)


def sent(listener: Listener, *, policy: EgressPolicy = LOCAL) -> int:
    url = f"http://127.0.0.1:{listener.port}/hook?x=1"
    return post(url, b"{}", {"X-Thing": "1"}, policy=policy).status


@pytest.mark.parametrize(
    "url", ["https://hooks.example/a?b=c", "https://hooks.example:8443/", "https://8.8.8.8/"]
)
def test_a_public_https_address_is_good(url: str) -> None:
    assert str(judge_target(url, PUBLIC)) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https:///path",
        "https://user:password@hooks.example/",
        "https://hooks.example:22/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nX: y",
        "https://hooks.example/" + "x" * 8192,
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://168.63.129.16/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00::1]/",
    ],
)
def test_any_other_is_refused_before_it_is_used(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        judge_target(url, PUBLIC)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/", "http://hooks.example/", "https://10.1.2.3:99/"])
def test_local_work_lifts_https_the_port_and_public(url: str) -> None:
    assert str(judge_target(url, LOCAL)) == url


def test_the_clouds_metadata_is_refused_even_then() -> None:
    with pytest.raises(ValueError, match="public"):
        judge_target("http://169.254.169.254/", LOCAL)


def test_a_message_arrives_with_its_headers() -> None:
    with listening(lambda path, connection: respond(connection, status="202 Accepted")) as listener:
        assert sent(listener) == 202
    assert listener.requests[0].startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert b"X-Thing: 1\r\n" in listener.requests[0]
    assert b"Content-Length: 2\r\n" in listener.requests[0]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with listening(lambda p, c: respond(c)) as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere.port}/"
        with listening(lambda p, c: respond(c, status="307 Over There", headers=(location,))) as listener:
            assert sent(listener) == 307
    assert elsewhere.hits == 0


def test_a_name_with_a_private_address_is_not_connected_to() -> None:
    with listening(lambda p, c: respond(c)) as listener:
        inside = replace(PUBLIC, ports=(listener.port,), resolver=lambda host, port: ("8.8.8.8", "127.0.0.1"))
        with pytest.raises(Unreachable):
            post(f"https://hooks.example:{listener.port}/", b"{}", {}, policy=inside)
    assert listener.hits == 0


def silent(path: str, connection: socket.socket) -> None:
    time.sleep(2)


def dripping(path: str, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X: y\r\n")
        time.sleep(0.02)


@pytest.mark.parametrize(
    "reply",
    [silent, dripping, lambda p, c: c.sendall(b"SSH-2.0\r\n"), lambda p, c: None],
    ids=["silent", "dripping", "garbage", "reset"],
)
def test_a_receiver_that_does_not_answer_in_time_or_in_http_is_unreachable(reply: Reply) -> None:
    with listening(reply) as listener, pytest.raises(Unreachable, match="the address could not be reached"):
        sent(listener, policy=replace(LOCAL, total_seconds=0.5, idle_seconds=0.5))


def test_an_endless_answer_is_not_read() -> None:
    def endless(path: str, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with listening(endless) as listener:
        assert sent(listener) == 200


def test_the_limits_in_time_are_five_and_fifteen_seconds() -> None:
    assert (PUBLIC.connect_seconds, PUBLIC.total_seconds, PUBLIC.ports) == (5.0, 15.0, (80, 443, 8080, 8443))
    also = replace(PUBLIC, also=(ip_network("127.0.0.0/8"),))
    assert judge_target("https://127.0.0.1/", also).host == "127.0.0.1"
