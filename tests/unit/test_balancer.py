"""The reverse proxy that tests of several servers use: what it sends again, and what it must not."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import httpx2
import pytest
from tests.balancer import READY, Balancer
from tests.loopback import listening, respond

Answer = Callable[[str, socket.socket], None]


class Servers:
    """Servers with names behind a balancer; each can be made to do otherwise than answer with its name."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self.balancer = Balancer()
        opened.callback(self.balancer.close)
        self.places = dict[str, tuple[str, int]]()
        self.unready = set[str]()
        self.asked = Counter[str]()

    def start(self, name: str, answer: Answer | None = None) -> None:
        def reply(path: str, connection: socket.socket) -> None:
            if path == READY:
                respond(connection, status="503 No" if name in self.unready else "200 OK")
                return
            self.asked[name] += 1
            (answer or (lambda _, line: respond(line, name.encode())))(path, connection)

        listener = self._opened.enter_context(listening(reply))
        self.places[name] = ("127.0.0.1", listener.port)
        self.balancer.watch(self.places[name])

    def get(self, method: str = "GET") -> httpx2.Response:
        with httpx2.Client(trust_env=False, timeout=20) as client:
            return client.request(method, f"{self.balancer.origin}/anything", content=b"x" * 200_000)


@pytest.fixture
def servers() -> Iterator[Servers]:
    with ExitStack() as opened:
        yield Servers(opened)


def break_off(_path: str, connection: socket.socket) -> None:
    connection.close()


def test_requests_go_to_the_servers_in_turn(servers: Servers) -> None:
    for name in ("a", "b"):
        servers.start(name)
    answers = [servers.get(method).text for method in ("GET", "POST", "GET", "POST")]
    assert answers[0] != answers[1]
    assert answers[:2] == answers[2:]


def test_a_server_that_says_it_is_not_ready_gets_no_more(servers: Servers) -> None:
    for name in ("a", "b"):
        servers.start(name)
    servers.unready.add("a")
    servers.balancer.await_left(servers.places["a"])
    assert {servers.get().text for _ in range(6)} == {"b"}


def test_what_was_never_accepted_goes_to_another_server(servers: Servers) -> None:
    servers.start("a")
    with socket.socket() as nobody, closing(Balancer([servers.places["a"], _bound(nobody)])) as balancer:
        answers = [httpx2.post(balancer.origin, content=b"x", trust_env=False).text for _ in range(4)]
    assert answers == ["a"] * 4


def _bound(door: socket.socket) -> tuple[str, int]:
    """A place that refuses whoever comes: nobody listens there."""
    door.bind(("127.0.0.1", 0))
    host, port = door.getsockname()
    return str(host), int(port)


def test_what_was_taken_and_not_answered_is_sent_again_only_when_it_may_be(servers: Servers) -> None:
    servers.start("whole")
    servers.start("broken", break_off)
    posted = [servers.get("POST").status_code for _ in range(2)]
    assert (sorted(posted), dict(servers.asked)) == ([200, 502], {"whole": 1, "broken": 1})
    got = [servers.get().status_code for _ in range(2)]
    assert (got, servers.asked["whole"]) == ([200, 200], 3)
    assert servers.asked["broken"] > 1


def test_nobody_ready_is_502(servers: Servers) -> None:
    assert servers.get().status_code == 502
