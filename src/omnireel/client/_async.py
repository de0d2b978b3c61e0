"""The SDK for programs on an event loop: `_sync`, with waiting instead of blocking."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar, Unpack

import httpx2

from omnireel.client import _files, _results, _videos, _webhook, _wire
from omnireel.client._access import find_webhook_secret, resolve
from omnireel.client._awaiting import Awaiting, open_async_http
from omnireel.client._connection import Connection
from omnireel.client._events import Feed
from omnireel.client._files import LONGEST_PAGE
from omnireel.client._media import Media
from omnireel.client._raw import async_raw
from omnireel.client._results import DOWNLOAD_SECONDS
from omnireel.client._retry import RETRIES
from omnireel.client._task_watch import WAIT_SECONDS, wait
from omnireel.client._videos import VideoOptions
from omnireel.client._wire import Call, Reply
from omnireel.client.types import (
    Delivery,
    DeliveryPage,
    Estimate,
    File,
    Model,
    ModelSchema,
    Page,
    Readiness,
    Task,
    TaskEvent,
    Usage,
    WebhookEvent,
)
from omnireel.models import TaskStatus

__all__ = ["AsyncClient", "AsyncPages", "AsyncResult", "AsyncTaskEvents"]

T = TypeVar("T")
Watch = Callable[[Task], Awaitable[None] | None]


@dataclass(frozen=True)
class AsyncResult:
    """A finished task, and the way to its files."""

    task: Task
    _connection: Connection = field(repr=False, compare=False)

    @property
    def url(self) -> str:
        """The video's link. It works without a key, and not for ever."""
        return _results.file_of(self.task, "primary").url

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was asked and not done."""
        return self.task.warnings

    async def download(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        role: str = "primary",
        timeout: float = DOWNLOAD_SECONDS,
    ) -> Path:
        """Save the video (or `role="poster"`) and return where.

        `path` may be a file or a folder; without it the file gets its own name in the working folder.
        All of the file appears, checked against its digest, or none of it. Raises DownloadFailed, Timeout.
        """
        return await _results.save(self._connection, self.task, path, role, timeout)


class AsyncClient:
    """A connection to an Omnireel server, or to any other that speaks its wire.

    `base_url` and `api_key` come from the arguments, else from OMNIREEL_BASE_URL and OMNIREEL_API_KEY,
    else it is the server on this machine and the first key it made. `timeout` bounds one call, in seconds,
    with all its tries; `retries` is how many come after the first. `webhooks.unwrap` checks with
    `webhook_secret`, else OMNIREEL_WEBHOOK_SECRET. Close it, or use it in an `async with`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 15.0,
        retries: int = RETRIES,
        webhook_secret: str | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        access = resolve(base_url, api_key)
        waiting = Awaiting(http or open_async_http())
        self._furnish(Connection(access, waiting, timeout, retries + 1), find_webhook_secret(webhook_secret))

    def _furnish(self, connection: Connection, webhook_secret: str | None) -> None:
        self._connection = connection
        self.videos: AsyncVideos = AsyncVideos(connection)
        self.tasks: AsyncTasks = AsyncTasks(connection)
        self.files: AsyncFiles = AsyncFiles(connection)
        self.models: AsyncModels = AsyncModels(connection)
        self.webhooks: AsyncWebhooks = AsyncWebhooks(connection, webhook_secret)
        self.with_raw_response: AsyncRawClient = AsyncRawClient(self)

    @property
    def base_url(self) -> str:
        return self._connection.access.base_url

    def with_options(self, *, timeout: float | None = None, retries: int | None = None) -> AsyncClient:
        """The same client with other limits, over the same connections; closing either closes both."""
        changed = self._connection.limited(timeout, retries)
        client = object.__new__(type(self))
        client._furnish(changed, self.webhooks.known_secret)
        return client

    async def balance(self) -> Decimal:
        """What the key's team has left, in US dollars."""
        return await self._connection.read(_wire.balance(), _wire.read_balance)

    async def key_is_valid(self) -> bool:
        """Whether the server takes the key."""
        return await self._connection.read(_wire.validate_key(), _wire.read_validity)

    async def readiness(self) -> Readiness:
        """How the server's parts are. One that is not ready is an answer too, and given at once."""
        return await self._connection.look(_wire.ready(), _wire.read_readiness)

    async def close(self) -> None:
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncVideos:
    """Making videos."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, prompt: str, **options: Unpack[VideoOptions]) -> Task:
        """Ask for a video and return at once with the task, which is pending.

        Local `images` and `video` travel inside the request; what is too large for that is uploaded first.
        `webhook_url`, a public HTTPS address, is told when the task has ended; see `omnireel.webhooks`.
        The request is repeated where the server promises to make no second video of it. OutcomeUnknown means
        that nobody knows whether it arrived.
        """
        return await _videos.create(self._connection, prompt, options)

    async def create_and_wait(
        self,
        prompt: str,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Watch | None = None,
        **options: Unpack[VideoOptions],
    ) -> AsyncResult:
        """Ask for a video and wait until it is there. Raises like `create` and `tasks.wait`."""
        task = await self.create(prompt, **options)
        if on_update:
            await self._connection.waiting.tell(on_update, task)
        finished = await wait(self._connection, task.task_id, timeout, on_update)
        return AsyncResult(finished, self._connection)

    async def estimate(self, prompt: str, **options: Unpack[VideoOptions]) -> Estimate:
        """What such a video would take, in time and money. Takes what `create` takes, and queues nothing.

        Local media are not sent, since the server does not look at them for this.
        """
        return await _videos.estimate(self._connection, prompt, options)

    @property
    def with_raw_response(self) -> AsyncRawVideos:
        return AsyncRawVideos(self)


class AsyncTasks:
    """Tasks already asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, task_id: str) -> Task:
        """The task as it is now, with fresh links. Raises NotFoundError."""
        return await self._connection.read(_wire.show(task_id), _wire.read_task)

    def list(
        self,
        *,
        status: TaskStatus | str | None = None,
        model: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        page_size: int = 20,
        cursor: str | None = None,
    ) -> AsyncPages[Task]:
        """The team's tasks, newest first. Going through them fetches page after page, as far as you go.

        The moments need a time zone. `page_size` is 1 to 100; `cursor` goes on where a page ended.
        """
        call = partial(
            _wire.tasks,
            status=status,
            model=model,
            created_after=created_after,
            created_before=created_before,
            limit=page_size,
        )
        return AsyncPages(self._connection, call, _wire.read_tasks, cursor)

    async def cancel(self, task_id: str) -> Task:
        """Ask the task to stop. What comes back may still be on its way to `canceled`."""
        return await self._connection.read(_wire.cancel(task_id), _wire.read_task)

    async def delete(self, task_id: str) -> None:
        """Take a task that has ended away, and its files. Raises NotFoundError, InvalidRequestError."""
        await self._connection.read(_wire.delete(task_id), _wire.read_deleted)

    async def wait(
        self, task_id: str, *, timeout: float = WAIT_SECONDS, on_update: Watch | None = None
    ) -> AsyncResult:
        """Wait until the task has ended; `on_update` sees it about once a second meanwhile.

        With a `timeout` of 0 it looks once. Rides out a server that restarts. Raises TaskFailed,
        TaskCanceled, and Timeout when the task is still going; waiting again resumes.
        """
        return AsyncResult(await wait(self._connection, task_id, timeout, on_update), self._connection)

    def events(
        self, task_id: str, *, last_event_id: str | None = None, timeout: float = WAIT_SECONDS
    ) -> AsyncTaskEvents:
        """The task's news as they come: its state now, each change, and the end, however it ended.

        A connection that is cut is taken up again where it was; so is an earlier iterator, by the
        `last_event_id` it had come to. Where the server has no event stream it is asked once a second. Raises
        NotFoundError, and Timeout when the task is still going.
        """
        return AsyncTaskEvents(Feed(self._connection, task_id, time.monotonic() + timeout, last_event_id))

    @property
    def with_raw_response(self) -> AsyncRawTasks:
        return AsyncRawTasks(self)


