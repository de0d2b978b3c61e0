"""One question to the server and its answer: bounded in time and size, its faults typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from secrets import token_hex

import httpx2

from omnireel.client._access import Access
from omnireel.client._body import body_of
from omnireel.client._pool import USER_AGENT, seconds_left
from omnireel.client._waiting import Incoming, Outgoing, Waiting
from omnireel.client._wire import REPLY_LIMIT, Call, Reply
from omnireel.client.errors import APIError, ConnectionFailed, InvalidRequestError, ServerError, Timeout

CONNECT_SECONDS = 5.0
NAME = "X-Request-ID"

_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True)
class Fault:
    """A try that got no answer. `sent` is False only when nothing can have arrived."""

    error: APIError
    sent: bool

    @property
    def passing(self) -> bool:
        """True when it may be better next time."""
        return isinstance(self.error, ConnectionFailed | Timeout)


async def exchange(waiting: Waiting, access: Access, call: Call, deadline: float) -> Reply | Fault:
    """Send a call once. `deadline` is on the monotonic clock.

    Raises InvalidRequestError when what was to be sent cannot be read any more.
    """
    try:
        seconds_left(deadline)
    except Timeout as error:
        return Fault(error, sent=False)
    # Ours, so that a question whose answer is lost can be looked for in the server's log.
    name = f"req-{token_hex(12)}"
    try:
        return await _exchange(waiting, access, replace(call, headers={NAME: name, **call.headers}), deadline)
    except OSError as error:
        raise InvalidRequestError(f"an input cannot be read any more: {_reason(error)}") from error
    except (httpx2.HTTPError, APIError) as error:
        fault = fault_of(access, error)
        fault.error.request_id = name if fault.sent else None
        return fault


async def open_stream(
    waiting: Waiting, access: Access, call: Call, deadline: float, idle: float
) -> Incoming | Fault:
    """Send a call whose answer has no end in sight; `idle` bounds its silences, seconds."""
    try:
        return await waiting.open(_outgoing(access, call, deadline, idle))
    except (httpx2.HTTPError, APIError) as error:
        return fault_of(access, error)


async def read_whole(incoming: Incoming, deadline: float) -> Reply:
    """The answer with all of its body. Raises Timeout, ServerError, httpx2.HTTPError."""
    body = bytearray()
    while block := await incoming.block():
        seconds_left(deadline)
        body += block
        if len(body) > REPLY_LIMIT:
            raise ServerError(f"the server's answer is longer than {REPLY_LIMIT} bytes")
    return Reply(incoming.status, incoming.headers, bytes(body))


def fault_of(access: Access, error: httpx2.HTTPError | APIError) -> Fault:
    """What kept a question from being answered."""
    if isinstance(error, APIError):
        return Fault(error, sent=True)
    if isinstance(error, _NEVER_SENT):
        return Fault(ConnectionFailed(f"cannot reach {access.base_url}: {_reason(error)}"), sent=False)
    if isinstance(error, httpx2.TimeoutException):
        return Fault(Timeout(f"{access.base_url} did not answer in time"), sent=True)
    lost = ConnectionFailed(f"the connection to {access.base_url} was lost: {_reason(error)}")
    return Fault(lost, sent=True)


async def _exchange(waiting: Waiting, access: Access, call: Call, deadline: float) -> Reply:
    incoming = await waiting.open(_outgoing(access, call, deadline, idle=seconds_left(deadline)))
    try:
        return await read_whole(incoming, deadline)
    finally:
        await incoming.close()


def _outgoing(access: Access, call: Call, deadline: float, idle: float) -> Outgoing:
    headers = {"Authorization": f"Bearer {access.api_key}", "Accept": "application/json", **call.headers}
    body = None if call.body is None else body_of(call.body)
    if body is not None:
        headers |= {"Content-Type": body.content_type, "Content-Length": str(body.length)}
    return Outgoing(
        call.method,
        access.base_url + call.path,
        {"User-Agent": USER_AGENT, **headers},
        httpx2.Timeout(idle, connect=min(CONNECT_SECONDS, idle)),
        deadline,
        call.params,
        body,
    )


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
