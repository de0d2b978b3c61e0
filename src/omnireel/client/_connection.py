"""A way to one server: asks, and asks again where that is safe and may help."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TypeVar

from omnireel.client import _wire
from omnireel.client._access import Access
from omnireel.client._body import length_of
from omnireel.client._exchange import Fault, exchange
from omnireel.client._retry import LIMITED, RETRIED, STILL_AT_IT, Patience, pause
from omnireel.client._waiting import Waiting
from omnireel.client._wire import Call, Reply
from omnireel.client.errors import APIError, OutcomeUnknown

UPLOAD_RATE = 256 * 1024
"""Bytes a second that a slow line still carries: large bodies get that much more time."""

T = TypeVar("T")
heard: ContextVar[list[Reply] | None] = ContextVar("heard", default=None)
"""Where answers are kept for somebody who wants to see them raw."""


@dataclass
class Origin:
    """What a server is known to promise: to honour an Idempotency-Key, or not to; None while unknown."""

    honours_keys: bool | None = None

    def learn(self, reply: Reply) -> None:
        # What was promised once holds: a refusal may come from a gate in front of those who promise.
        if not self.honours_keys:
            promised = _wire.promise_in(reply)
            self.honours_keys = self.honours_keys if promised is None else promised


@dataclass(frozen=True)
class Connection:
    """`timeout` bounds one question with all its tries, seconds; `tries` is how many those are."""

    access: Access
    waiting: Waiting
    timeout: float
    tries: int
    origin: Origin = field(default_factory=Origin)

    async def read(self, call: Call, read: Callable[[Reply], T]) -> T:
        """What the answer to a call means. Raises like `ask`, and what the answer says."""
        return read(await self.ask(call))

    async def ask(self, call: Call, patience: Patience | None = None) -> Reply:
        """The last answer, good or bad. Raises ConnectionFailed, Timeout, and OutcomeUnknown for a submit."""
        patience = patience or self._patience(call)
        deadline = time.monotonic() + patience.seconds
        tries, lost = 0, False
        while True:
            answer = await self._try(call, deadline)
            tries += 1
            rest = await self._rest(call, answer, tries, patience, deadline)
            if rest is None:
                return self._end(call, answer, lost=lost, tries=tries)
            lost = lost or _may_have_arrived(answer)
            await self.waiting.rest(rest)

    async def look(self, call: Call, read: Callable[[Reply], T]) -> T:
        """The same, asked once: for a question that a troubled server answers too."""
        return read(await self.ask(call, Patience(self.timeout, tries=1)))

    def limited(self, timeout: float | None, retries: int | None) -> Connection:
        """The same connection with other limits."""
        return replace(
            self,
            timeout=self.timeout if timeout is None else timeout,
            tries=self.tries if retries is None else retries + 1,
        )

    async def close(self) -> None:
        await self.waiting.close()

    def _patience(self, call: Call) -> Patience:
        return Patience(self.timeout + length_of(call.body) / UPLOAD_RATE, self.tries)

    async def _try(self, call: Call, deadline: float) -> Reply | Fault:
        answer = await exchange(self.waiting, self.access, call, deadline)
        if isinstance(answer, Reply):
            self.origin.learn(answer)
            if (listening := heard.get()) is not None:
                listening.append(answer)
        return answer

    async def _rest(
        self, call: Call, answer: Reply | Fault, tries: int, patience: Patience, deadline: float
    ) -> float | None:
        """Seconds to wait before the next try; None when there is to be none."""
        if isinstance(answer, Reply) and not _worth_repeating(call, answer):
            return None
        rest = pause(tries, _asked(answer), random.random())
        spent = tries >= patience.tries or time.monotonic() + rest >= deadline
        return None if spent or not await self._may_repeat(call, answer, deadline) else rest

    async def _may_repeat(self, call: Call, answer: Reply | Fault, deadline: float) -> bool:
        """Whether sending a call again cannot do anything twice."""
        if isinstance(answer, Fault) and not answer.passing:
            return False
        if call.repeatable or (isinstance(answer, Fault) and not answer.sent):
            return True
        if call.key is not None:
            return await self._honours_keys(deadline)
        return isinstance(answer, Reply) and answer.status == LIMITED

    async def _honours_keys(self, deadline: float) -> bool:
        if self.origin.honours_keys is None:
            patience = Patience(deadline - time.monotonic(), self.tries)
            try:
                await self.ask(_wire.validate_key(), patience)
            except APIError:
                return False
        return self.origin.honours_keys is True

    def _end(self, call: Call, answer: Reply | Fault, *, lost: bool, tries: int) -> Reply:
        """The last answer; `lost` when an earlier try may have been accepted without our hearing of it."""
        if isinstance(answer, Fault):
            if call.key and (lost or answer.sent):
                raise self._unknown(call.key, answer.error)
            raise answer.error
        refusals = _wire.REFUSED_EVER if lost else _wire.REFUSED
        if call.key and answer.status != 200 and answer.status not in refusals:
            raise self._unknown(call.key, _wire.error_in(answer))
        return replace(answer, tries=tries)

    def _unknown(self, key: str, error: APIError) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"nobody knows whether the request was accepted, for its answer was lost: {error}",
            status=error.status,
            request_id=error.request_id,
            idempotency_key=key,
            retryable=self.origin.honours_keys is True,
        )


def _worth_repeating(call: Call, reply: Reply) -> bool:
    return reply.status in RETRIED or (call.key is not None and reply.status == STILL_AT_IT)


def _may_have_arrived(answer: Reply | Fault) -> bool:
    """Whether a submit answered so may have been accepted all the same."""
    return answer.sent if isinstance(answer, Fault) else answer.status not in _wire.REFUSED


def _asked(answer: Reply | Fault) -> float | None:
    """The pause the server asks for."""
    return _wire.asked_pause(answer.headers) if isinstance(answer, Reply) else None