class AsyncFiles:
    """Files uploaded once, to be used by many requests."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def upload(self, media: Media, *, filename: str | None = None) -> File:
        """Upload a picture or a clip; its `url` may stand in `images` or `video`.

        It is sent once: a lost answer means that it may lie there, unused, until it expires.
        """
        return await _files.upload(self._connection, media, filename)

    async def get(self, file_id: str) -> File:
        """Raises NotFoundError."""
        return await _files.get(self._connection, file_id)

    def list(self, *, page_size: int = LONGEST_PAGE, cursor: str | None = None) -> AsyncPages[File]:
        """The team's files, newest first. `page_size` is 1 to 100."""
        return AsyncPages(self._connection, partial(_wire.files, limit=page_size), _wire.read_files, cursor)

    async def usage(self) -> Usage:
        """What all of them take, and may take."""
        return await self._connection.read(_wire.files(None, limit=1), _wire.read_usage)

    async def delete(self, file_id: str) -> None:
        """Raises NotFoundError."""
        await self._connection.read(_wire.delete_file(file_id), _wire.read_deleted)

    @property
    def with_raw_response(self) -> AsyncRawFiles:
        return AsyncRawFiles(self)


class AsyncModels:
    """What can be asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> tuple[Model, ...]:
        return await self._connection.read(_wire.models(), _wire.read_models)

    async def describe(self, model: str) -> ModelSchema:
        """How `provider/name` is asked: the JSON Schema of the body. Raises NotFoundError."""
        read = _wire.schema_reader(model)
        return await self._connection.read(_wire.describe(model), read)

    @property
    def with_raw_response(self) -> AsyncRawModels:
        return AsyncRawModels(self)


class AsyncWebhooks:
    """What was told to whom, what it is signed with, and how to read what comes."""

    def __init__(self, connection: Connection, known_secret: str | None) -> None:
        self._connection = connection
        self.known_secret = known_secret

    def unwrap(
        self, body: bytes | str, headers: Mapping[str, str], secret: str | None = None
    ) -> WebhookEvent:
        """The event in a request that came, checked; without asking anybody. See `omnireel.webhooks.unwrap`.

        Raises WebhookRefused; ValueError when there is no secret to check with.
        """
        return _webhook.unwrap(body, headers, _webhook.chosen(secret, self.known_secret))

    def list(
        self, *, task_id: str | None = None, page_size: int = 20, cursor: str | None = None
    ) -> AsyncPages[Delivery]:
        """The team's webhooks, or those of one task, newest first. `page_size` is 1 to 100."""
        call = partial(_wire.deliveries, task_id=task_id, limit=page_size)
        return AsyncPages(self._connection, call, _wire.read_deliveries, cursor)

    async def deliveries(
        self, *, task_id: str | None = None, limit: int = 20, cursor: str | None = None
    ) -> DeliveryPage:
        """One page of `list`."""
        return await self._connection.read(
            _wire.deliveries(cursor, task_id=task_id, limit=limit), _wire.read_deliveries
        )

    async def get(self, delivery_id: str) -> Delivery:
        """Raises NotFoundError."""
        return await self._connection.read(_wire.delivery(delivery_id), _wire.read_delivery)

    async def resend(self, delivery_id: str) -> Delivery:
        """Have a webhook sent once more, at once, under the same id. Raises NotFoundError."""
        return await self._connection.read(_wire.resend(delivery_id), _wire.read_delivery)

    async def secret(self) -> str:
        """The team's `whsec_…`, which `unwrap` needs."""
        return await self._connection.read(_wire.webhook_secret(), _wire.read_webhook_secret)

    async def rotate_secret(self) -> str:
        """A new secret; the old one signs too for 24 hours."""
        return await self._connection.read(_wire.rotate_webhook_secret(), _wire.read_webhook_secret)

    @property
    def with_raw_response(self) -> AsyncRawWebhooks:
        return AsyncRawWebhooks(self)


