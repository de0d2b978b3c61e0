"""A way to one server: asks, and asks again where that is safe and may help."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import httpx2

from omnireel.client import _wire
from omnireel.client._access import Access
from omnireel.client._exchange import exchange
from omnireel.client._retry import RETRIED, Patience, pause
from omnireel.client._wire import Call, Reply
from omnireel.client.errors import APIError, ConnectionFailed, Timeout

TRIES = 4


def open_http() -> httpx2.Client:
    """A connection pool for API calls and downloads alike; it holds no key."""
    return httpx2.Client(
        # A server on this machine is never behind the proxy that the environment names.
        mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        # Shorter than any server's own patience: a submit must not die on a connection about to be closed.
        limits=httpx2.Limits(keepalive_expiry=2.0),
        max_redirects=5,
    )


@dataclass(frozen=True)
class Connection:
    """`timeout` bounds one question with all its tries, seconds."""

    access: Access
    http: httpx2.Client
    timeout: float

    def ask(self, call: Call, patience: Patience | None = None) -> Reply:
        """The last answer, good or bad. Raises ConnectionFailed, Timeout, and OutcomeUnknown for a submit."""
        patience = patience or Patience(self.timeout, TRIES)
        deadline = time.monotonic() + patience.seconds
        failures = 0
        while True:
            answer = self._try(call, deadline)
            if isinstance(answer, Reply) and answer.status not in RETRIED:
                return answer
            failures += 1
            rest = pause(failures, _asked(answer), random.random())
            spent = failures >= patience.tries or time.monotonic() + rest >= deadline
            if spent or not call.repeatable:
                return _reply_or_raise(answer)
            time.sleep(rest)

    def close(self) -> None:
        self.http.close()

    def _try(self, call: Call, deadline: float) -> Reply | APIError:
        try:
            return exchange(self.http, self.access, call, deadline)
        except (ConnectionFailed, Timeout) as error:
            return error


def _asked(answer: Reply | APIError) -> float | None:
    """The pause the server asks for."""
    return _wire.retry_after(answer.headers.get("retry-after")) if isinstance(answer, Reply) else None


def _reply_or_raise(answer: Reply | APIError) -> Reply:
    if isinstance(answer, APIError):
        raise answer
    return answer
