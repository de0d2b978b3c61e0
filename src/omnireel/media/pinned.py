"""HTTP whose connections obey an `EgressPolicy`, made at the socket and not at the URL.

The policy sits in the network back end of httpcore, the last place before `connect`, so no spelling of a URL,
redirect or second look-up can get around it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore2
import httpx2

from omnireel.media.egress import EgressPolicy

MAX_TRIES = 3
"""Addresses of one host that are tried."""
USER_AGENT = "omnireel"
UNREADABLE = "the address could not be read"
"""Said of everything refused, unreachable, broken or slow alike."""

SocketOptions = Iterable[httpcore2.SOCKET_OPTION] | None


@cache
def _machine_tls() -> ssl.SSLContext:
    """The machine's own certificate authorities, whatever the environment says."""
    return httpx2.create_ssl_context(trust_env=False)


class PinnedTransport(httpx2.BaseTransport):
    """Speaks HTTP/1.1 over connections that the policy has judged; none is used twice.

    The policy's `total_seconds` run from its making. `tls` replaces the machine's certificate authorities.
    Whatever goes wrong is httpx2.TransportError, always with the same text.
    """

    def __init__(self, policy: EgressPolicy, tls: ssl.SSLContext | None = None) -> None:
        self._timeouts = {
            "connect": policy.connect_seconds,
            "read": policy.idle_seconds,
            "write": policy.idle_seconds,
            "pool": policy.connect_seconds,
        }
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls or _machine_tls(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_PinnedBackend(policy),
        )

    @contextmanager
    def answer(
        self, method: str, url: httpx2.URL, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Iterator[httpx2.Response]:
        """One exchange, its body still to be read. Follows nothing and adds no cookies or passwords."""
        request = httpx2.Request(method, url, headers={"User-Agent": USER_AGENT, **headers}, content=content)
        response = self.handle_request(request)
        try:
            yield response
        finally:
            response.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        outgoing = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": self._timeouts},
        )
        with _uniform_errors():
            answer = self._pool.handle_request(outgoing)
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _uniform_errors():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _uniform_errors():
            self._answer.close()


class _PinnedBackend(httpcore2.NetworkBackend):
    """Resolves once, judges every answer and connects to one of those addresses."""

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._system = httpcore2.SyncBackend()
        self._deadline = time.monotonic() + policy.total_seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> httpcore2.NetworkStream:
        refused = httpcore2.ConnectError(UNREADABLE)
        try:
            addresses = self._policy.addresses(host, port)
        except (OSError, ValueError) as error:
            raise refused from error
        for address in addresses[:MAX_TRIES]:
            try:
                stream = self._system.connect_tcp(address, port, self._left(timeout), None, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                refused.__cause__ = error
            else:
                return _TimedStream(stream, self._left)
        raise refused

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: SocketOptions = None
    ) -> httpcore2.NetworkStream:
        raise httpcore2.ConnectError(UNREADABLE)

    def _left(self, timeout: float | None) -> float:
        """Seconds a step may take: its limit or what is left of the total. Raises ReadTimeout."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout(UNREADABLE)
        return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore2.NetworkStream):
    """A stream whose every step counts against the total, so that a drip of bytes cannot go on for ever."""

    def __init__(self, inner: httpcore2.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _TimedStream(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@contextmanager
def _uniform_errors() -> Iterator[None]:
    try:
        yield
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.UnsupportedProtocol,
    ) as error:
        raise httpx2.TransportError(UNREADABLE) from error
