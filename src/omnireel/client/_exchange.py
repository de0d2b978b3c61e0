"""One question to the server and its answer: bounded in time and size, its faults typed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2

from omnireel.client._access import Access
from omnireel.client._body import BLOCK, body_of
from omnireel.client._wire import REPLY_LIMIT, Call, Reply
from omnireel.client.errors import (
    APIError,
    ConnectionFailed,
    InvalidRequestError,
    OutcomeUnknown,
    ServerError,
    Timeout,
)

CONNECT_SECONDS = 5.0

_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


def exchange(http: httpx2.Client, access: Access, call: Call, deadline: float) -> Reply:
    """Send a call once. `deadline` is on the monotonic clock.

    Raises ConnectionFailed when nothing was sent; after that, OutcomeUnknown for a submit and
    ConnectionFailed or Timeout for the rest.
    """
    try:
        request = _request(http, access, call, deadline)
        response = http.send(request, stream=True, follow_redirects=False)
        try:
            content = _body(response, deadline)
        finally:
            response.close()
    except OSError as error:
        raise InvalidRequestError(f"an input cannot be read any more: {_reason(error)}") from error
    except _NEVER_SENT as error:
        raise ConnectionFailed(f"cannot reach {access.base_url}: {_reason(error)}") from error
    except (httpx2.HTTPError, APIError) as error:
        raise _lost(access, call, error) from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, content)


def seconds_left(deadline: float) -> float:
    """Seconds until the deadline. Raises Timeout when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Timeout("the server did not answer in time")
    return left


def _request(http: httpx2.Client, access: Access, call: Call, deadline: float) -> httpx2.Request:
    left = seconds_left(deadline)
    headers = {"Authorization": f"Bearer {access.api_key}", "Accept": "application/json", **call.headers}
    content: Iterator[bytes] | None = None
    if call.body is not None:
        body = body_of(call.body)
        headers |= {"Content-Type": body.content_type, "Content-Length": str(body.length)}
        content = _paced(body.blocks(), deadline)
    return http.build_request(
        call.method,
        access.base_url + call.path,
        params=dict(call.params) or None,
        headers=headers,
        content=content,
        timeout=httpx2.Timeout(left, connect=min(CONNECT_SECONDS, left)),
    )


def _paced(blocks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    # The library's write timeout starts anew with every block; the deadline does not.
    for block in blocks:
        seconds_left(deadline)
        yield block


def _body(response: httpx2.Response, deadline: float) -> bytes:
    body = bytearray()
    for block in response.iter_bytes(BLOCK):
        seconds_left(deadline)
        body += block
        if len(body) > REPLY_LIMIT:
            raise ServerError(f"the server's answer is longer than {REPLY_LIMIT} bytes")
    return bytes(body)


def _lost(access: Access, call: Call, error: Exception) -> APIError:
    reason = _reason(error)
    if call.paid:
        return OutcomeUnknown(
            f"the connection to {access.base_url} was lost after the request was sent, so it may have been"
            f" accepted: {reason}"
        )
    if isinstance(error, APIError):
        return error
    if isinstance(error, httpx2.TimeoutException):
        return Timeout(f"{access.base_url} did not answer in time")
    return ConnectionFailed(f"the connection to {access.base_url} was lost: {reason}")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
