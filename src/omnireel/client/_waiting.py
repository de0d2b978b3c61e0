"""What the blocking and the asynchronous client do differently: everything that takes time.

Every exchange with a server is written once, as a coroutine over `Waiting`. The asynchronous client awaits
it. The blocking client's waiting never suspends, so that `run` takes the same coroutine to its end in one
step.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx2

from omnireel.client._body import Body
from omnireel.client.types import Task

T = TypeVar("T")


@dataclass(frozen=True)
class Outgoing:
    """One HTTP request. `deadline` is on the monotonic clock; `decoded` undoes a content encoding."""

    method: str
    url: str
    headers: Mapping[str, str]
    timeout: httpx2.Timeout
    deadline: float
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Body | None = None
    follow: bool = False
    decoded: bool = True


class Incoming(Protocol):
    """An answer whose body is still on its way. Header names are lower case."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    async def block(self) -> bytes:
        """The next bytes, as they come; none at the end. Raises httpx2.HTTPError."""
        ...

    async def close(self) -> None: ...


class Waiting(Protocol):
    """How a client waits."""

    async def open(self, outgoing: Outgoing) -> Incoming:
        """Send a request and give the head of its answer. Raises httpx2.HTTPError; OSError for its body."""
        ...

    async def rest(self, seconds: float) -> None:
        """Do nothing for that long."""
        ...

    async def work(self, job: Callable[[], T]) -> T:
        """The result of something that keeps the processor or a disk busy."""
        ...

    async def tell(self, watch: Callable[[Task], object], task: Task) -> None:
        """Call back with a task; wait for what comes of it."""
        ...

    async def close(self) -> None: ...


def run(plan: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that only waits by blocking."""
    try:
        plan.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    plan.close()
    raise RuntimeError("a blocking client was made to wait for an event loop")
