"""A reverse proxy on loopback that gives each request to the next server in turn, as HAProxy would."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Condition, Event, Thread

Place = tuple[str, int]
"""Host and port of a server."""

READY = "/readyz?exclude=worker"
_EVERY = 0.05
"""Seconds between looks at a server."""
_PATIENCE = 60.0
_REPEATABLE = ("GET", "HEAD")
_BROKEN = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_HOP = re.compile(rb"\r\n(?:connection|keep-alive):[^\r]*", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """A whole request as it goes on, one to a connection."""

    method: str
    content: bytes

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when a server took it and broke off before it answered."""
        return self.method in _REPEATABLE


class Balancer:
    """Servers behind one address. Those that do not call themselves ready get no more requests.

    A request that no server took goes to the next one; one that was taken does so only when it may be
    repeated, and not after the first byte of an answer. What cannot be answered is 502. Those `trusted` are
    not looked at.
    """

    def __init__(self, trusted: Iterable[Place] = ()) -> None:
        self._changed = Condition()
        self._ready = [*trusted]
        self._watched = dict[Place, Event]()
        self._turn = 0
        self._unanswered = Counter[Place]()
        """Requests that must not be sent again."""
        self._door = _Door(self)
        self.origin = f"http://127.0.0.1:{self._door.server_address[1]}"
        Thread(target=self._door.serve_forever, daemon=True).start()

    def watch(self, place: Place) -> None:
        """Send requests there while it is ready, and wait until it is."""
        self._watched[place] = Event()
        Thread(target=self._look, args=(place, self._watched[place]), daemon=True).start()
        self._await(lambda: place in self._ready)

    def await_left(self, place: Place) -> None:
        """Until one that is leaving gets no more requests and none is lost when it closes its door."""
        self._await(lambda: place not in self._ready and not self._unanswered[place])
        self._watched.pop(place).set()

    def close(self) -> None:
        for ended in self._watched.values():
            ended.set()
        self._door.shutdown()
        self._door.server_close()

    def pass_on(self, request: Request, caller: socket.socket) -> None:
        """Answer a request."""
        tried = set[Place]()
        while (place := self._pick(request, tried)) is not None:
            try:
                begun = _ask(request, place)
            except ConnectionRefusedError:
                continue
            except OSError:
                if request.repeatable:
                    continue
                break
            finally:
                self._put_back(request, place)
            _relay(*begun, caller)
            return
        caller.sendall(_BROKEN)

    def _pick(self, request: Request, tried: set[Place]) -> Place | None:
        with self._changed:
            left = [place for place in self._ready if place not in tried]
            if not left:
                return None
            self._turn += 1
            place = left[self._turn % len(left)]
            tried.add(place)
            self._unanswered[place] += not request.repeatable
            return place

    def _put_back(self, request: Request, place: Place) -> None:
        with self._changed:
            self._unanswered[place] -= not request.repeatable
            self._changed.notify_all()

    def _look(self, place: Place, ended: Event) -> None:
        while not ended.wait(_EVERY):
            ready = _says_ready(place)
            with self._changed:
                if ready is not (place in self._ready):
                    (self._ready.append if ready else self._ready.remove)(place)
                    self._changed.notify_all()

    def _await(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, _PATIENCE)


class _Door(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, balancer: Balancer) -> None:
        self.balancer = balancer
        super().__init__(("127.0.0.1", 0), _Caller)


class _Caller(BaseRequestHandler):
    server: _Door
    request: socket.socket

    def handle(self) -> None:
        # Whoever hangs up has nothing to be told.
        with suppress(OSError):
            self.request.settimeout(_PATIENCE)
            found = _read(self.request)
            if found is not None:
                self.server.balancer.pass_on(found, self.request)


def _read(caller: socket.socket) -> Request | None:
    """A request with its body, which must say how long it is; None from one who sends none."""
    content = b""
    while b"\r\n\r\n" not in content:
        if not (more := caller.recv(65536)):
            return None
        content += more
    head, _, body = content.partition(b"\r\n\r\n")
    length = int(found[1]) if (found := _LENGTH.search(head)) else 0
    while len(body) < length and (more := caller.recv(65536)):
        body += more
    goes_on = _HOP.sub(b"", head) + b"\r\nConnection: close\r\n\r\n" + body
    return Request(head.split(b" ", 1)[0].decode(), goes_on)


def _ask(request: Request, place: Place) -> tuple[socket.socket, bytes]:
    """The connection to a server and the first bytes of its answer. Raises OSError when there are none."""
    with ExitStack() as failed:
        server = failed.enter_context(socket.create_connection(place, timeout=_PATIENCE))
        server.sendall(request.content)
        if not (first := server.recv(65536)):
            raise ConnectionResetError(f"{place} broke off")
        failed.pop_all()
    return server, first


def _relay(server: socket.socket, first: bytes, caller: socket.socket) -> None:
    with server:
        while first:
            caller.sendall(first)
            first = server.recv(65536)


def _says_ready(place: Place) -> bool:
    connection = HTTPConnection(*place, timeout=_PATIENCE)
    try:
        connection.request("GET", READY)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
