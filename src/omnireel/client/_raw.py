"""Answers as they came, beside what they mean."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from omnireel.client._connection import heard
from omnireel.client._wire import Reply

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class RawResponse(Generic[T]):
    """An answer of the server. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    _meaning: T

    @property
    def request_id(self) -> str | None:
        """What to quote to the operator."""
        return self.headers.get("x-request-id")

    def json(self) -> Any:
        """The whole document. Raises ValueError when it is none."""
        return json.loads(self.content)

    def parse(self) -> T:
        """What the call without `with_raw_response` returns."""
        return self._meaning


def raw(method: Callable[P, T]) -> Callable[P, RawResponse[T]]:
    """The method, giving its last answer. Raises what the method raises."""

    def call(*args: P.args, **options: P.kwargs) -> RawResponse[T]:
        with _listening() as replies:
            meaning = method(*args, **options)
        return _response(replies, meaning)

    return call


def async_raw(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[RawResponse[T]]]:
    async def call(*args: P.args, **options: P.kwargs) -> RawResponse[T]:
        with _listening() as replies:
            meaning = await method(*args, **options)
        return _response(replies, meaning)

    return call


@contextmanager
def _listening() -> Generator[list[Reply], None, None]:
    replies: list[Reply] = []
    before = heard.set(replies)
    try:
        yield replies
    finally:
        heard.reset(before)


def _response(replies: list[Reply], meaning: T) -> RawResponse[T]:
    last = replies[-1]
    return RawResponse(last.status, last.headers, last.content, meaning)