class AsyncPages(Generic[T]):
    """A list, fetched page by page as far as one goes through it. Going through it again starts anew."""

    def __init__(
        self,
        connection: Connection,
        call: Callable[[str | None], Call],
        read: Callable[[Reply], Page[T]],
        cursor: str | None,
    ) -> None:
        self._connection = connection
        self._call = call
        self._read = read
        self._cursor = cursor

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Page by page; each names the cursor that goes on after it."""
        cursor = self._cursor
        while True:
            page = await self._connection.read(self._call(cursor), self._read)
            yield page
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor


class AsyncTaskEvents:
    """A task's news. Close it, or use it in an `async with`, when you do not go through to the end."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    @property
    def last_event_id(self) -> str | None:
        """What resumes after the event that was given last."""
        return self._feed.last_event_id

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> TaskEvent:
        event = await self._feed.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def close(self) -> None:
        await self._feed.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncRawClient:
    """The client's own calls, giving answers as they came."""

    def __init__(self, client: AsyncClient) -> None:
        self.balance = async_raw(client.balance)
        self.key_is_valid = async_raw(client.key_is_valid)
        self.readiness = async_raw(client.readiness)


class AsyncRawVideos:
    def __init__(self, videos: AsyncVideos) -> None:
        self.create = async_raw(videos.create)
        self.estimate = async_raw(videos.estimate)


class AsyncRawTasks:
    def __init__(self, tasks: AsyncTasks) -> None:
        self.get = async_raw(tasks.get)
        self.cancel = async_raw(tasks.cancel)
        self.delete = async_raw(tasks.delete)


class AsyncRawFiles:
    def __init__(self, files: AsyncFiles) -> None:
        self.upload = async_raw(files.upload)
        self.get = async_raw(files.get)
        self.usage = async_raw(files.usage)
        self.delete = async_raw(files.delete)


class AsyncRawModels:
    def __init__(self, models: AsyncModels) -> None:
        self.list = async_raw(models.list)
        self.describe = async_raw(models.describe)


class AsyncRawWebhooks:
    def __init__(self, webhooks: AsyncWebhooks) -> None:
        self.deliveries = async_raw(webhooks.deliveries)
        self.get = async_raw(webhooks.get)
        self.resend = async_raw(webhooks.resend)
        self.secret = async_raw(webhooks.secret)
        self.rotate_secret = async_raw(webhooks.rotate_secret)
