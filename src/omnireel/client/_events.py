"""A task's news, one by one: from the server's stream, resumed where it is cut, or by asking and asking."""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass, field

import httpx2

from omnireel.client import _wire
from omnireel.client._connection import Connection
from omnireel.client._exchange import Fault, fault_of, open_stream, read_whole
from omnireel.client._pool import seconds_left
from omnireel.client._retry import RETRIED, pause
from omnireel.client._sse import Decoder, TooLong
from omnireel.client._task_watch import OUTAGE_SECONDS, look, look_again
from omnireel.client._waiting import Incoming
from omnireel.client._wire import Reply
from omnireel.client.errors import APIError, ServerError, Timeout
from omnireel.client.types import Task, TaskEvent

IDLE_SECONDS = 45.0
"""A stream that is silent for longer is taken for cut: servers send a comment every 15 s."""

_NO_STREAM = frozenset({404, 405, 406, 410, 501})
"""What a server without streams answers; whether there is such a task at all, asking for it tells."""

_TERMINAL = "terminal"


@dataclass
class Feed:
    """What has been told and is to be told. `deadline` is on the monotonic clock.

    `last_event_id` resumes: only what came after that event is told.
    """

    connection: Connection
    task_id: str
    deadline: float
    last_event_id: str | None = None
    _ready: deque[TaskEvent] = field(default_factory=deque[TaskEvent])
    _stream: Incoming | None = None
    _decoder: Decoder = field(default_factory=Decoder)
    _seen: Task | None = None
    _polling: bool = False
    _over: bool = False
    _failures: int = 0
    _away_since: float | None = None

    async def next(self) -> TaskEvent | None:
        """The next event; None when the last one has been told.

        Raises NotFoundError, and Timeout when the task is still going at the deadline. Calling again resumes.
        """
        while not self._ready and not self._over:
            self._check_time()
            if self._polling:
                await self._poll()
            elif self._stream is None:
                await self._connect()
            else:
                await self._listen(self._stream)
        return self._told() if self._ready else None

    async def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    def _told(self) -> TaskEvent:
        event = self._ready.popleft()
        self.last_event_id = event.event_id or self.last_event_id
        return event

    def _check_time(self) -> None:
        try:
            seconds_left(self.deadline)
        except Timeout:
            words = f"task {self.task_id} is still going"
            raise Timeout(words, task_id=self.task_id) from None

    async def _connect(self) -> None:
        call = _wire.events(self.task_id, self.last_event_id)
        waiting, access = self.connection.waiting, self.connection.access
        incoming = await open_stream(waiting, access, call, self.deadline, self._patience())
        if isinstance(incoming, Fault):
            await self._recover(incoming.error, None)
        elif incoming.status == 200 and _is_stream(incoming):
            self._stream, self._decoder = incoming, Decoder(self.last_event_id)
        else:
            await self._refused(await self._read(incoming))

    async def _read(self, incoming: Incoming) -> Reply | Fault:
        if incoming.status == 200:
            # Whatever this is, it may have no end.
            await incoming.close()
            return Reply(200, incoming.headers, b"")
        try:
            return await read_whole(incoming, self.deadline)
        except (httpx2.HTTPError, APIError) as error:
            return fault_of(self.connection.access, error)
        finally:
            await incoming.close()

    async def _refused(self, answer: Reply | Fault) -> None:
        if isinstance(answer, Fault):
            await self._recover(answer.error, None)
        elif answer.status == 204:
            self._over = True
        elif answer.status == 200 or answer.status in _NO_STREAM:
            self._polling = True
        elif answer.status in RETRIED:
            await self._recover(_wire.error_in(answer), _wire.asked_pause(answer.headers))
        else:
            raise _wire.error_in(answer)

    async def _listen(self, stream: Incoming) -> None:
        try:
            block = await stream.block()
            events = self._decoder.feed(block)
        except (httpx2.HTTPError, TooLong) as error:
            await self.close()
            self._polling = isinstance(error, TooLong)
            await self._recover(ServerError(f"the event stream was lost: {error}"), None)
            return
        try:
            self._ready += [
                TaskEvent(event.type, _wire.read_event(event.data), event.id)
                for event in events
                if event.data and event.type in ("status", "progress", _TERMINAL)
            ]
        except ServerError:
            await self.close()
            self._polling = True
        await self._after(block)

    async def _after(self, block: bytes) -> None:
        if block:
            self._away_since = None
        if self._ready:
            self._failures = 0
            self._seen = self._ready[-1].task
        if self._seen is not None and self._seen.status.terminal:
            self._over = True
            await self.close()
        elif not block:
            # The server drains, or something between us has had enough.
            await self.close()
            await self._recover(ServerError("the event stream ended before the task did"), None)

    async def _recover(self, error: APIError, asked: float | None) -> None:
        """Wait before the next try. Raises what went wrong when it has been so for too long."""
        now = time.monotonic()
        self._away_since = self._away_since or now
        if now - self._away_since > OUTAGE_SECONDS:
            raise error
        self._failures += 1
        rest = pause(self._failures, asked, random.random())
        await self.connection.waiting.rest(max(0.0, min(rest, self.deadline - now)))

    async def _poll(self) -> None:
        before = self._seen
        if before is None:
            task = await look(self.connection, self.task_id, 0, self.deadline)
        else:
            task = await look_again(self.connection, before, 1, self.deadline)
        self._seen = task
        self._over = task.status.terminal
        if (kind := _news(before, task)) is not None:
            self._ready.append(TaskEvent(kind, task))

    def _patience(self) -> float:
        return max(0.001, min(IDLE_SECONDS, self.deadline - time.monotonic()))


def _is_stream(incoming: Incoming) -> bool:
    kind = incoming.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "text/event-stream"


def _news(before: Task | None, task: Task) -> str | None:
    """What a server would call this change; None when there is nothing new."""
    if before is None or task.status is not before.status:
        return _TERMINAL if task.status.terminal else "status"
    return "progress" if (task.progress, task.note) != (before.progress, before.note) else None
